"""Other people's clients, and many of them at once."""

from __future__ import annotations

import random
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from engine.server import StorageServer
from engine.workspace import Workspace
from tests.server.clients import api_client

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


def _curl(*arguments: str) -> str:
    return subprocess.run(
        ["curl", "--silent", "--show-error", "--max-time", "30", *arguments], capture_output=True, text=True, check=True
    ).stdout


@needs_curl
def test_curl_uploads_downloads_and_resumes(server: StorageServer, photos: str, workspace: Workspace, tmp_path: Path):
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(random.Random(1).randbytes(3_000_000))
    url = f"{server.url}/storage/v1/object/{photos}/dir/file.bin"
    token = f"Authorization: Bearer {workspace.keys.service_role}"
    status = ("--write-out", "%{http_code}", "--output", str(tmp_path / "answer"))
    assert _curl("-H", token, "--upload-file", str(source), *status, url) == "201"
    assert _curl("-H", token, "--upload-file", str(source), "-H", "Transfer-Encoding: chunked", *status, url) == "201"
    assert _curl("-H", token, "-X", "PUT", "-F", f"file=@{source}", *status, url) == "201"
    target.write_bytes(source.read_bytes()[:1_234_567])
    _curl("-H", token, "--continue-at", "-", "--output", str(target), url)
    assert target.read_bytes() == source.read_bytes()


@needs_curl
def test_curl_opens_a_signed_link(server: StorageServer, photos: str, workspace: Workspace, service):
    workspace.storage.upload(photos, "ü.txt", b"hello", service)
    link = workspace.storage.sign(photos, "ü.txt", service, 60).absolute(server.url)
    assert _curl(link) == "hello"
    assert "HTTP/1.1 200 OK" in _curl("--head", link)


@needs_curl
def test_curl_sees_a_refusal_of_a_large_upload(
    server: StorageServer, api: httpx.Client, workspace: Workspace, tmp_path: Path
):
    api.post("/bucket", json={"name": "small", "file_size_limit": 10}).raise_for_status()
    source = tmp_path / "source"
    source.write_bytes(b"x" * 20_000_000)
    token = f"Authorization: Bearer {workspace.keys.service_role}"
    url = f"{server.url}/storage/v1/object/small/a"
    for extra in ((), ("-H", "Expect:")):
        assert '"EntityTooLarge"' in _curl("-H", token, *extra, "--upload-file", str(source), url)


def test_eight_clients_at_once(server: StorageServer, photos: str, workspace: Workspace):
    def work(number: int) -> list[bool]:
        content = random.Random(number).randbytes(300_000 + number)
        with api_client(server, workspace.keys.service_role) as client:
            results = []
            for turn in range(5):
                url = f"/object/{photos}/{number}/{turn}"
                client.post(url, content=content).raise_for_status()
                results.append(client.get(url).content == content)
                results.append(client.get(url, headers={"range": "bytes=-9"}).content == content[-9:])
            return results

    with ThreadPoolExecutor(8) as pool:
        assert all(all(results) for results in pool.map(work, range(8)))


def test_eight_readers_of_one_object_that_changes(server: StorageServer, photos: str, workspace: Workspace):
    url = f"/object/{photos}/a"
    contents = [bytes([number]) * 400_000 for number in range(8)]
    with api_client(server, workspace.keys.service_role) as writer:
        writer.put(url, content=contents[0]).raise_for_status()

        def read(_: int) -> bool:
            with api_client(server, workspace.keys.service_role) as client:
                return all(client.get(url).content in contents for _ in range(15))

        with ThreadPoolExecutor(8) as pool:
            reading = [pool.submit(read, number) for number in range(8)]
            for content in contents:
                writer.put(url, content=content).raise_for_status()
            assert all(done.result() for done in reading)
