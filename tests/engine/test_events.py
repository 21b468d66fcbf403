"""The in-process bus: every listener hears every event, whatever the others do."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from engine.events import ChangeKind, EventBus, EventType, StorageEvent


def an_event(event_type: str = EventType.OBJECT_CREATED, path: str = "a/b.txt") -> StorageEvent:
    return StorageEvent(
        type=event_type,
        bucket_id="8b6f5a52-1d5c-4d8e-8f7e-5d2f0c3b9a11",
        bucket="photos",
        path=path,
        owner_id=None,
        timestamp=datetime(2026, 1, 2, tzinfo=UTC),
    )


def test_listeners_are_called_in_the_publishers_thread_in_order_of_subscription() -> None:
    bus, heard = EventBus(), []
    bus.subscribe(lambda event: heard.append(("first", event, threading.get_ident())))
    bus.subscribe(lambda event: heard.append(("second", event, threading.get_ident())))
    event = an_event()

    bus.publish(event)

    assert heard == [("first", event, threading.get_ident()), ("second", event, threading.get_ident())]


def test_a_failing_listener_is_logged_and_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    bus, heard = EventBus(), []

    def fail(_event: StorageEvent) -> None:
        raise RuntimeError("listener out of order")

    bus.subscribe(fail)
    bus.subscribe(heard.append)
    with caplog.at_level(logging.ERROR, logger="engine.events"):
        bus.publish(an_event())

    assert heard == [an_event()]
    assert "storage.object.created" in caplog.text
    assert "listener out of order" in caplog.text


def test_unsubscribing_twice_takes_back_only_its_own_subscription() -> None:
    bus, heard = EventBus(), []
    first = bus.subscribe(heard.append)
    bus.subscribe(heard.append)

    first()
    first()
    bus.publish(an_event())

    assert heard == [an_event()]


def test_a_listener_may_unsubscribe_itself_and_publish_again() -> None:
    bus, heard = EventBus(), []
    take_back: list[Callable[[], None]] = []

    def once(event: StorageEvent) -> None:
        take_back[0]()
        heard.append(event.path)
        bus.publish(an_event(path="again"))

    take_back.append(bus.subscribe(once))
    bus.subscribe(lambda event: heard.append(event.path))
    bus.publish(an_event(path="one"))

    assert heard == ["one", "again", "one"]


KINDS = {
    "object": ChangeKind.OBJECTS, "bucket": ChangeKind.BUCKETS, "alarm": ChangeKind.ALARMS, "access": ChangeKind.ACCESS,
}  # fmt: skip


@pytest.mark.parametrize(
    ("event_type", "kind"),
    [(event_type, KINDS[event_type.split(".")[1]]) for event_type in EventType],
)
def test_the_kind_names_what_it_is_about(event_type: EventType, kind: ChangeKind) -> None:
    assert an_event(event_type).kind is kind


def test_subscriptions_from_many_threads_all_count() -> None:
    bus, heard = EventBus(), []
    workers = [threading.Thread(target=lambda: bus.subscribe(heard.append)) for _ in range(16)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    bus.publish(an_event())

    assert len(heard) == 16
