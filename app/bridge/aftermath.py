"""What whoever it was has deleted, read afterwards in the engine's record of it: other programs tell nobody.

So that thumbnails go with what was deleted, also while no window was open. Some seconds late, and off the main thread.
Folders that others rename are not followed: the record tells of objects that moved, and whoever empties a folder into
another one does not want favourites to go along.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import QObject, QTimer

from app.bridge.events import EventRelay
from app.bridge.tasks import Tasks, Ticket
from app.bridge.thumbnails import Thumbnails
from engine.events import EventType
from engine.metadata.change_log import OBJECT_FACTS
from engine.outbox import RecordedEvent, Wanted
from engine.storage import FileStorage
from engine.types import RlsContext

_CALM_MS: Final = 2_000
_ID: Final = OBJECT_FACTS.index("id")
_VERSION: Final = OBJECT_FACTS.index("version")


class Aftermath(QObject):
    """See the module."""

    def __init__(
        self,
        storage: FileStorage,
        tasks: Tasks,
        thumbnails: Thumbnails,
        relay: EventRelay,
        parent: QObject | None = None,
    ) -> None:
        """Args: the engine; the lanes; what to forget; what says that something changed; Qt's owner."""
        super().__init__(parent)
        self._storage = storage
        self._tasks = tasks
        self._thumbnails = thumbnails
        self._me = RlsContext.service()
        self._soon = QTimer(self, singleShot=True, interval=_CALM_MS)
        self._soon.timeout.connect(self._look)
        for signal in (relay.folders_changed, relay.buckets_changed, relay.everything_changed):
            signal.connect(lambda *_: self._wake())
        self._soon.start()

    def close(self) -> None:
        """Look no more."""
        self._soon.stop()

    def _wake(self) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def _look(self) -> None:
        # what cannot be read now is read the next time
        self._tasks.read(self._read, lambda _: None, lambda _: None, owner=self)

    def _read(self, ticket: Ticket) -> None:
        """Read what happened since the last time; in a worker."""
        after = self._thumbnails.known_until()
        if after is None:
            self._thumbnails.begin_anew(self._storage.outbox.newest())
            return
        more = True
        while more:
            ticket.token.raise_if_cancelled()
            [page] = self._storage.outbox.read([Wanted(after, self._me)])
            if page.error is not None:
                raise page.error
            if page.reset:
                self._thumbnails.begin_anew(page.last_id)
                return
            self._forget(page.events)
            after, more = page.last_id, page.more
            self._thumbnails.know_until(after)

    def _forget(self, events: Iterable[RecordedEvent]) -> None:
        for event in events:
            if event.type is EventType.OBJECT_DELETED:
                self._thumbnails.forget_object(event.bucket_id, event.facts[_ID], event.facts[_VERSION])
            elif event.type is EventType.BUCKET_DELETED:
                self._thumbnails.forget_bucket(event.bucket_id)
