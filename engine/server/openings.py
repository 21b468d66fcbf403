"""Opens objects in threads, few at once: opening is mostly Python, and threads that run Python wait for each other.

Two threads open as many as one, and eight not nearly as many as two: whenever one of them asks the system for
something, it has to wait behind the others and the loop until it may go on. So the quick threads are two. Where these
do not get on, since they wait for a disk or for bytes on their way, what comes then goes to the threads for all else.

Loop's thread only.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from engine.server import bounds
from engine.server.workers import Workers

P = ParamSpec("P")
T = TypeVar("T")


class Openings:
    """Runs openings.

    Args:
        quick: Few threads, for nothing else.
        patient: Where openings run while those do not get on.
    """

    def __init__(self, quick: Workers, patient: Workers) -> None:
        self._quick = quick
        self._patient = patient
        self._begun = 0
        self._moved_s = 0.0

    async def run(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Open something, and return it.

        Args:
            call: Of the engine.
            *args: Its arguments.
            **kwargs: Its named arguments.
        """
        now_s = time.monotonic()
        if not self._begun:
            self._moved_s = now_s
        if now_s - self._moved_s > bounds.OPENING_SLOW_S:
            return await self._patient.run(call, *args, **kwargs)
        self._begun += 1
        try:
            return await self._quick.run(call, *args, **kwargs)
        finally:
            self._begun -= 1
            self._moved_s = time.monotonic()
