"""Reversals that name their buckets by ids: a bucket may get another name, and its old one another bucket."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from app.bridge.relabelling import Relabelling
from app.bridge.reversals import BucketName, FolderBack, FolderGone, Moving, Reversal
from app.bridge.several import Several
from app.bridge.trash import Trashed
from app.bridge.trashings import Trashing, Uncopying, Untrashing


def pinned(reversal: Reversal, id_of: Callable[[str], str]) -> Reversal:
    """Return a reversal that holds on to its buckets.

    Args:
        reversal: With the names that they have now.
        id_of: Gives a bucket's id by its name; an unknown name, such as an id, as it is.
    """
    match reversal:
        case Moving():
            target = None if reversal.target is None else id_of(reversal.target)
            trashed = _pinned_trash(reversal.trashed, id_of)
            return replace(reversal, bucket=id_of(reversal.bucket), target=target, trashed=trashed)
        case Uncopying():
            trashed = _pinned_trash(reversal.trashed, id_of)
            return replace(reversal, bucket=id_of(reversal.bucket), trashed=trashed)
        case Several():
            return Several(tuple(pinned(part, id_of) for part in reversal.parts))
        case Untrashing():
            return Untrashing(replace(reversal.trashed, bucket=id_of(reversal.bucket)))
        case Trashing() | FolderGone() | FolderBack() | BucketName() | Relabelling():
            return replace(reversal, bucket=id_of(reversal.bucket))
    return reversal


def _pinned_trash(trashed: Trashed | None, id_of: Callable[[str], str]) -> Trashed | None:
    return None if trashed is None else replace(trashed, bucket=id_of(trashed.bucket))
