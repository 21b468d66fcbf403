"""Resumable uploads before a scanner that takes longer than their clients wait."""

from __future__ import annotations

import contextlib
import io
import json
import signal
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine.config import Settings
from engine.scanning.clamd import ClamdAddress
from engine.secrets import FixedSecrets
from engine.server import StorageServer, bounds
from engine.workspace import Workspace, open_workspace
from tests.engine.scanning.clamds import BAD, SIGNATURE, FakeClamd, fake_clamd
from tests.server.clients import RawClient, api_client, eventually, fetch
from tests.server.cutting_proxy import cutting_proxy
from tests.server.node import needs_node, run_node_text
from tests.server.test_tus import BASE, DATA, PART, TUS, begun, create, metadata, offset_of, patch, refusal
from tests.server.test_tus_clients import CONTENT, TO, send_half, serving, tus

# tuspy leaves its connections to the garbage collector.
quiet_client = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


@dataclass(frozen=True)
class Scanned:
    """A server that scans, and its scanner."""

    workspace: Workspace
    server: StorageServer
    clamd: FakeClamd
    client: httpx.Client

    @property
    def key(self) -> str:
        return self.workspace.keys.service_role

    def leave_while_scanned(self, url: str, data: bytes = DATA, offset: int = 0) -> None:
        """Send the last bytes, and leave as soon as they are being scanned."""
        self.clamd.heard.clear()
        raw = self.send(url, data, offset)
        assert self.clamd.heard.wait(60)
        raw.close()

    def send(self, url: str, data: bytes = DATA, offset: int = 0) -> RawClient:
        return send_half(self.server.url, self.key, url, offset, data, len(data))

    def parts(self) -> list[str]:
        return self.workspace.housekeeping.premises.backend.list_parts()

    def staged(self) -> list[str]:
        staging = self.workspace.settings.storage_dir / ".staging"
        return [path.name for path in staging.rglob("*") if path.is_file() and path.name != ".lock"]


@pytest.fixture
def scanned(begun_dir: Path) -> Iterator[Scanned]:
    """Return `serving_scanned`."""
    with serving_scanned(begun_dir) as place:
        yield place


@contextlib.contextmanager
def serving_scanned(begun_dir: Path) -> Iterator[Scanned]:
    """Serve a bucket `photos`, with a scanner that thinks until `clamd.free` is set."""
    with (
        tempfile.TemporaryDirectory(prefix="clamd-") as folder,
        fake_clamd(Path(folder) / "ctl") as (clamd, address),
        open_workspace(Settings(begun_dir, clamd=ClamdAddress.parse(address)), FixedSecrets(bytes(32))) as opened,
    ):
        server = StorageServer(opened)
        server.start()
        with api_client(server, opened.keys.service_role) as client:
            client.post("/bucket", json={"name": "photos"}).raise_for_status()
            clamd.free.clear()
            yield Scanned(opened, server, clamd, client)
            clamd.free.set()
        server.stop()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Let nobody who asks wait for a scan, until the patch is undone."""
    monkeypatch.setattr(bounds, "TUS_RESULT_WAIT_S", 0.0)
    return monkeypatch


def head(client: httpx.Client, url: str) -> httpx.Response:
    return client.head(url, headers=TUS)


def test_a_scan_outlives_its_client(scanned: Scanned, at_once: pytest.MonkeyPatch):
    client, url = scanned.client, begun(scanned.client, path="a")
    scanned.leave_while_scanned(url)
    assert head(client, url).status_code == 423
    assert refusal(patch(client, url, 0, DATA)) == (
        423,
        "The upload is being scanned for viruses: ask again how it stands",
    )
    assert client.get("/object/photos/a").status_code == 404
    at_once.undo()
    scanned.clamd.free.set()

    assert offset_of(client, url) == len(DATA)
    assert client.get("/object/photos/a").content == DATA
    assert patch(client, url, len(DATA), b"").headers["upload-offset"] == str(len(DATA))
    assert scanned.clamd.seen == [DATA]
    assert scanned.parts() == []


def test_who_waits_is_answered_when_the_scan_is_over(scanned: Scanned):
    url = begun(scanned.client)
    raw = scanned.send(url)
    assert scanned.clamd.heard.wait(60)
    scanned.clamd.free.set()

    assert raw.answer(has_body=False).status == 204
    raw.close()


def test_what_was_found_is_told_to_whoever_comes_back(scanned: Scanned, at_once: pytest.MonkeyPatch):
    client, data = scanned.client, BAD * 100
    url = begun(client, len(data), path="a")
    patch(client, url, 0, data[:1000]).raise_for_status()
    scanned.leave_while_scanned(url, data[1000:], 1000)
    assert head(client, url).status_code == 423
    at_once.undo()
    scanned.clamd.free.set()

    # The place of before, so that clients send on and are told; many take an error here for one to begin anew.
    assert offset_of(client, url) == 1000
    for _ in range(2):
        assert refusal(patch(client, url, 1000, data[1000:])) == (422, f"The virus scanner found {SIGNATURE}")
    assert len(scanned.clamd.seen) == 1
    assert client.get("/object/photos/a").status_code == 404
    assert client.delete(url, headers=TUS).status_code == 204
    assert head(client, url).status_code == 404


def test_a_scanner_that_fails_lets_the_last_bytes_be_sent_again(scanned: Scanned):
    client, url = scanned.client, begun(scanned.client, path="a")
    patch(client, url, 0, DATA[:1000]).raise_for_status()
    scanned.clamd.answer = b"stream: out of order\0"
    scanned.leave_while_scanned(url, DATA[1000:], 1000)
    scanned.clamd.free.set()

    assert offset_of(client, url) == 1000
    assert refusal(patch(client, url, 1000, DATA[1000:]))[0] == 503
    scanned.clamd.answer = None
    assert patch(client, url, 1000, DATA[1000:]).status_code == 204
    assert client.get("/object/photos/a").content == DATA


def test_who_ends_an_upload_ends_its_scan(scanned: Scanned):
    client, url = scanned.client, begun(scanned.client, path="a")
    scanned.leave_while_scanned(url)

    assert client.delete(url, headers=TUS).status_code == 204
    assert scanned.parts() == scanned.staged() == []
    scanned.clamd.free.set()
    assert head(client, url).status_code == 404
    assert client.get("/object/photos/a").status_code == 404


@pytest.fixture
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a server scan one content after the other."""
    monkeypatch.setattr(bounds, "SCAN_THREADS", 1)


@pytest.mark.usefixtures("one_thread")
def test_one_that_waits_for_its_turn_can_be_ended_at_once(begun_dir: Path):
    with serving_scanned(begun_dir) as scanned:
        client = scanned.client
        first, second = begun(client, path="a"), begun(client, path="b")
        scanned.leave_while_scanned(first)
        waiting = scanned.send(second)
        eventually(lambda: len(scanned.workspace.storage.resumable.finishing(9)) == 2)

        assert client.delete(second, headers=TUS).status_code == 204
        assert scanned.parts() == [first.rpartition("/")[2]]
        waiting.close()
        scanned.clamd.free.set()
        assert offset_of(client, first) == len(DATA)
        assert scanned.clamd.seen == [DATA]


def test_a_server_that_stops_takes_it_up_again(scanned: Scanned):
    url = begun(scanned.client, path="a")
    scanned.leave_while_scanned(url)
    scanned.server.stop(60)
    assert scanned.staged() == []
    assert scanned.parts() == [url.rpartition("/")[2]]
    scanned.clamd.free.set()
    scanned.server.start()

    with api_client(scanned.server, scanned.key) as again:
        eventually(lambda: again.get("/object/photos/a").status_code == 200)
        assert again.get("/object/photos/a").content == DATA
        assert offset_of(again, f"{BASE}/{url.rpartition('/')[2]}") == len(DATA)


def test_so_many_are_scanned_at_once_and_the_others_follow(scanned: Scanned, at_once: pytest.MonkeyPatch):
    at_once.setattr(bounds, "TUS_FINISHING_MAX", 1)
    client = scanned.client
    urls = [begun(client, path=f"n/{number}") for number in range(3)]
    scanned.leave_while_scanned(urls[0])
    for url in urls[1:]:
        waits = "The upload waits to be scanned for viruses: ask again how it stands"
        assert refusal(patch(client, url, 0, DATA)) == (423, waits)
        assert head(client, url).status_code == 423
    scanned.clamd.free.set()

    for number in range(3):
        eventually(lambda number=number: client.get(f"/object/photos/n/{number}").status_code == 200)
    assert [offset_of(client, url) for url in urls] == [len(DATA)] * 3
    assert scanned.clamd.seen == [DATA] * 3


class TestAtTheCreation:
    def test_a_client_is_told_where_to_ask(self, scanned: Scanned, at_once: pytest.MonkeyPatch):
        client = scanned.client
        created = create(client, path="a", headers=PART, content=DATA)
        assert (created.status_code, created.headers["upload-offset"]) == (201, "0")
        assert patch(client, created.headers["location"], 0, DATA).status_code == 423
        at_once.undo()
        scanned.clamd.free.set()

        assert offset_of(client, created.headers["location"]) == len(DATA)
        assert client.get("/object/photos/a").content == DATA

    def test_one_who_leaves_before_that_leaves_nothing(self, scanned: Scanned):
        raw = RawClient(scanned.server.host, scanned.server.port)
        fields = [f"{name}: {value}" for name, value in {**PART, "upload-length": "5000"}.items()]
        said = f"Upload-Metadata: {metadata(bucketName='photos', objectName='a')}"
        raw.head("POST /storage/v1/upload/resumable", *fields, said, "Content-Length: 5000", token=scanned.key)
        raw.send(DATA)
        assert scanned.clamd.heard.wait(60)
        raw.close()

        eventually(lambda: not scanned.parts() and not scanned.staged())
        scanned.clamd.free.set()
        assert scanned.client.get("/object/photos/a").status_code == 404


def cut_while_scanned(scanned: Scanned, run: Callable[[str], Any]) -> Any:
    """Run a client whose connection breaks while its upload is scanned; the scan is over once it asks again."""
    with cutting_proxy(scanned.server.url) as proxy, ThreadPoolExecutor(1) as client:
        ending = client.submit(run, proxy.url)
        try:
            assert scanned.clamd.heard.wait(60)
            proxy.cut()
            eventually(lambda: any(one.method == "HEAD" for one in scanned.server.recent_requests()) or ending.done())
        finally:
            scanned.clamd.free.set()
        return ending.result(60)


@quiet_client
def test_tuspy_whose_connection_breaks(scanned: Scanned, at_once: pytest.MonkeyPatch):
    def upload(url: str) -> None:
        client = tus(url, scanned.key)
        client.uploader(
            file_stream=io.BytesIO(CONTENT), chunk_size=200_000, metadata=TO, retries=1000, retry_delay=0.01
        ).upload()

    cut_while_scanned(scanned, upload)

    assert scanned.client.get("/object/photos/films/ü.bin").content == CONTENT
    assert scanned.clamd.seen == [CONTENT]


_TUS_JS = """
import { text } from 'node:stream/consumers'
import * as tus from 'tus-js-client'
const { url, key, content } = JSON.parse(await text(process.stdin))
const result = await new Promise((resolve) => new tus.Upload(Buffer.from(content, 'latin1'), {
  endpoint: `${url}/storage/v1/upload/resumable`,
  headers: { Authorization: `Bearer ${key}` },
  chunkSize: 3000,
  retryDelays: Array(1000).fill(10),
  metadata: { bucketName: 'photos', objectName: 'a' },
  onSuccess: () => resolve({ status: 204 }),
  onError: (error) => resolve({ status: error.originalResponse?.getStatus(), text: error.originalResponse?.getBody() }),
}).start())
process.stdout.write(JSON.stringify(result))
"""


@needs_node
@pytest.mark.parametrize("is_clean", [True, False])
def test_tus_js_client_whose_connection_breaks(scanned: Scanned, at_once: pytest.MonkeyPatch, is_clean: bool):
    content = (b"clean" if is_clean else BAD) * 1000

    def upload(url: str) -> dict[str, Any]:
        said = {"url": url, "key": scanned.key, "content": content.decode()}
        return json.loads(run_node_text(_TUS_JS, json.dumps(said)))

    told = cut_while_scanned(scanned, upload)

    if is_clean:
        assert told == {"status": 204}
        assert scanned.client.get("/object/photos/a").content == content
    else:
        assert told == {"status": 422, "text": f"The virus scanner found {SIGNATURE}"}
    assert scanned.clamd.seen == [content]


@quiet_client
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_server_that_is_killed_within_a_scan(begun_dir: Path):
    with tempfile.TemporaryDirectory(prefix="clamd-") as folder, fake_clamd(Path(folder) / "ctl") as (clamd, address):
        clamd.free.clear()
        with serving(begun_dir, address) as (url, key):
            api = {"authorization": f"Bearer {key}"}
            fetch(f"{url}/storage/v1/bucket", "POST", json={"name": "photos"}, headers=api).raise_for_status()
            uploader = tus(url, key).uploader(file_stream=io.BytesIO(CONTENT), chunk_size=100_000, metadata=TO)
            uploader.upload(stop_at=200_000)
            raw = send_half(url, key, uploader.url, 200_000, CONTENT[200_000:], 100_000)
            assert clamd.heard.wait(60)
        raw.close()
        clamd.free.set()

        with serving(begun_dir, address) as (url, key):
            stored = f"{url}/storage/v1/object/photos/films/ü.bin"
            eventually(lambda: fetch(stored, headers=api).status_code == 200)
            assert fetch(stored, headers=api).content == CONTENT
            location = f"{url}/{uploader.url.split('/', 3)[3]}"
            again = tus(url, key).uploader(file_stream=io.BytesIO(CONTENT), chunk_size=100_000, url=location)
            assert again.offset == len(CONTENT)
        assert clamd.seen == [CONTENT, CONTENT]
    assert list((begun_dir / "storage" / ".parts").iterdir()) == []
