"""Reads that end when nobody waits for them any more.

SQLite asks from time to time whether to go on. So a read of a million rows ends some milliseconds after its caller has
cancelled, and takes neither a thread nor a core from what the caller asked for instead.

Source: SQLite, "Query Progress Callbacks".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

from sqlalchemy import Connection

from engine.cancel import CancelToken
from engine.metadata.commits import driver_of

_STEPS: Final = 200_000
"""Of SQLite's machine, between two looks: some milliseconds. Each look is a step into Python."""

_LOOK_S: Final = 0.02


@contextmanager
def until_cancelled(connection: Connection, cancel: CancelToken | None) -> Iterator[None]:
    """Let the statements of a connection fail once their caller has cancelled.

    Args:
        connection: In a transaction that only reads.
        cancel: The caller's, or None for statements that are always run to their end.

    Raises:
        Cancelled: The caller has cancelled already.
    """
    if cancel is None:
        yield
        return
    cancel.raise_if_cancelled()
    watch(connection, cancel)
    try:
        yield
    finally:
        watch(connection, None)


def watch(connection: Connection, cancel: CancelToken | None, others: Callable[[], bool] = lambda: False) -> None:
    """Let statements fail from now on once their caller has cancelled and no others wait for them, or never."""
    if connection.dialect.name == "sqlite":
        over = None if cancel is None else lambda: cancel.cancelled and not others()
        driver_of(connection).set_progress_handler(over, _STEPS)


@contextmanager
def held(lock: Lock, cancel: CancelToken | None) -> Iterator[None]:
    """Hold a lock that others may hold for long; who cancels waits for it no longer.

    Args:
        lock: Guards what one thread makes for all.
        cancel: The caller's, if they have one.

    Raises:
        Cancelled: The caller has cancelled.
    """
    while not lock.acquire(timeout=_LOOK_S):
        if cancel is not None:
            cancel.raise_if_cancelled()
    try:
        yield
    finally:
        lock.release()
