"""What both ways of settling stand on: the workspace's parts, and the look at row and file under the write lock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete, insert, select

from engine.audit import Audit, Operation
from engine.backends.base import StorageBackend
from engine.events import OutsideKind
from engine.files.announce import Announcer
from engine.files.mutations import Mutation, Mutations
from engine.files.quarantine import Quarantine
from engine.files.records import OBJECT_COLUMNS, object_from
from engine.files.settle import Settler
from engine.metadata.executor import AnyRow, Executor
from engine.metadata.tables import storage_buckets, storage_objects, storage_orphans
from engine.scanning.inspection import Inspector
from engine.types import StorageObject
from engine.watch.looks import Claim
from engine.watch.stored_file import Signature, StoredFiles

_O: Final = storage_objects.c
_K: Final = storage_orphans.c
ACTOR: Final = "watch"
"""Who the audit says it was: the job, since nobody knows whose program it is."""


class LookAgain(Exception):
    """Row or file changed meanwhile, or work on them is open."""


@dataclass(frozen=True, slots=True)
class Ground:
    """The parts of a workspace that settling needs.

    Attributes:
        executor: For rows.
        backend: For bytes.
        settler: Knows which bytes are on their way.
        mutations: The commit protocol.
        quarantine: Contents without sound bytes.
        announcer: Tells of what was done.
        audit: Likewise, for good.
        files: Files as other programs leave them.
        owner_id: The person at this computer, whose new objects are.
        inspector: Looks at contents before they are taken in, or None.
    """

    executor: Executor
    backend: StorageBackend
    settler: Settler
    mutations: Mutations
    quarantine: Quarantine
    announcer: Announcer
    audit: Audit
    files: StoredFiles
    owner_id: str
    inspector: Inspector | None = None

    def claimant(self, change: Mutation, claim: Claim) -> tuple[AnyRow, StorageObject]:
        """Return a claim's whole row, with no work on it open, and the object that it is.

        Raises:
            LookAgain: It says something else by now, or its bytes are on their way.
        """
        row = change.system.execute(_CLAIMANT.where(_O.id == claim.object_id)).one_or_none()
        if row is None or row.version != claim.version or row.physical_path != claim.key:
            raise LookAgain
        change.require_settled([row.journal_id])
        if self.settler.is_awaited(change.system, claim.key):
            raise LookAgain
        return row, object_from(row[: len(OBJECT_COLUMNS)], row.bucket)

    def check_still(self, key: str, signature: Signature) -> None:
        """Make sure that a file is the one that was read; the write lock keeps Holdall away from it.

        Raises:
            LookAgain: It is not.
        """
        if self.files.signature(key) != signature:
            raise LookAgain

    def note(self, change: Mutation, operation: Operation, info: StorageObject, detail: dict[str, Any]) -> None:
        """Write an audit entry about an object."""
        self.audit.record(change.system, ACTOR, operation, info.bucket_id, info.path, detail)

    def tell(self, objects: Sequence[StorageObject], what: OutsideKind, *, taken_in: bool, reason: str = "") -> None:
        """Tell what another program did to files of objects."""
        places: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for one in objects:
            places[one.bucket_id, one.bucket].append(one.path)
        for (bucket_id, bucket), paths in places.items():
            self.announcer.outside(bucket_id, bucket, paths, what, taken_in=taken_in, reason=reason)

    def is_known_stray(self, change: Mutation, key: str, size_bytes: int) -> bool:
        """Return whether a file without a row is known as such; if not, it is from now on."""
        known = change.system.execute(select(_K.size_bytes).where(_K.key == key)).scalar()
        if known == size_bytes:
            return True
        self.forget_stray(change, key)
        change.system.execute(insert(storage_orphans).values(key=key, size_bytes=size_bytes, since=change.moment_us))
        return False

    def forget_stray(self, change: Mutation, key: str) -> None:
        """Forget that a file has no row."""
        change.system.execute(delete(storage_orphans).where(_K.key == key))


_CLAIMANT: Final = select(
    *OBJECT_COLUMNS, _O.physical_path, _O.journal_id, _O.valid_from, storage_buckets.c.name.label("bucket")
).join_from(storage_objects, storage_buckets, storage_buckets.c.id == _O.bucket_id)


def whole(row: AnyRow) -> dict[str, Any]:
    """Return a row as the audit keeps it."""
    return dict(row._mapping)
