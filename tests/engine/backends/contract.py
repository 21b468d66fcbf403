"""What the parts of the contract suite share: keys, contents, and ways to stage and change them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.backends.base import Outcome, StorageBackend
from engine.ids import new_id
from engine.limits import MIB

BUCKET = "0b5e7a3c-0000-4000-8000-00000000000b"
OTHER_BUCKET = "0b5e7a3c-0000-4000-8000-00000000000c"
KEY = f"{BUCKET}/letters/a.txt"
OTHER_KEY = f"{BUCKET}/letters/b.txt"
LARGE = bytes(range(256)) * (5 * MIB // 256) + b"end"

Stager = Callable[[StorageBackend, str, bytes, Path], object]


def nothing(_: int) -> None:
    """Take note of nothing."""


def stage_by_writer(backend: StorageBackend, staged_id: str, data: bytes, _: Path) -> object:
    writer = backend.stage(staged_id)
    for start in range(0, len(data), 100_000):
        writer.write(data[start : start + 100_000])
    return writer.finish()


def stage_whole(backend: StorageBackend, staged_id: str, data: bytes, _: Path) -> object:
    staged = backend.stage_bytes(staged_id, data)
    backend.flush([staged_id])
    return staged


def stage_by_ingest(backend: StorageBackend, staged_id: str, data: bytes, folder: Path) -> object:
    source = folder / "source"
    source.write_bytes(data)
    with source.open("rb", buffering=0) as file:
        staged = backend.ingest(staged_id, file, len(data), nothing)
    backend.flush([staged_id])
    return staged


def stage_by_copy(backend: StorageBackend, staged_id: str, data: bytes, _: Path) -> object:
    backend.write(f"{OTHER_BUCKET}/source", data)
    reader = backend.open(f"{OTHER_BUCKET}/source")
    assert reader is not None
    staged = backend.copy(reader, staged_id, nothing)
    reader.close()
    backend.flush([staged_id])
    backend.delete(f"{OTHER_BUCKET}/source")
    return staged


STAGERS = [stage_by_writer, stage_whole, stage_by_ingest, stage_by_copy]


def staged_content(backend: StorageBackend, staged_id: str) -> bytes | None:
    reader = backend.open_staged(backend.staging, staged_id)
    if reader is None:
        return None
    try:
        return reader.read_at(0, reader.size_bytes)
    finally:
        reader.close()


def stage(backend: StorageBackend, data: bytes) -> str:
    staged_id = new_id()
    stage_whole(backend, staged_id, data, Path())
    return staged_id


def publish(backend: StorageBackend, staged_id: str, key: str, *, replace: bool = False) -> Outcome:
    with backend.changes() as changes:
        outcome = changes.publish(backend.staging, staged_id, key, replace=replace)
        changes.sync()
    return outcome


def relocate(backend: StorageBackend, key: str, target_key: str) -> Outcome:
    with backend.changes() as changes:
        outcome = changes.relocate(key, target_key)
        changes.sync()
    return outcome


def remove(backend: StorageBackend, key: str) -> Outcome:
    with backend.changes() as changes:
        outcome = changes.remove(key)
        changes.sync()
    return outcome


def keys(backend: StorageBackend, bucket_id: str = "") -> list[str]:
    return [entry.key for entry in backend.list(bucket_id)]
