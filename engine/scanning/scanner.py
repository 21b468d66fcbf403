"""What a virus scanner is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

Check = Callable[[], None]
"""Raises `Cancelled` when nobody wants to know any more; asked several times a second."""


def unchecked() -> None:
    """Go on to the end in any case."""


class Scanner(Protocol):
    """Looks at contents. Any thread, several at a time."""

    @property
    def name(self) -> str:
        """Return what the audit calls it."""

    def scan(self, parts: Iterator[bytes], check: Check = unchecked) -> str | None:
        """Look at one content.

        Args:
            parts: All of it, in order; read once, and perhaps not to the end.
            check: Says when to stop.

        Returns:
            The name of what was found in it, or None for nothing.

        Raises:
            TooLargeToScan: The scanner does not take so much.
            Cancelled: `check` said so.
            ScannerUnavailable: It does not answer, or not in time, or not sensibly.
        """
