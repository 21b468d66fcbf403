"""`tuspy`, as it comes, against the server: whole uploads, broken ones, and a server that is killed."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError, TusUploadFailed
from tusclient.storage.filestorage import FileStorage as RememberedUrls

from engine.limits import MIB
from engine.server import StorageServer
from engine.workspace import Workspace
from tests.server.clients import RawClient, eventually

# tuspy leaves its connections to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")

CONTENT = random.Random(7).randbytes(300_000)
TO = {"bucketName": "photos", "objectName": "films/ü.bin", "contentType": "video/x-film", "cacheControl": "60"}
CHILD = Path(__file__).with_name("serving_child.py")


def tus(url: str, key: str, words: str = "upload/resumable") -> TusClient:
    return TusClient(f"{url}/storage/v1/{words}", headers={"Authorization": f"Bearer {key}"})


@pytest.fixture
def client(server: StorageServer, workspace: Workspace, photos: str) -> TusClient:
    """Return tuspy's client with the service key."""
    return tus(server.url, workspace.keys.service_role)


def test_an_upload_in_chunks(client: TusClient, api: httpx.Client):
    uploader = client.uploader(file_stream=io.BytesIO(CONTENT), chunk_size=70_000, metadata=TO)
    uploader.upload()

    stored = api.get("/object/photos/films/ü.bin")
    assert stored.content == CONTENT
    assert (stored.headers["content-type"], stored.headers["cache-control"]) == ("video/x-film", "max-age=60")


def test_an_upload_in_chunks_with_checksums(client: TusClient, api: httpx.Client):
    client.uploader(file_stream=io.BytesIO(CONTENT), chunk_size=100_000, metadata=TO, upload_checksum=True).upload()

    assert api.get("/object/photos/films/ü.bin").content == CONTENT


def test_an_asynchronous_upload(client: TusClient, api: httpx.Client):
    uploader = client.async_uploader(file_stream=io.BytesIO(CONTENT), chunk_size=200_000, metadata=TO)
    asyncio.run(uploader.upload())

    assert api.get("/object/photos/films/ü.bin").content == CONTENT


def test_an_upload_that_another_process_of_the_client_goes_on_with(
    client: TusClient, api: httpx.Client, tmp_path: Path
):
    source, urls = tmp_path / "source", str(tmp_path / "urls")
    source.write_bytes(CONTENT)
    known = {"file_path": str(source), "chunk_size": 100_000, "metadata": TO, "store_url": True}
    with contextlib.closing(RememberedUrls(urls)) as remembered:
        client.uploader(**known, url_storage=remembered).upload_chunk()

    with contextlib.closing(RememberedUrls(urls)) as remembered:
        again = client.uploader(**known, url_storage=remembered)
        assert again.offset == 100_000
        again.upload()

    assert api.get("/object/photos/films/ü.bin").content == CONTENT


def test_a_token_to_upload(server: StorageServer, alice: httpx.Client, photos: str):
    token = alice.post("/object/upload/sign/photos/films/ü.bin").json()["token"]
    signed = TusClient(f"{server.url}/storage/v1/upload/resumable/sign", headers={"x-signature": token})
    signed.uploader(file_stream=io.BytesIO(CONTENT), chunk_size=100_000, metadata=TO).upload()

    assert alice.get("/object/photos/films/ü.bin").content == CONTENT


def test_what_is_refused(client: TusClient, api: httpx.Client, server: StorageServer):
    with pytest.raises(TusCommunicationError) as refused:
        tus(server.url, "nonsense").uploader(file_stream=io.BytesIO(b"x"), metadata=TO).upload()
    assert refused.value.status_code == 403
    late = client.uploader(file_stream=io.BytesIO(CONTENT), chunk_size=200_000, metadata=TO)
    late.upload_chunk()
    api.post("/object/photos/films/ü.bin", content=b"first").raise_for_status()
    with pytest.raises(TusUploadFailed) as taken:
        late.upload_chunk()
    assert (taken.value.status_code, taken.value.response_content) == (409, b"The resource already exists")
    with pytest.raises(TusCommunicationError) as taken_early:
        client.uploader(file_stream=io.BytesIO(CONTENT), metadata=TO).upload()
    assert taken_early.value.status_code == 409


@contextmanager
def serving(data_dir: Path, *clamd: str) -> Iterator[tuple[str, str]]:
    """Run a server in a process of its own, perhaps with a scanner, and kill it; yield its address and service key."""
    with subprocess.Popen(
        [sys.executable, str(CHILD), str(data_dir), *clamd], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        try:
            url, key = child.stdout.readline().split()
            yield url, key
        finally:
            os.kill(child.pid, signal.SIGKILL)


def send_half(url: str, key: str, location: str, offset: int, data: bytes, length: int) -> RawClient:
    host, _, port = url.removeprefix("http://").partition(":")
    raw = RawClient(host, int(port))
    fields = ["Tus-Resumable: 1.0.0", "Content-Type: application/offset+octet-stream", f"Upload-Offset: {offset}"]
    raw.head(f"PATCH /{location.split('/', 3)[3]}", *fields, f"Content-Length: {length}", token=key)
    raw.send(data)
    return raw


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_server_that_is_killed_within_a_chunk(data_dir: Path):
    content = random.Random(8).randbytes(6 * MIB)
    with serving(data_dir) as (url, key):
        api = {"authorization": f"Bearer {key}"}
        httpx.post(f"{url}/storage/v1/bucket", json={"name": "photos"}, headers=api).raise_for_status()
        uploader = tus(url, key).uploader(file_stream=io.BytesIO(content), chunk_size=MIB, metadata=TO)
        uploader.upload(stop_at=2 * MIB)
        location = uploader.url
        raw = send_half(url, key, location, 2 * MIB, content[2 * MIB : 5 * MIB], 4 * MIB)
        part = data_dir / "storage" / ".parts" / location.rpartition("/")[2]
        eventually(lambda: part.stat().st_size > 3 * MIB)
    raw.close()

    with serving(data_dir) as (url, key):
        location = f"{url}/{location.split('/', 3)[3]}"
        uploader = tus(url, key).uploader(file_stream=io.BytesIO(content), chunk_size=MIB, url=location)
        assert uploader.offset == 2 * MIB
        uploader.upload()
        info = httpx.get(f"{url}/storage/v1/object/info/photos/films/ü.bin", headers=api).json()
        assert (info["size"], info["checksum"]) == (len(content), hashlib.sha256(content).hexdigest())
        assert httpx.get(f"{url}/storage/v1/object/photos/films/ü.bin", headers=api).content == content
    assert [path.name for path in (data_dir / "storage" / ".parts").iterdir()] == []
