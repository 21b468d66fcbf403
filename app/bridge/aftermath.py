"""What whoever it was has deleted and moved, read afterwards in the engine's record of it: other programs tell nobody.

So that thumbnails go with what was deleted, also while no window was open, and so that whoever looks at a folder, has
it in a tab or among the favourites stays with it when another program renames it. Some seconds late, and off the main
thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from app.bridge.events import EventRelay
from app.bridge.tasks import Tasks, Ticket
from app.bridge.thumbnails import Thumbnails
from app.location import Location
from engine.errors import StorageError
from engine.events import EventType
from engine.metadata.change_log import OBJECT_FACTS
from engine.outbox import RecordedEvent, Wanted
from engine.storage import FileStorage
from engine.types import RlsContext

_CALM_MS: Final = 2_000
_FOLDERS_MAX: Final = 200
"""Moves of so many folders are looked at, of those that happened at once."""

_ID: Final = OBJECT_FACTS.index("id")
_VERSION: Final = OBJECT_FACTS.index("version")


@dataclass(frozen=True, slots=True)
class FolderMove:
    """A folder whose objects were moved, as far as one of them tells.

    Attributes:
        bucket_id: Where it was.
        prefix: What it was called.
        target_id: Where it is.
        target: What it is called.
    """

    bucket_id: str
    prefix: str
    target_id: str
    target: str


class Aftermath(QObject):
    """See the module.

    Signals:
        moved: Carries a list of pairs of `Location`: folders of which nothing is left, and where they are now.
    """

    moved = Signal(object)

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
        self._tasks.read(self._read, self._tell, lambda _: None, owner=self)

    def _tell(self, moved: list[tuple[Location, Location]]) -> None:
        if moved:
            self.moved.emit(moved)

    def _read(self, ticket: Ticket) -> list[tuple[Location, Location]]:
        """Read what happened since the last time; in a worker."""
        after = self._thumbnails.known_until()
        if after is None:
            self._thumbnails.begin_anew(self._storage.outbox.newest())
            return []
        moves: list[FolderMove] = []
        more = True
        while more:
            ticket.token.raise_if_cancelled()
            [page] = self._storage.outbox.read([Wanted(after, self._me)])
            if page.error is not None:
                raise page.error
            if page.reset:
                self._thumbnails.begin_anew(page.last_id)
                return []
            self._forget(page.events)
            moves += [move for move, _ in groupby(folder_moves(page.events))]
            after, more = page.last_id, page.more
            self._thumbnails.know_until(after)
        return self._followed(ends_of(moves[-_FOLDERS_MAX:]))

    def _forget(self, events: Iterable[RecordedEvent]) -> None:
        for event in events:
            if event.type is EventType.OBJECT_DELETED:
                self._thumbnails.forget_object(event.bucket_id, event.facts[_ID], event.facts[_VERSION])
            elif event.type is EventType.BUCKET_DELETED:
                self._thumbnails.forget_bucket(event.bucket_id)

    def _followed(self, moves: Iterable[FolderMove]) -> list[tuple[Location, Location]]:
        """Return the moves of which nothing stayed behind."""
        found = []
        for move in moves:
            try:
                if not self._is_there(move.bucket_id, move.prefix) and self._is_there(move.target_id, move.target):
                    found.append((self._place(move.bucket_id, move.prefix), self._place(move.target_id, move.target)))
            except StorageError:
                continue  # a bucket that is gone
        return found

    def _is_there(self, bucket_id: str, prefix: str) -> bool:
        return bool(
            self._storage.count_folder(bucket_id, prefix, self._me).total
            or self._storage.exists(bucket_id, prefix, self._me)
        )

    def _place(self, bucket_id: str, prefix: str) -> Location:
        return Location(self._storage.get_bucket(bucket_id, self._me).name, prefix)


def folder_moves(events: Iterable[RecordedEvent]) -> Iterable[FolderMove]:
    """Yield the folders that objects were moved with: what is above the part of their paths that stayed the same."""
    for event in events:
        if event.type is EventType.OBJECT_MOVED and event.old_path is not None:
            old, new = _without_same_end(event.old_path.split("/"), event.path.split("/"))
            if old and new and len(old) <= event.old_path.count("/"):
                source = event.old_bucket_id or event.bucket_id
                yield FolderMove(source, "/".join(old) + "/", event.bucket_id, "/".join(new) + "/")


def ends_of(moves: Sequence[FolderMove]) -> Iterable[FolderMove]:
    """Yield moves with where the folders came to in the end: some were moved on."""
    for number, move in enumerate(moves):
        for later in moves[number + 1 :]:
            if (later.bucket_id, later.prefix) == (move.target_id, move.target):
                move = replace(move, target_id=later.target_id, target=later.target)
        yield move


def _without_same_end(old: list[str], new: list[str]) -> tuple[list[str], list[str]]:
    while old and new and old[-1] == new[-1]:
        old, new = old[:-1], new[:-1]
    return old, new
