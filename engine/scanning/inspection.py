"""Has staged contents scanned, and says which of them may not be committed.

Every upload, by whichever way, is committed in one place (`files.commit`), and is inspected there. What the scanner
could not look at, because it does not answer or the content is too large for it, is refused, unless it was set up
otherwise: then it is let in, and the audit says so.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from engine.backends.base import BackendReader, Staged, StorageBackend
from engine.errors import BytesMissing, StorageError
from engine.scanning.errors import InfectedContent, ScannerUnavailable, TooLargeToScan
from engine.scanning.scanner import Check, Scanner, unchecked

_logger = logging.getLogger(__name__)
_PART_BYTES: Final = 256 * 1024
_Opener = Callable[[], BackendReader | None]


@dataclass(slots=True)
class Inspection:
    """What was found out about contents.

    Attributes:
        refused: Why contents may not be committed, by their staged ids.
        unscanned: How many may be though nobody has looked at them.
        told: What the audit is to know of those that may.
    """

    refused: dict[str, StorageError] = field(default_factory=dict)
    unscanned: int = 0
    told: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Silence:
    """That the scanner does not answer, for as long as one piece of work goes on: it is waited for once, not each time.

    Attributes:
        error: What it failed with, or None as long as it answers.
    """

    error: ScannerUnavailable | None = None


class Inspector:
    """Inspects contents. Any thread.

    Args:
        scanner: Looks at them.
        backend: Where they are staged.
        max_bytes: What is larger is not scanned.
        accept_unscanned: Whether what could not be scanned is let in.
    """

    def __init__(self, scanner: Scanner, backend: StorageBackend, max_bytes: int, *, accept_unscanned: bool) -> None:
        self._scanner = scanner
        self._backend = backend
        self._max_bytes = max_bytes
        self._accept_unscanned = accept_unscanned

    @property
    def limit_bytes(self) -> int | None:
        """Return how large a content may be to be let in, or None for no bound."""
        return None if self._accept_unscanned else self._max_bytes

    def check_size(self, size_bytes: int, path: str) -> None:
        """Refuse what would be refused for its size when all of it has come.

        Raises:
            TooLargeToScan: It is too large, and nothing is let in without being scanned.
        """
        if size_bytes > self._max_bytes and not self._accept_unscanned:
            raise self._too_large(path)

    def inspect(self, contents: Sequence[tuple[str, Staged]], check: Check = unchecked) -> Inspection:
        """Look at contents.

        Args:
            contents: Paths of the objects that they are to be, and where they are staged by this process.
            check: Says when to stop.

        Returns:
            What became of it.

        Raises:
            Cancelled: `check` said so.
            EnvironmentFault: The staged bytes cannot be read.
        """
        inspection, silence = Inspection(), Silence()
        for path, staged in contents:
            try:
                self._look(path, staged.size_bytes, partial(self._open, staged), check, silence)
            except (ScannerUnavailable, TooLargeToScan) as error:
                self._not_scanned(inspection, staged, error)
            except InfectedContent as error:
                inspection.refused[staged.staged_id] = error
        clean = len(contents) - len(inspection.refused) - inspection.unscanned
        inspection.told = self._told(clean, inspection.unscanned)
        return inspection

    def inspect_stored(self, key: str, path: str, size_bytes: int, check: Check, silence: Silence) -> Mapping[str, Any]:
        """Look at a file that lies under its key already.

        Args:
            key: Of the backend.
            path: Of the object that it is, or is to be.
            size_bytes: Its length.
            check: Says when to stop.
            silence: Of the work that this belongs to.

        Returns:
            What the audit is to know.

        Raises:
            InfectedContent: Something was found in it.
            TooLargeToScan: It is too large, and nothing is let in without being scanned.
            ScannerUnavailable: Likewise, the scanner does not answer.
            Cancelled: `check` said so.
        """
        try:
            self._look(path, size_bytes, lambda: self._backend.open(key), check, silence)
        except (ScannerUnavailable, TooLargeToScan) as error:
            if not self._accept_unscanned:
                raise
            _logger.warning("a content was let in without being scanned: %s", error)
            return self._told(0, 1)
        return self._told(1, 0)

    def _told(self, clean: int, unscanned: int) -> Mapping[str, Any]:
        return {"scan": {"by": self._scanner.name, "clean": clean, "unscanned": unscanned}}

    def _look(self, path: str, size_bytes: int, opener: _Opener, check: Check, silence: Silence) -> None:
        """Look at one content.

        Raises:
            Cancelled: `check` said so.
            InfectedContent: Something was found in it.
            TooLargeToScan: It is too large.
            ScannerUnavailable: The scanner cannot say.
        """
        check()
        if size_bytes > self._max_bytes:
            raise self._too_large(path)
        if silence.error is not None:
            raise silence.error
        try:
            signature = self._scanner.scan(_parts(opener, size_bytes), check)
        except ScannerUnavailable as error:
            silence.error = error
            raise
        if signature is not None:
            _logger.warning("the virus scanner found %s in what was to be %r", signature, path)
            raise InfectedContent(f"The virus scanner found {signature}", path=path)

    def _too_large(self, path: str) -> TooLargeToScan:
        message = f"Nothing larger than {self._max_bytes} bytes is scanned for viruses"
        return TooLargeToScan(message, path=path, limit_bytes=self._max_bytes)

    def _open(self, staged: Staged) -> BackendReader | None:
        return self._backend.open_staged(self._backend.staging, staged.staged_id)

    def _not_scanned(self, inspection: Inspection, staged: Staged, error: StorageError) -> None:
        if not self._accept_unscanned:
            inspection.refused[staged.staged_id] = error
            return
        _logger.warning("a content was let in without being scanned: %s", error)
        inspection.unscanned += 1


def _parts(opener: _Opener, size_bytes: int) -> Iterator[bytes]:
    """Yield a content.

    Raises:
        BytesMissing: It is gone.
    """
    reader = opener()
    if reader is None:
        raise BytesMissing("The bytes to be scanned are missing")
    with closing(reader):
        for offset in range(0, size_bytes, _PART_BYTES):
            yield reader.read_at(offset, _PART_BYTES)
