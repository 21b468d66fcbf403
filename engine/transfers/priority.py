"""Transfers step back behind whatever a person is looking at.

Four uploads keep twice as many threads busy with copying and hashing. On a machine with two cores the window's thread
would queue up behind them and answer late; with a lower priority of theirs it goes first, and the transfers lose
nothing, because it needs little.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from typing import Final

NICE: Final = 15
"""Linux's nice value of transfer threads: far behind the window's 0, still ahead of work for idle times."""


def step_back() -> None:
    """Lower the priority of the calling thread and of all threads that it will start, where the system can.

    Linux gives every thread a priority of its own; elsewhere nothing happens. There is no way back, so this is for
    threads that end with their work.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
