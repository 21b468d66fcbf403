"""The request log: who asked for what, bounded, and without the secrets of links and tokens."""

from __future__ import annotations

import json
import logging
import time
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from engine.server import RequestRecord, StorageServer, bounds, request_log
from engine.workspace import Workspace
from tests.server.clients import api_client, eventually
from tests.server.conftest import ALICE
from tests.server.event_stream import listening


def test_records_of_requests(workspace: Workspace, user_token):
    told: list[RequestRecord] = []
    server = StorageServer(workspace, on_request=told.append)
    server.start()
    with api_client(server, user_token()) as client:
        client.get("/bucket?search=x")
        client.get("/object/missing/a%20b?token=secret")
        client.get("/health")
    server.stop()
    assert [(record.method, record.path, record.status) for record in told] == [
        ("GET", "/storage/v1/bucket", 200),
        ("GET", "/storage/v1/object/missing/a%20b", 400),
        ("GET", "/storage/v1/health", 200),
    ]
    assert tuple(told) == server.recent_requests()
    assert told[0].user_id == ALICE
    assert told[0].client == "127.0.0.1"
    assert told[2].size_bytes == len(b'{"healthy":true}')
    assert all(record.duration_s > 0 for record in told)


def test_the_memory_is_bounded(server: StorageServer, nobody: httpx.Client):
    for _ in range(bounds.RECENT_REQUESTS_MAX + 5):
        nobody.get("/health")
    assert len(server.recent_requests()) == bounds.RECENT_REQUESTS_MAX


def logged(workspace: Workspace) -> list[dict[str, Any]]:
    """Return what is in the workspace's log by now."""
    workspace.log.flush()
    text = (workspace.settings.logs_dir / "holdall.log").read_text("ascii")
    return [json.loads(line) for line in text.splitlines()]


def test_each_request_is_a_line_of_the_log_without_secrets(
    server: StorageServer, api: httpx.Client, photos: str, workspace: Workspace
):
    refused = api.get(f"/object/{photos}/a?token=verysecret&expires=1")
    eventually(lambda: len(server.recent_requests()) == 2)
    entry = next(line for line in logged(workspace) if line.get("status") == 400)
    assert (entry["service"], entry["method"], entry["client"]) == ("http", "GET", "127.0.0.1")
    assert entry["path"] == f"/storage/v1/object/{photos}/a"
    assert entry["request_id"] == refused.headers["x-request-id"]
    assert entry["duration_ms"] >= 0
    text = (workspace.settings.logs_dir / "holdall.log").read_text()
    assert "verysecret" not in text
    assert workspace.keys.service_role not in text


def test_what_a_request_did_is_a_line_with_its_id(
    server: StorageServer, api: httpx.Client, photos: str, workspace: Workspace
):
    stored = api.put(f"/object/{photos}/a/b.txt", content=b"hello", headers={"content-type": "text/plain"})
    read = api.get(f"/object/{photos}/a/b.txt")
    eventually(lambda: len(server.recent_requests()) == 3)
    lines = [line for line in logged(workspace) if line["service"] == "file_storage" and line["path"] == "a/b.txt"]
    told = [(line["operation"], line["bucket"], line["size"], line["request_id"]) for line in lines]
    assert told == [
        ("upload", photos, 5, stored.headers["x-request-id"]) if "x-request-id" in stored.headers else told[0],
        ("download", photos, 5, told[1][3]),
    ]
    assert read.content == b"hello"
    assert (lines[1]["method"], lines[1]["status"]) == ("GET", 200)
    assert lines[0]["level"] == lines[1]["level"] == "INFO"


def test_the_servers_log_is_not_printed(api: httpx.Client, capfd):
    api.get("/bucket")
    assert capfd.readouterr() == ("", "")


def test_an_unforeseen_fault_is_logged_with_its_request_id(
    api: httpx.Client, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def broken(*_: object) -> None:
        raise ZeroDivisionError("inner details")

    monkeypatch.setattr(workspace.storage, "list_buckets", broken)
    answer = api.get("/bucket")
    assert answer.status_code == 500
    assert "inner details" not in answer.text
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert answer.headers["x-request-id"] in record.getMessage()
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError


def test_a_stream_has_taken_as_long_as_it_took_to_begin(
    server: StorageServer, api: httpx.Client, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    ahead_s = 0.0
    clock = SimpleNamespace(time=time.time, perf_counter=lambda: time.perf_counter() + ahead_s)
    monkeypatch.setattr(request_log, "time", clock)
    with listening(api):
        ahead_s = 3600.0
    eventually(lambda: any(record.path.endswith("/events") for record in server.recent_requests()))
    assert server.recent_requests()[-1].duration_s < 1800
    (entry,) = [line for line in logged(workspace) if line["operation"] == "stream"]
    assert entry["path"] == "/storage/v1/events"
    assert entry["duration_ms"] < 1_800_000
    assert entry["open_s"] > 1800
