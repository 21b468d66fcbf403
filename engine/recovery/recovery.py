"""`Recovery`: restores a backup, or rebuilds the database from the files. For a workspace that no process has open."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import func, insert, select, text

from engine import limits
from engine.audit import recovered
from engine.audit.entries import Operation
from engine.backends.base import StorageBackend
from engine.backends.local import LocalBackend
from engine.cancel import CancelToken
from engine.config import Settings
from engine.errors import BackendUnreachable, Conflict, DatabaseCorrupt, DatabaseFault, DatabaseLocked, NotFound
from engine.files.sidecars import Sidecars
from engine.files.throttle import ProgressMeter
from engine.jobs.backups import Backup, backup_of
from engine.jobs.orphans import note_recovery
from engine.metadata import schema
from engine.metadata.database import open_database
from engine.metadata.executor import Executor
from engine.metadata.snapshot import check_database, copy_database
from engine.metadata.tables import storage_buckets, storage_object_versions, storage_objects, storage_settings
from engine.outbox.pruning import begin_anew
from engine.permissions.rules import PermissionChecker
from engine.recovery.exchange import alone, draft_of, exchange
from engine.recovery.open_work import close_journal
from engine.recovery.reconcile import Reconciler
from engine.recovery.values import Findings, RecoveryReport
from engine.times import from_datetime, now_us, to_datetime
from engine.types import ProgressCallback, RlsContext
from engine.workspace import OWNER_SETTING, backups_of

_SYSTEM: Final = RlsContext.service()
_O: Final = storage_objects.c


class Recovery:
    """Recoveries of one data folder. One at a time; any thread.

    Args:
        settings: Which.
        progress: Called now and then, from the thread that works.
        cancel: Stops the work; nothing is changed then.
    """

    def __init__(
        self, settings: Settings, progress: ProgressCallback | None = None, cancel: CancelToken | None = None
    ) -> None:
        self._settings = settings
        self._cancel = cancel or CancelToken()
        self._meter = ProgressMeter(progress, self._cancel)

    def backups(self) -> tuple[Backup, ...]:
        """Return what could be restored, the newest first."""
        return backups_of(self._settings).list()

    def restore(self, backup: Path | None = None) -> RecoveryReport:
        """Put a backup in the database's place, and take in the files that are newer.

        Args:
            backup: Which; None for the newest that is sound.

        Raises:
            NotFound: There is none.
            DatabaseCorrupt: It is damaged.
            SchemaTooNew: A newer program made it.
            DatabaseLocked: A process has the workspace open.
            BackendUnreachable: The storage folder is not there.
            Cancelled: The caller cancelled.
        """
        with alone(self._settings), draft_of(self._settings.database_path) as draft:
            chosen = self._copy(backup, draft)
            with self._opened(draft) as (executor, backend):
                close_journal(executor, backend)
                report = self._reconciled(executor, backend, _known_until_us(chosen))
                _leave_for_audit(executor, Operation.RESTORED, report, {"backup": chosen.name})
            return self._exchanged(draft, report, chosen)

    def rebuild(self, *, force: bool = False) -> RecoveryReport:
        """Make the database anew from the files.

        Args:
            force: Whether a database that is in order is replaced as well.

        Raises:
            Conflict: The database is in order, and `force` is not given.
            DatabaseLocked: A process has the workspace open.
            BackendUnreachable: The storage folder is not there.
            Cancelled: The caller cancelled.
        """
        with alone(self._settings), draft_of(self._settings.database_path) as draft:
            if not force and self._is_in_order():
                raise Conflict(
                    "The database is in order",
                    path=str(self._settings.database_path),
                    hint="What only the database knows would be lost. Rebuild it all the same with --force.",
                )
            with self._opened(draft) as (executor, backend):
                report = self._reconciled(executor, backend)
                _leave_for_audit(executor, Operation.REBUILT, report, {"forced": force})
            return self._exchanged(draft, report, None)

    def _copy(self, backup: Path | None, draft: Path) -> Path:
        """Copy the backup, checked, and return which it is: of several the newest that is sound."""
        damaged: DatabaseCorrupt | None = None
        for path in [backup] if backup is not None else [found.path for found in self.backups()]:
            try:
                copy_database(path, draft, self._cancel)
            except DatabaseCorrupt as error:
                damaged = error
            else:
                return path
        raise damaged or NotFound("There is no backup of the database", path=str(self._settings.backups_dir))

    @contextlib.contextmanager
    def _opened(self, draft: Path) -> Iterator[tuple[Executor, StorageBackend]]:
        """Open the new database, in the present schema, and the files."""
        engine = open_database(draft)
        executor = Executor(engine, PermissionChecker())
        try:
            schema.upgrade(engine)
            with contextlib.closing(LocalBackend(self._settings.storage_dir)) as backend:
                yield executor, backend
        finally:
            executor.close()

    def _reconciled(self, executor: Executor, backend: StorageBackend, known_us: int | None = None) -> RecoveryReport:
        """Let the new database say what the files say."""
        sidecars = Sidecars(executor, backend)
        owner_id = _settled_owner(executor, sidecars)
        note_recovery(executor)
        begin_anew(executor)
        with _indexed(executor):
            findings = Reconciler(executor, backend, sidecars, owner_id, self._meter, known_us).run()
        return _report_of(executor, findings)

    def _exchanged(self, draft: Path, report: RecoveryReport, backup: Path | None) -> RecoveryReport:
        """Put the new database in place."""
        check_database(draft, self._cancel)
        self._cancel.raise_if_cancelled()
        aside = exchange(draft, self._settings.database_path)
        return replace(report, set_aside=aside, backup=backup)

    def _is_in_order(self) -> bool:
        """Return whether the old database is sound, and not empty beside folders of buckets.

        Raises:
            DatabaseLocked: Another program holds it.
        """
        try:
            check_database(self._settings.database_path, self._cancel)
            engine = open_database(self._settings.database_path)
            with contextlib.closing(Executor(engine, PermissionChecker())) as executor:
                return bool(executor.execute(select(storage_buckets.c.id).limit(1), _SYSTEM)) or not any(
                    path.is_dir() and not path.name.startswith(".") for path in self._settings.storage_dir.iterdir()
                )
        except DatabaseLocked:
            raise
        except (DatabaseFault, BackendUnreachable):
            return False


def _known_until_us(backup: Path) -> int | None:
    """Return until when a backup's rows are surely right, in microseconds; None where its name does not say it.

    A backup of a time to come was made while the clock was wrong, and says nothing.
    """
    found = backup_of(backup)
    if found is None or from_datetime(found.made_at) > now_us():
        return None
    return from_datetime(found.made_at) - limits.RECOVERY_CHANGE_MARGIN_S * 1_000_000


@contextlib.contextmanager
def _indexed(executor: Executor) -> Iterator[None]:
    """Find rows by their bytes and where these are, as long as every file is looked up."""
    objects, versions = storage_objects.name, storage_object_versions.name
    wanted = ((objects, "physical_path"), (versions, "physical_path"), (objects, "version"))
    for table, column in wanted:
        executor.execute(text(f"CREATE INDEX ix_recovery_{table}_{column} ON {table} ({column})"), _SYSTEM)
    yield
    for table, column in wanted:
        executor.execute(text(f"DROP INDEX ix_recovery_{table}_{column}"), _SYSTEM)


def _settled_owner(executor: Executor, sidecars: Sidecars) -> str:
    """Return the id of the person at this computer: as the database knows it, as was written down, or a new one."""
    table = storage_settings
    with executor.transaction(_SYSTEM) as tx:
        known = tx.execute(select(table.c.value).where(table.c.name == OWNER_SETTING)).scalar()
        if known is None:
            known = sidecars.owner_id() or str(uuid4())
            tx.execute(insert(table).values(name=OWNER_SETTING, value=known))
    return str(known)


def _leave_for_audit(executor: Executor, operation: Operation, report: RecoveryReport, how: Mapping[str, Any]) -> None:
    """Let the audit know when the workspace is opened; it was the person at this computer, whose files these are."""
    came_of_it = {
        "recovered_at": to_datetime(now_us()).isoformat(),
        "objects": report.objects,
        "taken_in": report.taken_in,
        "versions": report.versions,
        "problems": report.problem_count,
    }
    with executor.transaction(_SYSTEM) as tx:
        owner = tx.execute(select(storage_settings.c.value).where(storage_settings.c.name == OWNER_SETTING)).scalar()
        recovered.leave(tx, recovered.Recovered(str(owner), operation, {**how, **came_of_it}))


def _report_of(executor: Executor, findings: Findings) -> RecoveryReport:
    """Count what the new database knows."""
    buckets = executor.execute(select(func.count()).select_from(storage_buckets), _SYSTEM)[0][0]
    query = select(func.count(), func.coalesce(func.sum(_O.size_bytes), 0)).select_from(storage_objects)
    objects, size_bytes = executor.execute(query, _SYSTEM)[0]
    problems = tuple(findings.problems)
    return RecoveryReport(
        buckets,
        objects,
        size_bytes,
        findings.taken_in,
        problems,
        findings.problem_count,
        None,
        versions=findings.versions,
    )
