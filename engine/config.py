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
from engine.observability.log_lines import LogLevel
from engine.scanning.clamd import ClamdAddress

DATA_DIR_VARIABLE: Final = "HOLDALL_DATA_DIR"
"""Environment variable that names the data folder."""

JWT_SECRET_VARIABLE: Final = "HOLDALL_JWT_SECRET"  # noqa: S105 - the variable's name, not a secret
"""Environment variable that holds the HS256 secret of API keys for a run."""

JWT_PUBLIC_KEY_VARIABLE: Final = "HOLDALL_JWT_PUBLIC_KEY_FILE"
"""Environment variable that names a file with the public key (PEM) of somebody whose tokens count."""

JWKS_VARIABLE: Final = "HOLDALL_JWKS_FILE"
"""Environment variable that names a file with the public keys (JWKS) of somebody whose tokens count."""

JWT_AUDIENCE_VARIABLE: Final = "HOLDALL_JWT_AUDIENCE"
"""Environment variable that says what `aud` of tokens that were not minted here must be, or hold."""

JWT_ISSUER_VARIABLE: Final = "HOLDALL_JWT_ISSUER"
"""Environment variable that says what `iss` of tokens that were not minted here must be."""

JWT_LEEWAY_VARIABLE: Final = "HOLDALL_JWT_LEEWAY_S"
"""Environment variable that says by how many seconds the clocks of those who sign tokens may be off."""

EXTERNAL_SERVICE_ROLE_VARIABLE: Final = "HOLDALL_JWT_EXTERNAL_SERVICE_ROLE"
"""Environment variable that says whether tokens signed with another's key may claim the service role."""

DEFAULT_JWT_LEEWAY_S: Final = 5
"""What clocks that are set over the network differ by at worst."""

_JWT_LEEWAY_MAX_S: Final = 300

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

CLAMD_VARIABLE: Final = "HOLDALL_CLAMD"
"""Environment variable that says where ClamAV's clamd listens, which then scans every upload."""

SCAN_MAX_VARIABLE: Final = "HOLDALL_SCAN_MAX_BYTES"
"""Environment variable that says up to which size contents are scanned."""

SCAN_TIMEOUT_VARIABLE: Final = "HOLDALL_SCAN_TIMEOUT_S"
"""Environment variable that says for how many seconds clamd may say nothing."""

UNSCANNED_VARIABLE: Final = "HOLDALL_UNSCANNED"
"""Environment variable that says what becomes of contents that cannot be scanned: refuse, or allow."""

DEFAULT_SCAN_MAX_BYTES: Final = 25 * 1024 * 1024
"""What clamd takes as Debian sets it up (`StreamMaxLength`)."""

DEFAULT_SCAN_TIMEOUT_S: Final = 120
"""What clamd itself gives one content (`MaxScanTime`)."""

LOG_LEVEL_VARIABLE: Final = "HOLDALL_LOG_LEVEL"
"""Environment variable that says what matters enough to be logged: debug, info, warning, error, or off."""

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
        jwt_public_key_file: Public key of somebody whose tokens count, or None.
        jwks_file: Public keys of somebody whose tokens count, or None.
        jwt_audience: What `aud` of tokens that were not minted here must be, or hold; None asks for nothing.
        jwt_issuer: What `iss` of tokens that were not minted here must be; None asks for nothing.
        jwt_leeway_s: By how many seconds the clocks of those who sign tokens may be off, 0 to 300.
        external_service_role: Whether tokens signed with another's key may claim the service role.
        host: Address the server binds.
        port: TCP port the server binds, 0 to 65535; 0 means any free one.
        backups_kept: Backups of the database that are kept; 0 makes none but those that are asked for.
        backup_interval_s: Seconds between two of them, at least 1.
        cleanup_interval_s: Seconds between two cleanups; 0 makes none but those that are asked for.
        orphan_grace_s: Seconds for which a file is nobody's before a cleanup puts it aside.
        missing_grace_s: Seconds for which an object waits for its missing file.
        scrub_bytes_per_s: How fast stored bytes are read again in the background; 0 reads none but when asked.
        scrub_interval_s: Seconds between two passes, at least 1.
        log_level: What matters less is not logged.
        clamd: Where the scanner of uploads listens, or None for no scanning.
        scan_max_bytes: Up to which size contents are scanned, at least 1.
        scan_timeout_s: For how many seconds the scanner may say nothing, at least 1.
        accept_unscanned: Whether contents that cannot be scanned are taken all the same.
        outside_changes: What becomes of changes made by other programs, or None for what the workspace remembers.
    """

    data_dir: Path
    jwt_secret: str | None = field(default=None, repr=False)
    jwt_public_key_file: Path | None = None
    jwks_file: Path | None = None
    jwt_audience: str | None = None
    jwt_issuer: str | None = None
    jwt_leeway_s: int = DEFAULT_JWT_LEEWAY_S
    external_service_role: bool = False
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    backups_kept: int = DEFAULT_BACKUPS_KEPT
    backup_interval_s: int = DEFAULT_BACKUP_INTERVAL_S
    cleanup_interval_s: int = DEFAULT_CLEANUP_INTERVAL_S
    orphan_grace_s: int = DEFAULT_ORPHAN_GRACE_S
    missing_grace_s: int = DEFAULT_MISSING_GRACE_S
    scrub_bytes_per_s: int = DEFAULT_SCRUB_BYTES_PER_S
    scrub_interval_s: int = DEFAULT_SCRUB_INTERVAL_S
    log_level: LogLevel = LogLevel.INFO
    clamd: ClamdAddress | None = None
    scan_max_bytes: int = DEFAULT_SCAN_MAX_BYTES
    scan_timeout_s: int = DEFAULT_SCAN_TIMEOUT_S
    accept_unscanned: bool = False
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

    @property
    def logs_dir(self) -> Path:
        """Return the folder that holds the log."""
        return self.data_dir / "logs"


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
        data_dir=_absolute(chosen),
        jwt_secret=environ.get(JWT_SECRET_VARIABLE) or None,
        jwt_public_key_file=_file_from(environ, JWT_PUBLIC_KEY_VARIABLE),
        jwks_file=_file_from(environ, JWKS_VARIABLE),
        jwt_audience=environ.get(JWT_AUDIENCE_VARIABLE) or None,
        jwt_issuer=environ.get(JWT_ISSUER_VARIABLE) or None,
        jwt_leeway_s=_leeway_s(environ),
        external_service_role=_allowed(environ, EXTERNAL_SERVICE_ROLE_VARIABLE),
        backups_kept=_number(environ, BACKUPS_KEPT_VARIABLE, DEFAULT_BACKUPS_KEPT, at_least=0),
        backup_interval_s=_number(environ, BACKUP_INTERVAL_VARIABLE, DEFAULT_BACKUP_INTERVAL_S, at_least=1),
        cleanup_interval_s=_number(environ, CLEANUP_INTERVAL_VARIABLE, DEFAULT_CLEANUP_INTERVAL_S, at_least=0),
        orphan_grace_s=_number(environ, ORPHAN_GRACE_VARIABLE, DEFAULT_ORPHAN_GRACE_S, at_least=0),
        missing_grace_s=_number(environ, MISSING_GRACE_VARIABLE, DEFAULT_MISSING_GRACE_S, at_least=0),
        scrub_bytes_per_s=_number(environ, SCRUB_RATE_VARIABLE, DEFAULT_SCRUB_BYTES_PER_S, at_least=0),
        scrub_interval_s=_number(environ, SCRUB_INTERVAL_VARIABLE, DEFAULT_SCRUB_INTERVAL_S, at_least=1),
        log_level=_log_level(environ),
        clamd=_clamd(environ),
        scan_max_bytes=_number(environ, SCAN_MAX_VARIABLE, DEFAULT_SCAN_MAX_BYTES, at_least=1),
        scan_timeout_s=_number(environ, SCAN_TIMEOUT_VARIABLE, DEFAULT_SCAN_TIMEOUT_S, at_least=1),
        accept_unscanned=_allowed(environ, UNSCANNED_VARIABLE),
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


def _clamd(environ: Mapping[str, str]) -> ClamdAddress | None:
    text = environ.get(CLAMD_VARIABLE)
    return ClamdAddress.parse(text) if text else None


def _log_level(environ: Mapping[str, str]) -> LogLevel:
    text = environ.get(LOG_LEVEL_VARIABLE) or LogLevel.INFO.name
    if text.upper() not in LogLevel.__members__:
        words = ", ".join(level.name.lower() for level in LogLevel)
        raise InvalidRequest(f"{LOG_LEVEL_VARIABLE} must be one of {words}, not {text!r}")
    return LogLevel[text.upper()]


def _leeway_s(environ: Mapping[str, str]) -> int:
    leeway_s = _number(environ, JWT_LEEWAY_VARIABLE, DEFAULT_JWT_LEEWAY_S, at_least=0)
    if leeway_s > _JWT_LEEWAY_MAX_S:
        raise InvalidRequest(f"{JWT_LEEWAY_VARIABLE} must be at most {_JWT_LEEWAY_MAX_S}, not {leeway_s}")
    return leeway_s


def _allowed(environ: Mapping[str, str], variable: str) -> bool:
    text = environ.get(variable) or "refuse"
    if text not in ("allow", "refuse"):
        raise InvalidRequest(f"{variable} must be one of allow, refuse, not {text!r}")
    return text == "allow"


def _file_from(environ: Mapping[str, str], variable: str) -> Path | None:
    named = environ.get(variable)
    return _absolute(Path(named)) if named else None


def _absolute(path: Path) -> Path:
    """Return a path that another working folder does not change."""
    return Path(os.path.abspath(path.expanduser()))  # noqa: PTH100 - resolve() would follow symlinks


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
