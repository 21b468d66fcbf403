"""The cleanup: files without rows, rows without files, uploads that nobody will finish.

- **Files without rows** (`orphans`) are put aside when they stayed nobody's for their grace; none is deleted.
- **Rows without files** (`missing`) go into quarantine, and are removed when the file stayed away for its grace.
- **Staged uploads** of dead processes are thrown away, once what they had committed is finished; **resumable** ones
  when nobody went on with them for a day.

What one run takes away is bounded: more than 1,000 things, or 5 % of all rows where that is more, look like a disk that
is not there or a database that is not the right one, and are left until somebody confirms. So are, however few, the
rows of a bucket that lost its files as a whole (`caution`).

Threads: any; runs of one process wait for each other, those of several processes never harm each other.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from engine import limits
from engine.audit import Audit, Operation
from engine.backends.base import StorageBackend
from engine.cancel import CancelToken
from engine.check_types import FindingKind
from engine.cleanup_types import CleanupAction, CleanupItem, CleanupReport
from engine.failpoints import NO_FAILPOINTS, Failpoint, Failpoints
from engine.files.resumable.abandoned import AbandonedUploads
from engine.files.settle import Settler
from engine.jobs.caution import Caution
from engine.jobs.missing import Missing, MissingBytes
from engine.jobs.orphans import Orphan, Orphans
from engine.jobs.remembered import Remembered
from engine.jobs.survey import Surveyor
from engine.metadata.executor import Executor
from engine.permissions.rules import PermissionChecker
from engine.times import now_us, to_datetime
from engine.types import RlsContext

_logger = logging.getLogger(__name__)
_SECOND_US: Final = 1_000_000
_SYSTEM: Final = RlsContext.service()
_JOB: Final = "holdall"
"""Who did what nobody in particular asked for."""


@dataclass(frozen=True, slots=True)
class Graces:
    """How long a cleanup waits.

    Attributes:
        interval_s: From one run by itself to the next.
        orphan_s: For which a file is nobody's before it is put aside.
        missing_s: For which a row waits for its file.
    """

    interval_s: int
    orphan_s: int
    missing_s: int


@dataclass(frozen=True, slots=True)
class _Found:
    """What one run came upon.

    Attributes:
        rows: How many rows name bytes.
        orphans: All files that are nobody's.
        missing: All rows without bytes.
        lost: Buckets whose files are gone as a whole, with the versions of their rows: those are left.
        orphans_until_us: Files that were nobody's by then are due.
        missing_until_us: Likewise for rows.
    """

    rows: int
    orphans: Sequence[Orphan]
    missing: Sequence[Missing]
    lost: Mapping[str, frozenset[str]]
    orphans_until_us: int
    missing_until_us: int

    @property
    def due_orphans(self) -> list[Orphan]:
        """Return the files whose grace is over."""
        return [one for one in self.orphans if not one.held and one.since_us <= self.orphans_until_us]

    @property
    def due_missing(self) -> list[Missing]:
        """Return the rows whose grace is over, without those of lost buckets."""
        lost = frozenset().union(*self.lost.values())
        return [one for one in self._overdue if one.content.info.version not in lost]

    @property
    def due_count(self) -> int:
        """Return how much would be taken away, were no bucket lost."""
        return len(self.due_orphans) + len(self._overdue)

    @property
    def lost_count(self) -> int:
        """Return how many rows are left although their grace is over."""
        return len(self._overdue) - len(self.due_missing)

    @property
    def lost_buckets(self) -> tuple[str, ...]:
        """Return the names of the buckets that such rows are of."""
        overdue = {one.content.info.version for one in self._overdue}
        return tuple(sorted(name for name, versions in self.lost.items() if versions & overdue))

    @property
    def _overdue(self) -> list[Missing]:
        return [one for one in self.missing if one.since_us <= self.missing_until_us]

    def items(self, taken: set[str]) -> Iterator[CleanupItem]:
        """Yield the report's lines, with what was taken away."""
        for orphan in self.orphans:
            action = self._action(orphan.since_us <= self.orphans_until_us)
            if orphan.held:
                action = CleanupAction.KEPT
            elif orphan.key in taken:
                action = CleanupAction.SET_ASIDE
            yield _item(FindingKind.ORPHANED, orphan.key, orphan.since_us, action)
        for one in self.missing:
            action = self._action(one.since_us <= self.missing_until_us)
            if one.content.info.version in taken:
                action = CleanupAction.REMOVED
            yield _item(FindingKind.MISSING, one.content.name, one.since_us, action)

    @staticmethod
    def _action(due: bool) -> CleanupAction:
        """Return what a thing is that was not taken away."""
        return CleanupAction.DUE if due else CleanupAction.WAITING


class Cleanup:
    """Cleans up.

    Args:
        executor: For rows.
        backend: For bytes.
        settler: Finishes open work first.
        permissions: Who may.
        surveyor: Finds suspects.
        orphans: Files without rows.
        missing: Rows without files.
        caution: Knows when that is no reason to remove them.
        abandoned: Resumable uploads that nobody goes on with.
        audit: Told of what is swept, and rid of what is old.
        graces: How long to wait.
        now: The present moment, in microseconds since 1970, UTC.
        believed: The moment by which rows are old enough to be removed, the same or earlier.
        failpoints: Told of every step.
    """

    def __init__(
        self,
        executor: Executor,
        backend: StorageBackend,
        settler: Settler,
        permissions: PermissionChecker,
        surveyor: Surveyor,
        orphans: Orphans,
        missing: MissingBytes,
        caution: Caution,
        abandoned: AbandonedUploads,
        audit: Audit,
        graces: Graces,
        now: Callable[[], int] = now_us,
        believed: Callable[[], int] = now_us,
        failpoints: Failpoints = NO_FAILPOINTS,
    ) -> None:
        self._executor = executor
        self._backend = backend
        self._settler = settler
        self._permissions = permissions
        self._surveyor = surveyor
        self._orphans = orphans
        self._missing = missing
        self._caution = caution
        self._abandoned = abandoned
        self._audit = audit
        self._graces = graces
        self._now = now
        self._believed = believed
        self._failpoints = failpoints
        self._lock = threading.Lock()
        self._last_run = Remembered(executor, "cleanup_at")

    def run_if_due(self, cancel: CancelToken) -> CleanupReport | None:
        """Run if the last run, of whichever process, is an interval ago, or of a time to come; else return None."""
        last = self._last_run.get()
        if last is not None and abs(self._now() - int(last)) < self._graces.interval_s * _SECOND_US:
            return None
        return self.run(_SYSTEM, cancel)

    def run(
        self,
        context: RlsContext,
        cancel: CancelToken | None = None,
        *,
        dry_run: bool = False,
        confirm: bool = False,
    ) -> CleanupReport:
        """Clean up now.

        Args:
            context: The service role's.
            cancel: Looked at between two files.
            dry_run: Whether only to say what is there and what would be taken away.
            confirm: Whether to take away also what is too much to be taken away unasked.

        Raises:
            Unauthorized: The caller is not the service role.
            Cancelled: `cancel` was used; what is done stays done.
            EnvironmentFault: Disk or database failed; nothing was taken away on the strength of half a listing.
        """
        self._permissions.check_service(context)
        actor = context.user_id or _JOB
        with self._lock:
            return self._run(actor, cancel or CancelToken(), dry_run=dry_run, confirm=confirm)

    def _run(self, actor: str, cancel: CancelToken, *, dry_run: bool, confirm: bool) -> CleanupReport:
        """Do as `run`, alone in this process."""
        self._failpoints.reach(Failpoint.CLEANUP)
        moment_us = self._now()
        staged = 0 if dry_run else self._sweep(actor, cancel)
        self._settler.roll_forward()
        back = [] if dry_run else self._missing.returned(actor, cancel)
        found = self._look(moment_us, actor, cancel, dry_run=dry_run, confirm=confirm)
        self._failpoints.reach(Failpoint.CLEANUP_LOOKED)
        allowed = max(limits.CLEANUP_REMOVALS_MIN, int(found.rows * limits.CLEANUP_REMOVALS_SHARE))
        is_too_much = not confirm and found.due_count > allowed
        refused = found.due_count if is_too_much else found.lost_count
        if refused:
            why = f"more than {allowed}" if is_too_much else f"of lost buckets: {', '.join(found.lost_buckets)}"
            _logger.warning("%d things are due for cleanup, %s: they are left", refused, why)
        taken: set[str] = set()
        if not dry_run:
            taken = set() if is_too_much else self._take_away(found, moment_us, actor, cancel)
            self._audit.prune(cancel)
            self._failpoints.reach(Failpoint.CLEANUP_DONE)
            self._last_run.put(str(moment_us))
        items = [_item(FindingKind.MISSING, one.content.name, one.since_us, CleanupAction.RETURNED) for one in back]
        lost = () if is_too_much else found.lost_buckets
        return CleanupReport((*items, *found.items(taken)), staged, refused, allowed, lost)

    def _sweep(self, actor: str, cancel: CancelToken) -> int:
        """Throw away what dead processes staged and had not committed, and uploads that nobody goes on with."""
        staged = self._backend.sweep(self._settler.roll_forward) + self._abandoned.sweep(cancel)
        if staged:
            with self._executor.transaction(_SYSTEM) as tx:
                self._audit.record(tx, actor, Operation.STAGED_SWEPT, None, "", {"files": staged})
        return staged

    def _look(self, moment_us: int, actor: str, cancel: CancelToken, *, dry_run: bool, confirm: bool) -> _Found:
        """Find what disagrees and what of it is due."""
        survey = self._surveyor.survey(cancel)
        orphans = self._orphans.note(survey.unclaimed, moment_us, dry_run=dry_run)
        missing = self._missing.note(survey, moment_us, actor, cancel, dry_run=dry_run)
        lost = {} if confirm else self._caution.lost(missing)
        orphans_until_us = moment_us - self._graces.orphan_s * _SECOND_US
        missing_until_us = self._believed() - self._graces.missing_s * _SECOND_US
        return _Found(survey.rows, orphans, missing, lost, orphans_until_us, missing_until_us)

    def _take_away(self, found: _Found, moment_us: int, actor: str, cancel: CancelToken) -> set[str]:
        """Put files aside and remove rows; return the keys of the ones and the versions of the others."""
        label = f"{to_datetime(moment_us):%Y-%m-%dT%H-%M-%S.%fZ}"
        moved = self._orphans.put_aside(found.due_orphans, label, actor, cancel)
        return moved | self._missing.remove(found.due_missing, actor, cancel)


def _item(kind: FindingKind, where: str, since_us: int, action: CleanupAction) -> CleanupItem:
    """Return one line of the report."""
    return CleanupItem(kind, where, to_datetime(since_us), action)
