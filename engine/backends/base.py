"""The backend protocol and its contract in words; one test suite holds every backend to it.

A backend keeps byte sequences under keys `<bucket id>/<physical path>` and knows nothing of rows. Bytes come
in two steps, so that the metadata commit between them decides:

1. **stage**: bytes go to a staged id that no key names. Nothing staged is visible under a key. After `flush`
   returns (or `StagedWriter.finish`), what was staged before survives a power cut.
2. **publish** (`changes`): the staged bytes become the key's content, atomically: a reader sees the old bytes
   or the new ones. Renames inside a `changes` block survive a power cut once its `sync` returned.

What comes over hours or days waits in a **part** (`hold_part`), which outlives the process that began it. One caller
holds it at a time, among all processes; when it is complete its bytes are staged like any others.

Idempotence: publishing, relocating or removing what is not there any more answers `GONE` and changes nothing,
so that a step may be repeated after a crash. A reader keeps the bytes it opened, whatever happens to the key.

Threads: every method from any thread; the calls inside one `changes` block and of one writer from one thread
at a time. Callers serialise `changes` blocks among threads and processes (they run under the database's write
lock). Failures are `engine.errors.EnvironmentFault`s; a failed flush is never retried, its bytes are discarded.

Source: specification, "Storage Backend Abstraction" (the five verbs) and "Streaming (Future)".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import Enum
from typing import BinaryIO, Protocol

Monitor = Callable[[int], None]
"""Called now and then with the bytes moved so far; raises to stop the work (`Cancelled`)."""


@dataclass(frozen=True, slots=True)
class Staged:
    """Bytes that wait for their commit.

    Attributes:
        staged_id: What they are staged under.
        size_bytes: How many they are.
        checksum: Their SHA-256, 64 hexadecimal digits.
    """

    staged_id: str
    size_bytes: int
    checksum: str


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """One key of a backend's own listing."""

    key: str
    size_bytes: int


class Outcome(Enum):
    """How a change of a key ended."""

    DONE = "done"
    TAKEN = "taken"
    """Other bytes are under the target key, or stand in its way; nothing changed."""
    GONE = "gone"
    """There was nothing to change: it was done before, or the bytes are lost."""


class StagedWriter(Protocol):
    """Takes the bytes of one staged id in order."""

    def write(self, data: bytes) -> None:
        """Append `data`, which must not change afterwards."""

    def finish(self) -> Staged:
        """Make the bytes durable and return what they are. Ends the writer."""

    def abort(self) -> None:
        """Throw the bytes away; safe to call at any time and again."""


class Part(Protocol):
    """The bytes of one part, held by one caller alone until `close` or `remove`."""

    @property
    def size_bytes(self) -> int:
        """Return the length."""

    def write(self, data: bytes) -> None:
        """Append `data`; durable after `flush` only."""

    def cut(self, size_bytes: int) -> None:
        """Forget what was written beyond the first `size_bytes`."""

    def flush(self) -> None:
        """Make everything written, and the part's name, durable."""

    def stage(self, staged_id: str) -> None:
        """Stage the bytes, without a second copy where the backend can; durable after the backend's `flush` only.

        The part stays, and takes nothing more while these bytes are staged.
        """

    def remove(self) -> None:
        """Throw the part away and end the hold; what was staged of it stays."""

    def close(self) -> None:
        """End the hold; safe to call again, also after `remove`."""


class BackendReader(Protocol):
    """Reads the bytes a key had when it was opened."""

    @property
    def size_bytes(self) -> int:
        """Return the length."""

    def read_at(self, offset: int, count: int) -> bytes:
        """Return up to `count` bytes from `offset`; fewer only at the end. Any thread."""

    def readinto_at(self, offset: int, buffer: memoryview) -> int:
        """Fill `buffer` from `offset` and return how many bytes were read."""

    def fileno(self) -> int | None:
        """Return a file descriptor that holds exactly these bytes, or None where there is none."""

    def close(self) -> None:
        """Release what the reader holds; safe to call again."""


class BackendChanges(Protocol):
    """Changes of keys, made one after the other under the caller's lock."""

    def publish(self, staging: str, staged_id: str, key: str, *, replace: bool) -> Outcome:
        """Give staged bytes their key. `replace` says that the bytes under the key are ours to replace."""

    def relocate(self, key: str, target_key: str) -> Outcome:
        """Give bytes another key, never over other bytes."""

    def remove(self, key: str) -> Outcome:
        """Remove a key and, at the latest with `sync`, the folders that it leaves empty."""

    def adopt(self, key: str) -> Outcome:
        """Make bytes durable that another program put under a key; with `sync` their name as well.

        Needs no lock of the caller's in a block of its own.
        """

    def sync(self) -> None:
        """Make every change of this block durable."""


class StorageBackend(Protocol):
    """The protocol. See the module's text for what every method promises."""

    @property
    def name(self) -> str:
        """Return the kind of backend, for logs and metrics."""

    @property
    def staging(self) -> str:
        """Return the name under which this process stages, to be remembered with a commit."""

    def natural_path(self, path: str) -> str:
        """Return the physical path an object's path maps to, relative to its bucket."""

    def spare_path(self, path: str, version: str) -> str:
        """Return a physical path that nothing else maps to, for when the natural one is taken."""

    def stage(self, staged_id: str) -> StagedWriter:
        """Begin to stage a stream."""

    def stage_bytes(self, staged_id: str, data: bytes) -> Staged:
        """Stage a small content at once; durable after `flush` only."""

    def stage_many(self, contents: Sequence[tuple[str, bytes]]) -> list[Staged]:
        """Stage small contents, each under its id, at once; durable after `flush` only.

        When it fails, none of them is staged.
        """

    def ingest(self, staged_id: str, source: BinaryIO, size_bytes: int, monitor: Monitor) -> Staged:
        """Stage the first `size_bytes` of an open, unbuffered file as fast as the machine can.

        Durable after `flush` only. Fewer bytes than asked for in the source give a shorter result.
        """

    def copy(self, reader: BackendReader, staged_id: str, monitor: Monitor) -> Staged:
        """Stage what a fresh reader of this backend reads; durable after `flush` only."""

    def flush(self, staged_ids: Sequence[str]) -> None:
        """Make these staged bytes durable."""

    def discard(self, staged_id: str) -> None:
        """Throw away what this process staged under the id, if anything."""

    def hold_part(self, part_id: str) -> Part | None:
        """Hold a part as it is, made if it is not there; None while somebody else does, in whichever process.

        Of what was written by a process that died, only what it flushed is sure to be there, and `cut` takes the rest.
        """

    def remove_part(self, part_id: str) -> bool:
        """Throw a part away, if it is there; False, and nothing is done, while somebody holds it."""

    def list_parts(self) -> Sequence[str]:
        """Return the ids of all parts."""

    def changes(self) -> AbstractContextManager[BackendChanges]:
        """Open a block of changes."""

    def open(self, key: str) -> BackendReader | None:
        """Return a reader of the key's bytes, or None where there are none."""

    def open_staged(self, staging: str, staged_id: str) -> BackendReader | None:
        """Return a reader of staged bytes, or None where there are none."""

    def write(self, key: str, data: bytes) -> None:
        """Replace the key's content, durably."""

    def read(self, key: str) -> bytes:
        """Return the key's content; `BytesMissing` where there is none."""

    def delete(self, key: str) -> None:
        """Remove the key; a no-op where there is none."""

    def exists(self, key: str) -> bool:
        """Return whether the key has content."""

    def size(self, key: str) -> int:
        """Return the content's length; `BytesMissing` where there is none."""

    def list(self, bucket_id: str = "") -> Iterator[StoredEntry]:
        """Yield every key, of one bucket or of all; staged bytes are not keys.

        Keys that begin with a dot are the engine's own and belong to no bucket: they are listed under their first
        segment alone.
        """

    def list_buckets(self) -> Sequence[str]:
        """Return the ids of the buckets that have a folder."""

    def remove_bucket(self, bucket_id: str) -> None:
        """Remove a bucket's folder if nothing is left in it."""

    def sweep(self, before: Callable[[str], bool]) -> int:
        """Throw away what dead processes staged and return how many contents that was.

        `before` is called with each dead process's staging name, to finish what it had committed. Where it answers
        that something is left, what that process staged is kept.
        """

    def set_aside(self, key: str, label: str) -> str:
        """Move a key's bytes out of the way for a person to look at, and return where they are.

        A change like those of a `changes` block: callers hold off all others. `BytesMissing` where there are none.
        """

    def list_aside(self) -> Iterator[StoredEntry]:
        """Yield what was set aside. No listing shows these keys; they are good for `open` and `relocate` from there."""

    def close(self) -> None:
        """Release what this process holds."""
