"""What changed, told in-process to whoever listens.

Invariants: an event is published after its change is committed, in the thread that made the change. Listeners
must return fast (hand the event over to their own thread) and never make the change's caller fail.

Source: specification, "With Real-Time (Phase 10)".
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

_logger = logging.getLogger(__name__)


class ChangeKind(StrEnum):
    """What an event is about."""

    BUCKETS = "buckets"
    OBJECTS = "objects"
    ALARMS = "alarms"
    ACCESS = "access"


class EventType(StrEnum):
    """The names of everything that can happen."""

    OBJECT_CREATED = "storage.object.created"
    OBJECT_UPDATED = "storage.object.updated"
    OBJECT_DELETED = "storage.object.deleted"
    OBJECT_MOVED = "storage.object.moved"
    OBJECT_CHANGED_OUTSIDE = "storage.object.changed-outside"
    BUCKET_CREATED = "storage.bucket.created"
    BUCKET_UPDATED = "storage.bucket.updated"
    BUCKET_DELETED = "storage.bucket.deleted"
    ACCESS_CHANGED = "storage.access.changed"
    ALARM_RAISED = "storage.alarm.raised"
    ALARM_ENDED = "storage.alarm.ended"


@dataclass(frozen=True, slots=True)
class StorageEvent:
    """One committed change.

    Attributes:
        type: One of `EventType`'s texts.
        bucket_id: UUID of the bucket.
        bucket: Its name.
        path: The object; the common folder prefix with its trailing `/` for a bulk change; `""` for a bucket.
        owner_id: Owner of what changed, or None.
        timestamp: When, aware, in UTC.
        count: Objects that the change is about.
    """

    type: str
    bucket_id: str
    bucket: str
    path: str
    owner_id: str | None
    timestamp: datetime
    count: int = 1

    @property
    def kind(self) -> ChangeKind:
        """Return what it is about."""
        if self.type.startswith("storage.alarm."):
            return ChangeKind.ALARMS
        if self.type is EventType.ACCESS_CHANGED:
            return ChangeKind.ACCESS
        return ChangeKind.BUCKETS if self.type.startswith("storage.bucket.") else ChangeKind.OBJECTS


class OutsideKind(StrEnum):
    """What another program did in the storage folder."""

    EDITED = "edited"
    ADDED = "added"
    DELETED = "deleted"
    UNSEEN = "unseen"
    """It may have done something: not every folder can be watched."""


@dataclass(frozen=True, slots=True)
class OutsideChange(StorageEvent):
    """What another program did to one object's file. Where it is taken in, the usual event was published before.

    Attributes:
        what: What it did.
        taken_in: Whether the object follows; else it is only told of.
        reason: Why it does not follow although it should; empty where it is not meant to, or does.
    """

    what: OutsideKind = OutsideKind.EDITED
    taken_in: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AlarmChanged(StorageEvent):
    """The store needs somebody, or no longer; about no bucket and no object.

    Attributes:
        name: Of the alarm.
        summary: One sentence for people.
    """

    name: str = ""
    summary: str = ""

    @property
    def is_raised(self) -> bool:
        """Return whether it has just been raised; else it has ended."""
        return self.type == EventType.ALARM_RAISED


Listener = Callable[[StorageEvent], None]


class EventBus:
    """Hands every event to every listener, in the order of subscription. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: dict[object, Listener] = {}

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Add a listener; the same function may be added more than once.

        Args:
            listener: Called with each event in the publisher's thread; may subscribe, unsubscribe and publish.

        Returns:
            A function that takes this subscription back; calling it again changes nothing.
        """
        subscription = object()
        with self._lock:
            self._listeners[subscription] = listener

        def unsubscribe() -> None:
            with self._lock:
                self._listeners.pop(subscription, None)

        return unsubscribe

    def publish(self, event: StorageEvent) -> None:
        """Call every listener with `event`; one that fails is logged, and the others still hear of it.

        Args:
            event: The committed change.
        """
        with self._lock:
            listeners = tuple(self._listeners.values())
        for listener in listeners:
            try:
                listener(event)
            except Exception:
                _logger.exception("a listener failed on %s", event.type)
