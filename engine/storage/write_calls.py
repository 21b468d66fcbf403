"""Calls that store, change and delete objects. Part of the façade."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, Final

from engine.acts import act
from engine.cancel import CancelToken
from engine.context import Operation
from engine.files.uploads import UploadSession
from engine.move_types import Move, Moved
from engine.storage.use_cases import Calls
from engine.types import (
    BatchReport,
    LabelChanges,
    ProgressCallback,
    RlsContext,
    StorageObject,
    UploadItem,
    UploadOptions,
)
from engine.version_types import Replaced

_DEFAULTS: Final = UploadOptions()
_AS_IT_IS: Final = LabelChanges()


class WriteCalls(Calls):
    """Calls that store, change and delete objects."""

    @act(Operation.OBJECT_UPLOAD, path="path")
    def upload(
        self,
        bucket: str,
        path: str,
        source: Path | bytes | BinaryIO,
        context: RlsContext,
        options: UploadOptions = _DEFAULTS,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
    ) -> StorageObject:
        """Store one object; it survives a power cut when the call returns."""
        return self._use.uploads.upload(bucket, path, source, context, options, progress, cancel)

    @act(Operation.OBJECT_UPLOAD, path="path", silent=True)
    def begin_upload(
        self,
        bucket: str,
        path: str,
        context: RlsContext,
        options: UploadOptions = _DEFAULTS,
        size_hint: int | None = None,
    ) -> UploadSession:
        """Open a session that takes one object's bytes as they come."""
        session = self._use.uploads.begin(bucket, path, context, options, size_hint)
        if context.act is not None and context.act.operation == Operation.OBJECT_SIGN_UPLOAD:
            # nothing is uploaded: it was asked whether that might be
            self._executor.acts.gather(context)
        return session

    @act(Operation.OBJECT_UPLOAD_MANY)
    def upload_many(
        self,
        bucket: str,
        items: Iterable[UploadItem],
        context: RlsContext,
        options: UploadOptions = _DEFAULTS,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
    ) -> BatchReport:
        """Store many files; they survive a power cut when the call returns."""
        report = self._use.bulk_uploads.upload_many(bucket, items, context, options, progress, cancel)
        return self._told(context, report)

    @act(Operation.OBJECT_DELETE, path="path", told=("for_good",))
    def delete(self, bucket: str, path: str, context: RlsContext, *, for_good: bool = False) -> None:
        """Delete one object; `for_good` keeps nothing of its present content, whatever its bucket keeps."""
        self._use.deletes.delete(bucket, path, context, for_good=for_good)

    @act(Operation.OBJECT_DELETE_MANY, path="paths", told=("for_good",))
    def delete_many(
        self,
        bucket: str,
        paths: Sequence[str],
        context: RlsContext,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
        as_of: int | None = None,
        *,
        for_good: bool = False,
    ) -> tuple[StorageObject, ...]:
        """Delete objects and, for paths that end with `/`, whole folders; missing and hidden ones are skipped."""
        return self._use.deletes.delete_many(bucket, paths, context, progress, cancel, as_of, for_good=for_good)

    @act(Operation.OBJECT_DELETE_MANY, path="paths", told=("for_good",))
    def delete_trees(
        self,
        bucket: str,
        paths: Sequence[str],
        context: RlsContext,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
        as_of: int | None = None,
        *,
        for_good: bool = False,
    ) -> int:
        """Do as `delete_many` in memory that stays flat, and return how many objects that was."""
        return self._use.deletes.delete_trees(bucket, paths, context, progress, cancel, as_of, for_good=for_good)

    @act(Operation.OBJECT_MOVE, path="source_path", told=("target_path", "target_bucket"))
    def move(
        self,
        bucket: str,
        source_path: str,
        target_path: str,
        context: RlsContext,
        *,
        target_bucket: str | None = None,
    ) -> StorageObject:
        """Give an object another path, also in another bucket."""
        return self._use.moves.move(bucket, source_path, target_path, context, target_bucket)

    @act(Operation.OBJECT_MOVE, path="source_prefix", told=("target_prefix", "target_bucket"))
    def move_folder(
        self,
        bucket: str,
        source_prefix: str,
        target_prefix: str,
        context: RlsContext,
        *,
        target_bucket: str | None = None,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
    ) -> int:
        """Give everything below a prefix another prefix, in one transaction."""
        return self._use.moves.move_folder(
            bucket, source_prefix, target_prefix, context, target_bucket, progress, cancel
        )

    @act(Operation.OBJECT_MOVE, told=("target_bucket",))
    def move_many(
        self,
        bucket: str,
        moves: Sequence[Move],
        context: RlsContext,
        *,
        target_bucket: str | None = None,
        replace: Collection[str] = (),
        seen_versions: Mapping[str, str] | None = None,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
    ) -> Moved:
        """Give objects and folders other paths, all or none; also each other's.

        `replace` names the paths whose objects may give way, `seen_versions` which content alone may at some of them.
        """
        return self._use.many_moves.move(
            bucket, moves, context, target_bucket, replace, seen_versions or {}, progress, cancel
        )

    @act(Operation.OBJECT_COPY, path="source_path", told=("target_path", "target_bucket"))
    def copy(
        self,
        bucket: str,
        source_path: str,
        target_path: str,
        context: RlsContext,
        *,
        target_bucket: str | None = None,
        replace: bool = False,
        replaced: Replaced = Replaced.AS_KEPT,
        seen_version: str = "",
        labels: LabelChanges = _AS_IT_IS,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
    ) -> StorageObject:
        """Store the content of one object under another path.

        `replaced` says what becomes of what stood there, `seen_version` which content alone may give way, `labels` what
        is said of the copy instead of the same again.
        """
        return self._use.copies.copy(
            bucket,
            source_path,
            target_path,
            context,
            target_bucket=target_bucket,
            replace=replace,
            replaced=replaced,
            seen_version=seen_version,
            labels=labels,
            progress=progress,
            cancel=cancel,
        )

    @act(Operation.OBJECT_COPY, path="source_prefix", told=("target_prefix", "target_bucket"))
    def copy_folder(
        self,
        bucket: str,
        source_prefix: str,
        target_prefix: str,
        context: RlsContext,
        *,
        target_bucket: str | None = None,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
    ) -> BatchReport:
        """Copy everything below a prefix."""
        report = self._use.copies.copy_folder(
            bucket, source_prefix, target_prefix, context, target_bucket=target_bucket, progress=progress, cancel=cancel
        )
        return self._told(context, report)

    @act(Operation.OBJECT_LABEL, path="paths")
    def change_labels(
        self,
        bucket: str,
        paths: Sequence[str],
        changes: LabelChanges,
        context: RlsContext,
        *,
        seen: Sequence[StorageObject] = (),
    ) -> tuple[StorageObject, ...]:
        """Say something else about objects: type, cache rule, the caller's own metadata; their bytes stay."""
        return self._use.labels.change(bucket, paths, changes, context, seen)
