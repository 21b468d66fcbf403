"""Conditions in plain language. What has no good words is quoted as it is written: never a wrong sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from engine.permissions.language.evaluation import is_constant, value_of
from engine.permissions.language.kinds import INTEGERS, Kind
from engine.permissions.language.printer import printed
from engine.permissions.language.tree import (
    Between,
    Call,
    Column,
    Compare,
    Fact,
    In,
    IsNull,
    JsonHas,
    Like,
    Literal,
    Logic,
    Node,
    Not,
    Quantified,
)
from engine.permissions.language.values_in_words import constant, json_path, listed, noun


@dataclass(frozen=True, slots=True)
class Phrase:
    """A condition in words.

    Attributes:
        clause: As a sentence: `the first folder is their user id`, `their role is admin`.
        relative: What follows a noun in the plural (`whose first folder is ...`), or None where it is not about rows.
    """

    clause: str
    relative: str | None


def phrase(node: Node) -> Phrase:
    """Return a condition in words."""
    written = _WRITERS.get(type(node))
    return (written(node) if written else None) or _as_code(node)


def _as_code(node: Node) -> Phrase:
    """Return a condition as code."""
    code = f"`{printed(node)}`"
    about_row = any(isinstance(each, Column) for each in node.walk())
    return Phrase(f"{code} holds", f"for which {code} holds" if about_row else None)


def _said(node: Node, verb: str) -> Phrase | None:
    """Return a phrase about a value: `whose file name is ...`."""
    subject = noun(node)
    if subject is None or isinstance(node, Literal):
        return None
    if subject.of_row:
        return Phrase(f"the {subject.words} {verb}", f"whose {subject.words} {verb}")
    return Phrase(f"{subject.words} {verb}", None)


_OWNERS: Final = frozenset({"owner", "owner_id"})
_VERBS: Final = {"=": "is", "<>": "is not"}
_NUMBER_VERBS: Final = {"<": "is less than", "<=": "is at most", ">": "is more than", ">=": "is at least"}
_TIME_VERBS: Final = {"<": "is before", "<=": "is not after", ">": "is after", ">=": "is not before"}
_MIRRORED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}


def _compare(node: Compare) -> Phrase | None:
    """Return a comparison; the row's side comes first."""
    left, right = noun(node.left), noun(node.right)
    if left is None or right is None:
        return None
    if isinstance(node.left, Literal) or (right.of_row and not left.of_row):
        mirrored = replace(node, operator=_MIRRORED[node.operator], left=node.right, right=node.left)
        return None if isinstance(node.right, Literal) else _compare(mirrored)
    if node.operator == "=" and node.left in _OWNER_COLUMNS and right.words == "their user id":
        return Phrase("they own it", "that they own")
    verb = _verb(node)
    return _said(node.left, f"{verb} {'the ' if right.of_row else ''}{right.words}") if verb else None


_OWNER_COLUMNS: Final = (Column(Kind.UUID, "owner"), Column(Kind.TEXT, "owner_id"))


def _verb(node: Compare) -> str | None:
    """Return the words of a comparison, or None where the order of texts would need too many."""
    if node.operator in _VERBS:
        return _VERBS[node.operator]
    if node.left.kind in INTEGERS:
        return _NUMBER_VERBS[node.operator]
    return _TIME_VERBS[node.operator] if node.left.kind is Kind.TIME else None


def _choices(operand: Node, items: list[Any], negated: bool) -> Phrase | None:
    """Return a phrase for one of several constants."""
    if not items or None in items:
        return None
    words = [constant(each) for each in items]
    return _said(operand, f"{'is not' if negated else 'is'} {listed(words, 'or')}")


def _in(node: In) -> Phrase | None:
    if not all(map(is_constant, node.items)):
        return None
    return _choices(node.operand, [value_of(each) for each in node.items], node.negated)


def _quantified(node: Quantified) -> Phrase | None:
    if not is_constant(node.array) or (node.operator, node.every) not in (("=", False), ("<>", True)):
        return None
    return _choices(node.left, value_of(node.array) or [], node.every)


def _between(node: Between) -> Phrase | None:
    low, high = noun(node.low), noun(node.high)
    if node.operand.kind not in (*INTEGERS, Kind.TIME) or low is None or high is None:
        return None
    return _said(node.operand, f"is {'not ' if node.negated else ''}between {low.words} and {high.words}")


def _like(node: Like) -> Phrase | None:
    pattern = node.pattern.value if isinstance(node.pattern, Literal) else None
    if not isinstance(pattern, str) or node.escape is not None or "\\" in pattern or "_" in pattern:
        return None
    wanted = pattern.strip("%")
    verbs = _LIKE_VERBS.get((pattern.startswith("%"), pattern.endswith("%")))
    if (
        not wanted
        or "%" in wanted
        or verbs is None
        or pattern not in (wanted, f"%{wanted}", f"{wanted}%", f"%{wanted}%")
    ):
        return None
    ending = ", small and capital letters alike" if node.ignores_case else ""
    return _said(node.operand, f"{verbs[node.negated]} {constant(wanted)}{ending}")


_LIKE_VERBS: Final = {
    (False, False): ("is", "is not"),
    (False, True): ("begins with", "does not begin with"),
    (True, False): ("ends with", "does not end with"),
    (True, True): ("contains", "does not contain"),
}


def _is_null(node: IsNull) -> Phrase | None:
    if node.operand in _OWNER_COLUMNS[1:]:
        has = "an owner" if node.negated else "no owner"
        return Phrase(f"it has {has}", f"that have {has}")
    return _said(node.operand, "is known" if node.negated else "is not known")


def _column(node: Column) -> Phrase | None:
    return Phrase("it is public", "that are public")


def _not(node: Not) -> Phrase | None:
    inner = node.operand
    if isinstance(inner, Column):
        return Phrase("it is not public", "that are not public")
    if isinstance(inner, (In, Like, Between, IsNull)):
        return _WRITERS[type(inner)](replace(inner, negated=not inner.negated))
    return None


def _call(node: Call) -> Phrase | None:
    if node.name == "starts_with":
        prefix = noun(node.arguments[1])
        return None if prefix is None else _said(node.arguments[0], f"begins with {prefix.words}")
    expected = node.arguments[0]
    if not node.name.startswith("storage.allow_") or not is_constant(expected):
        return None
    value = value_of(expected)
    names = value if isinstance(value, list) else [value]
    if not names or not all(names):
        return None
    return Phrase(f"the operation is {listed(list(map(constant, names)), 'or')}", None)


def _json_has(node: JsonHas) -> Phrase | None:
    names, root = json_path(node.operand)
    key = value_of(node.key)
    if not names or not isinstance(root, Fact) or not isinstance(key, str):
        return None
    return Phrase(f"their claim {'.'.join(names)} has {constant(key)}", None)


def _logic(node: Logic) -> Phrase | None:
    """Return several conditions; those of the other operator below them are kept together by `either` and `both`."""
    if any(isinstance(each, Logic) for operand in node.operands for each in operand.children):
        return None
    phrases = [phrase(each) for each in node.operands]
    pair = "either " if node.operator == "or" else "both "
    clause = pair + listed([each.clause for each in phrases], node.operator)
    relatives = [each.relative for each in phrases if each.relative is not None]
    relative = pair + listed(relatives, node.operator) if len(relatives) == len(phrases) else None
    if relative is None and relatives:
        relative = f"of which this holds: {clause}"
    return Phrase(clause, relative)


def _constant_truth(node: Literal) -> Phrase | None:
    return Phrase("nothing is asked", None) if node.value is True else None


_WRITERS: Final[dict[type[Node], Callable[[Any], Phrase | None]]] = {
    Between: _between,
    Call: _call,
    Column: _column,
    Compare: _compare,
    In: _in,
    IsNull: _is_null,
    JsonHas: _json_has,
    Like: _like,
    Literal: _constant_truth,
    Logic: _logic,
    Not: _not,
    Quantified: _quantified,
}
