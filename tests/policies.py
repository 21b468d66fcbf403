"""Policies that tests give to buckets."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.access_types import Policy
    from engine.storage import FileStorage

OWNER = "owner_id = (SELECT auth.uid()::text)"
"""What owners have, as the migration to policies wrote it for every bucket."""


def let_owners(storage: FileStorage, bucket: str) -> Policy:
    """Let signed-in users do everything with what they own in a bucket, and add objects as their own."""
    from engine.access_types import PolicyCommand, PolicySpec
    from engine.context import RlsContext
    from engine.permissions.rows import PolicyTable

    spec = PolicySpec(
        f"Owners in {bucket}", PolicyTable.OBJECTS, PolicyCommand.ALL, ("authenticated",), using=OWNER, check=OWNER
    )
    return storage.policies.create(spec, RlsContext.service(), bucket)
