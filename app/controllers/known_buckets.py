"""Which buckets there were when they were read last: what was renamed since then, and what is gone."""

from __future__ import annotations

from app.location import Location
from app.models.tree_model import TreeModel


class KnownBuckets:
    """Compares each reading of the list of buckets with the one before."""

    def __init__(self, model: TreeModel) -> None:
        """Args: the buckets as they were read last."""
        self._model = model
        self._names: dict[str, str] = {}
        self._went_at = 0

    def went(self) -> None:
        """Note that the window goes somewhere now: only what is asked for from now on can tell that it is gone."""
        self._went_at = self._model.asked

    def forget(self) -> None:
        """Know of no bucket, as somebody does who looks for the first time."""
        self._names = {}

    def changes(self) -> tuple[list[tuple[Location, Location]], list[Location]]:
        """Return the buckets that were renamed, before and now, and those that are gone; each is told once."""
        before, self._names = self._names, self._model.names
        renamed = [
            (Location(name), Location(self._names[bucket_id]))
            for bucket_id, name in before.items()
            if self._names.get(bucket_id, name) != name
        ]
        gone = [
            Location(name)
            for bucket_id, name in before.items()
            if bucket_id not in self._names and not self._model.knows(name)
        ]
        return renamed, gone

    def misses(self, name: str) -> bool:
        """Return whether a bucket that the window is in is not there.

        A bucket made a moment ago is missing in a list that was asked for before: then the list is read again.
        """
        if self._model.knows(name):
            return False
        if self._model.answered > self._went_at:
            return True
        if self._model.asked <= self._went_at:
            self._model.reload_buckets()
        return False
