"""What somebody knows of a workspace who only listens to its events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from engine.outbox import Wanted
from engine.storage import FileStorage
from engine.types import RlsContext

SERVICE = RlsContext.service()
Told = tuple[str, str, str, str | None, str | None]
"""Type, bucket's id, path, and for moves where the object was."""


def recorded(storage: FileStorage) -> list[tuple[str, str]]:
    """Return type and path of everything that the outbox holds, as long as that is one page."""
    (page,) = storage.outbox.read([Wanted(0, SERVICE)])
    assert not page.more
    return [(event.type.value, event.path) for event in page.events]


class Replica:
    """Counts what came and went, so that an event which is missing or doubled leaves something that is not there."""

    def __init__(self) -> None:
        self._objects: Counter[tuple[str, str]] = Counter()
        self._buckets: Counter[str] = Counter()

    def take(self, events: Iterable[Told]) -> None:
        """Take note of events; those of one commit stand in any order, as where names are swapped."""
        for kind, bucket_id, path, old_bucket_id, old_path in events:
            step = {"created": 1, "moved": 1, "deleted": -1}.get(kind.rpartition(".")[2], 0)
            if kind.startswith("storage.bucket."):
                self._buckets[bucket_id] += step
                continue
            self._objects[bucket_id, path] += step
            if old_path is not None:
                self._objects[old_bucket_id or "", old_path] -= 1

    def check(self, storage: FileStorage) -> None:
        """Hold it against what there is."""
        buckets = {bucket.id for bucket in storage.list_buckets(SERVICE)}
        there = {(bucket_id, info.path) for bucket_id in buckets for info in storage.walk(bucket_id, "", SERVICE)}
        assert {key: count for key, count in self._objects.items() if count} == dict.fromkeys(there, 1)
        assert {key: count for key, count in self._buckets.items() if count} == dict.fromkeys(buckets, 1)
