"""Hints to look at keys: gathered, held back until it is quiet about them, and bounded.

Threads: any.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

HINTS_MAX: Final = 50_000
"""Keys that are held at most; a folder of that many files may be moved here at once. Some 10 MB."""

_LOOK_S: Final = 0.25
"""How often it is looked whether hints are due, as long as there are some."""

_LOST_WAITS: Final = 10
"""How often losing more puts off the look at everything at most: a folder that is never quiet is looked at, too."""


class Doubt(IntEnum):
    """How much of a file that looks as its row says is believed without reading it."""

    SEEN = 0
    """It was come upon: length and modification time tell."""
    MOVED = 1
    """It came to its name or left it, which Holdall does all day: the time of that must be the row's, too."""
    WRITTEN = 2
    """It was written to, which Holdall never does under a key: it is read."""


@dataclass(frozen=True, slots=True)
class Settling:
    """How long it has to be quiet about a file before it is looked at, in seconds.

    Attributes:
        closed_s: After the last that was heard of it.
        open_s: Likewise where it was written to and not closed since.
    """

    closed_s: float = 1.0
    open_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be looked at now.

    Attributes:
        keys: Which, with what was heard; one that ends with `/` is all below it.
        lost: Whether hints were lost and it is quiet since, so that any key may be meant.
    """

    keys: dict[str, Doubt]
    lost: bool


@dataclass(slots=True)
class _Hint:
    """What is known of one key."""

    doubt: Doubt
    due_s: float


@dataclass(slots=True)
class _Lost:
    """When everything is to be looked at: as soon as it is quiet, and no later than that."""

    due_s: float
    latest_s: float


class Hints:
    """Gathers hints.

    Args:
        settling: How long they are held back.
        capacity: How many are held; more, and all are given up for a look at everything.
        clock: Seconds, monotonic.
    """

    def __init__(
        self,
        settling: Settling | None = None,
        capacity: int = HINTS_MAX,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settling = settling or Settling()
        self._capacity = capacity
        self._clock = clock
        self._changed = threading.Condition()
        self._hints: dict[str, _Hint] = {}
        self._lost: _Lost | None = None
        self._woken = False

    def add(self, key: str, doubt: Doubt, *, is_open: bool = False) -> None:
        """Take note of a key; what is known of it waits as long as what is new.

        Args:
            key: Which.
            doubt: What was heard.
            is_open: Whether it is being written to and may still be open.
        """
        if not _is_text(key):
            return
        due_s = self._clock() + (self._settling.open_s if is_open else self._settling.closed_s)
        with self._changed:
            known = self._hints.get(key)
            if known is not None:
                known.doubt, known.due_s = max(known.doubt, doubt), due_s
            elif len(self._hints) < self._capacity:
                self._hints[key] = _Hint(doubt, due_s)
                if len(self._hints) == 1:
                    self._changed.notify_all()
            else:
                self._hints.clear()
                self._lose()

    def lose(self) -> None:
        """Take note that something was not heard; what it was may still be being written to."""
        with self._changed:
            self._lose()

    def _lose(self) -> None:
        quiet_s = self._settling.closed_s
        due_s = self._clock() + quiet_s
        if self._lost is None:
            self._lost = _Lost(due_s, due_s + _LOST_WAITS * quiet_s)
        else:
            self._lost.due_s = min(due_s, self._lost.latest_s)
        self._changed.notify_all()

    def wake(self) -> None:
        """Let `wait` return."""
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def wait(self, *, is_waiting: bool = False) -> None:
        """Wait until something may be due; where nothing is held, until there is.

        Args:
            is_waiting: Whether the caller has something to do in any case.
        """
        with self._changed:
            self._changed.wait_for(lambda: is_waiting or self._hints or self._lost or self._woken)
            self._changed.wait_for(lambda: self._woken, _LOOK_S)
            self._woken = False

    def take(self) -> Due:
        """Return what it is quiet about by now, and forget it."""
        now_s = self._clock()
        with self._changed:
            due = {key: hint.doubt for key, hint in self._hints.items() if hint.due_s <= now_s}
            for key in due:
                del self._hints[key]
            is_lost = self._lost is not None and self._lost.due_s <= now_s
            if is_lost:
                self._lost = None
        return Due(due, is_lost)


def _is_text(key: str) -> bool:
    """Return whether a key can be an object's: one whose bytes are no UTF-8 cannot."""
    try:
        key.encode()
    except UnicodeEncodeError:
        return False
    return True
