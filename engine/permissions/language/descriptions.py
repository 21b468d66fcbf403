"""A policy as one sentence in plain language, built from its tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from engine.access_types import EVERYONE, PolicyCommand, PolicySpec
from engine.context import Role
from engine.permissions.language.expression import parse
from engine.permissions.language.phrases import phrase
from engine.permissions.language.tree import Column, Compare, Literal, Logic, Node
from engine.permissions.language.values_in_words import constant, listed

_SUBJECTS: Final = {
    EVERYONE: "anyone",
    Role.AUTHENTICATED.value: "signed-in users",
    Role.ANON.value: "people who are not signed in",
    Role.SERVICE.value: "the service role",
}
_VERBS: Final = {
    PolicyCommand.ALL: "read, add, change and delete",
    PolicyCommand.SELECT: "read",
    PolicyCommand.INSERT: "add",
    PolicyCommand.UPDATE: "change",
    PolicyCommand.DELETE: "delete",
}


@dataclass(frozen=True, slots=True)
class _Described:
    """What a clause says.

    Attributes:
        rows: Which rows: `objects in photos whose ...`.
        condition: What else must hold: `, if their role is admin`, or nothing.
        never: Whether no row meets it.
    """

    rows: str
    condition: str
    never: bool = False


def describe(spec: PolicySpec, bucket: str | None) -> str:
    """Return what a policy means, as one sentence without its full stop.

    Args:
        spec: The policy.
        bucket: The bucket that it belongs to, or None.

    Raises:
        InvalidPolicy: An expression of it is refused.
    """
    using = None if spec.using is None else _described(spec, spec.using, bucket)
    check = None if spec.check is None else _described(spec, spec.check, bucket)
    first = using or check
    if first is None or first.never:
        return f"{_capital(_subject(spec))} may {_VERBS[spec.command]} no {spec.table.value} by this policy"
    nothing_but = "" if spec.permissive else "only "
    sentence = f"{_capital(_subject(spec))} may {_VERBS[spec.command]} {nothing_but}{first.rows}{first.condition}"
    if using is not None and check is not None and check != using:
        sentence += f"; what they write must be {check.rows}{check.condition}" if not check.never else _NOTHING
    return sentence if spec.permissive else f"{sentence}, whatever other policies allow"


_NOTHING: Final = "; they may write nothing"


def _capital(words: str) -> str:
    """Return words that begin a sentence."""
    return words[:1].upper() + words[1:]


def _subject(spec: PolicySpec) -> str:
    """Return whom a policy concerns."""
    if EVERYONE in spec.roles:
        return _SUBJECTS[EVERYONE]
    return listed([_SUBJECTS.get(role, f"users with the role {constant(role)}") for role in spec.roles], "and")


def _described(spec: PolicySpec, expression: str, bucket: str | None) -> _Described:
    """Return what an expression says of the rows of a policy's table."""
    root = parse(expression, spec.table).root
    conditions = list(root.operands if isinstance(root, Logic) and root.operator == "and" else (root,))
    rows = spec.table.value
    if bucket is not None:
        rows += f' in "{bucket}"'
    for each in [each for each in conditions if _bucket_of(each) is not None]:
        rows += f' in "{_bucket_of(each)}"'
        conditions.remove(each)
    never = any(isinstance(each, Literal) and each.value is not True for each in conditions)
    phrases = [phrase(each) for each in conditions if not isinstance(each, Literal)]
    relatives = [each.relative for each in phrases if each.relative is not None]
    others = [each.clause for each in phrases if each.relative is None]
    rows += f" {listed(relatives, 'and')}" if relatives else ""
    return _Described(rows, f", if {listed(others, 'and')}" if others else "", never)


def _bucket_of(node: Node) -> str | None:
    """Return the bucket that a condition asks for, or None."""
    if not (isinstance(node, Compare) and node.operator == "=" and isinstance(node.right, Literal)):
        return None
    return str(node.right.value) if node.left == Column(node.left.kind, "bucket_id") and node.right.value else None
