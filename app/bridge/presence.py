"""Whether anything is in a folder: its first entry says so, where counting all of them takes long if they are many."""

from __future__ import annotations

from engine.storage import FileStorage
from engine.types import ListRequest, RlsContext


def holds_anything(storage: FileStorage, bucket: str, prefix: str, me: RlsContext) -> bool:
    """Return whether a folder shows somebody anything; in a worker.

    Args:
        storage: The engine.
        bucket: The bucket's name.
        prefix: Of the folder, with its trailing `/`.
        me: Who looks.
    """
    page = storage.list(bucket, ListRequest(prefix=prefix, limit=1), me)
    return bool(page.folders or page.objects)
