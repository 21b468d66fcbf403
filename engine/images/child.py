"""The process in which strangers' pictures are decoded: bounded in memory and time, without files, one job at a time.

Started by `painter` as `python -m engine.images.child`; ends with its pipe, and by itself when nothing is to be done.
"""

from __future__ import annotations

import os
import select
import sys
from typing import BinaryIO, Final

from engine.images.drawing import TooManyPixels, draw, get_ready
from engine.images.transform import Transform
from engine.images.wire import BrokenWire, receive, send

_MEMORY_MAX_BYTES: Final = 1 << 30
_JOB_CPU_S: Final = 10
_IDLE_S: Final = 30.0


def main() -> int:
    """Draw what is asked for until the pipe ends, or nobody has asked for half a minute."""
    source, target = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # whatever prints must not get into the pipe
    _confine()
    try:
        while _is_asked(source):
            _allow_time()
            _answer(*receive(source), target)
    except (BrokenWire, OSError):
        return 0
    return 0


def _answer(head: dict[str, object], data: bytes, target: BinaryIO) -> None:
    try:
        accepted = frozenset(str(head["accepted"]).split(","))
        mime_type, drawn = draw(data, Transform.of_text(str(head["transform"])), accepted)
    except MemoryError:
        send(target, {"error": "it takes too much memory"})
    except TooManyPixels as error:
        send(target, {"error": str(error)})
    except Exception:  # noqa: BLE001 - decoders raise anything for what is broken on purpose
        send(target, {"error": "it is damaged, or of no kind that is known here"})  # theirs name addresses in memory
    else:
        send(target, {"mime_type": mime_type}, drawn)


def _is_asked(source: BinaryIO) -> bool:
    """Wait for the next job; False after a while without one."""
    if os.name == "nt":
        return True
    return bool(select.select([source], [], [], _IDLE_S)[0])


def _confine() -> None:
    """Take from this process what no picture needs, where the system can."""
    if sys.platform == "win32":
        return
    import resource

    get_ready()
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_MAX_BYTES, _MEMORY_MAX_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _allow_time() -> None:
    """Bound the processor time of the next job, so that it ends even when the server has died."""
    if sys.platform == "win32":
        return
    import resource

    usage = resource.getrusage(resource.RUSAGE_SELF)
    spent_s = int(usage.ru_utime + usage.ru_stime) + 1
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (spent_s + _JOB_CPU_S, hard))


if __name__ == "__main__":
    sys.exit(main())
