"""Why an event loop did not beat: what its thread and all others of the process did meanwhile.

A second thread watches the beats. Every few milliseconds it writes down what each thread has had of the processors and,
while a beat is late, in the middle of which calls they are. From these a stall gets one of four causes: the main thread
computed; it waited for a core; it waited while another thread held the interpreter in one long call; or it waited for
its turn, or for a lock. The watching thread needs the interpreter itself, so it too is late while somebody holds it:
that is how the third is told from the fourth. Linux alone says all this.
"""

from __future__ import annotations

import faulthandler
import os
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Final

_LOOK_S: Final = 0.008
_LATE_S: Final = 0.012
_CALLS_TOLD: Final = 3
_MOST: Final = 0.5
_RESTING: Final = ("thread.py", "threading.py", "queue.py", "selectors.py", "connection.py", "inotify_c.py")
_FOREIGN: Final = ("site-packages", "lib/python")
_ROOT: Final = str(Path(__file__).resolve().parents[2])


@dataclass(frozen=True, slots=True)
class Stall:
    """One beat that came late.

    Attributes:
        gap_ms: What passed since the beat before.
        phase: What was done at that time.
        cause: In a few words.
        shares: What the threads had of the processors meanwhile, and what the main thread waited for one.
        calls: In the middle of which calls the threads were, most often seen first.
    """

    gap_ms: float
    phase: str
    cause: str
    shares: str
    calls: tuple[str, ...]

    def __str__(self) -> str:
        """Return it for people."""
        return "\n    ".join((f"{self.gap_ms:.0f} ms in {self.phase}: {self.cause} ({self.shares})", *self.calls))


@dataclass(frozen=True, slots=True)
class _Spent:
    """What there was at one moment.

    Attributes:
        at_s: The moment.
        ran_s: What each thread has run so far, by its number.
        queued_s: What the main thread has waited for a core so far.
    """

    at_s: float
    ran_s: dict[int, float]
    queued_s: float


@dataclass(slots=True)
class _Notes:
    """What was seen since the last beat."""

    before: _Spent
    looks_s: list[float] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)


class Watch:
    """Watches the beats of the thread that makes it."""

    def __init__(self) -> None:
        """Watch from `start` on."""
        self._main, self._main_task = threading.get_ident(), threading.get_native_id()
        self._schedstat = os.open(f"/proc/self/task/{self._main_task}/schedstat", os.O_RDONLY)
        self._last_s = time.perf_counter()
        self._notes = _Notes(self._spent())
        self._ended = threading.Event()
        # in memory: calls are written with the interpreter held, which a disk must not draw out
        self._dump = os.fdopen(os.memfd_create("calls"), "w+", encoding="utf-8")
        self._thread = threading.Thread(target=self._look, name="heartbeat")

    def start(self) -> None:
        """Watch from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Watch no more."""
        self._ended.set()
        self._thread.join()
        self._dump.close()
        os.close(self._schedstat)

    def beat(self, tell_ms: float, phase: str) -> tuple[float, Stall | None]:
        """Beat; return what passed since the last beat, and what it was spent on where it was longer than `tell_ms`."""
        gap_ms = (time.perf_counter() - self._last_s) * 1000
        stall = None
        if gap_ms > tell_ms:
            stall = self._stall(gap_ms, phase, self._notes)
            self._notes = _Notes(self._spent())
        self._last_s = time.perf_counter()
        return gap_ms, stall

    def _stall(self, gap_ms: float, phase: str, notes: _Notes) -> Stall:
        now, before = self._spent(), notes.before
        ran_ms = {task: (ran_s - before.ran_s.get(task, 0)) * 1000 for task, ran_s in now.ran_s.items()}
        mine_ms, queued_ms = ran_ms.pop(self._main_task), (now.queued_s - before.queued_s) * 1000
        looks_s = [self._last_s, *notes.looks_s, now.at_s]
        unseen_ms = max(after - before for before, after in pairwise(looks_s)) * 1000
        names = {thread.native_id: thread.name for thread in threading.enumerate()}
        others = sorted(((ran, names.get(task, task)) for task, ran in ran_ms.items() if ran >= 1), reverse=True)
        shares = [f"main ran {mine_ms:.0f} ms", f"waited for a core {queued_ms:.0f}", f"longest unseen {unseen_ms:.0f}"]
        shares += [f"{name} ran {ran:.0f}" for ran, name in others]
        cause = _cause(gap_ms, mine_ms, queued_ms, unseen_ms)
        return Stall(gap_ms, phase, cause, ", ".join(shares), _told(notes.calls, self._main))

    def _look(self) -> None:
        while not self._ended.wait(_LOOK_S):
            notes, now_s = self._notes, time.perf_counter()
            if now_s - self._last_s < _LATE_S:
                self._notes = _Notes(self._spent())
                continue
            notes.looks_s.append(now_s)
            notes.calls.append(self._calls())

    def _calls(self) -> str:
        """Return the calls of all threads. Holds no frame: a widget that only it held would die in this thread."""
        self._dump.seek(0)
        self._dump.truncate()
        faulthandler.dump_traceback(self._dump, all_threads=True)
        self._dump.seek(0)
        return self._dump.read()

    def _spent(self) -> _Spent:
        ran_s: dict[int, float] = {}
        for thread in threading.enumerate():
            task = thread.native_id
            if task is not None:
                try:
                    ran_s[task] = time.clock_gettime((~task << 3) | 6)  # Linux' number for the clock of a thread
                except OSError:
                    continue  # it has ended
        queued_s = int(os.pread(self._schedstat, 64, 0).split()[1]) / 1e9
        return _Spent(time.perf_counter(), ran_s, queued_s)


def _cause(gap_ms: float, mine_ms: float, queued_ms: float, unseen_ms: float) -> str:
    if mine_ms > gap_ms * _MOST:
        return "main computed"
    if queued_ms > gap_ms * _MOST:
        return "no core for main"
    if unseen_ms > gap_ms * _MOST:
        return "somebody held the interpreter"
    return "main waited for its turn or a lock"


def _told(calls: list[str], main: int) -> tuple[str, ...]:
    """Return in the middle of what the threads were, of some looks at them."""
    mine, others = Counter[str](), Counter[str]()
    for look in calls:
        for part in look.split("\n\n"):
            head, *lines = part.splitlines()
            if f"0x{main:016x}" in head:
                mine[_place_of(lines)] += 1
            elif lines and not any(name in lines[0] for name in _RESTING):
                others[_place_of(lines)] += 1
    told = [f"main {times}x: {place}" for place, times in mine.most_common(3)]
    return (*told, *(f"other {times}x: {place}" for place, times in others.most_common(4)))


def _place_of(lines: list[str]) -> str:
    """Return the innermost call, and the innermost ones of our own that led to it."""
    ours = [line for line in lines[1:] if not any(part in line for part in _FOREIGN)]
    return " < ".join(
        line.strip().removeprefix(f'File "{_ROOT}/').removeprefix('File "') for line in (lines[0], *ours[:_CALLS_TOLD])
    )
