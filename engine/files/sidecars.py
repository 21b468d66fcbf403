"""What is written beside the files, so that they can be understood without the database.

    <root>/.buckets/<bucket id>.json     the bucket's row: name, settings, owner
    <root>/.buckets/workspace.json       who the person at this computer is
    <root>/.buckets/policies.json        who else may do what, all policies together

Everything else about an object can be told from its file. A sidecar follows each change of its bucket once that is
committed, and goes with the bucket. One that could not be written is no reason to refuse the change: opening the
workspace compares all of them and writes those that differ. Opening never removes one: what looks left over may be
all that is known of a bucket that a restored, older database has no row of. What is read is held against the rules for
buckets, for a person may have changed it: one bad file costs its bucket name and settings, and nothing else.

Threads: any. Files are written under the database's write lock, so that the last change of a bucket is what stays.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from engine.backends.base import StorageBackend
from engine.errors import BytesMissing, IoError, StorageError
from engine.files.bucket_rules import is_bucket_row, is_text
from engine.files.policy_sidecar import policies_from, policies_in
from engine.ids import is_id
from engine.metadata.executor import AnyRow, Executor, Transaction
from engine.metadata.tables import storage_buckets
from engine.types import RlsContext

_logger = logging.getLogger(__name__)
_SYSTEM: Final = RlsContext.service()
FOLDER: Final = ".buckets"
"""Key of the sidecars' folder; no bucket's id begins with a dot."""

_WORKSPACE: Final = "workspace"
_POLICIES: Final = "policies"
_FORM: Final = 1
"""The form of the documents. New columns do not change it: those that are not known are passed over."""


@dataclass(frozen=True, slots=True)
class Sidecar:
    """What one sidecar says.

    Attributes:
        bucket_id: Whose it is.
        row: The bucket's columns that this program knows, or None where it cannot be read or says what no bucket's row
            ever said.
    """

    bucket_id: str
    row: Mapping[str, Any] | None


class Sidecars:
    """Writes and reads sidecars.

    Args:
        executor: For the rows.
        backend: Where the sidecars are.
    """

    def __init__(self, executor: Executor, backend: StorageBackend) -> None:
        self._executor = executor
        self._backend = backend

    def follow(self, bucket_id: str) -> None:
        """Write what a bucket's row says now, after a change of it; where that fails, opening mends it."""
        try:
            with self._executor.transaction(_SYSTEM) as tx:
                row = tx.execute(select(storage_buckets).where(storage_buckets.c.id == bucket_id)).one_or_none()
                if row is not None:
                    self._backend.write(key_of(bucket_id), _document_of(row))
        except StorageError:
            _logger.warning("the sidecar of bucket %s could not be written", bucket_id, exc_info=True)

    def follow_policies(self) -> None:
        """Write what the policies say now, after a change of them; where that fails, opening mends it."""
        try:
            with self._executor.transaction(_SYSTEM) as tx:
                self._backend.write(key_of(_POLICIES), _policies_document(tx))
        except StorageError:
            _logger.warning("the sidecar of the policies could not be written", exc_info=True)

    def remove(self, tx: Transaction, bucket_id: str) -> None:
        """Remove a bucket's sidecar before the transaction that deletes its row commits.

        A bucket that stays after all has none for a while; one that is gone never keeps one, and does not come back
        with a rebuilt database.
        """
        del tx  # holds all other changes off
        try:
            self._backend.delete(key_of(bucket_id))
        except StorageError:
            _logger.warning("the sidecar of the deleted bucket %s is left", bucket_id, exc_info=True)

    def mend(self, owner_id: str) -> None:
        """Write every sidecar that differs from its bucket's row; what the backend refuses is left for another time.

        Args:
            owner_id: Id of the person at this computer.
        """
        with self._executor.snapshot(_SYSTEM) as tx:
            rows = tx.execute(select(storage_buckets)).all()
            policies = _policies_document(tx)
        try:
            stale = [row.id for row in rows if self._content(row.id) != _document_of(row)]
            identity = _encoded({"form": _FORM, "owner_id": owner_id})
            if self._content(_WORKSPACE) != identity:
                with self._executor.transaction(_SYSTEM):
                    self._backend.write(key_of(_WORKSPACE), identity)
            if self._content(_POLICIES) != policies:
                self.follow_policies()
        except StorageError:
            _logger.warning("the sidecars could not be compared", exc_info=True)
            return
        for bucket_id in stale:
            self.follow(bucket_id)

    def read_all(self) -> Iterator[Sidecar]:
        """Yield every sidecar there is."""
        for entry in self._backend.list(FOLDER):
            bucket_id, dot, ending = entry.key.removeprefix(f"{FOLDER}/").partition(".")
            if dot and ending == "json" and bucket_id not in {_WORKSPACE, _POLICIES}:
                yield self.read(bucket_id)

    def read(self, bucket_id: str) -> Sidecar:
        """Return a bucket's sidecar, without a row where there is none that can be read and believed.

        Raises:
            IoError: It cannot be read now, and can perhaps later.
        """
        try:
            row = _decoded(self._content(bucket_id)).get("bucket")
        except IoError as error:
            if error.retryable:
                raise
            return Sidecar(bucket_id, None)
        if not is_id(bucket_id) or not isinstance(row, dict) or row.get("id") != bucket_id or not row.keys() >= _NEEDED:
            return Sidecar(bucket_id, None)
        known = {name: value for name, value in row.items() if name in _KNOWN}
        return Sidecar(bucket_id, known if is_bucket_row(known) else None)

    def policies(self) -> tuple[Mapping[str, Any], ...] | None:
        """Return the rows of all policies, or None where they were not written down, or not so that they are believed.

        Raises:
            IoError: They cannot be read now, and can perhaps later.
        """
        try:
            return policies_from(_decoded(self._content(_POLICIES)))
        except IoError as error:
            if error.retryable:
                raise
            return None

    def owner_id(self) -> str | None:
        """Return the id of the person at this computer, if it was ever written down."""
        found = _decoded(self._content(_WORKSPACE)).get("owner_id")
        return str(found) if is_text(found) else None

    def _content(self, name: str) -> bytes:
        try:
            return self._backend.read(key_of(name))
        except BytesMissing:
            return b""


_KNOWN: Final = frozenset(storage_buckets.c.keys())
_NEEDED: Final = frozenset(
    column.name for column in storage_buckets.c if not column.nullable and column.server_default is None
)


def key_of(name: str) -> str:
    """Return the backend's key of a sidecar."""
    return f"{FOLDER}/{name}.json"


def _document_of(row: AnyRow) -> bytes:
    """Return a bucket's row as a document: all of its columns, so that new ones come along."""
    return _encoded({"form": _FORM, "bucket": dict(row._mapping)})


def _policies_document(tx: Transaction) -> bytes:
    """Return the rows of all policies as a document."""
    return _encoded({"form": _FORM, "policies": policies_in(tx)})


def _encoded(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def _decoded(content: bytes) -> Mapping[str, Any]:
    """Return a document, or an empty one for what is none."""
    try:
        decoded = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return decoded if isinstance(decoded, dict) else {}
