"""The settings of one run, each declared once, and where they come from.

Order of precedence: argument, environment, default.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

import platformdirs

from engine.errors import InvalidRequest

DATA_DIR_VARIABLE: Final = "HOLDALL_DATA_DIR"
"""Environment variable that names the data folder."""

JWT_SECRET_VARIABLE: Final = "HOLDALL_JWT_SECRET"  # noqa: S105 - the variable's name, not a secret
"""Environment variable that holds the HS256 secret of API keys for a run."""

BACKUPS_KEPT_VARIABLE: Final = "HOLDALL_BACKUPS_KEPT"
"""Environment variable that says how many backups of the database are kept; 0 makes none by itself."""

BACKUP_INTERVAL_VARIABLE: Final = "HOLDALL_BACKUP_INTERVAL_S"
"""Environment variable that says how many seconds lie between two backups of the database."""

DEFAULT_BACKUPS_KEPT: Final = 7
"""A week of daily backups."""

DEFAULT_BACKUP_INTERVAL_S: Final = 24 * 3600
"""Once a day."""

CLEANUP_INTERVAL_VARIABLE: Final = "HOLDALL_CLEANUP_INTERVAL_S"
"""Environment variable that says how many seconds lie between two cleanups; 0 makes none by itself."""

ORPHAN_GRACE_VARIABLE: Final = "HOLDALL_ORPHAN_GRACE_S"
"""Environment variable that says for how many seconds a file has to be nobody's before a cleanup puts it aside."""

MISSING_GRACE_VARIABLE: Final = "HOLDALL_MISSING_GRACE_S"
"""Environment variable that says how many seconds an object whose file is missing waits for it."""

SCRUB_RATE_VARIABLE: Final = "HOLDALL_SCRUB_BYTES_PER_S"
"""Environment variable that says how fast stored bytes are read again in the background; 0: not at all."""

SCRUB_INTERVAL_VARIABLE: Final = "HOLDALL_SCRUB_INTERVAL_S"
"""Environment variable that says how many seconds lie between two passes over all stored bytes."""

DEFAULT_CLEANUP_INTERVAL_S: Final = 3600
"""Once an hour."""

DEFAULT_ORPHAN_GRACE_S: Final = 24 * 3600
"""A day: longer than it takes to notice a wrong backup, or a file that was put where it does not belong."""

DEFAULT_MISSING_GRACE_S: Final = 7 * 24 * 3600
"""A week, to find the disk or the backup that has the file."""

DEFAULT_SCRUB_BYTES_PER_S: Final = 8_000_000
"""A terabyte in a day and a half, at a few percent of what a disk can do."""

DEFAULT_SCRUB_INTERVAL_S: Final = 30 * 24 * 3600
"""Once a month, as RAID arrays are checked by their own jobs."""

OUTSIDE_CHANGES_VARIABLE: Final = "HOLDALL_OUTSIDE_CHANGES"
"""Environment variable that says what becomes of changes that other programs make in the storage folder."""

HOST_VARIABLE: Final = "HOLDALL_HOST"
"""Environment variable that names the address of the server."""

PORT_VARIABLE: Final = "HOLDALL_PORT"
"""Environment variable that holds the TCP port of the server."""

_PORT_MAX: Final = 65_535

DEFAULT_HOST: Final = "127.0.0.1"
"""The server listens to this computer alone until a person says otherwise."""

DEFAULT_PORT: Final = 54321
"""TCP port of the server; 0 means any free one."""


class OutsideChanges(StrEnum):
    """What becomes of changes that other programs make in the storage folder."""

    TAKE_IN = "take-in"
    """An edited file is a new version of its object, a new one a new object, a deleted one deletes its object."""
    REPORT = "report"
    """They are told of, and objects whose bytes are missing or others are shown as such; nothing else changes."""
    OFF = "off"
    """Nobody looks; cleanup and scrub find them in their time."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What one run needs to know before it opens a workspace.

    Attributes:
        data_dir: Absolute folder of the workspace: database, stored files, fallback secrets.
        jwt_secret: HS256 secret of API keys, or None to use the workspace's own. Never shown in `repr`.
        host: Address the server binds.
        port: TCP port the server binds, 0 to 65535; 0 means any free one.
        backups_kept: Backups of the database that are kept; 0 makes none but those that are asked for.
        backup_interval_s: Seconds between two of them, at least 1.
        cleanup_interval_s: Seconds between two cleanups; 0 makes none but those that are asked for.
        orphan_grace_s: Seconds for which a file is nobody's before a cleanup puts it aside.
        missing_grace_s: Seconds for which an object waits for its missing file.
        scrub_bytes_per_s: How fast stored bytes are read again in the background; 0 reads none but when asked.
        scrub_interval_s: Seconds between two passes, at least 1.
        outside_changes: What becomes of changes made by other programs, or None for what the workspace remembers.
    """

    data_dir: Path
    jwt_secret: str | None = field(default=None, repr=False)
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    backups_kept: int = DEFAULT_BACKUPS_KEPT
    backup_interval_s: int = DEFAULT_BACKUP_INTERVAL_S
    cleanup_interval_s: int = DEFAULT_CLEANUP_INTERVAL_S
    orphan_grace_s: int = DEFAULT_ORPHAN_GRACE_S
    missing_grace_s: int = DEFAULT_MISSING_GRACE_S
    scrub_bytes_per_s: int = DEFAULT_SCRUB_BYTES_PER_S
    scrub_interval_s: int = DEFAULT_SCRUB_INTERVAL_S
    outside_changes: OutsideChanges | None = None

    @property
    def storage_dir(self) -> Path:
        """Return the folder that holds the objects' bytes."""
        return self.data_dir / "storage"

    @property
    def database_path(self) -> Path:
        """Return the file of the metadata database."""
        return self.data_dir / "holdall.db"

    @property
    def backups_dir(self) -> Path:
        """Return the folder that holds the backups of the metadata database."""
        return self.data_dir / "backups"


def load_settings(data_dir: Path | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """Collect the settings of this run. Touches no file.

    Args:
        data_dir: Data folder asked for on the command line, or None.
        environ: Environment variables; empty ones count as missing.

    Returns:
        The settings, with an absolute data folder and `~` expanded.

    Raises:
        InvalidRequest: A variable that must be a number, a port, or one of some words, is none.
    """
    chosen = data_dir or _from_environment(environ) or _default_data_dir()
    return Settings(
        data_dir=Path(os.path.abspath(chosen.expanduser())),  # noqa: PTH100 - resolve() would follow symlinks
        jwt_secret=environ.get(JWT_SECRET_VARIABLE) or None,
        backups_kept=_number(environ, BACKUPS_KEPT_VARIABLE, DEFAULT_BACKUPS_KEPT, at_least=0),
        backup_interval_s=_number(environ, BACKUP_INTERVAL_VARIABLE, DEFAULT_BACKUP_INTERVAL_S, at_least=1),
        cleanup_interval_s=_number(environ, CLEANUP_INTERVAL_VARIABLE, DEFAULT_CLEANUP_INTERVAL_S, at_least=0),
        orphan_grace_s=_number(environ, ORPHAN_GRACE_VARIABLE, DEFAULT_ORPHAN_GRACE_S, at_least=0),
        missing_grace_s=_number(environ, MISSING_GRACE_VARIABLE, DEFAULT_MISSING_GRACE_S, at_least=0),
        scrub_bytes_per_s=_number(environ, SCRUB_RATE_VARIABLE, DEFAULT_SCRUB_BYTES_PER_S, at_least=0),
        scrub_interval_s=_number(environ, SCRUB_INTERVAL_VARIABLE, DEFAULT_SCRUB_INTERVAL_S, at_least=1),
        outside_changes=_outside_changes(environ),
        host=environ.get(HOST_VARIABLE) or DEFAULT_HOST,
        port=_port_of(environ),
    )


def _number(environ: Mapping[str, str], variable: str, default: int, *, at_least: int) -> int:
    text = environ.get(variable) or str(default)
    if not (text.isascii() and text.isdigit() and int(text) >= at_least):
        raise InvalidRequest(f"{variable} must be a whole number from {at_least} up, not {text!r}")
    return int(text)


def _outside_changes(environ: Mapping[str, str]) -> OutsideChanges | None:
    text = environ.get(OUTSIDE_CHANGES_VARIABLE)
    if not text:
        return None
    try:
        return OutsideChanges(text)
    except ValueError as error:
        words = ", ".join(OutsideChanges)
        raise InvalidRequest(f"{OUTSIDE_CHANGES_VARIABLE} must be one of {words}, not {text!r}") from error


def _from_environment(environ: Mapping[str, str]) -> Path | None:
    named = environ.get(DATA_DIR_VARIABLE)
    return Path(named) if named else None


def _port_of(environ: Mapping[str, str]) -> int:
    text = environ.get(PORT_VARIABLE) or str(DEFAULT_PORT)
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(_PORT_MAX)) and int(text) <= _PORT_MAX):
        raise InvalidRequest(
            f"{PORT_VARIABLE} is {text!r}, which is no port", hint="Write a number from 0 (any free one) to 65535."
        )
    return int(text)


def _default_data_dir() -> Path:
    return Path(platformdirs.user_data_dir("Holdall", appauthor=False))
