"""Between rows of `storage_policies` and values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Select, select

from engine.access_types import Policy, PolicyCommand, PolicySpec
from engine.metadata.tables import storage_buckets, storage_policies
from engine.permissions.rows import PolicyTable
from engine.times import to_datetime

_P: Final = storage_policies.c
_B: Final = storage_buckets.c

SELECT_POLICIES: Final[Select[Any]] = (
    select(storage_policies, _B.name.label("bucket"))
    .select_from(storage_policies.outerjoin(storage_buckets, _B.id == _P.bucket_id))
    .order_by(_P.table_name, _P.name)
)
"""What `policy_from` reads, in the order of names."""


def policy_from(row: Any) -> Policy:  # noqa: ANN401 - a row, typed by its query
    """Return the policy of a row of `SELECT_POLICIES`."""
    return Policy(
        id=row.id,
        spec=spec_from(row),
        bucket=row.bucket,
        enabled=row.enabled,
        created_at=to_datetime(row.created_at),
        updated_at=to_datetime(row.updated_at),
    )


def spec_from(row: Any) -> PolicySpec:  # noqa: ANN401 - a row, typed by its query
    """Return what a row of `storage_policies` says."""
    return PolicySpec(
        name=row.name,
        table=PolicyTable(row.table_name),
        command=PolicyCommand(row.command),
        roles=tuple(row.roles),
        using=row.using_text,
        check=row.check_text,
        permissive=row.permissive,
    )


def columns_of_spec(spec: PolicySpec, bucket_id: str | None) -> Mapping[str, Any]:
    """Return the columns that say what a policy says."""
    return {
        "name": spec.name,
        "table_name": spec.table.value,
        "bucket_id": bucket_id,
        "command": spec.command.value,
        "permissive": spec.permissive,
        "roles": _each_once(spec.roles),
        "using_text": spec.using,
        "check_text": spec.check,
    }


def spec_told(policy: Policy) -> dict[str, Any]:
    """Return what the audit is told of a policy: all that it says."""
    spec = policy.spec
    return {
        "name": spec.name,
        "table": spec.table.value,
        "bucket": policy.bucket,
        "command": spec.command.value,
        "permissive": spec.permissive,
        "roles": list(spec.roles),
        "using": spec.using,
        "check": spec.check,
        "enabled": policy.enabled,
    }


def _each_once(roles: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(roles))
