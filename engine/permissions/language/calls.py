"""Builds the nodes of columns, functions, CASE and ARRAY, with names and types checked."""

from __future__ import annotations

from difflib import get_close_matches

from engine.permissions.language import typing_rules
from engine.permissions.language.kinds import ARRAYS, ELEMENTS, Kind
from engine.permissions.language.refusals import Refusal
from engine.permissions.language.signatures import ALIASES, COLUMNS, FACTS, FUNCTIONS, Signature
from engine.permissions.language.tree import ArrayOf, Call, Case, Column, Compare, Fact, Node, Span
from engine.permissions.rows import PolicyTable

_AGGREGATES = frozenset(
    {"count", "sum", "min", "max", "avg", "array_agg", "string_agg", "bool_and", "bool_or", "every"}
)


def column(path: list[str], table: PolicyTable, span: Span) -> Node:
    """Return a column by its name, which may say the table and the schema.

    Raises:
        Refusal: The table has no such column.
    """
    *owner, name = path
    if owner not in ([], [table.value], ["storage", table.value]):
        raise Refusal(f"only columns of storage.{table.value} can be named here, not {'.'.join(path)}", span)
    kind = COLUMNS[table].get(name)
    if kind is None:
        raise Refusal(f"there is no column `{name}`; columns are {', '.join(COLUMNS[table])}", span)
    return Column(kind, name, span=span)


def call(path: list[str], arguments: list[Node], span: Span) -> Node:
    """Return a call of a function by its name, which may say the schema.

    Raises:
        Refusal: There is no such function for such arguments.
    """
    written = ".".join(path)
    name = written.removeprefix("pg_catalog.")
    name = ALIASES.get(name, name)
    if name == "coalesce" and len(path) == 1:
        return _coalesce(arguments, span)
    if name == "nullif" and len(path) == 1:
        return _nullif(arguments, span)
    if name in FACTS:
        if arguments:
            raise Refusal(f"{written}() takes no arguments", span)
        return Fact(FACTS[name], name, span=span)
    if name not in FUNCTIONS:
        raise Refusal(_unknown(written), span)
    return Call(FUNCTIONS[name].result, name, _fitting(written, FUNCTIONS[name], arguments, span), span=span)


def _unknown(name: str) -> str:
    """Return why a function is refused, with the one that may be meant."""
    if name in _AGGREGATES:
        return f"a policy looks at one row: {name}() is not supported"
    known = (*FACTS, *FUNCTIONS, "coalesce", "nullif")
    near = get_close_matches(name[:60], known, n=1)
    return f"there is no function `{name}`" + (f"; did you mean {near[0]}?" if near else "")


def _fitting(name: str, signature: Signature, arguments: list[Node], span: Span) -> tuple[Node, ...]:
    """Return the arguments as a function takes them.

    Raises:
        Refusal: Their number or types are others.
    """
    most = len(signature.arguments)
    if not most - signature.optional <= len(arguments) <= most:
        counted = f"{most - signature.optional} or {most}" if signature.optional else str(most)
        raise Refusal(f"{name}() takes {counted} argument{'s' if most > 1 else ''}, not {len(arguments)}", span)
    return tuple(_argument(name, kind, each) for kind, each in zip(signature.arguments, arguments, strict=False))


def _argument(name: str, kind: Kind | None, argument: Node) -> Node:
    """Return an argument of a certain type, or any array where the type is None."""
    if kind is not None:
        return typing_rules.needed(argument, kind, f"an argument of {name}()")
    if argument.kind in ELEMENTS:
        return argument
    raise Refusal(f"an argument of {name}() must be an array, not {argument.kind.value}", argument.span)


def _coalesce(arguments: list[Node], span: Span) -> Node:
    """Return `coalesce(arguments)`."""
    if not arguments:
        raise Refusal("coalesce() needs arguments", span)
    chosen = typing_rules.alike(arguments, span, "coalesce()")
    return Call(chosen[0].kind, "coalesce", chosen, span=span)


def _nullif(arguments: list[Node], span: Span) -> Node:
    """Return `nullif(left, right)`."""
    if len(arguments) != 2:
        raise Refusal(f"nullif() takes 2 arguments, not {len(arguments)}", span)
    left, right = typing_rules.compared(arguments[0], arguments[1], "=")
    return Call(left.kind, "nullif", (left, right), span=span)


def case(operand: Node | None, branches: list[tuple[Node, Node]], default: Node | None, span: Span) -> Node:
    """Return a CASE, all results of one type."""
    if operand is not None:
        operand, branches = _with_operand(operand, branches)
    else:
        branches = [(typing_rules.truth(when, "the condition of WHEN"), then) for when, then in branches]
    results = [*([] if default is None else [default]), *(then for _, then in branches)]
    chosen = list(typing_rules.alike(results, span, "the results of CASE"))
    last = chosen.pop(0) if default is not None else None
    paired = tuple((when, then) for (when, _), then in zip(branches, chosen, strict=True))
    return Case(paired[0][1].kind, operand, paired, last, span=span)


def _with_operand(operand: Node, branches: list[tuple[Node, Node]]) -> tuple[Node, list[tuple[Node, Node]]]:
    """Return a CASE's operand and branches, whose conditions are values to compare it with."""
    operand = typing_rules.settled(operand)
    matched = []
    for when, then in branches:
        compared = Compare(Kind.BOOLEAN, "=", *typing_rules.compared(operand, when, "="))
        matched.append((compared.right, then))
    return operand, matched


def array(items: list[Node], span: Span) -> Node:
    """Return `ARRAY[items]`.

    Raises:
        Refusal: There are no arrays of that type.
    """
    if not items:
        raise Refusal("an empty array needs a type: '{}'::text[]", span)
    chosen = typing_rules.alike(items, span, "the elements of ARRAY")
    kind = ARRAYS.get(chosen[0].kind)
    if kind is None:
        raise Refusal(f"there are no arrays of {chosen[0].kind.value} here", span)
    return ArrayOf(kind, chosen, span=span)
