"""`MemoryBackend`: the protocol over dictionaries, for tests and for workspaces that nobody wants to keep."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO

from engine import limits
from engine.backends.base import BackendReader, Monitor, Outcome, Staged, StoredEntry
from engine.backends.names import ASIDE_FOLDER
from engine.errors import BytesMissing

_STAGING = "memory"


class MemoryReader:
    """Reads one immutable content."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def size_bytes(self) -> int:
        """Return the length."""
        return len(self._data)

    def read_at(self, offset: int, count: int) -> bytes:
        """Return up to `count` bytes from `offset`."""
        return self._data[offset : offset + count]

    def readinto_at(self, offset: int, buffer: memoryview) -> int:
        """Fill `buffer` from `offset` and return how many bytes were read."""
        part = self._data[offset : offset + len(buffer)]
        buffer[: len(part)] = part
        return len(part)

    def fileno(self) -> int | None:
        """Return None: there is no file."""
        return None

    def close(self) -> None:
        """Release nothing."""


class MemoryWriter:
    """Gathers the bytes of one staged id."""

    def __init__(self, backend: MemoryBackend, staged_id: str) -> None:
        self._backend = backend
        self._staged_id = staged_id
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Append `data`."""
        self._parts.append(bytes(data))

    def finish(self) -> Staged:
        """Stage what was gathered."""
        return self._backend.stage_bytes(self._staged_id, b"".join(self._parts))

    def abort(self) -> None:
        """Forget what was gathered."""
        self._parts.clear()
        self._backend.discard(self._staged_id)


class MemoryPart:
    """One part, held."""

    def __init__(self, backend: MemoryBackend, parts: dict[str, bytearray], held: set[str], part_id: str) -> None:
        self._backend = backend
        self._parts = parts
        self._held = held
        self._part_id = part_id
        self._data = parts[part_id]
        self._closed = False

    @property
    def size_bytes(self) -> int:
        """Return the length."""
        return len(self._data)

    def write(self, data: bytes) -> None:
        """Append `data`."""
        self._data += data

    def cut(self, size_bytes: int) -> None:
        """Forget what was written beyond the first `size_bytes`."""
        del self._data[size_bytes:]

    def flush(self) -> None:
        """Do nothing: memory is as durable as it gets."""

    def stage(self, staged_id: str) -> None:
        """Stage the bytes."""
        self._backend.stage_bytes(staged_id, self._data)

    def remove(self) -> None:
        """Throw the part away and end the hold."""
        self._parts.pop(self._part_id, None)
        self.close()

    def close(self) -> None:
        """End the hold."""
        if not self._closed:
            self._closed = True
            self._held.discard(self._part_id)


class MemoryChanges:
    """Changes of keys in the dictionaries, each under their lock."""

    def __init__(
        self, lock: threading.RLock, staged: dict[str, bytes], stored: dict[str, bytes], aside: dict[str, bytes]
    ) -> None:
        self._lock = lock
        self._staged = staged
        self._stored = stored
        self._aside = aside

    def publish(self, staging: str, staged_id: str, key: str, *, replace: bool) -> Outcome:
        """Give staged bytes their key."""
        with self._lock:
            if staging != _STAGING or staged_id not in self._staged:
                return Outcome.GONE
            if key in self._stored and not replace:
                return Outcome.TAKEN
            self._stored[key] = self._staged[staged_id]
            del self._staged[
                staged_id
            ]  # afterwards: a reader in between would find neither and take what was there before
            return Outcome.DONE

    def relocate(self, key: str, target_key: str) -> Outcome:
        """Give bytes another key."""
        with self._lock:
            source = self._stored if key in self._stored else self._aside
            if key not in source:
                return Outcome.GONE
            if target_key in self._stored:
                return Outcome.TAKEN
            self._stored[target_key] = source.pop(key)
            return Outcome.DONE

    def remove(self, key: str) -> Outcome:
        """Remove a key."""
        with self._lock:
            return Outcome.GONE if self._stored.pop(key, None) is None else Outcome.DONE

    def adopt(self, key: str) -> Outcome:
        """Do nothing: nothing here is durable, and nobody else puts bytes here."""
        return Outcome.DONE if key in self._stored else Outcome.GONE

    def sync(self) -> None:
        """Do nothing: memory is as durable as it gets."""


class MemoryBackend:
    """Keeps everything in dictionaries under one lock."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._staged: dict[str, bytes] = {}
        self._stored: dict[str, bytes] = {}
        self._aside: dict[str, bytes] = {}
        self._parts: dict[str, bytearray] = {}
        self._held: set[str] = set()

    @property
    def name(self) -> str:
        """Return the kind of backend."""
        return "memory"

    @property
    def staging(self) -> str:
        """Return the one staging name there is."""
        return _STAGING

    def natural_path(self, path: str) -> str:
        """Return the path itself: any text is a key here."""
        return path

    def spare_path(self, path: str, version: str) -> str:
        """Return a path that no other version has."""
        return f"{ASIDE_FOLDER}/{version}-{path}"

    def stage(self, staged_id: str) -> MemoryWriter:
        """Begin to stage a stream."""
        return MemoryWriter(self, staged_id)

    def stage_bytes(self, staged_id: str, data: bytes | bytearray) -> Staged:
        """Stage a content at once."""
        with self._lock:
            self._staged[staged_id] = bytes(data)
        return Staged(staged_id, len(data), hashlib.sha256(data).hexdigest())

    def stage_many(self, contents: Sequence[tuple[str, bytes]]) -> list[Staged]:
        """Stage small contents."""
        return [self.stage_bytes(staged_id, data) for staged_id, data in contents]

    def ingest(self, staged_id: str, source: BinaryIO, size_bytes: int, monitor: Monitor) -> Staged:
        """Stage the first `size_bytes` of an open file."""
        parts: list[bytes] = []
        done = 0
        while done < size_bytes and (part := source.read(min(limits.COPY_CHUNK_BYTES, size_bytes - done))):
            parts.append(part)
            done += len(part)
            monitor(done)
        return self.stage_bytes(staged_id, b"".join(parts))

    def copy(self, reader: BackendReader, staged_id: str, monitor: Monitor) -> Staged:
        """Stage what a reader reads."""
        data = reader.read_at(0, reader.size_bytes)
        monitor(len(data))
        return self.stage_bytes(staged_id, data)

    def flush(self, staged_ids: Sequence[str]) -> None:
        """Do nothing: memory is as durable as it gets."""

    def discard(self, staged_id: str) -> None:
        """Throw staged bytes away."""
        with self._lock:
            self._staged.pop(staged_id, None)

    def hold_part(self, part_id: str) -> MemoryPart | None:
        """Hold a part unless somebody else does."""
        with self._lock:
            if part_id in self._held:
                return None
            self._parts.setdefault(part_id, bytearray())
            self._held.add(part_id)
            return MemoryPart(self, self._parts, self._held, part_id)

    def remove_part(self, part_id: str) -> bool:
        """Throw a part away unless somebody holds it."""
        with self._lock:
            if part_id in self._held:
                return False
            self._parts.pop(part_id, None)
            return True

    def list_parts(self) -> Sequence[str]:
        """Return the ids of all parts."""
        with self._lock:
            return sorted(self._parts)

    @contextmanager
    def changes(self) -> Iterator[MemoryChanges]:
        """Open a block of changes."""
        yield MemoryChanges(self._lock, self._staged, self._stored, self._aside)

    def open(self, key: str) -> BackendReader | None:
        """Return a reader of the key's bytes."""
        data = self._stored.get(key, self._aside.get(key))
        return None if data is None else MemoryReader(data)

    def open_staged(self, staging: str, staged_id: str) -> BackendReader | None:
        """Return a reader of staged bytes."""
        data = self._staged.get(staged_id) if staging == _STAGING else None
        return None if data is None else MemoryReader(data)

    def write(self, key: str, data: bytes) -> None:
        """Replace the key's content."""
        with self._lock:
            self._stored[key] = bytes(data)

    def read(self, key: str) -> bytes:
        """Return the key's content."""
        try:
            return self._stored[key]
        except KeyError as error:
            raise BytesMissing("The stored bytes are missing", path=key) from error

    def delete(self, key: str) -> None:
        """Remove the key."""
        with self._lock:
            self._stored.pop(key, None)

    def exists(self, key: str) -> bool:
        """Return whether the key has content."""
        return key in self._stored

    def size(self, key: str) -> int:
        """Return the content's length."""
        return len(self.read(key))

    def list(self, bucket_id: str = "") -> Iterator[StoredEntry]:
        """Yield every key of a bucket."""
        with self._lock:
            entries = [StoredEntry(key, len(data)) for key, data in self._stored.items()]
        for entry in sorted(entries, key=lambda entry: entry.key):
            if entry.key.startswith(f"{bucket_id}/") if bucket_id else not entry.key.startswith("."):
                yield entry

    def list_buckets(self) -> Sequence[str]:
        """Return the ids that keys begin with."""
        return sorted({entry.key.partition("/")[0] for entry in self.list()})

    def remove_bucket(self, bucket_id: str) -> None:
        """Do nothing: an empty folder does not exist here."""

    def sweep(self, before: Callable[[str], bool]) -> int:
        """Return 0: the dead leave nothing in memory."""
        return 0

    def set_aside(self, key: str, label: str) -> str:
        """Move a key's bytes out of the way."""
        with self._lock:
            self._aside[f"{label}/{key}"] = self.read(key)
            del self._stored[key]
        return f"{label}/{key}"

    def list_aside(self) -> Iterator[StoredEntry]:
        """Yield what was put out of the way, what came there first in front."""
        with self._lock:
            entries = [StoredEntry(key, len(data)) for key, data in self._aside.items()]
        yield from entries

    def close(self) -> None:
        """Release nothing."""
