"""What resumable uploads stand on, and what becomes of their bytes in the end."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from engine import limits
from engine.backends.base import Part, StorageBackend
from engine.errors import RequestFault, StorageError
from engine.failpoints import Failpoints
from engine.files.commit import Committer
from engine.files.resumable.hashes import RunningHashes
from engine.files.resumable.rows import UploadRow, note_refused
from engine.files.uploads import Publisher
from engine.metadata.executor import Executor
from engine.resumable_types import upload_name
from engine.types import RlsContext

_logger = logging.getLogger(__name__)
_SYSTEM: Final = RlsContext.service()
_SECOND_US: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Means:
    """What resumable uploads stand on.

    Attributes:
        executor: For rows.
        backend: For bytes.
        committer: Stores what is complete.
        stored: Told of every stored object.
        hashes: Checksums so far.
        failpoints: Told of every step.
        now: The present moment, in microseconds since 1970, UTC.
        scans: Whether contents are scanned before they are stored, which may take long.
    """

    executor: Executor
    backend: StorageBackend
    committer: Committer
    stored: Publisher
    hashes: RunningHashes
    failpoints: Failpoints
    now: Callable[[], int]
    scans: bool = False

    def expiry_us(self) -> int:
        """Return when an upload is thrown away to which nothing more comes from now on."""
        return self.now() + limits.RESUMABLE_LIFE_S * _SECOND_US

    def refused(self, row: UploadRow, why: RequestFault, part: Part) -> None:
        """Remember why a whole upload is not stored, for whoever comes back, and throw its bytes away.

        Args:
            row: The upload.
            why: It was refused.
            part: Held; where it cannot be removed, the next sweep does it.
        """
        with self.executor.transaction(_SYSTEM) as tx:
            note_refused(tx, row, why, self.now() + limits.RESUMABLE_REFUSED_LIFE_S * _SECOND_US)
        self.removed(row, part)

    def removed(self, row: UploadRow, part: Part) -> None:
        """Throw an upload's bytes away; where that fails, the next sweep does it.

        Args:
            row: The upload.
            part: Held.
        """
        self.hashes.keep(row.id, 0, None)
        try:
            part.remove()
        except StorageError:
            _logger.warning("the part %s is left for the next sweep", upload_name(row.id), exc_info=True)
