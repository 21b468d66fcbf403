"""SQLite's library itself, told something before anything of it is used.

SQLite counts the memory that it takes, under one lock for the whole process, each time it takes or gives back any. A
pass over a million rows does so several times a row, and takes the lock again before a thread that waits for it wakes
up. Where that thread holds Python's interpreter meanwhile, which it does to hand over a value, no other can run: for
150 ms and more, the window's own among them. Nobody here asks for these counts.
"""

from __future__ import annotations

import ctypes
import sys
from importlib.util import find_spec
from typing import Final

_MODULE: Final = "_sqlite3"
_MEMORY_STATUS: Final = 9


def count_no_memory() -> bool:
    """Let SQLite count no memory; return whether it does as it was told.

    It does not once anybody has imported `sqlite3`, nor where the library can't be reached by way of Python's module:
    everything works without this, but not as smoothly.

    Source: SQLite's sqlite3_config, SQLITE_CONFIG_MEMSTATUS.
    """
    spec = find_spec(_MODULE)
    if _MODULE in sys.modules or spec is None or not spec.has_location:
        return False
    try:
        configure = ctypes.CDLL(spec.origin).sqlite3_config
    except (OSError, AttributeError):
        return False
    configure.argtypes = (
        ctypes.c_int,
    )  # of those that follow any number may come, which some processors pass otherwise
    return bool(configure(_MEMORY_STATUS, ctypes.c_int(0)) == 0)
