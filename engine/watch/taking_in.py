"""Taking outside changes in: the rows follow the files.

The file lies at its key already, so nothing is renamed. It and its name are made durable first; then one transaction,
the commit point, says what it is: a process that dies leaves the row as it was, or as it is to be. The transaction
writes a `publish` record like every other change of a content; it has nothing staged to publish.

What an edit replaced and what was deleted is not in the history, which holds contents that can be had: those bytes are
gone, the other program wrote over them. The audit has their rows whole. Contents that are kept from before stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from sqlalchemy import delete, insert, select, update

from engine.audit import Operation
from engine.backends.names import original
from engine.errors import Cancelled, InvalidKey, ObjectAlreadyExists, RequestFault
from engine.events import OutsideKind
from engine.files.history import begin_after_history, forget
from engine.files.journal import Publication
from engine.files.mutations import Mutation
from engine.files.records import OBJECT_COLUMNS, at_path, find_bucket, object_from
from engine.files.rules import check_mime, check_size
from engine.ids import new_id
from engine.metadata.tables import storage_object_versions, storage_objects
from engine.mime import sniff
from engine.paths import leaf_of, parent_of, validate_object_path
from engine.scanning.errors import ScannerUnavailable
from engine.scanning.inspection import Silence
from engine.types import RlsContext, StorageObject
from engine.watch.ground import Ground, LookAgain, whole
from engine.watch.looks import Claim, claims_by_key
from engine.watch.reporting import Reporting
from engine.watch.stored_file import Content

_O: Final = storage_objects.c
_V: Final = storage_object_versions.c
_SYSTEM: Final = RlsContext.service()
_PASSING: Final = re.compile(
    r"^(\.~|~\$|\.#|#.*#$|4913$|\.goutputstream-|\.nfs)|(~|\.(sw[a-z]|tmp|part|crdownload))$", re.I
)
"""Names of files that editors, browsers and network disks make for the time of their work."""


class TakingIn:
    """Takes in.

    Args:
        ground: The workspace's parts.
        reporting: What the rules refuse is reported instead.
        monitor: Told the bytes of every step of reading; raises to stop.
    """

    def __init__(self, ground: Ground, reporting: Reporting, monitor: Callable[[int], None]) -> None:
        self._ground = ground
        self._reporting = reporting
        self._monitor = monitor
        self._silence = Silence()

    def begin_round(self) -> None:
        """Ask the scanner again, should it not have answered for the files so far."""
        self._silence = Silence()

    def edited(self, claim: Claim, content: Content) -> None:
        """Let an object have the content that its file has.

        Raises:
            LookAgain: Row or file changed meanwhile.
        """
        self._ground.files.make_durable(claim.key)
        try:
            scan = self._scanned(claim.key, claim.key.partition("/")[2], content)
            info = self._ground.mutations.run(_SYSTEM, partial(self._renew, claim=claim, content=content, scan=scan))
        except Cancelled:
            raise
        except (RequestFault, ScannerUnavailable) as error:
            self._reporting.edited(claim, content, error.message)
            return
        self._ground.announcer.stored(info, True)
        self._ground.tell([info], OutsideKind.EDITED, taken_in=True)

    def added(self, key: str) -> None:
        """Let a file that no object claims be one.

        Raises:
            LookAgain: It changed meanwhile, or somebody else may be about to claim it.
        """
        path, sure = original(key.partition("/")[2])
        try:
            if not sure:
                raise InvalidKey("The object's name cannot be told from the file's", path=path)
            validate_object_path(path)
            info = self._added(key, path)
        except Cancelled:
            raise
        except (RequestFault, ScannerUnavailable) as error:
            self._reporting.added(key, path, error.message)
            return
        self._ground.announcer.stored(info, False)
        self._ground.tell([info], OutsideKind.ADDED, taken_in=True)

    def deleted(self, claims: Sequence[Claim]) -> None:
        """Let objects go whose files were deleted; those that are there again are passed over."""
        gone = self._ground.mutations.run(_SYSTEM, partial(self._remove, claims=claims))
        for bucket_id in dict.fromkeys(one.bucket_id for one in gone):
            self._ground.announcer.deleted([one for one in gone if one.bucket_id == bucket_id])
        self._ground.tell(gone, OutsideKind.DELETED, taken_in=True)

    def _added(self, key: str, path: str) -> StorageObject:
        """Read a file and write its row."""
        content = self._ground.files.read(key, self._monitor)
        if content is None:
            raise LookAgain
        self._ground.files.make_durable(key)
        scan = self._scanned(key, path, content)
        return self._ground.mutations.run(
            _SYSTEM, partial(self._insert, key=key, path=path, content=content, scan=scan)
        )

    def _scanned(self, key: str, path: str, content: Content) -> Mapping[str, Any]:
        """Have a file scanned, if that is set up, and return what the audit is to know of it.

        That it is still the one that was read is seen to before anything is written down of it.

        Raises:
            RequestFault: It must not be taken in.
            ScannerUnavailable: Likewise, because nobody can say.
        """
        inspector = self._ground.inspector
        if inspector is None:
            return {}
        return inspector.inspect_stored(key, path, content.size_bytes, lambda: self._monitor(0), self._silence)

    def _renew(self, change: Mutation, claim: Claim, content: Content, scan: Mapping[str, Any]) -> StorageObject:
        """Write an object's new content down."""
        ground = self._ground
        row, before = ground.claimant(change, claim)
        bucket = find_bucket(change.system, before.bucket_id)
        mime_type = sniff(content.head, before.path)
        check_mime(bucket, mime_type, before.path)
        check_size(bucket, content.size_bytes, before.path)
        ground.check_still(claim.key, content.signature)
        lost = _forget_content(change, before.version)
        version, moment_us = new_id(), max(change.moment_us, row.valid_from + 1)
        values = _content_values(content, mime_type) | {
            "version": version,
            "journal_id": change.publish([Publication(before.id, version, False, claim.key)]),
            "updated_at": moment_us,
            "valid_from": moment_us,
        }
        change.system.execute(update(storage_objects).where(_O.id == before.id).values(values))
        now = self._now(change, before.id, bucket.name)
        change.tx.changes.relabelled(bucket, [before], [now])
        ground.quarantine.leave(change.system, before.version)
        detail = {"before": whole(row), "version": version, "places_forgotten": lost, **scan}
        ground.note(change, Operation.OUTSIDE_EDITED, before, detail)
        return now

    def _insert(
        self, change: Mutation, key: str, path: str, content: Content, scan: Mapping[str, Any]
    ) -> StorageObject:
        """Write the row of a new object."""
        ground, object_id = self._ground, new_id()
        bucket = find_bucket(change.system, key.partition("/")[0])
        self._check_free(change, bucket.id, key, path)
        mime_type = sniff(content.head, path)
        check_mime(bucket, mime_type, path)
        check_size(bucket, content.size_bytes, path)
        ground.check_still(key, content.signature)
        values = _content_values(content, mime_type) | {
            "id": object_id,
            "bucket_id": bucket.id,
            "parent": parent_of(path),
            "leaf": leaf_of(path),
            "owner_id": ground.owner_id,
            "cache_control": "no-cache",
            "user_metadata": {},
            "version": object_id,
            "physical_path": key,
            "journal_id": change.publish([Publication(object_id, object_id, False, key)]),
        }
        values |= dict.fromkeys(("created_at", "updated_at", "valid_from"), change.moment_us)
        change.system.execute(insert(storage_objects).values(values))
        begin_after_history(change, bucket.id, [path])
        change.tx.changes.created(bucket, ground.owner_id, [path])
        ground.forget_stray(change, key)
        info = self._now(change, object_id, bucket.name)
        detail = {"version": object_id, "size_bytes": info.size_bytes, **scan}
        ground.note(change, Operation.OUTSIDE_ADDED, info, detail)
        return info

    def _check_free(self, change: Mutation, bucket_id: str, key: str, path: str) -> None:
        """Make sure that neither the file nor the name is anybody's.

        Raises:
            LookAgain: The file is an object's by now, or may be on its way to one.
            ObjectAlreadyExists: An object of that name has its bytes elsewhere.
        """
        settler, tx = self._ground.settler, change.system
        holder = tx.execute(select(_O.physical_path, _O.journal_id).where(at_path(bucket_id, path))).one_or_none()
        if holder is not None:
            change.require_settled([holder.journal_id])
        if claims_by_key(tx, [key]) or settler.is_moving(tx) or settler.is_awaited(tx, key):
            raise LookAgain
        if holder is not None:
            raise ObjectAlreadyExists("The resource already exists", path=path)

    def _remove(self, change: Mutation, claims: Sequence[Claim]) -> list[StorageObject]:
        """Delete the rows of objects whose files are gone, all that can be known of them first."""
        ground, gone = self._ground, []
        for claim in claims:
            try:
                row, info = ground.claimant(change, claim)
            except LookAgain:
                continue
            if ground.files.is_gone(claim.key):
                lost = _forget_content(change, info.version)
                change.system.execute(delete(storage_objects).where(_O.id == info.id))
                change.tx.changes.deleted([info])
                ground.quarantine.leave(change.system, info.version)
                ground.note(change, Operation.OUTSIDE_DELETED, info, {"before": whole(row), "places_forgotten": lost})
                gone.append(info)
        return gone

    def _now(self, change: Mutation, object_id: str, bucket: str) -> StorageObject:
        """Return an object as its row says it is now."""
        row = change.system.execute(select(*OBJECT_COLUMNS).where(_O.id == object_id)).one()
        return object_from(row, bucket)


def is_passing(key: str) -> bool:
    """Return whether a file without a row has a name that programs give to what they soon remove."""
    return _PASSING.search(leaf_of(key)) is not None


def _content_values(content: Content, mime_type: str) -> dict[str, Any]:
    """Return what a row says of a content."""
    return {
        "size_bytes": content.size_bytes,
        "checksum": content.checksum,
        "mime_type": mime_type,
        "modified_at": content.modified_us,
    }


def _forget_content(change: Mutation, version: str) -> int:
    """Forget the places that a lost content had before it moved, which mean bytes that nobody has; return how many."""
    query = select(_V.id, _V.version, _V.physical_path, _V.journal_id)
    rows = change.system.execute(query.where(_V.version == version, _V.physical_path.is_(None))).all()
    forget(change, rows)
    return len(rows)
