"""What folders weigh, in the Size column, on demand.

Painting a folder's row asks; only what is in sight is ever counted, the newest wish first, one folder at a time and off
the main thread, so that a folder of a million objects holds up nothing but the sizes after it. Counts are kept until
something changes below the folder, or somebody else looks.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import partial
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from app.bridge.acting import Acting
from app.bridge.events import EventRelay
from app.bridge.reading import Reader
from app.bridge.tasks import Ticket
from app.formats import size_text
from app.i18n import translate
from app.location import Location
from engine.types import TreeSize

_KEPT_MAX: Final = 5_000
_WISHES_MAX: Final = 64


class FolderSizes(QObject):
    """See the module.

    Signals:
        changed: Another size is known, or none is shown any more: paint anew.
    """

    changed = Signal()

    def __init__(self, reader: Reader, acting: Acting, parent: QObject) -> None:
        """Args: what counts; who looks; Qt's owner."""
        super().__init__(parent)
        self._reader = reader
        self._known: OrderedDict[Location, TreeSize | None] = OrderedDict()
        self._stale: set[Location] = set()
        self._wishes: list[Location] = []
        self._counting: Location | None = None
        self._ticket: Ticket | None = None
        self._is_shown = False
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._count_next)
        acting.changed.connect(self.forget)

    @property
    def is_shown(self) -> bool:
        """Return whether sizes are wanted."""
        return self._is_shown

    def follow(self, relay: EventRelay) -> None:
        """Forget what has changed, as it happens."""
        relay.folders_changed.connect(self._changed_in)
        relay.buckets_changed.connect(self.forget)
        relay.everything_changed.connect(self.forget)

    def show(self, shown: bool) -> None:
        """Begin or end to show sizes."""
        self._is_shown = shown
        self._wishes.clear()
        self.changed.emit()

    def text(self, folder: Location) -> str:
        """Return what a folder weighs, or that it is being counted; nothing while sizes are not wanted."""
        if not self._is_shown:
            return ""
        if folder not in self._known or folder in self._stale:
            self._wish(folder)
        if folder not in self._known:
            return translate("FolderSizes", "…")
        self._known.move_to_end(folder)
        size = self._known[folder]
        return "—" if size is None else size_text(size.size_bytes)

    def forget(self) -> None:
        """Forget everything that was counted."""
        self._stop()
        self._known.clear()
        self._stale.clear()
        self.changed.emit()

    def _changed_in(self, places: frozenset[Location]) -> None:
        """Count again where something changed; what was counted before is shown until then.

        The folders above a change are among the places; what is told of a whole folder may be about those below it.
        """
        lowest = places - {place.parent for place in places}
        changed = {
            folder for folder in self._known if folder in places or any(place.contains(folder) for place in lowest)
        }
        self._stale |= changed
        if self._counting is not None and (self._counting in places or self._counting in changed):
            again = self._counting
            self._stop()
            self._wish(again)
        if changed:
            self.changed.emit()

    def _wish(self, folder: Location) -> None:
        if folder == self._counting:
            return
        if folder in self._wishes:
            self._wishes.remove(folder)
        self._wishes.append(folder)
        del self._wishes[:-_WISHES_MAX]
        self._soon.start()

    def _count_next(self) -> None:
        if self._counting is not None or not self._wishes or not self._is_shown:
            return
        folder = self._counting = self._wishes.pop()
        self._ticket = self._reader.measure(
            folder.bucket, [folder.prefix], partial(self._take, folder), lambda _: self._take(folder, None), owner=self
        )

    def _take(self, folder: Location, size: TreeSize | None) -> None:
        if folder != self._counting:
            return
        self._counting = self._ticket = None
        self._known[folder] = size
        self._stale.discard(folder)
        while len(self._known) > _KEPT_MAX:
            self._stale.discard(self._known.popitem(last=False)[0])
        self.changed.emit()
        self._count_next()

    def _stop(self) -> None:
        if self._ticket is not None:
            self._ticket.cancel()
        self._counting = self._ticket = None
