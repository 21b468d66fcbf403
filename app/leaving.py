"""The end of the window: every step of closing runs, slow ones in a worker, and a watchdog bounds the whole.

A process that nobody sees must not live on: it would hold the lock of the data folder, and every later start would
raise a window that is not there. So a step that fails keeps no other from running, and a process whose closing hangs
(a source on a disk that is gone, a database that another program holds) is ended
the hard way. Nothing stored is lost by that: the commit protocol leaves each object wholly old or wholly new after a
crash at any moment, and what was half written is tidied at the next start.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterable
from threading import Event, Thread
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal

LEAVE_S: Final = 10.0
"""Longest time from the wish to leave to the end of the process: a running server and a transfer need up to a few
seconds to stop in order, and a second start waits a little longer than this for its turn."""

_LOOK_MS: Final = 200

Step = Callable[[], None]

_logger = logging.getLogger(__name__)


def attempt(step: Step) -> None:
    """Run a step of closing; a failure is logged and keeps no other step from running."""
    try:
        step()
    except Exception:
        _logger.exception("a step of closing failed")


def end_after(timeout_s: float) -> None:
    """End this process if it still lives after a time, with the stacks of all threads on standard error.

    The watchdog is faulthandler's: a thread of its own, written in C, that needs nothing of an interpreter which may
    hang itself. It is never called off, for the interpreter's own end can hang too; a process that ends takes it along.

    Args:
        timeout_s: How long the process may still take.
    """
    target = sys.stderr if sys.stderr is not None else os.open(os.devnull, os.O_WRONLY)
    faulthandler.dump_traceback_later(timeout_s, exit=True, file=target)


def end_beside(code: int) -> int:
    """Return an exit code; end the process with it right here where threads go on that nobody is to wait for.

    One that asks a keyring waits as long as that does not answer. Python unwinds such a thread where it next wants the
    interpreter, be that after its own end: a library on the way that is not made for that aborts the process.

    Args:
        code: The exit code.
    """
    others = [thread for thread in threading.enumerate() if thread is not threading.main_thread()]
    if others and all(thread.daemon for thread in others):
        logging.shutdown()
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        os._exit(code)
    return code


class Closer(QObject):
    """Runs the slow steps of closing, one after the other, in a thread of its own.

    Args:
        parent: Qt's owner.

    Signals:
        ended: Every step was tried.
    """

    ended = Signal()
    _done = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread: Thread | None = None
        self._done.connect(self._join, Qt.ConnectionType.QueuedConnection)

    def start(self, steps: Iterable[Step]) -> None:
        """Begin; once.

        Args:
            steps: In their order.
        """
        self._thread = Thread(target=self._run, args=(tuple(steps),), name="holdall-close", daemon=True)
        self._thread.start()

    def _run(self, steps: tuple[Step, ...]) -> None:
        for step in steps:
            attempt(step)
        self._done.emit()

    def _join(self) -> None:
        if self._thread is not None:
            self._thread.join()
        self.ended.emit()


def tell_inside_loop(asked: Event, leave: Step, parent: QObject) -> QTimer:
    """Leave once an event is set, told by a timer inside the event loop and never before that loop runs.

    The handler of a signal may be called before there is a loop that could be left, so it only sets the event.

    Args:
        asked: Set by whoever wants the process to end.
        leave: Called once, in the main thread.
        parent: Qt's owner.

    Returns:
        The timer. Beside looking, it lets Python handle signals at all while Qt waits.
    """
    timer = QTimer(parent, interval=_LOOK_MS)

    def look() -> None:
        if asked.is_set():
            asked.clear()
            leave()

    timer.timeout.connect(look)
    timer.start()
    return timer
