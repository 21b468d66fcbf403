"""What clients are told where uploads are scanned."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from engine.config import Settings
from engine.scanning.clamd import ClamdAddress
from engine.secrets import FixedSecrets
from engine.server import StorageServer, bounds
from engine.workspace import open_workspace
from tests.engine.scanning.clamds import BAD, SIGNATURE, FakeClamd, fake_clamd
from tests.server.clients import RawClient, api_client, error_of, eventually
from tests.server.test_tus import PART as TUS_PART
from tests.server.test_tus import TUS, metadata

BEGIN = {**TUS, "upload-length": "10", "upload-metadata": metadata(bucketName="b", objectName="parts")}
PART = {**TUS_PART, "upload-offset": "0"}


@pytest.fixture
def scanned(data_dir: Path) -> Iterator[tuple[httpx.Client, FakeClamd]]:
    """Return a client of a server that scans, with a bucket `b`, and the scanner."""
    with tempfile.TemporaryDirectory(prefix="clamd-") as folder, fake_clamd(Path(folder) / "ctl") as (clamd, address):
        settings = Settings(data_dir, clamd=ClamdAddress.parse(address), scan_max_bytes=1000)
        with open_workspace(settings, FixedSecrets(bytes(32))) as workspace:
            server = StorageServer(workspace)
            server.start()
            with api_client(server, workspace.keys.service_role) as client:
                client.post("/bucket", json={"name": "b"}).raise_for_status()
                yield client, clamd
            server.stop()


def test_the_signature_is_named(scanned: tuple[httpx.Client, FakeClamd]):
    answer = scanned[0].post("/object/b/x", content=BAD)
    assert error_of(answer) == (422, "InfectedContent", "InfectedContent", f"The virus scanner found {SIGNATURE}")
    assert scanned[0].get("/object/b/x").status_code == 404
    form = scanned[0].post("/object/b/x", files={"file": ("x", BAD)})
    assert form.status_code == 422


def test_what_is_too_large_to_scan(scanned: tuple[httpx.Client, FakeClamd]):
    answer = error_of(scanned[0].post("/object/b/x", content=b"x" * 1001))
    assert answer == (
        413, "Payload too large", "EntityTooLarge", "Nothing larger than 1000 bytes is scanned for viruses"
    )  # fmt: skip


def test_without_a_scanner_it_is_the_servers_fault(scanned: tuple[httpx.Client, FakeClamd]):
    scanned[1].answer = b"stream: out of order\0"
    answer = scanned[0].post("/object/b/x", content=b"x")
    assert error_of(answer)[:3] == (503, "InternalError", "InternalError")
    assert answer.headers["retry-after"] == "1"
    assert "clamd" not in answer.text


def test_a_scanner_that_is_slow_stops_nothing_else(scanned: tuple[httpx.Client, FakeClamd], data_dir: Path):
    client, clamd = scanned
    client.post("/object/b/x", content=b"x").raise_for_status()
    clamd.silent = True
    clamd.heard.clear()
    host, port = client.base_url.host, client.base_url.port
    waiting = [RawClient(host, port or 0) for _ in range(bounds.WRITER_THREADS + 4)]
    for number, one in enumerate(waiting):
        one.send(
            f"POST /storage/v1/object/b/slow{number} HTTP/1.1\r\nHost: {host}\r\n"
            f"Authorization: {client.headers['authorization']}\r\nContent-Length: 1\r\n\r\nx".encode()
        )
    assert clamd.heard.wait(20)
    begun = client.post("/upload/resumable", headers=BEGIN).headers["location"]
    assert client.patch(begun, headers=PART, content=b"12345").status_code == 204
    assert client.delete("/object/b/x").status_code == 204
    for one in waiting:
        one.close()
    staging = data_dir / "storage" / ".staging"
    eventually(lambda: not [path for path in staging.rglob("*") if path.is_file() and path.name != ".lock"])
    clamd.done.set()
    assert client.post("/object/list/b", json={"prefix": ""}).json() == []
