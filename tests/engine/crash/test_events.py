"""Who listens while servers are killed amid their commits, and comes again, hears of every commit exactly once."""

from __future__ import annotations

import itertools
import os
import random
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine.failpoints import Failpoint
from engine.outbox import Wanted
from engine.server import StorageServer
from engine.workspace import Workspace
from tests.engine.crash.load import SERVICE
from tests.engine.crash.record import Nursery, Record, nursery_opened, opened
from tests.engine.outbox.replica import Replica
from tests.server.clients import eventually
from tests.server.event_stream import EventStream

POINTS = (
    Failpoint.COMMIT_WRITTEN,
    Failpoint.COMMIT_DONE,
    Failpoint.COMMIT_WRITTEN,
    Failpoint.PUBLISHED,
    Failpoint.COMMIT_DONE,
    Failpoint.BUCKET_CREATED,
)
RUNS_MAX = 6
"""Not every load comes to every step; one that ends well is heard of like any other."""

PAUSE_S = 0.02

pytestmark = [
    pytest.mark.campaign,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="the nursery forks"),
]


class Listener(threading.Thread):
    """Listens, and comes again whenever the server is gone."""

    def __init__(self, port: int, key: str) -> None:
        super().__init__()
        self._url = f"http://127.0.0.1:{port}/storage/v1"
        self._key = key
        self._ended = threading.Event()
        self.heard: list[dict[str, Any]] = []
        self.last_id = 0
        self.connections = 0

    def run(self) -> None:
        """Listen until told to end."""
        with httpx.Client(base_url=self._url, headers={"authorization": f"Bearer {self._key}"}, timeout=20) as client:
            while not self._ended.is_set():
                try:
                    self._listen(client)
                except httpx.TransportError:
                    time.sleep(PAUSE_S)

    def end(self) -> None:
        """End with the stream that is open."""
        self._ended.set()

    def _listen(self, client: httpx.Client) -> None:
        with client.stream("GET", "/events", headers={"last-event-id": str(self.last_id)}) as response:
            assert response.status_code == 200
            self.connections += 1
            for event in EventStream(response).begin():
                self.heard.append(event)
                self.last_id = event["id"]


@pytest.fixture(scope="module")
def serving() -> Iterator[Nursery]:
    """Start a nursery of servers."""
    with nursery_opened(Path(__file__).with_name("listening_nursery.py")) as started:
        yield started


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_every_commit_is_heard_of_exactly_once(serving: Nursery, record: Record) -> None:
    port, chosen = free_port(), random.Random(6)
    with opened(record.data_dir) as workspace:
        listeners = [Listener(port, workspace.keys.service_role) for _ in range(2)]
    for listener in listeners:
        listener.start()
    try:
        seeds = itertools.count()
        for point in POINTS:
            kill = {"point": point, "count": 1 if point is Failpoint.BUCKET_CREATED else chosen.randint(1, 9)}
            plans = (record.plan(seed, port=port, kill=kill) for seed in itertools.islice(seeds, RUNS_MAX))
            assert any(serving.wait(serving.start(plan)) == -signal.SIGKILL for plan in plans), point
        with opened(record.data_dir) as workspace:
            server = StorageServer(workspace, port=port)
            server.start()
            newest = workspace.storage.outbox.newest()
            eventually(lambda: all(listener.last_id == newest for listener in listeners))
            for listener in listeners:
                listener.end()
            server.stop()
            for listener in listeners:
                listener.join()
            check(workspace, listeners)
    finally:
        for listener in listeners:
            listener.end()
            listener.join()


def check(workspace: Workspace, listeners: list[Listener]) -> None:
    """Hold what was heard against what was written down, and that against what there is."""
    ids: list[int] = []
    after, more = 0, True
    while more:
        (page,) = workspace.storage.outbox.read([Wanted(after, SERVICE)])
        ids += [event.id for event in page.events]
        after, more = page.last_id, page.more
    for listener in listeners:
        assert listener.connections > 1
        assert [event["id"] for event in listener.heard] == ids
        replica = Replica()
        replica.take(
            (
                event["type"],
                event["bucket_id"],
                event.get("path", ""),
                event.get("old_bucket_id"),
                event.get("old_path"),
            )
            for event in listener.heard
        )
        replica.check(workspace.storage)
