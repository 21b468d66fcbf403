"""Backups of the metadata database: made when they are due or asked for, the newest kept, the older ones removed.

    <data folder>/backups/holdall-2026-11-26T22-46-33.000000Z.db
    <data folder>/backups/holdall-2026-11-26T22-46-33.000000Z-before-migration.db     kept until a person removes it

The time is in the name, UTC, so that copying the folder loses nothing. Older backups go only after a newer one is
checked and durable. The clock may be wrong, now or when one was made: a backup of a time to come keeps none from being
made and is the first to go, and the one just made never goes. Several processes may work on one folder: one makes
backups at a time, and what it makes counts for all.

Threads: any.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from engine.cancel import CancelToken
from engine.errors import DatabaseLocked
from engine.locks import FileLock
from engine.metadata.snapshot import DRAFT_SUFFIX, copy_database
from engine.os_errors import from_os_error
from engine.small_files import make_private_dir
from engine.times import now_us, to_datetime

_NAME: Final = re.compile(r"holdall-(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{6}Z)(-before-migration)?\.db")
_TIME_FORM: Final = "%Y-%m-%dT%H-%M-%S.%fZ"
_LOCK_NAME: Final = ".lock"


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup.

    Attributes:
        path: The file.
        made_at: The moment that it shows.
        size_bytes: Its length.
        before_migration: Whether it was made because the schema was about to change.
    """

    path: Path
    made_at: datetime
    size_bytes: int
    before_migration: bool


class Backups:
    """The backups of one data folder.

    Args:
        database: The file of the database.
        folder: Where backups are; made with the first one.
        kept: How many are kept, apart from those made before migrations; 0 keeps all and makes none by itself.
        interval_s: From one to the next.
        clock_us: The present moment, in microseconds since 1970, UTC.
    """

    def __init__(
        self, database: Path, folder: Path, kept: int, interval_s: int, clock_us: Callable[[], int] = now_us
    ) -> None:
        self._database = database
        self._folder = folder
        self._kept = kept
        self._interval = timedelta(seconds=interval_s)
        self._clock_us = clock_us

    def list(self) -> tuple[Backup, ...]:
        """Return what there is, the newest first.

        Raises:
            PermissionDenied: The folder cannot be read.
        """
        try:
            found = [backup_of(path) for path in self._folder.glob("holdall-*.db")]
        except OSError as error:
            raise from_os_error(error, str(self._folder)) from error
        return tuple(sorted((backup for backup in found if backup), key=lambda backup: backup.made_at, reverse=True))

    def make(self, cancel: CancelToken | None = None, *, before_migration: bool = False) -> Backup:
        """Make a backup now, and remove those that are too many then.

        Args:
            cancel: Looked at every few milliseconds.
            before_migration: Why it is made; such a one is never removed.

        Raises:
            DatabaseCorrupt: The database is damaged; older backups are left alone.
            DatabaseLocked: Another process is making one.
            DiskFull: There is no room for it.
            Cancelled: The caller cancelled.
        """
        with self._alone():
            return self._make(cancel or CancelToken(), before_migration=before_migration)

    def make_if_due(self, cancel: CancelToken) -> Backup | None:
        """Make a backup if the newest that is not of a time to come is older than the interval; else return None."""
        if not self._is_due():
            return None
        try:
            with self._alone():
                return self._make(cancel, before_migration=False) if self._is_due() else None
        except DatabaseLocked:
            return None  # Another process is at it.

    def _is_due(self) -> bool:
        if self._kept == 0:
            return False
        now = to_datetime(self._clock_us())
        past = [backup.made_at for backup in self._scheduled() if backup.made_at <= now]
        return not past or now - past[0] >= self._interval

    def _make(self, cancel: CancelToken, *, before_migration: bool) -> Backup:
        self._remove_drafts()
        moment, target = self._place("-before-migration" if before_migration else "")
        copy_database(self._database, target, cancel)
        made = Backup(target, moment, target.stat().st_size, before_migration)
        self._prune(made)
        return made

    def _scheduled(self) -> Sequence[Backup]:
        """Return those that are counted, the newest first."""
        return [backup for backup in self.list() if not backup.before_migration]

    def _place(self, ending: str) -> tuple[datetime, Path]:
        """Return this moment and the name for it, or the first moment after it whose name no backup has."""
        moment = to_datetime(self._clock_us())
        while (path := self._folder / f"holdall-{moment.strftime(_TIME_FORM)}{ending}.db").exists():
            moment += timedelta(microseconds=1)
        return moment, path

    def _prune(self, made: Backup) -> None:
        """Remove what is too many beside the one just made; what cannot be removed harms nobody."""
        scheduled = self._scheduled()
        others = [backup for backup in reversed(scheduled) if backup.path != made.path]
        others.sort(key=lambda backup: backup.made_at <= made.made_at)  # of a time to come first, else the oldest
        excess = max(0, len(scheduled) - self._kept) if self._kept else 0
        for backup in others[:excess]:
            with contextlib.suppress(OSError):
                backup.path.unlink()

    def _remove_drafts(self) -> None:
        """Remove what a process left that died while it made a backup."""
        for draft in self._folder.glob(f".*{DRAFT_SUFFIX}*"):
            with contextlib.suppress(OSError):
                draft.unlink()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep every other process and thread from making a backup here.

        Raises:
            DatabaseLocked: One is at it.
        """
        lock = FileLock(self._folder / _LOCK_NAME)
        try:
            make_private_dir(self._folder)
            held = lock.acquire()
        except OSError as error:
            raise from_os_error(error, str(self._folder)) from error
        if not held:
            raise DatabaseLocked("Another program is making a backup", path=str(self._folder))
        try:
            yield
        finally:
            lock.release()


def backup_of(path: Path) -> Backup | None:
    """Return the backup of a file, or None where its name is none of ours or it has just been removed.

    Args:
        path: The file.
    """
    match = _NAME.fullmatch(path.name)
    if match is None:
        return None
    try:
        size_bytes = path.stat().st_size
        made_at = datetime.strptime(match[1], _TIME_FORM).replace(tzinfo=UTC)
    except (FileNotFoundError, ValueError):
        return None
    return Backup(path, made_at, size_bytes, before_migration=match[2] is not None)
