"""What the engine says happened, as a few calm signals in the main thread.

Engine threads only add to a set under a lock; the main thread looks at it at most four times a second. Changes made
by another process carry no events: the database's own change counter is polled for these, off the main thread.
"""

from __future__ import annotations

from threading import Lock
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from app.bridge.tasks import Tasks
from app.location import Location
from engine.events import AlarmChanged, OutsideChange, OutsideKind, StorageEvent
from engine.storage import FileStorage

_CALM_MS: Final = 250
_POLL_MS: Final = 1_500
_PLACES_MAX: Final = 500


class EventRelay(QObject):
    """See the module.

    Signals:
        folders_changed: Carries a frozenset of `Location`: folders whose entries changed.
        buckets_changed: Buckets came, went or changed.
        everything_changed: Another process changed something, or too much changed to tell what.
    """

    folders_changed = Signal(object)
    buckets_changed = Signal()
    everything_changed = Signal()
    _poked = Signal()

    def __init__(self, storage: FileStorage, tasks: Tasks, parent: QObject | None = None) -> None:
        """Listen from now on.

        Args:
            storage: The engine.
            tasks: For polling.
            parent: Qt's owner.
        """
        super().__init__(parent)
        self._storage = storage
        self._tasks = tasks
        self._lock = Lock()
        self._places: set[Location] = set()
        self._buckets = False
        self._version: int | None = None
        self._polling = False
        self._calm = QTimer(self, singleShot=True, interval=_CALM_MS)
        self._calm.timeout.connect(self._tell)
        self._poll = QTimer(self, interval=_POLL_MS)
        self._poll.timeout.connect(self._ask_version)
        self._poked.connect(self._start_calm, Qt.ConnectionType.QueuedConnection)
        self._unsubscribe = storage.events.subscribe(self._take)
        self._poll.start()
        self._ask_version()  # before anything is shown: what changes from now on must be noticed

    def close(self) -> None:
        """Stop listening."""
        self._unsubscribe()
        self._poll.stop()
        self._calm.stop()

    def _take(self, event: StorageEvent) -> None:
        """Note an event; called in whatever thread made the change."""
        if isinstance(event, AlarmChanged) or (isinstance(event, OutsideChange) and event.what is OutsideKind.UNSEEN):
            return
        with self._lock:
            quiet = not self._places and not self._buckets
            if event.type.startswith("storage.bucket."):
                self._buckets = True
            elif len(self._places) < _PLACES_MAX:
                self._places.update(_places(event))
        if quiet:
            self._poked.emit()

    @Slot()
    def _start_calm(self) -> None:
        if not self._calm.isActive():
            self._calm.start()

    def _tell(self) -> None:
        with self._lock:
            places, buckets = frozenset(self._places), self._buckets
            self._places.clear()
            self._buckets = False
        if buckets:
            self.buckets_changed.emit()
        if len(places) >= _PLACES_MAX:
            self.everything_changed.emit()
        elif places:
            self.folders_changed.emit(places)

    def _ask_version(self) -> None:
        if not self._polling:
            self._polling = True
            self._tasks.read(lambda _: self._storage.data_version(), self._compare, self._version_failed, owner=self)

    def _compare(self, version: int) -> None:
        self._polling = False
        before, self._version = self._version, version
        if before not in (None, version):
            self.everything_changed.emit()

    def _version_failed(self, _error: Exception) -> None:
        """Leave it to what the person does next to show a database fault; polling must not nag."""
        self._polling = False


def _places(event: StorageEvent) -> tuple[Location, ...]:
    """Return the folders whose entries an event may have changed: the one it happened in and those above."""
    above = event.path.rstrip("/").rpartition("/")
    inside = (Location(event.bucket, event.path),) if event.path.endswith("/") else ()
    return (*Location(event.bucket, above[0] + above[1]).trail, *inside)
