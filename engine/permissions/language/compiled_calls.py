"""Functions and subscripts as SQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from sqlalchemy import LargeBinary
from sqlalchemy import cast as sql_cast

from engine.permissions.language.facts import fact
from engine.permissions.language.rows_sql import segments
from engine.permissions.language.sql import NULL, Sql, choice, infix, parameter, policy, text
from engine.permissions.language.sql import call as own
from engine.permissions.language.tree import Call, Literal, Node, Subscript, is_small

if TYPE_CHECKING:
    from engine.permissions.language.compiler import Compiler

_PLAIN_DELIMITERS: Final = frozenset("/.-_ :@")
"""Characters that no escape of JSON has."""


def call(compiler: Compiler, node: Call) -> Sql:
    """Return a call of a function."""
    return _CALLS[node.name](compiler, node)


def _number(node: Node) -> int | None:
    """Return the value of an integer constant, or None."""
    value = node.value if isinstance(node, Literal) else None
    return value if isinstance(value, int) else None


def _by_function(name: str) -> Callable[[Compiler, Call], Sql]:
    """Return what compiles a call as one of our function of that name."""

    def compiled(compiler: Compiler, node: Call) -> Sql:
        return policy(name, *(compiler.sql(each) for each in node.arguments))

    return compiled


def changed_case(compiler: Compiler, name: str, node: Node) -> Sql:
    """Return a text in small or capital letters: SQLite knows those of ASCII."""
    value = compiler.sql(node)
    exact = policy(name, value)
    if not is_small(node):
        return exact
    ascii_only = infix(own("length", value), "=", own("length", sql_cast(value, LargeBinary())))
    return choice((ascii_only, own(name, value)), default=exact)


def _case_call(compiler: Compiler, node: Call) -> Sql:
    return changed_case(compiler, node.name, node.arguments[0])


def _length(compiler: Compiler, node: Call) -> Sql:
    return own("length", compiler.sql(node.arguments[0]))


def _substring(compiler: Compiler, node: Call) -> Sql:
    value, start, *lengths = node.arguments
    first = _number(start)
    counts = [_number(each) for each in lengths]
    if first is None or any(each is None or each < 0 for each in counts):
        return _by_function("substring")(compiler, node)
    begin = max(first, 1)
    if counts:
        return own("substr", compiler.sql(value), begin, max(first + (counts[0] or 0) - begin, 0))
    return own("substr", compiler.sql(value), begin)


def _split_part(compiler: Compiler, node: Call) -> Sql:
    value, delimiter, field = node.arguments
    mark, place = getattr(delimiter, "value", None), _number(field)
    if mark not in _PLAIN_DELIMITERS or not place or not is_small(value):
        return _by_function("split_part")(compiler, node)
    given = compiler.sql(value)
    path = f"$[{place - 1}]" if place > 0 else f"$[#{place}]"
    found = own("coalesce", own("json_extract", segments(given, str(mark)), path), "")
    return choice((infix(given, "IS NOT", NULL), found))


def _starts_with(compiler: Compiler, node: Call) -> Sql:
    value, prefix = node.arguments
    if not is_small(prefix):
        return _by_function("starts_with")(compiler, node)
    beginning = compiler.sql(prefix)
    return infix(own("substr", compiler.sql(value), parameter(1), own("length", beginning)), "=", beginning)


def _strpos(compiler: Compiler, node: Call) -> Sql:
    return own("instr", *(compiler.sql(each) for each in node.arguments))


def _array_length(compiler: Compiler, node: Call) -> Sql:
    array, dimension = (compiler.sql(each) for each in node.arguments)
    return choice((infix(dimension, "=", parameter(1)), own("nullif", own("json_array_length", array), 0)))


def _cardinality(compiler: Compiler, node: Call) -> Sql:
    return own("json_array_length", compiler.sql(node.arguments[0]))


def _plain(name: str) -> Callable[[Compiler, Call], Sql]:
    """Return what compiles a call as one of SQLite's function of that name."""

    def compiled(compiler: Compiler, node: Call) -> Sql:
        return own(name, *(compiler.sql(each) for each in node.arguments))

    return compiled


def _where_not_empty(value: Sql, result: Sql) -> Sql:
    """Return a result for paths that are not empty; NULL for others."""
    return choice((infix(value, "<>", text("")), result))


def _foldername(compiler: Compiler, node: Call) -> Sql:
    if not is_small(node.arguments[0]):
        return _by_function("folders")(compiler, node)
    value = compiler.sql(node.arguments[0])
    return _where_not_empty(value, own("json_remove", segments(value), "$[#-1]"))


def _behind_last(value: Sql, marks: str) -> Sql:
    """Return what follows the last of some marks: the text without it is trimmed off at the end."""
    others = value
    for mark in marks:
        others = own("replace", others, mark, "")
    start = infix(own("length", own("rtrim", value, others)), "+", parameter(1))
    return _where_not_empty(value, own("substr", value, start))


def _filename(compiler: Compiler, node: Call) -> Sql:
    name = node.name.removeprefix("storage.")
    if not is_small(node.arguments[0]):
        return _by_function(name)(compiler, node)
    return _behind_last(compiler.sql(node.arguments[0]), "/" if name == "filename" else "/.")


def _operation(compiler: Compiler, node: Call) -> Sql:
    present = parameter(fact("storage.operation", compiler.facts))
    name = "only_operation" if node.name.endswith("only_operation") else "any_operation"
    return policy(name, compiler.sql(node.arguments[0]), present)


def subscript(compiler: Compiler, node: Subscript) -> Sql:
    """Return an element of an array, from 1."""
    place = _number(node.index)
    if place is None:
        return policy("element", compiler.sql(node.array), compiler.sql(node.index))
    if place < 1:
        return NULL
    first = _first_folder(compiler, node.array) if place == 1 else None
    return own("json_extract", compiler.sql(node.array), f"$[{place - 1}]") if first is None else first


def _first_folder(compiler: Compiler, node: Node) -> Sql | None:
    """Return the first of a path's folders without the others, or None for other arrays."""
    if not (isinstance(node, Call) and node.name == "storage.foldername" and is_small(node.arguments[0])):
        return None
    value = compiler.sql(node.arguments[0])
    slash = own("instr", value, "/")
    before = own("substr", value, parameter(1), infix(slash, "-", parameter(1)))
    return choice((infix(slash, ">", parameter(0)), before))


_CALLS: Final[dict[str, Callable[[Compiler, Call], Sql]]] = {
    "coalesce": _plain("coalesce"),
    "nullif": _plain("nullif"),
    "lower": _case_call,
    "upper": _case_call,
    "length": _length,
    "substring": _substring,
    "split_part": _split_part,
    "starts_with": _starts_with,
    "strpos": _strpos,
    "left": _by_function("left"),
    "right": _by_function("right"),
    "array_length": _array_length,
    "cardinality": _cardinality,
    "storage.foldername": _foldername,
    "storage.filename": _filename,
    "storage.extension": _filename,
    "storage.allow_only_operation": _operation,
    "storage.allow_any_operation": _operation,
}
