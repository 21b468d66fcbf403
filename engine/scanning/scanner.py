"""What a virus scanner is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol


class Scanner(Protocol):
    """Looks at contents. Any thread, several at a time."""

    @property
    def name(self) -> str:
        """Return what the audit calls it."""

    def scan(self, parts: Iterator[bytes]) -> str | None:
        """Look at one content.

        Args:
            parts: All of it, in order; read once, and perhaps not to the end.

        Returns:
            The name of what was found in it, or None for nothing.

        Raises:
            TooLargeToScan: The scanner does not take so much.
            ScannerUnavailable: It does not answer, or not in time, or not sensibly.
        """
