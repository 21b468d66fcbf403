"""Keeps what was read and refused until it is written down together: once a second, when many wait, and at the end.

Equal ones become one entry with a count. What cannot be written stays and is tried again; beyond a bound it is only
counted. A process that is killed loses what waits: reads and refusals of the last second, never a change.

Threads: `add` from any, and it never waits for the disk; a thread of its own writes.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine import limits
from engine.audit.entries import LAST_REQUEST
from engine.context import Origin, RlsContext
from engine.errors import CommitInDoubt, StorageError

_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Told:
    """Equal acts.

    Attributes:
        context: The caller, in the act.
        origin: Where the first came from.
        error: Why it was not done, or None.
        first_us, last_us: When the first and the last of them was.
        times: How many there were.
        last_origin: Where the last came from.
    """

    context: RlsContext
    origin: Origin | None
    error: Exception | None
    first_us: int
    last_us: int
    times: int = 1
    last_origin: Origin | None = None

    def detail(self) -> Mapping[str, Any]:
        """Return what an entry says of how many there were."""
        if self.times == 1:
            return {}
        last = {} if self.last_origin is None else {LAST_REQUEST: self.last_origin.request_id}
        return {"times": self.times, "span_us": self.last_us - self.first_us, **last}


Writer = Callable[[Sequence[Told], int, float | None], None]
"""Writes down acts, the number of those that were only counted, and waits so long for other processes."""


class Gathering:
    """Gathers acts.

    Args:
        write: Writes them down; raises a `StorageError` where that cannot be done now.
        now: The present moment, in microseconds since 1970, UTC.
    """

    def __init__(self, write: Writer, now: Callable[[], int]) -> None:
        self._write = write
        self._now = now
        self._changed = threading.Condition()
        self._writing = threading.Lock()
        self._waiting: dict[Hashable, Told] = {}
        self._omitted = 0
        self._thread: threading.Thread | None = None
        self._closed = False

    def add(self, context: RlsContext, error: Exception | None, origin: Origin | None = None) -> None:
        """Remember an act that has ended.

        Args:
            context: The caller, in the act.
            error: Why it was not done, or None if it was.
            origin: Where it came from.
        """
        act = context.act
        why = None if error is None else (type(error), str(error))
        address = None if origin is None else origin.remote_address
        detail = str(act.detail) if act is not None and act.detail else ""
        key = (context.user_id, context.role, context.acted_by, act, detail, address, why)
        moment_us = self._now()
        with self._changed:
            known = self._waiting.get(key)
            if known is not None:
                known.times += 1
                known.last_us, known.last_origin = moment_us, origin
            elif len(self._waiting) >= limits.AUDIT_GATHER_MAX or self._closed:
                self._omitted += 1
            else:
                kept = None if error is None else error.with_traceback(None)
                self._waiting[key] = Told(context, origin, kept, moment_us, moment_us)
                self._wake()

    def flush(self, patience_s: float | None = None) -> None:
        """Write down what waits, now.

        Args:
            patience_s: How long to wait for other processes.

        Raises:
            StorageError: It cannot be; it waits on.
        """
        with self._writing:
            with self._changed:
                waiting, self._waiting = self._waiting, {}
                omitted, self._omitted = self._omitted, 0
            if not waiting and not omitted:
                return
            try:
                self._write(list(waiting.values()), omitted, patience_s)
            except CommitInDoubt:
                raise  # it may have been written: to do it twice would be wrong for sure
            except Exception as error:
                if isinstance(error, StorageError):
                    self._take_back(waiting, omitted)
                else:  # what can never be written would keep all others from it for ever
                    self._take_back({}, omitted + sum(told.times for told in waiting.values()))
                raise
            except BaseException:
                self._take_back(waiting, omitted)
                raise

    def close(self) -> None:
        """Write down what waits and end the thread; safe to call again."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()
        try:
            self.flush(limits.CLOSING_PATIENCE_S)
        except Exception:
            _logger.warning("the last reads could not be written to the audit", exc_info=True)

    def _wake(self) -> None:
        """Let the thread know that something waits; needs the lock."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="holdall-audit", daemon=True)
            self._thread.start()
        elif len(self._waiting) in {1, limits.AUDIT_GATHER_WAKE}:
            self._changed.notify_all()

    def _work(self) -> None:
        """Write down what waits until the end."""
        while self._is_due():
            try:
                self.flush()
            except Exception:
                # whatever it is: what waits has another turn, and nothing ends the thread but `close`
                _logger.warning("reads could not be written to the audit", exc_info=True)

    def _is_due(self) -> bool:
        """Wait until something is to be written; False at the end, which writes it itself."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._waiting)
            many = limits.AUDIT_GATHER_WAKE
            self._changed.wait_for(lambda: self._closed or len(self._waiting) >= many, limits.AUDIT_GATHER_S)
            return not self._closed

    def _take_back(self, waiting: dict[Hashable, Told], omitted: int) -> None:
        """Let acts wait on that could not be written."""
        with self._changed:
            newer = self._waiting
            self._waiting = waiting
            self._omitted += omitted
            for key, told in newer.items():
                known = waiting.get(key)
                if known is not None:
                    known.times += told.times
                    known.last_us, known.last_origin = told.last_us, told.last_origin
                elif len(waiting) < limits.AUDIT_GATHER_MAX:
                    waiting[key] = told
                else:
                    self._omitted += told.times
