"""Running a download: everything in one call first; files that exist are put aside and decided, never overwritten.

What the call reports as taken comes back as a conflict; the answers are carried out one file at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from engine.errors import PermissionDenied, StorageError, TargetExists
from engine.os_errors import from_os_error
from engine.transfers.conflicts import Clash, is_same, local_side, stored_side
from engine.transfers.job import Job, Work
from engine.transfers.naming import free_name
from engine.transfers.ports import TransferStorage
from engine.transfers.scan import FolderId, Item, folder_id, item_at
from engine.transfers.targets import find
from engine.transfers.uploads import WHOLE_JOB_FAULTS, failed, left_out, reason_to_skip
from engine.transfers.values import ConflictAction, ConflictPolicy, Decision, DownloadJob, ItemNote
from engine.types import BatchReport, ItemFailure, RlsContext


class DownloadRun:
    """One run of a download job. Used once, by the thread that works on the job.

    Args:
        job: Takes the reports.
        request: What to download.
        storage: Where from.
        context: Whoever downloads.
        keep_out: Folders that nothing is ever written to.
    """

    def __init__(
        self,
        job: Job,
        request: DownloadJob,
        storage: TransferStorage,
        context: RlsContext,
        keep_out: frozenset[FolderId],
    ) -> None:
        self._job = job
        self._request = request
        self._storage = storage
        self._context = context
        self._keep_out = keep_out
        self._resuming = False

    def run(self, work: Work) -> None:
        """Do the work and every decision made meanwhile.

        Args:
            work: What to do.

        Raises:
            StorageError: The job as a whole cannot go on, or was cancelled.
        """
        self._resuming = work.resuming
        if work.whole:
            self._prepare_target()
            self._measure()
            self._download_tree(self._request.paths, self._request.target_dir)
        for note in work.again:
            self._download_again(note)
        while decided := self._job.take_decided():
            for clash, decision in decided:
                self._carry_out(clash, decision)

    def _prepare_target(self) -> None:
        target = self._request.target_dir
        if any(folder_id(folder) in self._keep_out for folder in (target, *target.parents)):
            raise PermissionDenied(
                "Holdall keeps its own data in this folder", path=str(target), hint="Choose another folder."
            )
        try:
            target.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise from_os_error(error, str(target)) from error

    def _measure(self) -> None:
        """Learn the totals first; the database adds them up."""
        self._job.counting(on=True)
        for path in self._request.paths:
            if path and not path.endswith("/"):
                stored = find(self._storage, self._request.bucket, path, self._context)
                self._job.found(1, stored.size_bytes if stored else 0)
            else:
                size = self._storage.tree_size(self._request.bucket, path, self._context)
                self._job.found(size.objects, size.size_bytes)
        self._job.counting(on=False)

    def _download_tree(self, paths: Sequence[str], target_dir: Path) -> None:
        report = self._storage.download_tree(
            self._request.bucket,
            paths,
            target_dir,
            self._context,
            replace=self._request.policy is ConflictPolicy.REPLACE and not self._resuming,
            progress=self._job.live,
            cancel=self._job.token,
        )
        self._job.settle(report)
        for failure in report.failures:
            self._fail(item_at(failure.path, self._place_of(failure)), failure.error)

    def _place_of(self, failure: ItemFailure) -> Path:
        """Return where a file that failed belongs: never outside the target, whatever its path is made of."""
        named = failure.error.path if isinstance(failure.error, TargetExists) else None
        place = Path(named or failure.source)
        if self._request.target_dir in place.parents and ".." not in place.parts:
            return place
        return self._request.target_dir / (failure.path.rpartition("/")[2] or "_")

    def _download_again(self, note: ItemNote) -> None:
        """Bring one object once more, by the call that knows which names this computer can hold."""
        stored = find(self._storage, self._request.bucket, note.path, self._context)
        self._job.found(1, stored.size_bytes if stored else 0)
        self._download_tree((note.path,), Path(note.local_path).parent)

    def _download(self, item: Item, *, replace_existing: bool) -> None:
        self._job.token.raise_if_cancelled()
        try:
            item.local.parent.mkdir(parents=True, exist_ok=True)
            stored = self._storage.download(
                self._request.bucket,
                item.path,
                item.local,
                self._context,
                replace=replace_existing,
                progress=self._job.live,
                cancel=self._job.token,
            )
        except WHOLE_JOB_FAULTS:
            raise
        except OSError as error:
            self._give_up(item, from_os_error(error, str(item.local)))
        except StorageError as error:
            self._give_up(item, error)
        else:
            self._job.settle(BatchReport(1, stored.size_bytes))

    def _give_up(self, item: Item, error: StorageError) -> None:
        self._job.settle(BatchReport(0, 0))
        self._fail(item, error)

    def _fail(self, item: Item, error: Exception) -> None:
        stored = find(self._storage, self._request.bucket, item.path, self._context)
        wanted_bytes = stored.size_bytes if stored else 0
        if stored is None or not isinstance(error, TargetExists) or item.local.is_dir():
            self._job.note(failed(item, error), found_bytes=wanted_bytes)
        elif self._resuming and is_same(item, stored):
            self._job.already_there(wanted_bytes)
        else:
            self._job.clash(Clash(item, stored_side(stored), local_side(item)))

    def _carry_out(self, clash: Clash, decision: Decision) -> None:
        if decision.action is ConflictAction.RENAME or decision.action is ConflictAction.KEEP_BOTH:
            self._download_renamed(clash.item, decision)
        elif reason := reason_to_skip(clash, decision):
            self._job.note(left_out(clash.item, reason), found_bytes=clash.arriving.size_bytes or 0)
        else:
            self._download(clash.item, replace_existing=True)

    def _download_renamed(self, item: Item, decision: Decision) -> None:
        folder = item.local.parent
        name = decision.new_name or free_name(item.local.name, lambda form: (folder / form).exists())
        self._job.remember(item.path, Decision(ConflictAction.RENAME, name))
        self._download(replace(item, local=folder / name), replace_existing=False)
