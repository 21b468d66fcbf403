"""A backend that is timed: another one, with the calls that wait for a disk or a network put on the clock.

Times go to histograms by operation: `write` (small contents), `ingest` and `copy` (whole files, as long as those are),
`flush` (until staged bytes are durable), `sync` (until changed names are), `open`. Everything else is handed on as it
is. A rename inside a block of changes is not timed: there are thousands in a bulk upload, and what waits is `sync`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from engine.backends.base import BackendChanges, BackendReader, Monitor, Staged, StagedWriter, StorageBackend

if TYPE_CHECKING:
    from engine.observability.counts import Latency
    from engine.observability.meters import Meters


class TimedBackend:
    """Times a backend. Threads: as the backend.

    Args:
        backend: Does the work.
        meters: Where times are counted.
    """

    def __init__(self, backend: StorageBackend, meters: Meters) -> None:
        self._backend = backend
        self._write, self._ingest, self._copy, self._flush, self._sync, self._open = (
            meters.latency(operation, backend.name)
            for operation in ("write", "ingest", "copy", "flush", "sync", "open")
        )

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the backend has
        """Return what is not timed."""
        return getattr(self._backend, name)

    def stage(self, staged_id: str) -> StagedWriter:
        """Begin to stage a stream; the end of it is timed."""
        return _TimedWriter(self._backend.stage(staged_id), self._flush)

    def stage_bytes(self, staged_id: str, data: bytes) -> Staged:
        """Stage a small content."""
        began_s = perf_counter()
        try:
            return self._backend.stage_bytes(staged_id, data)
        finally:
            self._write.observe(perf_counter() - began_s)

    def stage_many(self, contents: Sequence[tuple[str, bytes]]) -> list[Staged]:
        """Stage small contents."""
        began_s = perf_counter()
        try:
            return self._backend.stage_many(contents)
        finally:
            self._write.observe(perf_counter() - began_s)

    def ingest(self, staged_id: str, source: BinaryIO, size_bytes: int, monitor: Monitor) -> Staged:
        """Stage a file."""
        began_s = perf_counter()
        try:
            return self._backend.ingest(staged_id, source, size_bytes, monitor)
        finally:
            self._ingest.observe(perf_counter() - began_s)

    def copy(self, reader: BackendReader, staged_id: str, monitor: Monitor) -> Staged:
        """Stage what a reader reads."""
        began_s = perf_counter()
        try:
            return self._backend.copy(reader, staged_id, monitor)
        finally:
            self._copy.observe(perf_counter() - began_s)

    def flush(self, staged_ids: Sequence[str]) -> None:
        """Make staged bytes durable."""
        began_s = perf_counter()
        try:
            self._backend.flush(staged_ids)
        finally:
            self._flush.observe(perf_counter() - began_s)

    def open(self, key: str) -> BackendReader | None:
        """Open a key's bytes."""
        began_s = perf_counter()
        try:
            return self._backend.open(key)
        finally:
            self._open.observe(perf_counter() - began_s)

    def changes(self) -> AbstractContextManager[BackendChanges]:
        """Open a block of changes; its `sync` is timed."""
        return self._timed_changes()

    @contextmanager
    def _timed_changes(self) -> Iterator[BackendChanges]:
        with self._backend.changes() as changes:
            yield cast("BackendChanges", _TimedChanges(changes, self._sync))


class _TimedWriter:
    """Times the end of a stream."""

    __slots__ = ("_finish", "_latency", "abort", "write")

    def __init__(self, writer: StagedWriter, latency: Latency) -> None:
        self.write: Callable[[bytes], None] = writer.write
        self.abort: Callable[[], None] = writer.abort
        self._finish = writer.finish
        self._latency = latency

    def finish(self) -> Staged:
        """Make the bytes durable."""
        began_s = perf_counter()
        try:
            return self._finish()
        finally:
            self._latency.observe(perf_counter() - began_s)


class _TimedChanges:
    """Times the end of a block of changes; the methods in between are the backend's own, at no cost."""

    def __init__(self, changes: BackendChanges, latency: Latency) -> None:
        self.publish, self.relocate = changes.publish, changes.relocate
        self.remove, self.adopt = changes.remove, changes.adopt
        self._sync = changes.sync
        self._latency = latency

    def sync(self) -> None:
        """Make every change of this block durable."""
        began_s = perf_counter()
        try:
            self._sync()
        finally:
            self._latency.observe(perf_counter() - began_s)
