"""What is there of buckets that keep the past, as somebody sees it who opens the workspace."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

from engine.errors import BytesMissing
from engine.files.downloads import ObjectReader
from engine.storage import FileStorage
from engine.times import to_datetime
from engine.types import ListRequest
from engine.version_types import ObjectVersion
from engine.workspace import Workspace
from tests.engine.crash.load import SERVICE
from tests.engine.crash.past_model import Shape

STRAY = "stray-"
"""How the names of files begin that the load puts beside the stored ones."""


def bucket_of(kind: str) -> str:
    """Return the name of a bucket of the model."""
    return f"past-{kind}"


def address(place: str) -> tuple[str, str]:
    """Return the bucket's name and the path of a place."""
    kind, _, path = place.partition(":")
    return bucket_of(kind), path


def versions_at(storage: FileStorage, place: str) -> list[ObjectVersion]:
    """Return what stood at a place, the newest first, without what stands there now."""
    return [version for version in storage.versions.list(*address(place), SERVICE) if version.id is not None]


def shape_of(workspace: Workspace) -> Shape:
    """Return all that can be seen, having read every content against its checksum."""
    storage, lost = workspace.storage, set[str]()
    buckets = {
        bucket.name.removeprefix("past-"): bucket.retention
        for bucket in storage.list_buckets(SERVICE)
        if bucket.name.startswith("past-")
    }
    live = {place: checksum for kind in buckets for place, checksum in _live(storage, kind, lost)}
    trash = sorted(one for kind in buckets for one in _trash(storage, kind))
    places = _places_with_history(workspace.settings.database_path)
    history = {place: _history(storage, place, lost) for place in places}
    files = {Path(path): checksum for path, checksum in _files(workspace.settings.storage_dir)}
    strays = {path.name: files[path] for path in files if path.name.startswith(STRAY) and not _is_aside(path)}
    aside = sorted(checksum for path, checksum in files.items() if _is_aside(path))
    return Shape(buckets, live, history, trash, lost, strays, aside)


def _live(storage: FileStorage, kind: str, lost: set[str]) -> Iterator[tuple[str, str]]:
    """Yield what stands in a bucket; what has no bytes is noted."""
    for info in storage.walk(bucket_of(kind), "", SERVICE):
        if not _is_sound(partial(storage.open_object, bucket_of(kind), info.path, SERVICE), info.checksum):
            lost.add(info.checksum)
        yield f"{kind}:{info.path}", info.checksum


def _trash(storage: FileStorage, kind: str) -> Iterator[tuple[str, str]]:
    """Yield what can be taken back in a bucket."""
    items = storage.trash.list(bucket_of(kind), SERVICE).items
    assert storage.trash.size(bucket_of(kind), SERVICE).objects == len(items)
    yield from ((f"{kind}:{one.info.path}", one.info.checksum) for one in items)


def _history(storage: FileStorage, place: str, lost: set[str]) -> list[tuple[str, str, bool]]:
    """Return what stood at a place, the newest first; what has no bytes is noted."""
    versions = versions_at(storage, place)
    for one in versions:
        if not _is_sound(partial(storage.versions.open, address(place)[0], one.id or 0, SERVICE), one.info.checksum):
            lost.add(one.info.checksum)
    return [(one.info.checksum, one.ending or "", one.in_trash) for one in versions]


def listing_at(storage: FileStorage, kind: str, moment_us: int, prefix: str = "") -> dict[str, str]:
    """Return what a bucket shows of a moment, by place."""
    page = storage.list(bucket_of(kind), ListRequest(prefix, moment=to_datetime(moment_us)), SERVICE)
    found = {f"{kind}:{info.path}": info.checksum for info in page.objects}
    for folder in page.folders:
        found |= listing_at(storage, kind, moment_us, folder.path)
    return found


def read_at(storage: FileStorage, place: str, moment_us: int) -> str:
    """Return the checksum of what stood at a place at a moment."""
    with storage.past.open(*address(place), to_datetime(moment_us), SERVICE) as reader:
        return hashlib.sha256(reader.read()).hexdigest()


def unaccounted(workspace: Workspace) -> set[str]:
    """Return files that nothing stands for, and what stands for files that are not there.

    `.lost+found` is left out, and parts of uploads that are not complete: `parts` looks at those.
    """
    root = workspace.settings.storage_dir
    there = {path for path, _ in _files(root) if not _is_aside(Path(path)) and not Path(path).match(".parts/*")}
    known = set(_keys(workspace.settings.database_path))
    known |= {f".buckets/{bucket.id}.json" for bucket in workspace.storage.list_buckets(SERVICE)}
    known |= {".buckets/workspace.json", ".buckets/policies.json"} | {
        path for path in there if Path(path).match(".staging/*/.lock")
    }
    return there ^ known


def empty_folders(root: Path) -> list[str]:
    """Return folders inside buckets, and inside what is kept of them, that nothing is in."""
    folders = [*root.glob("*-*/**/*"), *(root / ".versions").glob("**/*")]
    return [str(path) for path in folders if path.is_dir() and not any(path.iterdir())]


def _is_sound(opener: Callable[[], ObjectReader], checksum: str) -> bool:
    """Return whether a content has its bytes; others than its own it must never have."""
    try:
        reader = opener()
    except BytesMissing:
        return False
    with reader:
        assert hashlib.sha256(reader.read()).hexdigest() == checksum
    return True


def _places_with_history(database: Path) -> list[str]:
    """Return every place that something is kept of, also where nobody would look for it."""
    query = (
        "SELECT DISTINCT b.name, v.parent || v.leaf FROM storage_object_versions v"
        " LEFT JOIN storage_buckets b ON b.id = v.bucket_id"
    )
    return [f"{str(name).removeprefix('past-')}:{path}" for name, path in _rows(database, query)]


def _keys(database: Path) -> list[str]:
    """Return all keys that rows name."""
    query = (
        "SELECT physical_path FROM storage_objects UNION ALL"
        " SELECT physical_path FROM storage_object_versions WHERE physical_path IS NOT NULL"
    )
    keys = [str(row[0]) for row in _rows(database, query)]
    assert len(keys) == len(set(keys))
    return keys


def _rows(database: Path, query: str) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(query).fetchall()


def _files(root: Path) -> Iterator[tuple[str, str]]:
    """Yield every file below the storage folder, with the checksum of those that are nobody's."""
    for path in root.glob("**/*"):
        if path.is_file():
            relative = path.relative_to(root)
            nobodys = _is_aside(relative) or path.name.startswith(STRAY)
            yield str(relative), hashlib.sha256(path.read_bytes()).hexdigest() if nobodys else ""


def _is_aside(path: Path) -> bool:
    return path.parts[0] == ".lost+found"
