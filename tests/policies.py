"""Policies that tests give to buckets."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.access_types import Policy
    from engine.storage import FileStorage

OWNER = "owner_id = (SELECT auth.uid()::text)"
"""What owners have, as the migration to policies wrote it for every bucket."""


def let_owners(storage: FileStorage, bucket: str | None = None) -> Policy:
    """Let signed-in users do everything with what they own in a bucket, or in all, and add objects as their own."""
    from engine.access_types import PolicyCommand, PolicySpec
    from engine.context import RlsContext
    from engine.permissions.rows import PolicyTable

    name, everyone = f"Owners in {bucket or 'all buckets'}", ("authenticated",)
    spec = PolicySpec(name, PolicyTable.OBJECTS, PolicyCommand.ALL, everyone, using=OWNER, check=OWNER)
    return storage.policies.create(spec, RlsContext.service(), bucket)
