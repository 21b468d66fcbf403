"""Finds out which of many keys are not what their rows say, at the cost of one query and a look at each file.

Holdall's own uploads, moves and deletes pass through here by the thousand and are dropped without reading a byte: a row
names the key, the length is its length, and the file is no younger than the row. A file that only came to its name must
have come when the row says so, as well; within that time, bytes of the same length whose modification time was set back
are left to the scrub.

Nothing that is found here is proven: rows and files go on changing. Threads: one.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Select, and_, bindparam, select

from engine.backends.base import StorageBackend
from engine.backends.names import original
from engine.files.folder_queries import below
from engine.files.quarantine import Quarantine
from engine.files.records import leaves_by_folder
from engine.ids import is_id
from engine.metadata.executor import AnyRow, Executor, Transaction
from engine.metadata.tables import storage_objects
from engine.types import RlsContext
from engine.watch.hints import Doubt
from engine.watch.stored_file import StoredFiles

_O: Final = storage_objects.c
_SYSTEM: Final = RlsContext.service()
_T = TypeVar("_T")
KEYS_A_LOOK: Final = 500
_MOVED_WITHIN_US: Final = 10_000_000
"""How long after its commit a file may come to its key and be taken for the commit's; later ones are read."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a row says of a key.

    Attributes:
        object_id: Whose it is.
        version: The content.
        key: Where its bytes are.
        size_bytes: How many.
        checksum: Their SHA-256.
        touched_us: When the row last got bytes or a place, in microseconds since 1970.
    """

    object_id: str
    version: str
    key: str
    size_bytes: int
    checksum: str
    touched_us: int


@dataclass(frozen=True, slots=True)
class Suspect:
    """A key that is not what its row says.

    Attributes:
        key: Which.
        claim: What the row says, or None where no row claims it.
        is_file: Whether there is a regular file; if not, there is a claim.
    """

    key: str
    claim: Claim | None
    is_file: bool


class Looks:
    """Looks at keys.

    Args:
        executor: For rows.
        backend: Lists files, for a look at everything.
        files: For files.
        quarantine: What is in it is read, whatever it looks like: it may be sound again.
    """

    def __init__(self, executor: Executor, backend: StorageBackend, files: StoredFiles, quarantine: Quarantine) -> None:
        self._executor = executor
        self._backend = backend
        self._files = files
        self._quarantine = quarantine

    def suspects(self, keys: Mapping[str, Doubt]) -> Iterator[Suspect]:
        """Yield those of some keys that are not what their rows say; of a key that ends with `/`, all below it."""
        # In order, so that those of one folder come together: one seek in the index answers for all of them.
        single = sorted(item for item in keys.items() if not item[0].endswith("/"))
        for part in _parts(single):
            yield from self._differing(dict(part))
        for key, doubt in keys.items():
            if key.endswith("/"):
                for claimed in _parts(self._claimed_below(key)):
                    yield from self._differing(dict.fromkeys(claimed, doubt))

    def all_suspects(self) -> Iterator[Suspect]:
        """Yield what differs of everything there is: files that no row claims, and rows whose files are others."""
        for bucket_id in filter(is_id, self._backend.list_buckets()):
            for part in _parts(entry.key for entry in self._backend.list(bucket_id)):
                yield from self._differing(dict.fromkeys(part, Doubt.SEEN))
        for part in _parts(self._claimed(_O.id != "")):
            lost = [key for key, file in self._files.glances(part).items() if file is None]
            yield from self._differing(dict.fromkeys(lost, Doubt.SEEN))

    def _differing(self, keys: Mapping[str, Doubt]) -> Iterator[Suspect]:
        """Yield those of one query's keys that differ."""
        found = self._files.glances(keys)
        with self._executor.snapshot(_SYSTEM) as tx:
            claims = _claims_by_path(tx, list(keys))
            # By path most are found; a query by key reads the whole table, so it is asked for those alone that need it.
            unknown = [key for key in keys if key not in claims and (found[key] is not None or "%" in key)]
            claims |= claims_by_key(tx, unknown)
            doubtful = self._quarantine.among(tx, [claim.version for claim in claims.values()])
        for key, doubt in keys.items():
            claim, file = claims.get(key), found[key]
            if file is None:
                if claim is not None:
                    yield Suspect(key, claim, is_file=False)
            elif claim is None or claim.version in doubtful or not _is_believed(claim, file, doubt):
                yield Suspect(key, claim, is_file=True)

    def _claimed_below(self, folder: str) -> Iterator[str]:
        """Yield the keys of objects below a folder that was there under its natural name."""
        bucket_id, _, physical = folder.partition("/")
        prefix = original(physical[:-1])[0] + "/" if physical else ""
        return self._claimed(below(bucket_id, prefix))

    def _claimed(self, condition: ColumnElement[bool]) -> Iterator[str]:
        """Yield the keys of objects under a condition, in the order of ids."""
        query = select(_O.id, _O.physical_path).where(condition).order_by(_O.id).limit(KEYS_A_LOOK)
        rows = self._executor.execute(query, _SYSTEM)
        while rows:
            yield from (row[1] for row in rows)
            rows = self._executor.execute(query.where(_O.id > rows[-1][0]), _SYSTEM)


def _is_believed(claim: Claim, file: os.stat_result, doubt: Doubt) -> bool:
    """Return whether a file is taken for its row's without reading it."""
    if doubt is Doubt.WRITTEN or file.st_size != claim.size_bytes or file.st_mtime_ns // 1000 > claim.touched_us:
        return False
    return doubt is Doubt.SEEN or abs(file.st_ctime_ns // 1000 - claim.touched_us) <= _MOVED_WITHIN_US


_COLUMNS: Final = (
    _O.id,
    _O.version,
    _O.physical_path,
    _O.size_bytes,
    _O.checksum,
    _O.updated_at,
    _O.valid_from,
)
_AT_LEAVES: Final[Select[Any]] = select(*_COLUMNS).where(
    and_(_O.bucket_id == bindparam("bucket_id"), _O.parent == bindparam("parent")),
    _O.leaf.in_(bindparam("leaves", expanding=True)),
)
_AT_KEYS: Final[Select[Any]] = select(*_COLUMNS).where(_O.physical_path.in_(bindparam("keys", expanding=True)))


def claim_from(row: AnyRow) -> Claim:
    """Return the claim of a row of these columns."""
    return Claim(row[0], row[1], row[2], row[3], row[4], max(row[5], row[6]))


def claims_by_key(tx: Transaction, keys: list[str]) -> dict[str, Claim]:
    """Return who claims some keys, whatever the objects are called."""
    if not keys:
        return {}
    return {row[2]: claim_from(row) for row in tx.execute(_AT_KEYS, {"keys": keys})}


def _claims_by_path(tx: Transaction, keys: list[str]) -> dict[str, Claim]:
    """Return which objects claim the keys that their paths map to: one seek in the index each."""
    by_bucket: dict[str, list[str]] = {}
    for key in keys:
        bucket_id, _, physical = key.partition("/")
        by_bucket.setdefault(bucket_id, []).append(original(physical)[0] if "%" in physical else physical)
    wanted = set(keys)
    return {
        row[2]: claim_from(row)
        for bucket_id, paths in by_bucket.items()
        for parent, leaves in leaves_by_folder(paths).items()
        for row in tx.execute(_AT_LEAVES, {"bucket_id": bucket_id, "parent": parent, "leaves": leaves})
        if row[2] in wanted
    }


def _parts(items: Iterable[_T]) -> Iterator[list[_T]]:
    """Yield parts of as many items as one query takes."""
    remaining = iter(items)
    while part := list(islice(remaining, KEYS_A_LOOK)):
        yield part
