"""Two processes on one data folder: which server runs here, and whether a window is open.

A running server leaves a record in the folder (`server-<process>.json`) and takes it away when it stops. A record
outlives a server that was killed, so a reader believes it only while the process that wrote it lives: on Linux its
start time must be the recorded one, since process numbers are used again; elsewhere the server must answer. Records are
hints for people and commands, not locks; of the servers that run on one folder, the one that started last is found.

A window holds an advisory lock, which the operating system gives back even when the process is killed. So does
whoever is opening the workspace, for that moment, and whoever puts another database in its place, all the while.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from engine import limits
from engine.errors import DatabaseLocked
from engine.locks import FileLock
from engine.os_errors import from_os_error
from engine.small_files import make_private_dir, replace_file

_RECORDS: Final = "server-*.json"
_WINDOW_LOCK_NAME: Final = "window.lock"
_OPENING_LOCK_NAME: Final = "opening.lock"
_OPENING_POLL_S: Final = 0.02
_HEALTH_PATH: Final = "/storage/v1/health"
_HEALTH_TIMEOUT_S: Final = 0.5
_PROC: Final = Path("/proc")
_START_TIME_FIELD: Final = 19
"""Place of the start time in /proc/<pid>/stat, counted from the state that follows the name (proc(5), field 22)."""

_ANY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - read from records, not bound


@dataclass(frozen=True, slots=True)
class ServerRecord:
    """What a running server says about itself.

    Attributes:
        url: Where it listens, `http://host:port`.
        pid: Its process.
        started: When that process started, in the system's own reckoning; `""` where there is none.
    """

    url: str
    pid: int
    started: str

    @classmethod
    def publish(cls, data_dir: Path, url: str) -> ServerRecord:
        """Record that this process serves a data folder, and take away what dead servers left.

        Args:
            data_dir: The folder.
            url: Where the server listens.

        Returns:
            The record, to be withdrawn when the server stops.

        Raises:
            IoError: The record cannot be written.
        """
        record = cls(url=url, pid=os.getpid(), started=_start_time(os.getpid()) or "")
        try:
            replace_file(record._file(data_dir), json.dumps(asdict(record)).encode())
        except OSError as error:
            raise from_os_error(error, str(data_dir)) from error
        _sweep(data_dir)
        return record

    def withdraw(self, data_dir: Path) -> None:
        """Take the record away, unless another server of this process has put its own there meanwhile.

        Args:
            data_dir: The folder it was published in.
        """
        if _read_record(self._file(data_dir)) == self:
            _remove(self._file(data_dir))

    def _file(self, data_dir: Path) -> Path:
        return data_dir / f"server-{self.pid}.json"


def read_server(data_dir: Path) -> str | None:
    """Find the server that runs on a data folder.

    Args:
        data_dir: The folder; need not exist.

    Returns:
        The address of the one that started last, `http://host:port`, or None if no server runs or its record cannot
        be read.
    """
    records = (_read_record(path) for path in sorted(data_dir.glob(_RECORDS), key=_written_ns, reverse=True))
    return next((record.url for record in records if record is not None and _is_alive(record)), None)


class WindowLock:
    """Says that a window is open on a data folder. One thread at a time.

    Args:
        data_dir: The folder; created when the lock is taken, if missing.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._lock = FileLock(data_dir / _WINDOW_LOCK_NAME)

    def acquire(self) -> bool:
        """Take the lock without waiting. The operating system gives it back when this process ends, however it ends.

        Returns:
            True if this is the window of the folder, False if another process (or lock) has one.

        Raises:
            IoError: The folder cannot be created or written.
        """
        try:
            make_private_dir(self._data_dir)
            return self._lock.acquire()
        except OSError as error:
            raise from_os_error(error, str(self._data_dir)) from error

    def release(self) -> None:
        """Give the lock back; does nothing when it is not held."""
        self._lock.release()


@contextlib.contextmanager
def opening(data_dir: Path, patience_s: float = limits.OPENING_TIMEOUT_S) -> Iterator[None]:
    """Keep every other process from opening a data folder, and from exchanging its database, during the block.

    Args:
        data_dir: The folder; it exists.
        patience_s: How long to wait for one that does.

    Raises:
        DatabaseLocked: Another process is still at it.
        IoError: The folder cannot be written.
    """
    path = data_dir / _OPENING_LOCK_NAME
    lock, deadline_s = FileLock(path), time.monotonic() + patience_s
    try:
        while not lock.acquire():
            if time.monotonic() > deadline_s:
                raise DatabaseLocked("Another Holdall is opening, restoring or rebuilding this workspace")
            time.sleep(_OPENING_POLL_S)
    except OSError as error:
        raise from_os_error(error, str(data_dir)) from error
    try:
        yield
    finally:
        # Gone while it is held: whoever waits for it sees that and makes it anew. A refused folder stays as it was.
        with contextlib.suppress(OSError):
            path.unlink()
        lock.release()


def _sweep(data_dir: Path) -> None:
    """Remove the records of servers that are dead."""
    for path in data_dir.glob(_RECORDS):
        record = _read_record(path)
        if record is None or not _is_alive(record):
            _remove(path)


def _remove(path: Path) -> None:
    """Remove a record if that is possible; one that stays is seen through by readers."""
    with contextlib.suppress(OSError):
        path.unlink()


def _written_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _read_record(path: Path) -> ServerRecord | None:
    try:
        content = json.loads(path.read_bytes())
        record = ServerRecord(**content)
        sound = (
            _is_address(record.url) and type(record.pid) is int and record.pid > 0 and isinstance(record.started, str)
        )
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    return record if sound else None


def _is_address(url: object) -> bool:
    if not isinstance(url, str):
        return False
    parts = urlsplit(url)
    return parts.scheme == "http" and bool(parts.hostname) and parts.port is not None


def _is_alive(record: ServerRecord) -> bool:
    if record.started and (_PROC / "self" / "stat").exists():
        return _start_time(record.pid) == record.started
    return _answers(record.url)


def _start_time(pid: int) -> str | None:
    """Return when a process started, in clock ticks since this boot; None if it is gone or this is not Linux."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
        boot = (_PROC / "sys" / "kernel" / "random" / "boot_id").read_text().strip()
    except (OSError, ValueError):
        return None
    ended = len(fields) <= _START_TIME_FIELD or fields[0] in "ZX"
    return None if ended else f"{boot}/{fields[_START_TIME_FIELD]}"


def _answers(url: str) -> bool:
    import http.client  # here, because it brings the reading of mail with it, and Linux never asks

    parts = urlsplit(url)
    host = _ANY_ADDRESS.get(parts.hostname or "", parts.hostname or "")
    connection = http.client.HTTPConnection(host, parts.port, timeout=_HEALTH_TIMEOUT_S)
    try:
        connection.request("GET", _HEALTH_PATH)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
