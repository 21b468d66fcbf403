"""Ctrl+C, SIGTERM and a closed terminal, turned into an orderly end. Main thread only."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from engine.cancel import CancelToken

_STOPPING: Final = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)
)


@contextmanager
def on_stop_signal(react: Callable[[], None]) -> Iterator[None]:
    """Call `react` at the first signal that asks the program to end; a second one acts as usual.

    Args:
        react: Called in the main thread between two bytecodes; must return at once.

    Yields:
        Nothing; the former handlers are back afterwards.
    """
    former = {number: signal.getsignal(number) for number in _STOPPING if not _is_for_others(number)}

    def restore() -> None:
        for number, handler in former.items():
            signal.signal(number, handler)

    def handle(number: int, frame: FrameType | None) -> None:
        del number, frame
        restore()
        react()

    for number in former:
        signal.signal(number, handle)
    try:
        yield
    finally:
        restore()


@contextmanager
def cancelled_by_signal() -> Iterator[CancelToken]:
    """Yield a token for one long call that the first stop signal cancels."""
    token = CancelToken()
    with on_stop_signal(token.cancel):
        yield token


@contextmanager
def stopped_by_signal() -> Iterator[threading.Event]:
    """Yield an event that the first stop signal sets."""
    event = threading.Event()
    with on_stop_signal(event.set):
        yield event


def _is_for_others(number: signal.Signals) -> bool:
    """Return whether this program was started deaf to a signal, as nohup does with SIGHUP.

    An ignored SIGINT does not count: shells start every background job of a script that way, and a server
    among them is still to be stopped by it.
    """
    handler = signal.getsignal(number)
    return handler is None or (handler is signal.SIG_IGN and number is not signal.SIGINT)
