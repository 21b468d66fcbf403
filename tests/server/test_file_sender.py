"""Large answers come whole by every way they can take: from the page cache, from the disk, through this process."""

from __future__ import annotations

import contextlib
import errno
import os
import random
from collections.abc import Callable

import httpx
import pytest

from engine.server import StorageServer, bounds, file_sender
from engine.workspace import Workspace
from tests.server.clients import RawClient, error_of, eventually

CONTENT = random.Random(5).randbytes(5_000_001)


@pytest.fixture
def large(api: httpx.Client, photos: str) -> str:
    """Store a large object and return its address."""
    api.post(f"/object/{photos}/large", content=CONTENT).raise_for_status()
    return f"/object/{photos}/large"


def _not_cached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_sender, "_is_cached", lambda *_: False)


def _no_nowait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_sender, "_NOWAIT", 0)


def _unsuited(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise OSError(errno.EINVAL, "not this file")

    monkeypatch.setattr(os, "sendfile", refuse)


def _unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sendfile")


def _tiny_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    send = os.sendfile
    monkeypatch.setattr(os, "sendfile", lambda out, fd, start, count: send(out, fd, start, min(count, 70_001)))


@pytest.mark.skipif(not hasattr(os, "sendfile"), reason="no sendfile here")
@pytest.mark.parametrize("change", [None, _not_cached, _no_nowait, _unsuited, _unknown, _tiny_steps])
def test_every_way_sends_the_same(
    api: httpx.Client, large: str, monkeypatch: pytest.MonkeyPatch, change: Callable[[pytest.MonkeyPatch], None] | None
):
    if change is not None:
        change(monkeypatch)
    for _ in range(2):
        assert api.get(large).content == CONTENT
        assert api.get(large, headers={"range": "bytes=1234567-4000000"}).content == CONTENT[1234567:4000001]


def test_the_connection_is_kept_and_the_log_knows_the_size(
    raw: Callable[[], RawClient], large: str, workspace: Workspace, server: StorageServer
):
    client = raw()
    for _ in range(3):
        client.head(f"GET /storage/v1{large}", token=workspace.keys.service_role)
        assert client.answer().body == CONTENT
    client.head("GET /storage/v1/health")
    assert client.answer().json() == {"healthy": True}
    sizes = [record.size_bytes for record in server.recent_requests() if record.path.endswith("/large")]
    assert sizes[-3:] == [len(CONTENT)] * 3


def test_a_client_that_wants_the_connection_closed(raw: Callable[[], RawClient], large: str, workspace: Workspace):
    client = raw()
    client.head(f"GET /storage/v1{large}", "Connection: close", token=workspace.keys.service_role)
    assert client.answer().body == CONTENT
    assert client.is_closed()


def test_a_fault_of_the_disk_cuts_the_answer(
    raw: Callable[[], RawClient],
    large: str,
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    def fail(*_: object) -> int:
        raise OSError(errno.EIO, "the disk is ill")

    monkeypatch.setattr(os, "sendfile", fail)
    client = raw()
    client.head(f"GET /storage/v1{large}", token=workspace.keys.service_role)
    assert client.answer_head()[0] == 200
    with contextlib.suppress(ConnectionError):
        assert client.read(1) == b""
    eventually(lambda: "the disk is ill" in caplog.text)


def test_a_file_cut_short_is_noticed_before_the_answer_begins(api: httpx.Client, large: str, workspace: Workspace):
    (stored,) = workspace.settings.storage_dir.glob("*/large")
    with stored.open("r+b") as file:
        file.truncate(100)
    assert error_of(api.get(large))[0] == 500


@pytest.mark.parametrize("change", [None, _unknown])
def test_a_client_that_asked_on_and_left_is_not_sent_to(
    raw: Callable[[], RawClient],
    api: httpx.Client,
    photos: str,
    workspace: Workspace,
    server: StorageServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    change: Callable[[pytest.MonkeyPatch], None] | None,
):
    if change is not None:
        change(monkeypatch)
    api.post(f"/object/{photos}/huge", content=bytes(48 << 20)).raise_for_status()
    client = raw()
    for _ in range(3):
        client.head(f"GET /storage/v1/object/{photos}/huge", token=workspace.keys.service_role)
    assert client.answer_head()[0] == 200
    client.close()

    def sizes() -> list[int]:
        return [record.size_bytes for record in server.recent_requests() if record.method == "GET"]

    eventually(sizes)
    assert sizes()[0] < 48 << 20
    assert caplog.records == []


def test_many_slow_readers_at_once(raw: Callable[[], RawClient], large: str, workspace: Workspace):
    clients = [raw() for _ in range(8)]
    for client in clients:
        client.head(f"GET /storage/v1{large}", token=workspace.keys.service_role)
    for client in clients:
        assert client.answer_head()[0] == 200
    received = [b""] * len(clients)
    while len(received[0]) < len(CONTENT):
        count = min(bounds.READ_CHUNK_BYTES, len(CONTENT) - len(received[0]))
        received = [so_far + client.read(count) for so_far, client in zip(received, clients, strict=True)]
    assert all(content == CONTENT for content in received)
