"""Running an upload: one thread finds files while another moves them, so that totals grow during the transfer.

Small files go through one durable bulk call, large ones through a call each. Names that are taken are put aside as
they are found and never hold up the rest; one that only turns out to be taken while it is moved is put aside then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Final

from engine import limits
from engine.errors import (
    BackendUnreachable,
    BucketNotFound,
    Cancelled,
    DatabaseFault,
    DiskFull,
    EngineBug,
    ObjectAlreadyExists,
    StorageError,
    Unauthorized,
)
from engine.transfers.channel import Channel
from engine.transfers.conflicts import Clash, is_same, local_side, stored_side
from engine.transfers.job import Job, Work
from engine.transfers.naming import free_name
from engine.transfers.ports import TransferStorage
from engine.transfers.scan import FolderId, FolderScan, Item, Root, item_at, roots_of, scan
from engine.transfers.targets import TakenNames, find
from engine.transfers.values import (
    ConflictAction,
    ConflictPolicy,
    ConflictSide,
    Decision,
    ItemNote,
    NoteKind,
    UploadJob,
)
from engine.types import BatchReport, RlsContext, UploadItem, UploadOptions

LARGE_FILE_BYTES: Final = 64 * limits.MIB
"""From here on a file gets a call, a commit and an error of its own instead of sharing a batch."""

FOUND_AHEAD: Final = 20_000
"""Files found before they are moved: enough for honest totals, little enough memory (~10 MB)."""

SLICE_FILES: Final = 500
"""Files handed from the finding to the moving thread at a time."""

WHOLE_JOB_FAULTS: Final = (Cancelled, BucketNotFound, DatabaseFault, BackendUnreachable, DiskFull, EngineBug)
"""Errors that the next item would meet as well: they end the job instead of an item."""

SKIPPED: Final = "Skipped: the name is taken there."
NOT_ALLOWED: Final = "Policies do not allow this."
NOT_NEWER: Final = "Skipped: what is there is as new or newer."


class UploadRun:
    """One run of an upload job. Used once, by the thread that works on the job.

    Args:
        job: Takes the reports.
        request: What to upload.
        storage: Where to.
        context: Whoever uploads.
        keep_out: Folders never to be entered.
    """

    def __init__(
        self, job: Job, request: UploadJob, storage: TransferStorage, context: RlsContext, keep_out: frozenset[FolderId]
    ) -> None:
        self._job = job
        self._request = request
        self._storage = storage
        self._context = context
        self._keep_out = keep_out
        self._resuming = False
        self._large: list[Item] = []
        self._empty_folders: list[Root] = []

    def run(self, work: Work) -> None:
        """Do the work and every decision made meanwhile.

        Args:
            work: What to do.

        Raises:
            StorageError: The job as a whole cannot go on, or was cancelled.
        """
        self._resuming = work.resuming
        roots = self._roots(work)
        if roots:
            self._upload_found(roots)
        while decided := self._job.take_decided():
            self._carry_out(decided)

    def _roots(self, work: Work) -> tuple[Root, ...]:
        if work.whole:
            return roots_of(self._request.sources, self._request.prefix)
        return tuple(Root(Path(note.local_path), note.path) for note in work.again)

    def _upload_found(self, roots: Sequence[Root]) -> None:
        found: Channel[Item] = Channel(FOUND_AHEAD)
        self._job.counting(on=True)
        with ThreadPoolExecutor(1, f"transfer-{self._job.id}-scan") as pool, closing(found):
            scanning = pool.submit(self._scan_into, found, roots)
            self._upload_many(self._small_of(found.items()), replace_existing=self._replaces)
            scanning.result()
        self._upload_large(self._large, replace_existing=self._replaces)
        for folder in self._empty_folders:
            self._create_folder(folder)

    @property
    def _replaces(self) -> bool:
        return self._request.policy is ConflictPolicy.REPLACE

    def _scan_into(self, found: Channel[Item], roots: Sequence[Root]) -> None:
        taken = TakenNames(self._storage, self._request.bucket, self._context)
        with closing(found):
            for folder in scan(roots, self._keep_out, lambda: self._job.token.cancelled):
                fresh = self._sort(folder, taken)
                for at in range(0, len(fresh), SLICE_FILES):
                    if not found.put(fresh[at : at + SLICE_FILES]):
                        return
            self._job.counting(on=False)

    def _sort(self, folder: FolderScan, names: TakenNames) -> list[Item]:
        """Count a folder's items, put those aside whose names are taken, return the others."""
        self._job.found(len(folder.items), sum(item.size_bytes for item in folder.items))
        for note in folder.notes:
            self._job.note(note)
        if folder.empty:
            self._empty_folders.append(folder.empty)
        if self._replaces and not self._resuming:
            return list(folder.items)
        taken = names.among(folder.folder, [item.path for item in folder.items])
        fresh = []
        for item in folder.items:
            stored = taken.get(item.path)
            if stored is None or (self._replaces and not is_same(item, stored)):
                fresh.append(item)
            elif self._resuming and is_same(item, stored):
                self._job.already_there(item.size_bytes)
            else:
                self._job.clash(Clash(item, local_side(item), stored_side(stored)))
        return fresh

    def _small_of(self, items: Iterable[Item]) -> Iterator[Item]:
        for item in items:
            if item.size_bytes < LARGE_FILE_BYTES:
                yield item
            else:
                self._large.append(item)

    def _upload_many(self, items: Iterable[Item], *, replace_existing: bool) -> None:
        report = self._storage.upload_many(
            self._request.bucket,
            (UploadItem(item.local, item.path) for item in items),
            self._context,
            UploadOptions(replace=replace_existing),
            self._job.live,
            self._job.token,
        )
        self._job.settle(report)
        for failure in report.failures:
            self._fail(item_at(failure.path, Path(failure.source)), failure.error)

    def _upload_large(self, items: Iterable[Item], *, replace_existing: bool) -> None:
        for item in items:
            self._job.token.raise_if_cancelled()
            try:
                stored = self._storage.upload(
                    self._request.bucket,
                    item.path,
                    item.local,
                    self._context,
                    UploadOptions(replace=replace_existing),
                    self._job.live,
                    self._job.token,
                )
            except WHOLE_JOB_FAULTS:
                raise
            except StorageError as error:
                self._job.settle(BatchReport(0, 0))
                self._fail(item, error)
            else:
                self._job.settle(BatchReport(1, stored.size_bytes))

    def _create_folder(self, folder: Root) -> None:
        self._job.token.raise_if_cancelled()
        try:
            self._storage.create_folder(self._request.bucket, folder.path + "/", self._context)
        except WHOLE_JOB_FAULTS:
            raise
        except StorageError as error:
            self._job.note(failed(Item(folder.path, folder.local, 0, None), error))

    def _fail(self, item: Item, error: Exception) -> None:
        if isinstance(error, ObjectAlreadyExists):
            stored = find(self._storage, self._request.bucket, item.path, self._context)
            there = ConflictSide(f"{self._request.bucket}/{item.path}", None, None)
            self._job.clash(Clash(item, local_side(item), stored_side(stored) if stored else there))
            return
        self._job.note(failed(item, error), found_bytes=item.size_bytes)

    def _carry_out(self, decided: Sequence[tuple[Clash, Decision]]) -> None:
        replacing: list[Item] = []
        renamed: list[Item] = []
        for clash, decision in decided:
            if decision.action is ConflictAction.RENAME or decision.action is ConflictAction.KEEP_BOTH:
                renamed += self._renamed(clash.item, decision, {item.path for item in renamed})
            elif reason := reason_to_skip(clash, decision):
                self._job.note(left_out(clash.item, reason), found_bytes=clash.item.size_bytes)
            else:
                replacing.append(clash.item)
        for items, replace_existing in ((replacing, True), (renamed, False)):
            self._large = []
            if items:
                self._upload_many(self._small_of(items), replace_existing=replace_existing)
                self._upload_large(self._large, replace_existing=replace_existing)

    def _renamed(self, item: Item, decision: Decision, chosen: set[str]) -> list[Item]:
        """Give an item its other name; nothing is returned if an earlier run has moved it there."""
        folder, _, name = item.path.rpartition("/")
        folder += "/" if folder else ""

        def is_taken(form: str) -> bool:
            path = folder + form
            return path in chosen or self._storage.exists(self._request.bucket, path, self._context)

        new_name = decision.new_name or free_name(name, is_taken)
        moved = replace(item, path=folder + new_name)
        self._job.remember(item.path, Decision(ConflictAction.RENAME, new_name))
        stored = find(self._storage, self._request.bucket, moved.path, self._context) if self._resuming else None
        if stored and is_same(moved, stored):
            self._job.already_there(item.size_bytes)
            return []
        return [moved]


def reason_to_skip(clash: Clash, decision: Decision) -> str | None:
    """Return why an item is not moved after a decision, or None if it replaces what is there."""
    if decision.action is ConflictAction.SKIP:
        return SKIPPED
    if decision.action is ConflictAction.REPLACE_IF_NEWER and not clash.arriving_is_newer:
        return NOT_NEWER
    return None


def failed(item: Item, error: Exception) -> ItemNote:
    """Return the note for an item that failed."""
    hint = error.hint if isinstance(error, StorageError) else None
    reason = error.message if isinstance(error, StorageError) else str(error)
    denied = isinstance(error, Unauthorized)
    if denied:  # whose message is for programs
        reason = NOT_ALLOWED
    return ItemNote(NoteKind.FAILED, item.path, str(item.local), reason, hint, denied)


def left_out(item: Item, reason: str) -> ItemNote:
    """Return the note for an item that was skipped on purpose."""
    return ItemNote(NoteKind.LEFT_OUT, item.path, str(item.local), reason)
