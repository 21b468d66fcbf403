"""Policies written into their table, and what is asked of one that is written. Inside a transaction of the caller's.

Each change is noted for those who listen: see `sight_changes`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, insert, select, update

from engine.access_types import Policy, PolicySpec
from engine.errors import BucketNotFound, InvalidRequest, PolicyAlreadyExists, PolicyNotFound
from engine.ids import new_id
from engine.metadata.executor import AnyRow, Transaction
from engine.metadata.tables import storage_buckets, storage_policies
from engine.permissions.policy_check import check_spec
from engine.permissions.policy_rows import SELECT_POLICIES, columns_of_spec, policy_from
from engine.permissions.rows import PolicyTable
from engine.permissions.sight_changes import note_policy
from engine.times import now_us

if TYPE_CHECKING:
    from engine.permissions.language import DropPolicy, Expression

_P: Final = storage_policies.c
_B: Final = storage_buckets.c


def insert_policy(
    tx: Transaction, spec: PolicySpec, bucket: str | None, known_id: str = "", *, enabled: bool = True
) -> Policy:
    """Write a new policy, or one that was there before by the id it had.

    Raises:
        InvalidRequest: Only policies about objects belong to a bucket.
        BucketNotFound: It is to belong to a bucket that is not there.
        PolicyAlreadyExists: Another one of the table has its name.
    """
    check_spec(spec)
    if bucket is not None and spec.table is not PolicyTable.OBJECTS:
        raise InvalidRequest("Only policies about objects belong to a bucket")
    bound, bucket_id = bound_spec(tx, spec, None if bucket is None else id_of_bucket(tx, bucket))
    refuse_taken(tx, bound)
    policy_id, now = known_id or new_id(), now_us()
    values = {"id": policy_id, "enabled": enabled, "created_at": now, "updated_at": now}
    tx.execute(insert(storage_policies).values(**values, **columns_of_spec(bound, bucket_id)))
    made = find_policy(tx, policy_id)
    note_policy(tx, None, made)
    return policy_from(made)


def put_policy_back(tx: Transaction, policy: Policy) -> Policy:
    """Write a policy that was deleted as it was; of one whose bucket is gone, say which it is.

    Raises:
        BucketNotFound: Its bucket is gone.
        PolicyAlreadyExists: Another one has its name by now.
    """
    try:
        return insert_policy(tx, policy.spec, policy.bucket, policy.id, enabled=policy.enabled)
    except BucketNotFound as error:
        message = f'The bucket of policy "{policy.spec.name}" has been deleted'
        raise BucketNotFound(message, path=error.path) from error


def drop_policy(tx: Transaction, statement: DropPolicy) -> tuple[Policy, ...]:
    """Delete a policy by its name.

    Raises:
        PolicyNotFound: There is none, and the statement does not allow for that.
    """
    query = SELECT_POLICIES.where(_P.table_name == statement.table.value, _P.name == statement.name)
    rows = tx.execute(query).all()
    if not rows and not statement.if_exists:
        raise PolicyNotFound(f'policy "{statement.name}" for table "{statement.table}" does not exist')
    return remove_policies(tx, rows)


def update_policy(tx: Transaction, kept: AnyRow, values: Mapping[str, Any]) -> Policy:
    """Change a policy's row, and return the policy."""
    tx.execute(update(storage_policies).where(_P.id == kept.id).values(**values, updated_at=now_us()))
    changed = find_policy(tx, kept.id)
    note_policy(tx, kept, changed)
    return policy_from(changed)


def remove_policies(tx: Transaction, rows: Sequence[AnyRow]) -> tuple[Policy, ...]:
    """Delete policies, and return them as they were."""
    tx.execute(delete(storage_policies).where(_P.id.in_([row.id for row in rows])))
    for row in rows:
        note_policy(tx, row, None)
    return tuple(map(policy_from, rows))


def find_policy(tx: Transaction, policy_id: str) -> AnyRow:
    """Return the row of a policy.

    Raises:
        PolicyNotFound: There is none.
    """
    row = tx.execute(SELECT_POLICIES.where(_P.id == policy_id)).one_or_none()
    if row is None:
        raise PolicyNotFound("Policy not found", path=policy_id)
    return row


def refuse_taken(tx: Transaction, spec: PolicySpec, but: str | None = None) -> None:
    """Refuse a name that another policy of the table has.

    Raises:
        PolicyAlreadyExists: It has.
    """
    query = select(_P.id).where(_P.table_name == spec.table.value, _P.name == spec.name, _P.id != (but or ""))
    if tx.execute(query).first() is not None:
        raise PolicyAlreadyExists(f'policy "{spec.name}" for table "{spec.table}" already exists')


def id_of_bucket(tx: Transaction, name_or_id: str) -> str:
    """Return the id of a bucket.

    Raises:
        BucketNotFound: There is none.
    """
    query = (
        select(_B.id).where((_B.name == name_or_id) | (_B.id == name_or_id)).order_by((_B.name == name_or_id).desc())
    )
    found = tx.execute(query.limit(1)).scalar()
    if found is None:
        raise BucketNotFound("Bucket not found", path=name_or_id)
    return str(found)


def bound_spec(tx: Transaction, spec: PolicySpec, bucket_id: str | None) -> tuple[PolicySpec, str | None]:
    """Return what a policy says beside the bucket that it belongs to, and that bucket.

    Args:
        tx: For the buckets there are.
        spec: What it says in full.
        bucket_id: The bucket that it belongs to if it names none.
    """
    from engine.permissions.language import parse, split_bucket  # see there: many a start sees no policy

    if spec.table is not PolicyTable.OBJECTS:
        return spec, None
    using, check = (
        None if text is None else split_bucket(parse(text, spec.table), permissive=spec.permissive)
        for text in (spec.using, spec.check)
    )
    asked = [part for text, part in ((spec.using, using), (spec.check, check)) if text is not None]
    names = {None if part is None else part[0] for part in asked}
    name = names.pop() if len(names) == 1 else None
    named = None if name is None else tx.execute(select(_B.id).where(_B.name == name)).scalar()
    if named is None:
        return spec, bucket_id
    nothing = "true" if spec.permissive else "false"
    return replace(spec, using=_rest(using, nothing), check=_rest(check, nothing)), str(named)


def _rest(part: tuple[str, Expression | None] | None, nothing: str) -> str | None:
    """Return what is left of an expression without its bucket; `nothing` where nothing is."""
    if part is None:
        return None
    return nothing if part[1] is None else part[1].sql
