"""What is said about objects, with the rules for it as sentences; and their checksums, held against the bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

from app.bridge.acting import ActingTasks, Attempt, Deed
from app.bridge.previews import Source
from app.bridge.tasks import Fail, Ticket
from app.i18n import translate
from engine.errors import InvalidRequest, ObjectChanged
from engine.files.rules import check_cache_control, checked_mime_text
from engine.storage import FileStorage
from engine.types import LabelChanges, Progress, RlsContext, StorageObject

_PART_BYTES: Final = 1024 * 1024

Labelled = tuple[StorageObject, ...]


class LabelBridge:
    """See the module."""

    def __init__(self, storage: FileStorage, tasks: ActingTasks) -> None:
        """Args: the engine, and the lanes of whoever acts."""
        self._storage = storage
        self._tasks = tasks

    def change(
        self, items: Sequence[StorageObject], changes: LabelChanges, then: Callable[[Labelled], None], otherwise: Fail
    ) -> Ticket:
        """Say something else about objects of one bucket, unless they are not what they were when they were seen.

        Args:
            items: As they were seen.
            changes: What is to be said.
            then: Gets them as they are now.
            otherwise: Gets the failure; `ObjectChanged` where somebody else was faster.
        """
        paths, bucket = [item.path for item in items], items[0].bucket
        return self._tasks.mutate(
            lambda _, me: self._storage.change_labels(bucket, paths, changes, me, seen=items),
            then,
            otherwise,
            attempt=Attempt.with_all(Deed.LABEL, bucket, paths),
        )

    def verify(self, source: Source, then: Callable[[bool], None], otherwise: Fail) -> Ticket:
        """Read all bytes of an object and hold them against its checksum; the ticket knows how far it is.

        Args:
            source: What to read.
            then: Gets whether they are the same.
            otherwise: Gets the failure; `ObjectChanged` where there is another content by now.
        """
        attempt = Attempt(Deed.READ, source.info.bucket, source.info.path)
        return self._tasks.look(lambda ticket, me: _is_sound(source, ticket, me), then, otherwise, attempt=attempt)


def mime_problem(text: str) -> str:
    """Return what is wrong with a text as a MIME type, or nothing."""
    try:
        checked_mime_text(text)
    except InvalidRequest:
        return translate("Labels", "Write type/subtype, such as image/png.")
    return ""


def cache_problem(text: str) -> str:
    """Return what is wrong with a text as a cache rule, or nothing."""
    try:
        check_cache_control(text)
    except InvalidRequest:
        return translate("Labels", "Write something like max-age=3600 or no-cache.")
    return ""


def _is_sound(source: Source, ticket: Ticket, me: RlsContext) -> bool:
    with source.open(me) as reader:
        if reader.info.version != source.info.version:
            raise ObjectChanged("Somebody else changed it meanwhile", path=source.info.path)
        found, done = hashlib.sha256(), 0
        for part in reader.chunks(_PART_BYTES):
            ticket.token.raise_if_cancelled()
            found.update(part)
            done += len(part)
            ticket.report(Progress(done, reader.size))
        return found.hexdigest() == source.info.checksum
