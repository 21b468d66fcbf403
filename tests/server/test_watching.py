"""Numbers and status: who may read them, and that they are what happened, by whichever way it was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from engine.acts import Course
from engine.config import Settings
from engine.context import Operation, RlsContext
from engine.errors import DiskFull
from engine.observability.alert_rules import UPLOAD_ERRORS
from engine.secrets import FixedSecrets
from engine.server import StorageServer
from engine.server.watch_routes import METRICS_ROLE
from engine.types import UploadItem
from engine.workspace import Workspace, open_workspace
from tests.server.clients import RawClient, api_client, error_of, eventually

ME = RlsContext.service("me")
Count = Callable[[str], float]


@pytest.fixture
def count(api: httpx.Client) -> Iterator[Count]:
    """Return a function that reads one series, 0 where there is none."""

    def read(series: str) -> float:
        lines = [line.rpartition(" ") for line in api.get("/metrics").text.splitlines()]
        return next((float(value) for name, _, value in lines if name == series), 0.0)

    return read


def uploads(bucket: str, status: str = "success") -> str:
    return f'storage_upload_total{{bucket="{bucket}",status="{status}"}}'


def downloads(bucket: str, status: str = "success") -> str:
    return f'storage_download_total{{bucket="{bucket}",status="{status}"}}'


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_service_role_reads_the_metrics(api: httpx.Client, method: str):
    answer = api.request(method, "/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert answer.headers["cache-control"] == "no-store"


def test_nobody_else_does(nobody: httpx.Client, alice: httpx.Client):
    for client in (nobody, alice):
        assert error_of(client.get("/metrics"))[:2] == (403, "Unauthorized")


def test_a_role_of_its_own_reads_metrics_and_nothing_else(server: StorageServer, workspace: Workspace, photos: str):
    workspace.users.add("prometheus", ME, role=METRICS_ROLE)
    token = workspace.tokens.mint(ME, sub="prometheus", role=METRICS_ROLE, claims={}, expires_in_s=60).token
    with api_client(server, token) as client:
        assert client.get("/metrics").status_code == 200
        assert client.get("/bucket").json() == []
        assert client.get("/status").text == ""


def test_openmetrics_if_asked_for(api: httpx.Client):
    answer = api.get("/metrics", headers={"accept": "application/openmetrics-text;version=1.0.0"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


def test_uploads_and_downloads_over_http_count(api: httpx.Client, photos: str, count: Count):
    api.post(f"/object/{photos}/a", content=b"12345").raise_for_status()
    assert api.post(f"/object/{photos}/a", content=b"12345").status_code == 409
    for _ in range(2):
        api.get(f"/object/{photos}/a").raise_for_status()
    api.get(f"/object/{photos}/a", headers={"range": "bytes=0-1"}).raise_for_status()
    api.head(f"/object/{photos}/a").raise_for_status()
    assert api.get(f"/object/{photos}/missing").status_code == 404
    assert count(uploads(photos)) == 1
    assert count(uploads(photos, "rejected")) == 1
    assert count(f'storage_upload_bytes_total{{bucket="{photos}"}}') == 5
    assert count(downloads(photos)) == 3
    assert count(downloads(photos, "rejected")) == 1
    assert count(f'storage_download_bytes_total{{bucket="{photos}"}}') == 12
    assert count('storage_backend_latency_seconds_count{backend="local",operation="flush"}') >= 1


def test_the_windows_operations_count_the_same(workspace: Workspace, photos: str, count: Count, tmp_path: Path):
    storage = workspace.storage
    files = [tmp_path / str(number) for number in range(3)]
    for file in files:
        file.write_bytes(b"123")
    storage.upload(photos, "one", files[0], ME)
    items = [UploadItem(file, f"many/{file.name}") for file in files]
    storage.upload_many(photos, [*items, UploadItem(tmp_path / "gone", "gone")], ME)
    storage.download(photos, "one", tmp_path / "out", ME)
    storage.download_tree(photos, ["many/"], tmp_path / "tree", ME)
    with storage.open_object(photos, "one", ME) as reader:
        reader.read(2)
    assert count(uploads(photos)) == 4
    assert count(uploads(photos, "rejected")) == 1
    assert count(f'storage_upload_bytes_total{{bucket="{photos}"}}') == 12
    assert count(downloads(photos)) == 5
    assert count(f'storage_download_bytes_total{{bucket="{photos}"}}') == 14


def test_an_upload_that_is_given_up_counts_as_such(
    raw: Callable[[], RawClient], workspace: Workspace, photos: str, count: Count, staged: Callable[[], list[str]]
):
    client = raw()
    head = f"PUT /storage/v1/object/{photos}/a HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 10000000\r\n"
    key = f"authorization: Bearer {workspace.keys.service_role}\r\n\r\n"
    client.socket.sendall((head + key).encode() + b"x" * 3_000_000)
    eventually(staged)
    client.close()
    eventually(lambda: count(uploads(photos, "cancelled")) == 1)
    assert count(uploads(photos)) == 0


@pytest.mark.parametrize(("stored", "uploads_counted"), [(True, 1), (False, 0)], ids=["the last part", "another part"])
def test_an_upload_in_parts_is_one_upload(
    workspace: Workspace, photos: str, count: Count, stored: bool, uploads_counted: int
):
    executor = workspace.storage._executor
    part = ME.doing(Operation.OBJECT_UPLOAD, photos, "a")
    part = replace(part, act=replace(part.act, operation="storage.tus.upload.part"))
    with executor.transaction(part) as tx:
        tx.note_objects(["a"], **({"bytes": 7, "replaced": 0} if stored else {}))
    assert count(uploads(photos)) == uploads_counted
    assert count(f'storage_upload_bytes_total{{bucket="{photos}"}}') == 7 * uploads_counted


def test_an_upload_that_cannot_be_counted_is_stored_all_the_same(
    workspace: Workspace, photos: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(workspace.meters, "uploaded", broken)
    workspace.storage.upload(photos, "a", b"x", ME)
    assert workspace.storage.exists(photos, "a", ME)
    assert "was not counted" in caplog.text


def test_a_link_to_upload_is_no_upload(api: httpx.Client, photos: str, count: Count):
    api.post(f"/object/upload/sign/{photos}/a").raise_for_status()
    assert [count(uploads(photos, status)) for status in ("success", "rejected", "cancelled", "error")] == [0] * 4


def test_names_of_buckets_that_strangers_make_up_are_no_labels(api: httpx.Client, nobody: httpx.Client):
    for number in range(5):
        nobody.get(f"/object/guess{number}/a")
    text = api.get("/metrics").text
    assert "guess" not in text
    assert 'storage_download_total{bucket="/other",status="rejected"} 5.0' in text


def test_status_tells_everybody_that_it_is_there_and_the_service_role_how(
    api: httpx.Client, nobody: httpx.Client, workspace: Workspace, photos: str
):
    assert (nobody.get("/status").status_code, nobody.get("/status").content) == (200, b"")
    assert api.get("/status").json()["alerts"] == []
    failed = RlsContext.service().doing(Operation.OBJECT_UPLOAD, photos, "a")
    now_s = [0.0]
    workspace.alarms._clock = lambda: now_s[0]
    workspace.alarms.look()
    for _ in range(30):
        workspace.storage._executor.acts._watch.ended(failed, Course(), DiskFull("full"))
    for moment_s in (15.0, 15.0 + UPLOAD_ERRORS.for_s):
        now_s[0] = moment_s
        workspace.alarms.look()
    (alert,) = api.get("/status").json()["alerts"]
    assert (alert["name"], alert["value"]) == ("HoldallUploadErrors", 1.0)


def test_a_bucket_of_another_process_is_in_the_next_reading(
    api: httpx.Client, photos: str, data_dir: Path, secrets: FixedSecrets
):
    assert uploads("theirs") not in api.get("/metrics").text
    with open_workspace(Settings(data_dir), secrets) as other:
        other.storage.create_bucket("theirs", ME)
        assert uploads("theirs") in api.get("/metrics").text
        other.storage.delete_bucket("theirs", ME)
    assert uploads("theirs") not in api.get("/metrics").text
