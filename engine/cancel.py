"""Cooperative cancellation of long calls.

The caller keeps a token and cancels it from any thread; the engine looks at it between two chunks of work and
stops with `engine.errors.Cancelled`. A token is used once: a cancelled one stays cancelled.
"""

from __future__ import annotations

from engine.errors import Cancelled


class CancelToken:
    """One caller's wish to stop one call. Thread-safe: the only transition is from False to True."""

    __slots__ = ("_cancelled",)

    def __init__(self) -> None:
        self._cancelled = False

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancelled

    def cancel(self) -> None:
        """Ask the call that holds this token to stop as soon as it can. Calling it again changes nothing."""
        self._cancelled = True

    def raise_if_cancelled(self) -> None:
        """Stop here if cancellation was asked for.

        Raises:
            Cancelled: `cancel` was called.
        """
        if self._cancelled:
            raise Cancelled("Cancelled")
