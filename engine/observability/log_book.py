"""The log of a workspace: JSON lines in a folder, bounded in size and number, written by a thread of its own.

Whoever has something to say hands a line over and goes on; a second later at most it is in the file. A disk that
takes no more, or lines that come faster than they can be written, cost lines, never a caller's time: how many were
lost is the next line.

Several processes write to one file. Each appends whole lines at once, and they change files under a lock.

Threads: `add` from any.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

from engine import limits
from engine.locks import FileLock
from engine.observability.log_lines import Line, LogLevel

LOG_NAME: Final = "holdall.log"
"""The newest file; older ones have a number behind it."""

_GATHER_S: Final = 0.5
"""How long lines wait to be written together."""

_NOFOLLOW: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


class LogBook:
    """Writes lines.

    Args:
        folder: Where; made when the first line is written.
        level: What matters less is not written.
        file_bytes: When a file is full.
        files: How many are kept, the newest among them.
        lines_max: How many wait at most.

    Attributes:
        folder: Where the files are.
        level: What matters less is not written; asked before a line is made.
    """

    def __init__(
        self,
        folder: Path,
        level: LogLevel = LogLevel.INFO,
        file_bytes: int = limits.LOG_FILE_BYTES,
        files: int = limits.LOG_FILES,
        lines_max: int = limits.LOG_LINES_MAX,
    ) -> None:
        self.folder = folder
        self.level = level
        self._file_bytes = file_bytes
        self._files = files
        self._lines: deque[Line] = deque()
        self._lines_max = lines_max
        self._lost = 0
        self._changed = threading.Condition()
        self._writing = threading.Lock()
        self._idle = True
        self._closed = False
        self._thread: threading.Thread | None = None
        self._endings: list[Callable[[], None]] = []

    def on_close(self, ending: Callable[[], None]) -> None:
        """Have something done before the log is closed.

        Args:
            ending: Called once.
        """
        self._endings.append(ending)

    def add(self, line: Line) -> None:
        """Hand a line over, to be written soon.

        Args:
            line: Of a level that is wanted.
        """
        if len(self._lines) >= self._lines_max or self._closed:
            self._lost += 1
            return
        self._lines.append(line)
        if self._idle:
            self._wake()

    def flush(self) -> None:
        """Write what waits, now."""
        with self._writing:
            lines = [self._lines.popleft() for _ in range(len(self._lines))]
            lost, self._lost = self._lost, 0
            if lost:
                lines.append(Line(time.time(), LogLevel.WARNING, "log", "lines_lost", more={"count": lost}))
            if lines and not self._append("".join(line.text() for line in lines).encode("ascii")):
                self._lost += len(lines)

    def close(self) -> None:
        """Write what waits and end the thread; safe to call again."""
        while self._endings:
            self._endings.pop()()
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()
        self.flush()

    def _wake(self) -> None:
        with self._changed:
            self._idle = False
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._work, name="holdall-log", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def _work(self) -> None:
        """Write lines until the end."""
        while self._is_due():
            self.flush()

    def _is_due(self) -> bool:
        """Wait until lines have waited long enough; False at the end, which writes them itself."""
        with self._changed:
            self._idle = not self._lines
            self._changed.wait_for(lambda: self._closed or self._lines)
            self._idle = False
            self._changed.wait_for(lambda: self._closed, _GATHER_S)
            return not self._closed

    def _append(self, data: bytes) -> bool:
        """Write lines to the file; False where the system refuses."""
        path = self.folder / LOG_NAME
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_size + len(data) > self._file_bytes:
                    self._turn(len(data))
            fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | _NOFOLLOW, 0o600)
            with os.fdopen(fd, "ab", buffering=0) as file:
                return file.write(data) == len(data)
        except OSError:
            return False

    def _turn(self, more_bytes: int) -> None:
        """Begin a new file, unless another process just has, or is about to."""
        lock = FileLock(self.folder / ".lock")
        if not lock.acquire():
            return
        try:
            newest = self.folder / LOG_NAME
            if newest.stat().st_size + more_bytes <= self._file_bytes:
                return
            for number in range(self._files - 1, 0, -1):
                older = newest if number == 1 else self.folder / f"{LOG_NAME}.{number - 1}"
                with contextlib.suppress(FileNotFoundError):
                    older.replace(self.folder / f"{LOG_NAME}.{number}")
            if self._files == 1:
                newest.unlink()
        finally:
            lock.release()
