"""`.lost+found` as repairs use it: what cannot be put there stays where it is, and the repair goes on.

A file or a link may stand in that folder's place. Threads: any.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

from engine.backends.base import StorageBackend, StoredEntry
from engine.errors import BytesMissing, IoError

_logger = logging.getLogger(__name__)


def put_aside(backend: StorageBackend, key: str, label: str) -> str | None:
    """Move a key's bytes aside and return where they are, or None where they stay.

    Args:
        backend: Whose bytes.
        key: Which.
        label: Name of the folder for what is put aside with them.

    Raises:
        EnvironmentFault: The disk is full, gone or closed to us, which ends the whole repair.
    """
    try:
        return backend.set_aside(key, label)
    except (BytesMissing, IoError) as error:
        if error.retryable:
            raise
        _logger.warning("%s cannot be put aside", key, exc_info=True)
        return None


def entries_aside(backend: StorageBackend) -> Iterator[StoredEntry]:
    """Yield what was put aside before, which is nothing where no folder stands.

    Args:
        backend: Whose.
    """
    try:
        yield from backend.list_aside()
    except IoError as error:
        if error.retryable:
            raise
        _logger.warning("what was put aside cannot be listed", exc_info=True)
