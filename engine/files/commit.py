"""Commits staged contents: rows for many objects in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, bindparam, insert, select, update

from engine.backends.base import Staged, StorageBackend
from engine.errors import ObjectAlreadyExists, StorageError
from engine.files.mutations import Mutation, Mutations
from engine.files.records import find_bucket
from engine.ids import new_id
from engine.metadata.executor import Executor, Transaction
from engine.metadata.tables import storage_objects
from engine.paths import leaf_of, parent_of
from engine.permissions.rules import PermissionChecker
from engine.times import now_us, to_datetime
from engine.types import Bucket, RlsContext, StorageObject

_O: Final = storage_objects.c
_LEAVES_A_QUERY: Final = 500
_SYSTEM: Final = RlsContext.service()


@dataclass(frozen=True, slots=True)
class NewContent:
    """A staged content and what its row will say.

    Attributes:
        path: Full path in the bucket.
        staged: The bytes; the staged id becomes the object's version.
        modified_us: The content's own modification time, or None.
        source: The file it came from, to name it when something fails.
    """

    path: str
    staged: Staged
    mime_type: str
    cache_control: str
    user_metadata: Mapping[str, Any]
    modified_us: int | None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Committed:
    """How one content of a commit fared: an object, or why not.

    Attributes:
        replaced: Whether an older content had to give way.
    """

    content: NewContent
    stored: StorageObject | None
    replaced: bool = False
    error: StorageError | None = None


@dataclass(frozen=True, slots=True)
class _Existing:
    """The row that a content would replace."""

    id: str
    owner_id: str | None
    created_us: int
    journal_id: int | None


class Committer:
    """Writes rows for staged contents.

    Args:
        executor: For looks ahead.
        mutations: The commit protocol.
        backend: For the keys that paths map to, and to throw away what was refused.
        permissions: Who may add and replace.
    """

    def __init__(
        self, executor: Executor, mutations: Mutations, backend: StorageBackend, permissions: PermissionChecker
    ) -> None:
        self._executor = executor
        self._mutations = mutations
        self._backend = backend
        self._permissions = permissions

    def commit(
        self, bucket: Bucket, contents: Sequence[NewContent], context: RlsContext, *, replace: bool
    ) -> list[Committed]:
        """Commit durable staged contents with different paths, each on its own merits.

        What is refused, and everything when the transaction fails, is thrown away.

        Args:
            bucket: Where to.
            contents: Staged and flushed.
            context: Who asks; becomes the owner of new objects.
            replace: Whether existing objects give way.

        Returns:
            One result for each content, in order.

        Raises:
            BucketNotFound: The bucket was deleted meanwhile.
            DatabaseFault: The transaction failed.
        """
        try:
            results = self._mutations.run(context, lambda change: self._write(change, bucket, contents, replace))
        except BaseException:
            self._discard(contents)
            raise
        self._discard([result.content for result in results if result.stored is None])
        return results

    def taken(self, bucket: Bucket, paths: Sequence[str]) -> set[str]:
        """Return those of `paths` that objects have."""
        with self._executor.snapshot(_SYSTEM) as tx:
            return set(self._existing(tx, bucket.id, paths))

    def _write(
        self, change: Mutation, bucket: Bucket, contents: Sequence[NewContent], replace: bool
    ) -> list[Committed]:
        """Insert and update the rows."""
        find_bucket(change.system, bucket.id)
        existing = self._existing(change.system, bucket.id, [content.path for content in contents])
        if replace:
            change.require_settled(row.journal_id for row in existing.values())
        now = now_us()
        owner_id = change.tx.context.user_id
        results = [
            self._decide(content, existing.get(content.path), bucket, change.tx.context, now, replace)
            for content in contents
        ]
        stored = [result.stored for result in results if result.stored is not None]
        if stored:
            self._write_rows(change, results, existing, owner_id, now)
        return results

    def _decide(
        self,
        content: NewContent,
        old: _Existing | None,
        bucket: Bucket,
        context: RlsContext,
        now: int,
        replace: bool,
    ) -> Committed:
        """Say whether one content may be stored, and as what."""
        try:
            if old is not None and not replace:
                raise ObjectAlreadyExists("The resource already exists", path=content.path)
            if old is not None:
                self._permissions.check_update(context, old.owner_id)
        except StorageError as error:
            return Committed(content, None, error=error)
        stored = StorageObject(
            id=new_id() if old is None else old.id,
            bucket_id=bucket.id,
            bucket=bucket.name,
            path=content.path,
            size_bytes=content.staged.size_bytes,
            mime_type=content.mime_type,
            checksum=content.staged.checksum,
            owner_id=context.user_id if old is None else old.owner_id,
            cache_control=content.cache_control,
            user_metadata=content.user_metadata,
            version=content.staged.staged_id,
            created_at=to_datetime(now if old is None else old.created_us),
            updated_at=to_datetime(now),
            modified_at=None if content.modified_us is None else to_datetime(content.modified_us),
        )
        return Committed(content, stored, replaced=old is not None)

    def _write_rows(
        self,
        change: Mutation,
        results: Sequence[Committed],
        existing: Mapping[str, _Existing],
        owner_id: str | None,
        now: int,
    ) -> None:
        """Write the journal record and the rows of everything that is stored."""
        done = [(result.content, result.stored) for result in results if result.stored is not None]
        journal_id = change.publish([(row.id, row.version, content.path not in existing) for content, row in done])
        fresh = [
            self._fresh_row(content, row, owner_id, now, journal_id)
            for content, row in done
            if content.path not in existing
        ]
        if fresh:
            change.tx.execute(insert(storage_objects), fresh)
        for content, row in done:
            if content.path in existing:
                change.tx.execute(_update_of(content, row, now, journal_id))

    def _fresh_row(
        self, content: NewContent, row: StorageObject, owner_id: str | None, now: int, journal_id: int
    ) -> dict[str, Any]:
        """Return the values of a new row."""
        return {
            "id": row.id,
            "bucket_id": row.bucket_id,
            "parent": parent_of(row.path),
            "leaf": leaf_of(row.path),
            "owner_id": owner_id,
            "physical_path": f"{row.bucket_id}/{self._backend.natural_path(row.path)}",
            "created_at": now,
            **_content_values(content, row, now, journal_id),
        }

    def _existing(self, tx: Transaction, bucket_id: str, paths: Sequence[str]) -> dict[str, _Existing]:
        """Return the rows that stand under these paths, by path."""
        by_parent: dict[str, list[str]] = {}
        for path in paths:
            by_parent.setdefault(parent_of(path), []).append(leaf_of(path))
        found: dict[str, _Existing] = {}
        for parent, leaves in by_parent.items():
            for row in self._existing_in(tx, bucket_id, parent, leaves):
                found[parent + row.leaf] = _Existing(row.id, row.owner_id, row.created_at, row.journal_id)
        return found

    @staticmethod
    def _existing_in(tx: Transaction, bucket_id: str, parent: str, leaves: list[str]) -> list[Row[Any]]:
        """Return the rows of one folder; a folder without rows costs one look."""
        here = (_O.bucket_id == bucket_id) & (_O.parent == parent)
        if len(leaves) > 1 and tx.execute(select(_O.id).where(here).limit(1)).first() is None:
            return []
        query = select(_O.id, _O.leaf, _O.owner_id, _O.created_at, _O.journal_id).where(
            here, _O.leaf.in_(bindparam("leaves", expanding=True))
        )
        parts = [leaves[start : start + _LEAVES_A_QUERY] for start in range(0, len(leaves), _LEAVES_A_QUERY)]
        return [row for part in parts for row in tx.execute(query, {"leaves": part})]

    def _discard(self, contents: Sequence[NewContent]) -> None:
        """Throw staged bytes away."""
        for content in contents:
            self._backend.discard(content.staged.staged_id)


def _content_values(content: NewContent, row: StorageObject, now: int, journal_id: int) -> dict[str, Any]:
    """Return the values that every new content of an object sets."""
    return {
        "size_bytes": row.size_bytes,
        "mime_type": row.mime_type,
        "checksum": row.checksum,
        "cache_control": row.cache_control,
        "user_metadata": dict(row.user_metadata),
        "version": row.version,
        "journal_id": journal_id,
        "updated_at": now,
        "modified_at": content.modified_us,
    }


def _update_of(content: NewContent, row: StorageObject, now: int, journal_id: int) -> Any:
    """Return the statement that gives an existing row its new content."""
    return update(storage_objects).where(_O.id == row.id).values(_content_values(content, row, now, journal_id))
