"""The window's end of the decoder: one warm process, asked one thing at a time, ended when it takes too long.

Threads: any; those that come while it is busy wait, as long as their answer is wanted.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.previews.decoder.wire import BrokenWire, Message, receive, send

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.cancel import CancelToken

_ROOT: Final = Path(__file__).resolve().parents[3]
_COMMAND: Final = (sys.executable, "-m", "app.previews.decoder.child")
_TIMEOUT_S: Final = 10.0
_GLANCE_S: Final = 0.05
_UNWANTED_S: Final = 0.5
"""How long something goes on that nobody waits for any more, before its process is ended: a new one costs as much."""


class CantShow(Exception):
    """The decoder made nothing of it.

    Attributes:
        too_long: It was ended because it took too long.
        too_much: There is more of it than may be decoded.
    """

    def __init__(self, reason: str = "", *, too_long: bool = False, too_much: bool = False) -> None:
        """Args: what it said, for logs; whether it was ended; whether it is too large."""
        super().__init__(reason)
        self.too_long = too_long
        self.too_much = too_much


class Decoder:
    """See the module."""

    def __init__(self, command: Sequence[str] = _COMMAND, timeout_s: float = _TIMEOUT_S) -> None:
        """Args: what to start; how long one answer may take."""
        self._command = tuple(command)
        self._timeout_s = timeout_s
        self._busy = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def ask(
        self, job: str, token: CancelToken, blobs: Sequence[bytes] = (), timeout_s: float | None = None, **said: object
    ) -> Message:
        """Have something decoded.

        Args:
            job: What to do, one of `child.JOBS`.
            token: Stops waiting.
            blobs: The bytes.
            timeout_s: How long it may take, or None for the usual time.
            said: What else it needs.

        Raises:
            CantShow: It cannot be decoded, took too long, or brought the process down.
            Cancelled: Nobody waits any more.
        """
        while not self._busy.acquire(timeout=_GLANCE_S):
            token.raise_if_cancelled()
        try:
            answer = self._exchange(job, token, blobs, timeout_s or self._timeout_s, said)
        finally:
            self._busy.release()
        if "error" in answer.head:
            raise CantShow(str(answer.head["error"]), too_much=bool(answer.head.get("too_much")))
        return answer

    def warm_up(self) -> None:
        """Start the process, so that the first question need not wait for it."""
        with self._busy:
            self._started()

    def close(self) -> None:
        """End the process; nothing is asked any more. Waits for it."""
        self._closed = True
        process = self._process
        if process is not None:
            process.kill()
        with self._busy:
            self._drop()

    def _exchange(
        self, job: str, token: CancelToken, blobs: Sequence[bytes], timeout_s: float, said: dict[str, object]
    ) -> Message:
        process = self._started()
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - both are pipes
        with _watched(process, token, timeout_s) as late:
            try:
                send(process.stdin, {"job": job, **said}, blobs)  # type: ignore[arg-type]
                return receive(process.stdout)  # type: ignore[arg-type]
            except (BrokenWire, OSError, ValueError) as error:
                self._drop()
                token.raise_if_cancelled()
                raise CantShow("the decoder ended", too_long=late.is_set()) from error

    def _started(self) -> subprocess.Popen[bytes]:
        """Return the process, a new one where the last has ended.

        Raises:
            CantShow: It is closed, or cannot be started.
        """
        if self._process is not None and self._process.poll() is not None:
            self._drop()
        if self._process is None:
            if self._closed:
                raise CantShow("closed")
            try:
                self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
                    self._command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
                )
            except OSError as error:
                raise CantShow("cannot be started") from error
        return self._process

    def _drop(self) -> None:
        """End the process and close its pipes."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                _close(pipe)


def _close(pipe: object) -> None:
    try:
        pipe.close()  # type: ignore[attr-defined]
    except OSError:
        return  # what was not written yet cannot be written any more


@contextmanager
def _watched(process: subprocess.Popen[bytes], token: CancelToken, timeout_s: float) -> Iterator[threading.Event]:
    """End the process if the block takes too long, or longer than a moment once nobody waits for it any more.

    Yields:
        Set if it took too long.
    """
    done, late = threading.Event(), threading.Event()
    watcher = threading.Thread(
        target=_watch, args=(process, token, timeout_s, done, late), name="holdall-decoder-watch", daemon=True
    )
    watcher.start()
    try:
        yield late
    finally:
        done.set()
        watcher.join()


def _watch(
    process: subprocess.Popen[bytes], token: CancelToken, timeout_s: float, done: threading.Event, late: threading.Event
) -> None:
    waited_s = unwanted_s = 0.0
    while not done.wait(_GLANCE_S):
        waited_s += _GLANCE_S
        unwanted_s = unwanted_s + _GLANCE_S if token.cancelled else 0.0
        if waited_s >= timeout_s:
            late.set()
        if late.is_set() or unwanted_s >= _UNWANTED_S:
            process.kill()
            return
