"""What becomes of a bucket's policies when it is renamed or deleted, in the transaction of that."""

from __future__ import annotations

from typing import Final

from sqlalchemy import delete, select, update

from engine.metadata.executor import Transaction
from engine.metadata.tables import storage_policies
from engine.permissions.generation import raise_generation
from engine.permissions.policy_check import is_name

_P: Final = storage_policies.c


def forget_policies(tx: Transaction, bucket_id: str) -> None:
    """Delete the policies that belong to a bucket, which is about to be deleted.

    Args:
        tx: Of the service role.
        bucket_id: Whose.
    """
    if tx.execute(delete(storage_policies).where(_P.bucket_id == bucket_id)).rowcount:
        raise_generation(tx)


def rename_policies(tx: Transaction, bucket_id: str, old: str, new: str) -> dict[str, str]:
    """Let the names of a bucket's policies end with its new name that end with the old, as those of templates do.

    A name that would be another policy's, or no name any more, stays as it is.

    Args:
        tx: Of the service role.
        bucket_id: Whose.
        old: How the bucket was called.
        new: How it is called now.

    Returns:
        The old names with the new ones.
    """
    every = tx.execute(select(_P.id, _P.name, _P.table_name, _P.bucket_id)).all()
    taken = {(row.table_name, row.name) for row in every}
    ending, renamed = f": {old}", {}
    for row in every:
        name = f"{row.name.removesuffix(ending)}: {new}"
        if row.bucket_id != bucket_id or not row.name.endswith(ending) or not is_name(name):
            continue
        if (row.table_name, name) not in taken:
            tx.execute(update(storage_policies).where(_P.id == row.id).values(name=name))
            taken.add((row.table_name, name))
            renamed[row.name] = name
    if renamed:
        raise_generation(tx)
    return renamed
