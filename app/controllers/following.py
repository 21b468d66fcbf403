"""Going along with folders that moved: which places are where now. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.location import Location
from engine.move_types import Move


def moved_places(bucket: str, target: str, moves: Iterable[Move]) -> list[tuple[Location, Location]]:
    """Return the folders that moved, before and afterwards.

    Args:
        bucket: Name of the bucket that they left.
        target: Name of the one that they came to.
        moves: Of anything; objects are left out.
    """
    return [
        (Location(bucket, move.source), Location(target, move.target))
        for move in moves
        if move.source.endswith("/") and not move.object_id
    ]


def one_by_one(moved: Sequence[tuple[Location, Location]]) -> list[tuple[Location, Location]]:
    """Return steps that, taken one after another, come to what happened at once.

    Args:
        moved: Places before and afterwards; where some took others' names, they go by way of names no path can have.
    """
    if not any(old.contains(new) for _, new in moved for old, _ in moved):
        return list(moved)
    between = [Location(old.bucket, f"\x01{number}/") for number, (old, _) in enumerate(moved)]
    aside = [(old, way) for (old, _), way in zip(moved, between, strict=True)]
    return aside + [(way, new) for (_, new), way in zip(moved, between, strict=True)]
