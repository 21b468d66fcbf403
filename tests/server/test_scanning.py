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
from engine.server import StorageServer
from engine.workspace import open_workspace
from tests.engine.scanning.clamds import BAD, SIGNATURE, FakeClamd, fake_clamd
from tests.server.clients import api_client, error_of


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
