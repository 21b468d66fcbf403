"""Who sees something else once policies or a bucket's name have changed: noted for those who listen, with the change.

Only policies that count, and that say what is seen, matter; what they let somebody write changes nobody's picture. What
becomes visible or hidden by the mere passing of time is nobody's change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engine.access_types import PolicyCommand
from engine.metadata.executor import AnyRow, Transaction
from engine.permissions.rows import PolicyTable
from engine.permissions.rules import Rule
from engine.types import Bucket

_SEEING: Final = frozenset({PolicyCommand.ALL, PolicyCommand.SELECT})


def note_policy(tx: Transaction, before: AnyRow | None, after: AnyRow | None) -> None:
    """Note whose picture is another because one policy is.

    Args:
        tx: That changes it.
        before: Its row of `SELECT_POLICIES` as it was, or None for a new one.
        after: As it is, or None for one that is gone.
    """
    if _said(before) == _said(after):
        return
    for row in (before, after):
        if row is not None and _said(row) is not None:
            tx.changes.access(row.table_name, row.roles, row.bucket_id, row.bucket)


def note_renamed(tx: Transaction, before: Bucket, after: Bucket) -> None:
    """Note whose picture of a bucket's objects is another because its name is.

    Where a policy asks for the name, who sees which object may have changed; all others whom a policy lets see objects
    there know the bucket by its name, and are told of it here if they do not see the bucket itself.

    Args:
        tx: Of the service role, which changes it.
        before: The bucket as it was.
        after: As it is.
    """
    if before.name == after.name:
        return
    rules = [rule for rule in tx.rules if _shows_objects_in(rule, after.id)]
    asking = [rule for rule in rules if _asks_for_bucket(rule)]
    for some, unlisted in ((asking, False), (rules, True)):
        roles = _roles(some)
        if roles:
            tx.changes.access(PolicyTable.OBJECTS, roles, after.id, after.name, unlisted=unlisted)


def _said(row: AnyRow | None) -> tuple[object, ...] | None:
    """Return what a policy has to say of what is seen; None for nothing."""
    if row is None or not row.enabled or row.using_text is None or row.command not in _SEEING:
        return None
    return row.table_name, row.bucket_id, row.permissive, frozenset(row.roles), row.using_text


def _shows_objects_in(rule: Rule, bucket_id: str) -> bool:
    return (
        rule.table is PolicyTable.OBJECTS
        and rule.command in _SEEING
        and rule.using is not None
        and rule.bucket_id in {None, bucket_id}
    )


def _asks_for_bucket(rule: Rule) -> bool:
    from engine.permissions.language.tree import Column  # see there: many a start sees no policy

    nodes = () if rule.using is None else rule.using.root.walk()
    return any(isinstance(node, Column) and node.name == "bucket_id" for node in nodes)


def _roles(rules: Sequence[Rule]) -> set[str]:
    return {role for rule in rules for role in rule.roles}
