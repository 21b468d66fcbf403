"""Reading over HTTP: ranges, conditions, names for saving, content that must not run, and HEAD."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path

import httpx
import pytest

from engine.backends.memory import MemoryBackend
from engine.config import Settings
from engine.files.throttle import ProgressMeter
from engine.secrets import FixedSecrets
from engine.server import StorageServer
from engine.storage import FileStorage
from engine.types import RlsContext, UploadOptions
from engine.workspace import Workspace, open_workspace
from tests.server.clients import RawClient, api_client, error_of, eventually

CONTENT = bytes(range(256)) * 4 * 1024


@pytest.fixture
def file(api: httpx.Client, photos: str) -> str:
    """Store an object of 1 MiB and return its address."""
    api.post(f"/object/{photos}/file.bin", content=CONTENT, headers={"content-type": "image/png"}).raise_for_status()
    return f"/object/{photos}/file.bin"


@pytest.mark.parametrize(
    ("field", "start", "end"),
    [("bytes=0-0", 0, 1), ("bytes=100-199", 100, 200), ("bytes=1048570-", 1048570, 1048576),
     ("bytes=-7", 1048569, 1048576),
     ("bytes=0-", 0, 1048576), ("bytes=5-9999999999", 5, 1048576), ("bytes=300000-900000", 300000, 900001)],
)  # fmt: skip
def test_a_range(api: httpx.Client, file: str, field: str, start: int, end: int):
    part = api.get(file, headers={"range": field})
    assert part.status_code == 206
    assert part.content == CONTENT[start:end]
    assert part.headers["content-range"] == f"bytes {start}-{end - 1}/{len(CONTENT)}"
    assert part.headers["content-length"] == str(end - start)


@pytest.mark.parametrize("field", ["bytes=0-1,5-6", "bytes=9-3", "lines=1-2", "bytes=x"])
def test_what_is_no_single_range_gets_the_whole(api: httpx.Client, file: str, field: str):
    whole = api.get(file, headers={"range": field})
    assert whole.status_code == 200
    assert whole.content == CONTENT
    assert "content-range" not in whole.headers


@pytest.mark.parametrize("field", ["bytes=1048576-", "bytes=-0"])
def test_a_range_outside(api: httpx.Client, file: str, field: str):
    refused = api.get(file, headers={"range": field})
    assert error_of(refused)[:3] == (416, "InvalidRange", "InvalidRange")
    assert refused.headers["content-range"] == "bytes */1048576"


def test_a_range_of_an_empty_object(api: httpx.Client, photos: str):
    api.post(f"/object/{photos}/empty", content=b"").raise_for_status()
    assert api.get(f"/object/{photos}/empty", headers={"range": "bytes=0-"}).status_code == 416
    assert api.get(f"/object/{photos}/empty", headers={"range": "bytes=-5"}).status_code == 200


def test_if_range(api: httpx.Client, file: str):
    first = api.get(file)
    same = {"range": "bytes=0-9", "if-range": first.headers["etag"]}
    assert api.get(file, headers=same).status_code == 206
    assert api.get(file, headers=same | {"if-range": '"other"'}).status_code == 200
    assert api.get(file, headers=same | {"if-range": first.headers["last-modified"]}).status_code == 206


def test_conditions(api: httpx.Client, file: str):
    first = api.get(file)
    etag, modified = first.headers["etag"], parsedate_to_datetime(first.headers["last-modified"])
    before = format_datetime(modified - timedelta(seconds=1), usegmt=True)
    for headers, status in (
        ({"if-none-match": etag}, 304),
        ({"if-none-match": f"W/{etag}"}, 304),
        ({"if-none-match": '"other"'}, 200),
        ({"if-modified-since": first.headers["last-modified"]}, 304),
        ({"if-modified-since": before}, 200),
        ({"if-none-match": '"other"', "if-modified-since": first.headers["last-modified"]}, 200),
        ({"if-match": etag}, 200),
        ({"if-match": '"other"'}, 412),
        ({"if-unmodified-since": before}, 412),
    ):
        answer = api.get(file, headers=headers)
        assert answer.status_code == status, headers
        if status == 304:
            assert answer.content == b""
            assert answer.headers["etag"] == etag
            assert answer.headers["cache-control"] == first.headers["cache-control"]


def test_a_new_content_has_a_new_tag(api: httpx.Client, file: str):
    old = api.get(file).headers["etag"]
    api.put(file, content=b"new").raise_for_status()
    read = api.get(file, headers={"if-none-match": old})
    assert (read.status_code, read.content) == (200, b"new")


def test_head_says_what_get_says(api: httpx.Client, file: str):
    get, head = api.get(file), api.head(file)
    assert head.content == b""
    assert head.status_code == get.status_code
    for name in ("content-length", "content-type", "etag", "last-modified", "accept-ranges", "cache-control"):
        assert head.headers[name] == get.headers[name]
    assert api.head(file, headers={"range": "bytes=5-9"}).headers == head.headers
    assert api.head(file, headers={"if-none-match": api.get(file).headers["etag"]}).status_code == 304
    missing = api.head(file + "x")
    assert (missing.status_code, missing.content) == (404, b"")


def test_modification_is_never_later_than_the_answer(api: httpx.Client, file: str):
    headers = api.get(file).headers
    assert parsedate_to_datetime(headers["last-modified"]) <= parsedate_to_datetime(headers["date"])


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("download", 'attachment; filename="file.bin"'),
        ("download=", 'attachment; filename="file.bin"'),
        ("download=my%20photo.png", 'attachment; filename="my photo.png"'),
        ("download=%C3%BC.png", "attachment; filename=\"_.png\"; filename*=UTF-8''%C3%BC.png"),
        (
            "download=..%2F..%2Fx%0D%0AX-Evil%3A1",
            "attachment; filename=\"....xX-Evil_1\"; filename*=UTF-8''....xX-Evil%3A1",
        ),
    ],
)
def test_download_names(api: httpx.Client, file: str, query: str, field: str):
    assert api.get(f"{file}?{query}").headers["content-disposition"] == field
    assert "content-disposition" not in api.get(file).headers


@pytest.mark.parametrize(
    "mime_type", ["text/html", "image/svg+xml", "application/xhtml+xml", "text/javascript", "x/unknown"]
)
def test_active_content_is_sandboxed(api: httpx.Client, photos: str, mime_type: str):
    url = f"/object/{photos}/page"
    api.put(url, content=b"<script>alert(1)</script>", headers={"content-type": mime_type}).raise_for_status()
    page = api.get(url)
    assert page.headers["content-type"] == mime_type
    policy = page.headers["content-security-policy"]
    assert "sandbox" in policy.split("; ")
    assert "default-src 'none'" in policy
    assert page.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("mime_type", ["image/png", "text/plain", "application/pdf", "video/mp4"])
def test_inert_content_is_shown_freely(api: httpx.Client, photos: str, mime_type: str):
    api.put(f"/object/{photos}/x", content=b"x", headers={"content-type": mime_type}).raise_for_status()
    shown = api.get(f"/object/{photos}/x")
    assert "content-security-policy" not in shown.headers
    assert shown.headers["x-content-type-options"] == "nosniff"


def test_what_was_stored_beside_the_server_breaks_no_header(
    api: httpx.Client, photos: str, storage: FileStorage, service: RlsContext
):
    evil = UploadOptions(mime_type="text/html\r\nX-Evil: 1", cache_control="x\r\nX-Evil: 1")
    storage.upload(photos, "a", b"x", service, evil)
    read = api.get(f"/object/{photos}/a")
    assert read.status_code == 200
    assert "x-evil" not in read.headers
    assert read.headers["content-type"] == "application/octet-stream"
    assert read.headers["cache-control"] == "no-cache"


def test_a_reader_sees_every_change_at_once(
    api: httpx.Client, file: str, photos: str, storage: FileStorage, service: RlsContext
):
    for number in range(20):
        content = f"version {number}".encode()
        storage.upload(photos, "file.bin", content, service, UploadOptions(replace=True))
        assert api.get(file).content == content
        assert api.get(file).content == content
    storage.delete(photos, "file.bin", service)
    assert api.get(file).status_code == 404
    storage.upload(photos, "file.bin", b"again", service)
    assert api.get(file).content == b"again"


def _stored_file(workspace: Workspace, name: str) -> Path:
    (path,) = workspace.settings.storage_dir.glob(f"*/{name}")
    return path


def test_files_that_shrank_are_not_sent_as_if_they_were_whole(
    api: httpx.Client, file: str, workspace: Workspace, caplog: pytest.LogCaptureFixture
):
    with _stored_file(workspace, "file.bin").open("r+b") as stored:
        stored.truncate(1000)
    assert error_of(api.get(file))[0] == 500
    assert error_of(api.get(file, headers={"range": "bytes=0-9"}))[0] == 500
    assert "another size" in caplog.text


def test_a_file_that_shrinks_half_way_cuts_the_answer(
    api: httpx.Client, photos: str, workspace: Workspace, raw: Callable[[], RawClient], caplog: pytest.LogCaptureFixture
):
    size_bytes = 32 << 20
    api.post(f"/object/{photos}/big", content=b"x" * size_bytes).raise_for_status()
    client = raw()
    client.head(f"GET /storage/v1/object/{photos}/big", token=workspace.keys.service_role)
    assert client.answer_head()[0] == 200
    with _stored_file(workspace, "big").open("r+b") as stored:
        stored.truncate(0)
    received_bytes = 0
    with contextlib.suppress(ConnectionError):
        while data := client.read(1 << 20):
            received_bytes += len(data)
    assert received_bytes < size_bytes
    eventually(lambda: "shorter than its record" in caplog.text)


def test_a_backend_without_files(data_dir: Path):
    with open_workspace(Settings(data_dir), FixedSecrets(bytes(32)), MemoryBackend()) as workspace:
        workspace.storage.create_bucket("shared", workspace.context, public=True)
        workspace.storage.upload("shared", "a", CONTENT, workspace.context)
        server = StorageServer(workspace)
        server.start()
        try:
            with api_client(server) as client:
                assert client.get("/object/public/shared/a").content == CONTENT
                assert client.get("/object/public/shared/a", headers={"range": "bytes=-5"}).content == CONTENT[-5:]
        finally:
            server.stop()


def test_files_that_vanished_are_the_servers_fault(
    api: httpx.Client, photos: str, workspace: Workspace, caplog: pytest.LogCaptureFixture
):
    api.post(f"/object/{photos}/gone", content=b"x").raise_for_status()
    _stored_file(workspace, "gone").unlink()
    refused = api.get(f"/object/{photos}/gone")
    told = "The stored bytes of the object are missing"
    assert error_of(refused) == (500, "InternalError", "InternalError", told)
    assert str(workspace.settings.storage_dir) not in refused.text
    assert refused.headers["x-request-id"] in caplog.text


def test_damage_that_is_known_is_told_and_never_sent_as_the_object(
    api: httpx.Client, file: str, photos: str, workspace: Workspace, caplog: pytest.LogCaptureFixture
):
    stored = _stored_file(workspace, "file.bin")
    content = stored.read_bytes()
    assert _problems(api, photos) == (None, None)

    stored.write_bytes(b"?" + content[1:])
    workspace.housekeeping.scrub.run(RlsContext.service(), ProgressMeter(None, None))
    assert _problems(api, photos) == ("damaged", "damaged")
    told = "The stored bytes of the object are damaged"
    assert error_of(api.get(file)) == (500, "InternalError", "InternalError", told)
    assert api.head(file).status_code == 500
    assert api.get(file, headers={"range": "bytes=5-9"}).status_code == 500

    stored.write_bytes(content)
    workspace.housekeeping.scrub.run(RlsContext.service(), ProgressMeter(None, None))
    assert _problems(api, photos) == (None, None)
    assert api.get(file).content == content


def _problems(api: httpx.Client, bucket: str) -> tuple[str | None, str | None]:
    """Return what info and listing say of the one object of a bucket."""
    (row,) = api.post(f"/object/list/{bucket}", json={"prefix": ""}).json()
    return api.get(f"/object/info/{bucket}/file.bin").json()["problem"], row["problem"]
