"""Has pictures drawn by child processes: one for each thread that asks, kept between jobs, ended when it is too slow.

Threads: any. A picture can at worst bring its own child to an end; the next job gets another one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, cast

from engine.images.transform import Transform
from engine.images.wire import BrokenWire, receive, send

_ROOT: Final = Path(__file__).resolve().parents[2]
_COMMAND: Final = (sys.executable, "-m", "engine.images.child")
_TIMEOUT_S: Final = 15.0
_GRACE_S: Final = 0.5

Child = subprocess.Popen[bytes]


class NotDrawn(Exception):
    """Nothing came of a picture: it is none, damaged, too large, or took too long."""


_PASSED_ON: Final = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "TEMP", "LANG", "LC_ALL")
"""Variables of the environment that the child gets; others may be secrets."""


class Painter:
    """Draws pictures.

    Args:
        command: What to start.
        timeout_s: How long one picture may take.
    """

    def __init__(self, command: Sequence[str] = _COMMAND, timeout_s: float = _TIMEOUT_S) -> None:
        self._command = tuple(command)
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._idle: list[Child] = []
        self._busy: set[Child] = set()
        self._closed = False

    def paint(self, data: bytes, transform: Transform, accepted: Collection[str] = ()) -> tuple[str, bytes]:
        """Draw a picture. Blocks.

        Args:
            data: The whole file.
            transform: What is wanted.
            accepted: MIME types that the client named.

        Returns:
            MIME type and bytes of the result.

        Raises:
            NotDrawn: Nothing came of it.
        """
        head = {"transform": transform.text(), "accepted": ",".join(accepted)}
        answer, drawn = self._ask(head, data)
        if "error" in answer:
            raise NotDrawn(str(answer["error"]))
        return str(answer["mime_type"]), drawn

    def close(self) -> None:
        """End all children, also those at work; nothing is drawn any more."""
        with self._lock:
            self._closed = True
            children = [*self._idle, *self._busy]
            self._idle.clear()
        for child in children:
            _end(child)

    def _ask(self, head: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        for attempt in (1, 2):
            child = self._taken()
            with _killed_after(child, self._timeout_s) as late:
                answer = _exchange(child, head, data)
            self._leave(child, usable=answer is not None)
            if answer is not None:
                return answer
            if late.is_set():
                raise NotDrawn("it takes too long")
            if child.returncode != 0 or attempt == 2:
                break
        raise NotDrawn("the decoder gave up")

    def _taken(self) -> Child:
        """Return a child that waits for work, else a new one.

        Raises:
            NotDrawn: The painter is closed, or none can be started.
        """
        with self._lock:
            if self._closed:
                raise NotDrawn("the server is stopping")
            child = self._idle.pop() if self._idle else self._started()
            self._busy.add(child)
            return child

    def _started(self) -> Child:
        try:
            return subprocess.Popen(  # noqa: S603 - our own module, no shell
                self._command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                start_new_session=True, env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            )  # fmt: skip
        except OSError as error:
            raise NotDrawn("no process can be started") from error

    def _leave(self, child: Child, *, usable: bool) -> None:
        with self._lock:
            self._busy.discard(child)
            usable = usable and not self._closed
            if usable:
                self._idle.append(child)
        if not usable:
            _end(child, _GRACE_S)


def _exchange(child: Child, head: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes] | None:
    """Return a child's answer, or None if it ended first: a child that had nothing to do ends by itself."""
    assert child.stdin is not None and child.stdout is not None  # noqa: S101, PT018 - both are pipes
    try:
        send(cast("Any", child.stdin), head, data)
        return receive(cast("Any", child.stdout))
    except (BrokenWire, OSError, ValueError):
        return None


@contextmanager
def _killed_after(child: Child, timeout_s: float) -> Iterator[threading.Event]:
    """End a child if the block takes too long.

    Yields:
        Set if it took too long.
    """
    late = threading.Event()

    def end() -> None:
        late.set()
        child.kill()

    timer = threading.Timer(timeout_s, end)
    timer.daemon = True
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()
        timer.join()


def _end(child: Child, grace_s: float = 0.0) -> None:
    """End a child that is of no more use, and close its pipes; one that is ending by itself keeps its exit code."""
    with suppress(subprocess.TimeoutExpired):
        child.wait(grace_s)
    child.kill()
    child.wait()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with suppress(OSError):  # what was not written yet cannot be written any more
                pipe.close()
