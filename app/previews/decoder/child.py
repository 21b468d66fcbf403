"""The decoder's own process: answers one question after another until its input ends. Started by `client`.

It is given bytes and gives bytes back; it needs no file, no network and no window, and its memory is bounded. What is
loaded for one kind of content is loaded when the first of that kind comes.
"""

from __future__ import annotations

import faulthandler
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from app.previews.content import TooMuch
from app.previews.decoder.wire import BrokenWire, receive, send

Answer = tuple[dict[str, Any], Sequence[bytes]]
Job = Callable[..., Answer]

JOBS: Final = {
    "picture": "app.previews.decoder.pictures",
    "svg": "app.previews.decoder.drawings",
    "colours": "app.previews.decoder.colours",
    "set_out": "app.previews.decoder.jsons",
    "markdown": "app.previews.decoder.documents",
    "pdf": "app.previews.decoder.pages",
    "difference": "app.previews.decoder.differences",
}
"""What can be asked, and the module whose function of that name answers."""

_JOB_MAX_S: Final = 60
"""Well beyond the time that the window gives to any job."""

_MEMORY_MAX_BYTES: Final = 2 * 1024**3


def main() -> None:
    """Answer until the window closes the pipe."""
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a library prints must not end up among the answers
    _bound_memory()
    quiet = Path(os.devnull).open("wb")  # noqa: SIM115 - to the end of the process
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    importlib.import_module("PySide6.QtGui")
    while True:
        try:
            message = receive(source)
        except BrokenWire:
            return
        # a window that was killed no longer ends a job that hangs
        faulthandler.dump_traceback_later(_JOB_MAX_S, exit=True, file=quiet)
        head, blobs = _answer(dict(message.head), message.blobs)
        faulthandler.cancel_dump_traceback_later()
        send(sink, head, blobs)


def _answer(said: dict[str, Any], blobs: Sequence[bytes]) -> Answer:
    try:
        name = str(said.pop("job"))
        job: Job = getattr(importlib.import_module(JOBS[name]), name)
        return job(*blobs, **said)
    except TooMuch:
        return {"error": "too much", "too_much": True}, ()
    except Exception as error:  # noqa: BLE001 - whatever a library makes of hostile bytes is an answer
        return {"error": f"{type(error).__name__}: {error}"[:500]}, ()


def _bound_memory() -> None:
    """Let the system refuse what no preview needs."""
    if sys.platform == "win32":
        return
    import resource

    for limit, most in (
        (resource.RLIMIT_AS, _MEMORY_MAX_BYTES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        hard = resource.getrlimit(limit)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(limit, (most, hard))
        except (OSError, ValueError):
            continue  # a system that does not bound this


if __name__ == "__main__":
    main()
