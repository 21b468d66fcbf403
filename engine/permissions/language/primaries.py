"""Reads what stands between operators: constants, columns, functions, CASE, ARRAY, parentheses, types."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from engine.permissions.language import calls, literals, operators
from engine.permissions.language.cursor import Cursor
from engine.permissions.language.kinds import ARRAYS, MAX_INT8, NAMES, Kind, fits
from engine.permissions.language.refusals import Refusal
from engine.permissions.language.tokens import Lexeme, Shape
from engine.permissions.language.tree import Fact, Literal, Node, Span
from engine.permissions.language.typing_rules import settled

if TYPE_CHECKING:
    from engine.permissions.language.grammar import Grammar

_NO_SUBQUERY: Final = "subqueries are not supported; write (select auth.uid()) only"
_CONSTANTS: Final = {"true": (Kind.BOOLEAN, True), "false": (Kind.BOOLEAN, False), "null": (Kind.UNKNOWN, None)}
_REFUSED: Final = {
    "select": _NO_SUBQUERY,
    "exists": _NO_SUBQUERY,
    "with": _NO_SUBQUERY,
    "row": "row values are not supported",
    "greatest": "GREATEST is not supported; write a CASE",
    "least": "LEAST is not supported; write a CASE",
    "current_user": "CURRENT_USER is the database's; use auth.role()",
    "session_user": "SESSION_USER is the database's; use auth.role()",
    "user": "USER is the database's; use auth.role()",
    "current_role": "CURRENT_ROLE is the database's; use auth.role()",
    "current_date": "CURRENT_DATE is not supported; use now()",
    "current_time": "CURRENT_TIME is not supported; use now()",
    "localtime": "LOCALTIME is not supported; use now()",
    "localtimestamp": "LOCALTIMESTAMP is not supported; use now()",
}
_RESERVED_WORDS: Final = """
all analyse analyze and any asc asymmetric both check collate column constraint create default deferrable desc
distinct do else end except fetch for foreign from grant group having in initially intersect into lateral
leading limit not offset on only or order placing primary references returning some symmetric table then to
trailing union unique using variadic when where window
"""
_RESERVED: Final = frozenset(_RESERVED_WORDS.split())


def primary(grammar: Grammar) -> Node:
    """Return the next operand.

    Raises:
        Refusal: There is none, or one that is not supported.
    """
    token = grammar.cursor.now
    if token.shape is Shape.STRING:
        return Literal(Kind.UNKNOWN, grammar.cursor.take().text, span=token.span)
    if token.shape is Shape.INTEGER:
        return _integer(grammar.cursor.take())
    if token.shape is Shape.DECIMAL:
        raise Refusal("numbers with decimals are not supported: SQLite computes them in binary", token.span)
    if grammar.cursor.is_mark("("):
        return _subscripts(grammar, _parenthesised(grammar))
    if token.shape is Shape.WORD:
        return _word(grammar)
    if token.shape is Shape.QUOTED:
        return _named(grammar)
    raise grammar.cursor.unexpected("a value")


def _integer(token: Lexeme) -> Node:
    """Return an integer literal; the type is the smallest that holds it."""
    digits = token.text.lstrip("0") or "0"
    if len(digits) > len(str(MAX_INT8)) or int(digits) > MAX_INT8 + 1:
        raise Refusal("the number is too large", token.span)
    value = int(digits)
    return Literal(Kind.INT4 if fits(value, Kind.INT4) else Kind.INT8, value, span=token.span)


def refuse_select(cursor: Cursor) -> None:
    """Refuse a query that comes next."""
    if cursor.is_word("select", "with", "values", "table"):
        raise Refusal(_NO_SUBQUERY, cursor.now.span)


def _parenthesised(grammar: Grammar) -> Node:
    """Return what is in the parentheses that come next; the place is that of the parentheses."""
    cursor = grammar.cursor
    start = cursor.take()
    select = cursor.took_word("select")
    node = grammar.expression()
    if select:
        node = settled(node)
        _alias(cursor)
    if cursor.is_mark(",") and not select:
        raise Refusal("row values are not supported", cursor.now.span)
    end = cursor.need_mark(")")
    return replace(node, span=start.span.to(end.span))


def _alias(cursor: Cursor) -> None:
    """Go past the name that a wrapped expression may have.

    Raises:
        Refusal: The query has more than one expression.
    """
    named = cursor.took_word("as")
    if cursor.now.shape is Shape.QUOTED or (cursor.now.shape is Shape.WORD and (named or not cursor.is_word("from"))):
        if cursor.now.text in _RESERVED and cursor.now.shape is Shape.WORD:
            raise Refusal(_NO_SUBQUERY, cursor.now.span)
        cursor.take()
    if not cursor.is_mark(")"):
        raise Refusal(_NO_SUBQUERY, cursor.now.span)


def _subscripts(grammar: Grammar, node: Node) -> Node:
    """Return an operand with the indexes that follow it."""
    while grammar.cursor.took_mark("["):
        index = grammar.expression()
        if grammar.cursor.now.text.startswith(":"):
            raise Refusal("slices are not supported; take one element", grammar.cursor.now.span)
        end = grammar.cursor.need_mark("]")
        node = operators.subscript(node, index, end.span)
    return node


def _word(grammar: Grammar) -> Node:
    """Return the operand that begins with a word."""
    cursor = grammar.cursor
    word = cursor.now.text
    if word in _CONSTANTS:
        kind, value = _CONSTANTS[word]
        return Literal(kind, value, span=cursor.take().span)
    if word in _REFUSED:
        raise Refusal(_REFUSED[word], cursor.now.span)
    if word in _SPECIAL and (word in ("case", "array", "current_timestamp") or _is_open(cursor)):
        return _SPECIAL[word](grammar)
    if cursor.behind.shape is Shape.STRING and word in NAMES:
        return _typed(cursor)
    if word in _RESERVED:
        raise cursor.unexpected("a value")
    return _named(grammar)


def _is_open(cursor: Cursor) -> bool:
    """Return whether a parenthesis follows the next token."""
    return cursor.behind.shape is Shape.MARK and cursor.behind.text == "("


def _typed(cursor: Cursor) -> Node:
    """Return a constant such as `interval '7 days'`."""
    start = cursor.now
    kind = type_name(cursor)
    value = cursor.take()
    node = literals.read(Literal(Kind.UNKNOWN, value.text, span=value.span), kind)
    return replace(node, span=start.span.to(value.span))


def _named(grammar: Grammar) -> Node:
    """Return a column or a call, by its name."""
    cursor = grammar.cursor
    start = cursor.take()
    path = [start.text]
    while cursor.took_mark("."):
        if cursor.now.shape not in (Shape.WORD, Shape.QUOTED):
            raise cursor.unexpected("a name")
        path.append(cursor.take().text)
    span = start.span.to(cursor.before.span)
    if not cursor.took_mark("("):
        return _subscripts(grammar, calls.column(path, grammar.table, span))
    arguments = _arguments(grammar)
    return calls.call(path, arguments, start.span.to(cursor.before.span))


def _arguments(grammar: Grammar) -> list[Node]:
    """Return the arguments behind an opened parenthesis, and go past the closing one."""
    cursor = grammar.cursor
    if cursor.took_mark(")"):
        return []
    if cursor.is_word("distinct", "all", "variadic") or cursor.now.text == "*":
        raise Refusal(f"{cursor.now.text.upper()} is not supported in the arguments of a function", cursor.now.span)
    refuse_select(cursor)
    arguments = [grammar.expression()]
    while cursor.took_mark(","):
        arguments.append(grammar.expression())
    cursor.need_mark(")")
    if cursor.is_word("over", "filter", "within"):
        raise Refusal("a policy looks at one row: window and aggregate functions are not supported", cursor.now.span)
    return arguments


def type_name(cursor: Cursor) -> Kind:
    """Return the type whose name comes next.

    Raises:
        Refusal: There is no such type here.
    """
    start = cursor.now
    if start.shape not in (Shape.WORD, Shape.QUOTED):
        raise cursor.unexpected("the name of a type")
    name = cursor.take().text
    if name == "pg_catalog" and cursor.took_mark("."):
        name = cursor.take().text
    kind = _long_name(cursor, name) or NAMES.get(name)
    if kind is None:
        known = "text, int, int8, boolean, uuid, timestamptz, jsonb"
        raise Refusal(f"the type {name} is not supported; types are {known}", start.span)
    if cursor.is_mark("("):
        raise Refusal("types with a length are not supported", cursor.now.span)
    return _array_type(cursor, kind, start.span) if cursor.took_mark("[") else kind


def _long_name(cursor: Cursor, name: str) -> Kind | None:
    """Return the type whose name has several words, or None."""
    if name == "character" and cursor.took_word("varying"):
        return Kind.TEXT
    if name == "timestamp" and cursor.took_word("with"):
        cursor.need_word("time")
        cursor.need_word("zone")
        return Kind.TIME
    return None


def _array_type(cursor: Cursor, kind: Kind, start: Span) -> Kind:
    """Return the array type of elements, behind the opened bracket."""
    cursor.need_mark("]")
    if kind not in ARRAYS or cursor.is_mark("["):
        raise Refusal(f"arrays of {kind.value} are not supported", start)
    return ARRAYS[kind]


def _case(grammar: Grammar) -> Node:
    """Return a CASE."""
    cursor = grammar.cursor
    start = cursor.take()
    operand = None if cursor.is_word("when") else grammar.expression()
    branches: list[tuple[Node, Node]] = []
    while not branches or cursor.is_word("when"):
        cursor.need_word("when")
        condition = grammar.expression()
        cursor.need_word("then")
        branches.append((condition, grammar.expression()))
    default = grammar.expression() if cursor.took_word("else") else None
    end = cursor.need_word("end")
    return calls.case(operand, branches, default, start.span.to(end.span))


def _array(grammar: Grammar) -> Node:
    """Return an ARRAY."""
    cursor = grammar.cursor
    start = cursor.take()
    if cursor.is_mark("("):
        raise Refusal(_NO_SUBQUERY, cursor.now.span)
    cursor.need_mark("[")
    items: list[Node] = []
    while not cursor.is_mark("]"):
        if items:
            cursor.need_mark(",")
        items.append(grammar.expression())
    end = cursor.take()
    return _array_node(cursor, items, start.span.to(end.span))


def _array_node(cursor: Cursor, items: list[Node], span: Span) -> Node:
    """Return the node of an ARRAY; an empty one takes its type from the cast that follows."""
    if items or cursor.now.text != "::":
        return calls.array(items, span)
    cursor.take()
    kind = type_name(cursor)
    return operators.cast(Literal(Kind.UNKNOWN, "{}", span=span), kind, span.to(cursor.before.span))


def _cast(grammar: Grammar) -> Node:
    """Return `CAST(operand AS type)`."""
    cursor = grammar.cursor
    start = cursor.take()
    cursor.take()
    operand = grammar.expression()
    cursor.need_word("as")
    kind = type_name(cursor)
    end = cursor.need_mark(")")
    return operators.cast(operand, kind, start.span.to(end.span))


def _substring(grammar: Grammar) -> Node:
    """Return `substring(text from start for length)`, or the form with commas."""
    cursor = grammar.cursor
    start = cursor.take()
    cursor.take()
    arguments = [grammar.expression()]
    if cursor.is_word("similar"):
        raise Refusal("SUBSTRING with patterns is not supported", cursor.now.span)
    if cursor.took_word("from"):
        arguments.append(grammar.expression())
        if cursor.took_word("for"):
            arguments.append(grammar.expression())
    elif cursor.took_word("for"):
        arguments.extend((Literal(Kind.INT4, 1, span=cursor.before.span), grammar.expression()))
    while cursor.took_mark(","):
        arguments.append(grammar.expression())
    end = cursor.need_mark(")")
    return calls.call(["substring"], arguments, start.span.to(end.span))


def _position(grammar: Grammar) -> Node:
    """Return `position(part in text)`."""
    cursor = grammar.cursor
    start = cursor.take()
    cursor.take()
    part = grammar.expression(_ABOVE_IN)
    cursor.need_word("in")
    text = grammar.expression(_ABOVE_IN)
    end = cursor.need_mark(")")
    return calls.call(["strpos"], [text, part], start.span.to(end.span))


_ABOVE_IN: Final = 7


def _current_timestamp(grammar: Grammar) -> Node:
    """Return `current_timestamp`, which is `now()`."""
    token = grammar.cursor.take()
    if grammar.cursor.is_mark("("):
        raise Refusal("a precision is not supported", grammar.cursor.now.span)
    return Fact(Kind.TIME, "now", span=token.span)


_SPECIAL: Final[dict[str, Callable[[Grammar], Node]]] = {
    "case": _case,
    "array": _array,
    "cast": _cast,
    "substring": _substring,
    "position": _position,
    "current_timestamp": _current_timestamp,
}
