"""Puts a new database in the old one's place, alone among all processes, and keeps the old one.

What SQLite keeps beside the old file gets a second name first, then the old file leaves its name, and only then the log
does; the new one comes by one rename. So nothing that can be opened ever stands without its log, which holds what was
committed last, or meets the log of another. Who dies between leaves no database at all: opening refuses that beside
stored files, and the next recovery goes through.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from engine.backends.leases import is_in_use
from engine.backends.storage_folder import STAGING_FOLDER
from engine.config import Settings
from engine.errors import BackendUnreachable, DatabaseLocked
from engine.instance import opening
from engine.metadata.snapshot import COMPANIONS, sync_file
from engine.os_errors import from_os_error
from engine.small_files import sync_dir

_DRAFT_NAME: Final = ".holdall.db.recovering"


@contextlib.contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Hold a data folder, open in no process, for a recovery.

    Raises:
        DatabaseLocked: A process has the workspace open, or is about to.
        BackendUnreachable: The storage folder is not there: nothing could be held against it.
    """
    if not settings.storage_dir.is_dir():
        raise BackendUnreachable(
            "The storage folder is gone",
            path=str(settings.storage_dir),
            hint="Connect the disk that holds it, or put the folder back. Nothing was changed.",
        )
    with opening(settings.data_dir):
        if is_in_use(settings.storage_dir / STAGING_FOLDER):
            raise DatabaseLocked(
                "A running Holdall has this workspace open",
                path=str(settings.data_dir),
                hint="Close its window and stop its server and commands first. Nothing was changed.",
            )
        yield


@contextlib.contextmanager
def draft_of(database: Path) -> Iterator[Path]:
    """Yield the name of the new database before it is one; what a dead process left there, or this one, is removed."""
    draft = database.with_name(_DRAFT_NAME)
    try:
        _remove(draft)
        yield draft
        _remove(draft)
    except OSError as error:
        raise from_os_error(error, str(draft)) from error
    except BaseException:
        with contextlib.suppress(OSError):
            _remove(draft)
        raise


def exchange(draft: Path, database: Path) -> Path | None:
    """Put a closed database in another's place.

    Args:
        draft: The new one; nothing is beside it.
        database: The old one; need not exist.

    Returns:
        Where the old one is now, or None where there was none.

    Raises:
        OSError: The system refused; both databases are whole, each under one of its names.
    """
    sync_file(draft)
    aside = _free_name(database)
    kept = [end for end in COMPANIONS if _has_double(_beside(database, end), _beside(aside, end))]
    sync_dir(database.parent)
    is_set_aside = _is_renamed(database, aside)
    sync_dir(database.parent)
    for end in COMPANIONS:
        _beside(database, end).unlink(missing_ok=True)
    sync_dir(database.parent)
    draft.replace(database)
    sync_dir(database.parent)
    return aside if is_set_aside or kept else None


def _free_name(database: Path) -> Path:
    """Return a name for the old database that nothing has."""
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S.%fZ")
    return database.with_name(f"{database.name}.damaged-{moment}")


def _has_double(path: Path, double: Path) -> bool:
    """Give a file a second name, or a copy where the file system knows no links; False if there is no such file."""
    if not path.exists():
        return False
    try:
        os.link(path, double)
    except OSError:
        shutil.copyfile(path, double)
        sync_file(double)
    return True


def _is_renamed(path: Path, target: Path) -> bool:
    """Move a file; False if there is none."""
    try:
        path.replace(target)
    except FileNotFoundError:
        return False
    return True


def _beside(path: Path, end: str) -> Path:
    return path.with_name(path.name + end)


def _remove(draft: Path) -> None:
    for end in ("", *COMPANIONS, "-journal"):
        _beside(draft, end).unlink(missing_ok=True)
