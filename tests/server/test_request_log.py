"""The request log: who asked for what, bounded, and without the secrets of links and tokens."""

from __future__ import annotations

import json
import logging

import httpx
import pytest

from engine.server import RequestRecord, StorageServer, bounds
from engine.workspace import Workspace
from tests.server.clients import api_client, eventually
from tests.server.conftest import ALICE


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


def test_the_access_log_is_json_without_secrets(
    server: StorageServer, api: httpx.Client, photos: str, caplog: pytest.LogCaptureFixture, workspace: Workspace
):
    with caplog.at_level(logging.INFO, logger="holdall.access"):
        refused = api.get(f"/object/{photos}/a?token=verysecret&expires=1")
        eventually(lambda: len(server.recent_requests()) == 2)
    lines = [record.getMessage() for record in caplog.records if record.name == "holdall.access"]
    entry = json.loads(lines[-1])
    assert (entry["method"], entry["path"], entry["status"]) == ("GET", f"/storage/v1/object/{photos}/a", 400)
    assert entry["request_id"] == refused.headers["x-request-id"]
    assert entry["duration_ms"] >= 0
    assert "verysecret" not in caplog.text
    assert workspace.keys.service_role not in caplog.text


def test_the_access_log_is_off_by_default(api: httpx.Client, caplog: pytest.LogCaptureFixture, capfd):
    api.get("/bucket")
    assert [record for record in caplog.records if record.name == "holdall.access"] == []
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
