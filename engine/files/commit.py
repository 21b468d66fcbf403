"""Commits staged contents: rows for many objects in one transaction."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import bindparam, select

from engine.backends.base import StorageBackend
from engine.cancel import CancelToken
from engine.errors import (
    CommitInDoubt,
    ObjectAlreadyExists,
    ObjectChanged,
    StorageError,
    Unauthorized,
    WouldBeLost,
)
from engine.files.candidates import admitted, denied_as_new, denied_as_replacing
from engine.files.contents import (
    CHANGED_COLUMNS,
    FRESH_COLUMNS,
    UPDATE_CHANGED,
    Committed,
    NewContent,
    Refused,
    changed_row,
    fresh_row,
)
from engine.files.history import Leaving, begin_after_history, retire
from engine.files.journal import Publication
from engine.files.mutations import Mutation, Mutations
from engine.files.records import OBJECT_COLUMNS, at_path, find_bucket, leaves_by_folder, object_from
from engine.metadata.executor import Executor, Transaction
from engine.metadata.tables import storage_objects
from engine.paths import parent_of
from engine.permissions.rules import WRITE_DENIED
from engine.scanning.inspection import Inspection, Inspector
from engine.types import Bucket, RlsContext, StorageObject, UploadOptions
from engine.version_types import Ending, Replaced

_O: Final = storage_objects.c
_LEAVES_A_QUERY: Final = 500
_SYSTEM: Final = RlsContext.service()


@dataclass(frozen=True, slots=True)
class _Existing:
    """The row that a content would replace."""

    id: str
    owner_id: str | None
    created_us: int
    journal_id: int | None
    physical_path: str
    version: str
    valid_from_us: int


_HERE: Final = (_O.bucket_id == bindparam("bucket_id")) & (_O.parent == bindparam("parent"))
_ANY: Final = select(_O.id).where(_HERE).limit(1)
_EXISTING: Final = select(
    _O.leaf, _O.id, _O.owner_id, _O.created_at, _O.journal_id, _O.physical_path, _O.version, _O.valid_from
).where(_HERE, _O.leaf.in_(bindparam("leaves", expanding=True)))

_AS_THEY_ARE: Final = select(*OBJECT_COLUMNS).where(_O.id.in_(bindparam("ids", expanding=True)))


Along = Callable[[Mutation, Committed], None]
"""Writes down in the same transaction what else becomes true when a content is stored."""


class Committer:
    """Writes rows for staged contents.

    Args:
        executor: For looks ahead.
        mutations: The commit protocol.
        backend: For the keys that paths map to, and to throw away what was refused.
        inspector: Looks at everything before it is committed, or None.
    """

    def __init__(
        self, executor: Executor, mutations: Mutations, backend: StorageBackend, inspector: Inspector | None = None
    ) -> None:
        self._executor = executor
        self._inspector = inspector
        self._mutations = mutations
        self._backend = backend

    def commit_one(
        self,
        bucket: Bucket,
        content: NewContent,
        context: RlsContext,
        *,
        replace: bool,
        replaced: Replaced = Replaced.AS_KEPT,
        along: Along | None = None,
        cancel: CancelToken | None = None,
    ) -> tuple[StorageObject, bool]:
        """Commit one durable staged content.

        Args:
            bucket: Where to.
            content: Staged and flushed.
            context: Who asks; becomes the owner of a new object.
            replace: Whether an existing object gives way.
            replaced: What becomes of the content that does.
            along: Called in the transaction if the content is stored; what it raises undoes everything.
            cancel: Ends a scan that goes on, and with it everything.

        Returns:
            The object, and whether it replaced an older content.

        Raises:
            StorageError: Why it is not stored; the staged bytes are gone.
        """
        (result,) = self.commit(
            bucket, [content], context, replace=replace, replaced=replaced, along=along, cancel=cancel
        )
        if isinstance(result, Refused):
            raise result.error
        return result.stored_in(bucket), result.replaced

    def commit(
        self,
        bucket: Bucket,
        contents: Sequence[NewContent],
        context: RlsContext,
        *,
        replace: bool,
        replaced: Replaced = Replaced.AS_KEPT,
        along: Along | None = None,
        cancel: CancelToken | None = None,
    ) -> list[Committed | Refused]:
        """Commit durable staged contents with different paths, each on its own merits.

        What is refused, and everything when the transaction fails, is thrown away.

        Args:
            bucket: Where to.
            contents: Staged and flushed.
            context: Who asks; becomes the owner of new objects.
            replace: Whether existing objects give way.
            replaced: What becomes of the contents that do.
            along: Called in the transaction for each content that is stored.
            cancel: Ends a scan that goes on, and with it everything.

        Returns:
            One result for each content, in order.

        Raises:
            BucketNotFound: The bucket was deleted meanwhile.
            WouldBeLost: A content would be lost that must not be.
            Cancelled: `cancel` was used while contents were scanned.
            DatabaseFault: The transaction failed.
            CommitInDoubt: It may be found done by the next start; nothing was thrown away.
        """
        try:
            inspection = self._inspection(contents, cancel or CancelToken())
            refused, told = inspection.refused, inspection.told
            passed = [content for content in contents if content.staged.staged_id not in refused]
            written = iter(
                self._mutations.run(
                    context, lambda change: self._write(change, bucket, passed, replace, replaced, along, told)
                )
                if passed
                else ()
            )
        except CommitInDoubt:
            raise  # The next start looks for these bytes, or sweeps them.
        except BaseException:
            # Raised after the commit as well, by an interrupt; then rows say that these bytes are theirs.
            self._discard(self._uncommitted(bucket, contents))
            raise
        why = [refused.get(content.staged.staged_id) for content in contents]
        results = [
            next(written) if error is None else Refused(content, error)
            for content, error in zip(contents, why, strict=True)
        ]
        self._discard([result.content for result in results if isinstance(result, Refused)])
        return results

    def _inspection(self, contents: Sequence[NewContent], cancel: CancelToken) -> Inspection:
        """Have contents scanned, if that is set up."""
        if self._inspector is None:
            return Inspection()
        staged = [(content.path, content.staged) for content in contents]
        return self._inspector.inspect(staged, cancel.raise_if_cancelled)

    def taken(self, bucket: Bucket, paths: Sequence[str], empty: set[str]) -> set[str]:
        """Return those of `paths` that objects have.

        Args:
            bucket: Where.
            paths: Which.
            empty: Folders that were found empty before and are not looked at again; grows.
        """
        unknown = [path for path in paths if parent_of(path) not in empty]
        if not unknown:
            return set()
        with self._executor.snapshot(_SYSTEM) as tx:
            found = set(self._existing(tx, bucket.id, unknown))
            empty.update(parent for parent in leaves_by_folder(unknown) if self._is_empty(tx, bucket.id, parent))
        return found

    def admitted(
        self, bucket: Bucket, paths: Sequence[str], context: RlsContext, options: UploadOptions
    ) -> dict[str, bool | None]:
        """Return of each path whether an upload to it may begin; None where that depends on what the bytes will be.

        Args:
            bucket: Where to.
            paths: Where the objects will be.
            context: Who asks.
            options: What is known of all of them.
        """
        with self._executor.snapshot(context) as tx:
            return dict(zip(paths, admitted(tx, bucket, paths, options), strict=True))

    def _write(
        self,
        change: Mutation,
        bucket: Bucket,
        contents: Sequence[NewContent],
        replace: bool,
        replaced: Replaced,
        along: Along | None,
        told: Mapping[str, Any],
    ) -> list[Committed | Refused]:
        """Insert and update the rows."""
        bucket = find_bucket(change.system, bucket.id)
        denied = denied_as_new(change, bucket, contents, replace=replace)
        # What may not be written is not looked for.
        paths = [content.path for content in contents if content.path not in denied]
        existing = self._existing(change.system, bucket.id, paths)
        if replace:
            change.require_settled(row.journal_id for row in existing.values())
        now, context = change.moment_us, change.tx.context
        results = [self._decide(content, existing.get(content.path), context, now, replace) for content in contents]
        denied |= denied_as_replacing(change, bucket, results)
        if denied:
            results = [_denied(result) if result.content.path in denied else result for result in results]
        done = [result for result in results if isinstance(result, Committed)]
        _note(change, bucket, done, told, self._before(change, bucket, done))
        if done:
            self._write_rows(change, bucket, done, existing, replaced)
            begin_after_history(change, bucket.id, (result.content.path for result in done))
        if along is not None:
            for result in done:
                along(change, result)
        return results

    @staticmethod
    def _decide(
        content: NewContent, old: _Existing | None, context: RlsContext, now: int, replace: bool
    ) -> Committed | Refused:
        """Say whether one content may be stored, and as what."""
        if old is None:
            # The first version lends the object its id.
            return Committed(content, content.staged.staged_id, context.user_id, now, now, replaced=False)
        if not replace:
            return Refused(content, ObjectAlreadyExists("The resource already exists", path=content.path))
        if content.seen_version not in ("", old.version):
            return Refused(content, ObjectChanged("Somebody else has stored another content", path=content.path))
        # Also where a clock was set back, a content begins after the one that it replaces.
        now = max(now, old.valid_from_us + 1)
        return Committed(content, old.id, old.owner_id, old.created_us, now, replaced=True)

    def _write_rows(
        self,
        change: Mutation,
        bucket: Bucket,
        done: Sequence[Committed],
        existing: Mapping[str, _Existing],
        replaced: Replaced,
    ) -> None:
        """Write the journal records and the rows of everything that is stored."""
        leaving = [_leaving(existing[result.content.path]) for result in done if result.replaced]
        archived = _give_way(change, bucket, leaving, replaced) if leaving else set()
        # Over bytes that nobody keeps; else to where nothing is, once they are out of the way.
        over = [result.replaced and result.object_id not in archived for result in done]
        keys = [
            existing[result.content.path].physical_path
            if overwrites
            else f"{bucket.id}/{self._backend.natural_path(result.content.path)}"
            for result, overwrites in zip(done, over, strict=True)
        ]
        journal_id = change.publish(
            [
                Publication(result.object_id, result.content.staged.staged_id, not overwrites, key)
                for result, key, overwrites in zip(done, keys, over, strict=True)
            ]
        )
        fresh = [
            fresh_row(bucket.id, result, key, journal_id)
            for result, key in zip(done, keys, strict=True)
            if not result.replaced
        ]
        if fresh:
            change.system.insert_rows(storage_objects, FRESH_COLUMNS, fresh)
        changed = [
            changed_row(result, key, journal_id) for result, key in zip(done, keys, strict=True) if result.replaced
        ]
        if changed:
            change.system.update_rows(UPDATE_CHANGED, CHANGED_COLUMNS, changed)

    @staticmethod
    def _before(change: Mutation, bucket: Bucket, done: Sequence[Committed]) -> dict[str, StorageObject]:
        """Return objects as they were until now, by their ids, where somebody may not see what they are from now on."""
        ids = [result.object_id for result in done if result.replaced]
        if not ids or not change.tx.judges_contents:
            return {}
        rows = (row for part in _slices(ids) for row in change.system.execute(_AS_THEY_ARE, {"ids": part}))
        return {row.id: object_from(row, bucket.name) for row in rows}

    def _existing(self, tx: Transaction, bucket_id: str, paths: Sequence[str]) -> dict[str, _Existing]:
        """Return the rows that stand under these paths, by path."""
        return {
            parent + row[0]: _Existing(*row[1:])
            for parent, leaves in leaves_by_folder(paths).items()
            if len(leaves) == 1 or not self._is_empty(tx, bucket_id, parent)
            for part in _slices(leaves)
            for row in tx.execute(_EXISTING, {"bucket_id": bucket_id, "parent": parent, "leaves": part})
        }

    @staticmethod
    def _is_empty(tx: Transaction, bucket_id: str, parent: str) -> bool:
        """Return whether a folder holds no object of its own: one look instead of many."""
        return tx.execute(_ANY, {"bucket_id": bucket_id, "parent": parent}).first() is None

    def _uncommitted(self, bucket: Bucket, contents: Sequence[NewContent]) -> list[NewContent]:
        """Return the contents that no row has; none where nobody can tell, and the next start sees to them."""
        with contextlib.suppress(StorageError), self._executor.snapshot(_SYSTEM) as tx:
            return [content for content in contents if not self._is_committed(tx, bucket, content)]
        return []

    @staticmethod
    def _is_committed(tx: Transaction, bucket: Bucket, content: NewContent) -> bool:
        """Return whether the row at a content's path has this very content."""
        row = tx.execute(select(_O.version).where(at_path(bucket.id, content.path))).first()
        return row is not None and row[0] == content.staged.staged_id

    def _discard(self, contents: Sequence[NewContent]) -> None:
        """Throw staged bytes away."""
        for content in contents:
            self._backend.discard(content.staged.staged_id)


def _note(
    change: Mutation,
    bucket: Bucket,
    done: Sequence[Committed],
    told: Mapping[str, Any],
    before: Mapping[str, StorageObject],
) -> None:
    """Say what the audit, and those who listen, are to know of contents that are stored."""
    change.tx.changes.created(
        bucket, change.tx.context.user_id, [result.content.path for result in done if not result.replaced]
    )
    renewed = [result for result in done if result.replaced]
    if before:
        after = [result.stored_in(bucket) for result in renewed]
        change.tx.changes.relabelled(bucket, [before[stored.id] for stored in after], after)
    else:
        change.tx.changes.updated(bucket, [(result.owner_id, result.content.path) for result in renewed])
    size_bytes = sum(result.content.staged.size_bytes for result in done)
    change.tx.note_objects([result.content.path for result in done], bytes=size_bytes, replaced=len(renewed), **told)


def _slices(leaves: list[str]) -> Iterator[list[str]]:
    """Yield parts that a query takes at once."""
    for start in range(0, len(leaves), _LEAVES_A_QUERY):
        yield leaves[start : start + _LEAVES_A_QUERY]


def _give_way(change: Mutation, bucket: Bucket, leaving: Sequence[Leaving], replaced: Replaced) -> set[str]:
    """Keep what shall be kept of contents that are about to be replaced; see `retire`.

    Raises:
        WouldBeLost: Nothing would be, and it must not be lost.
    """
    if replaced is Replaced.NEVER_LOST and not bucket.retention.keeps_anything:
        raise WouldBeLost("The bucket would keep nothing of what stands there now", path=bucket.name)
    return retire(change, bucket, leaving, Ending.REPLACED, to_trash=replaced is not Replaced.AS_KEPT)


def _denied(result: Committed | Refused) -> Refused:
    """Return what becomes of a content that the caller may not store."""
    return Refused(result.content, Unauthorized(WRITE_DENIED, path=result.content.path))


def _leaving(old: _Existing) -> Leaving:
    """Return the content of a row that gets another one."""
    return Leaving(old.id, old.version, old.physical_path)
