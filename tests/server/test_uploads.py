"""Uploads that go wrong half way: nothing of them is kept, and clients learn why."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import httpx
import pytest

from engine.server import StorageServer, bounds
from engine.storage import FileStorage
from engine.workspace import Workspace
from tests.server.clients import RawClient, eventually, fetch

MIB = 1024 * 1024
Raw = Callable[[], RawClient]
Staged = Callable[[], list[str]]


@pytest.fixture
def key(workspace: Workspace) -> str:
    """Return the service key."""
    return workspace.keys.service_role


@pytest.fixture
def uploads_begun(storage: FileStorage, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the paths of the uploads that got as far as a session."""
    begun: list[str] = []
    begin = storage.begin_upload

    def noting(bucket, path, *args, **kwargs):
        session = begin(bucket, path, *args, **kwargs)
        begun.append(path)
        return session

    monkeypatch.setattr(storage, "begin_upload", noting)
    return begun


@pytest.mark.parametrize("framing", ["Content-Length: 10000000", "Transfer-Encoding: chunked"])
def test_a_client_that_leaves_half_way_leaves_nothing(
    api: httpx.Client, photos: str, raw: Raw, key: str, staged: Staged, framing: str
):
    client = raw()
    client.head(f"POST /storage/v1/object/{photos}/half", framing, token=key)
    chunk = b"x" * MIB
    client.send(chunk if "Length" in framing else b"%x\r\n%s\r\n" % (len(chunk), chunk))
    eventually(staged)
    client.close()
    eventually(lambda: staged() == [])
    assert api.get(f"/object/{photos}/half").status_code == 404


def test_a_client_that_leaves_keeps_the_old_object(api: httpx.Client, photos: str, raw: Raw, key: str, staged: Staged):
    api.post(f"/object/{photos}/a", content=b"old").raise_for_status()
    client = raw()
    client.head(f"PUT /storage/v1/object/{photos}/a", "Content-Length: 10000000", token=key)
    client.send(b"x" * MIB)
    eventually(staged)
    client.close()
    eventually(lambda: staged() == [])
    assert api.get(f"/object/{photos}/a").content == b"old"


def test_a_broken_chunk_leaves_nothing(api: httpx.Client, photos: str, raw: Raw, key: str, staged: Staged):
    client = raw()
    client.head(f"POST /storage/v1/object/{photos}/half", "Transfer-Encoding: chunked", token=key)
    client.send(b"5\r\nhello\r\nnonsense\r\n")
    answer = client.answer()
    assert (answer.status, answer.json()["code"]) == (400, "InvalidRequest")
    assert client.is_closed()
    eventually(lambda: staged() == [])
    assert api.get(f"/object/{photos}/half").status_code == 404


def test_a_form_that_ends_early_leaves_nothing(api: httpx.Client, photos: str, raw: Raw, key: str, staged: Staged):
    client = raw()
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' + b"x" * 100_000
    fields = ("Content-Type: multipart/form-data; boundary=b", f"Content-Length: {len(body)}")
    client.head(f"POST /storage/v1/object/{photos}/half", *fields, token=key)
    client.send(body)
    answer = client.answer()
    assert (answer.status, answer.json()["message"]) == (400, "multipart body ends too early")
    assert staged() == []
    assert api.get(f"/object/{photos}/half").status_code == 404


def test_continue_is_said_when_the_upload_is_welcome(
    api: httpx.Client, photos: str, raw: Raw, key: str, uploads_begun: list[str]
):
    client = raw()
    fields = ("Content-Length: 5", "Expect: 100-continue")
    client.head(f"POST /storage/v1/object/{photos}/a", *fields, token=key)
    assert client.answer_head()[0] == 100
    assert uploads_begun == ["a"]
    client.send(b"hello")
    assert client.answer().status == 201
    assert api.get(f"/object/{photos}/a").content == b"hello"


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("missing/a", (), 404),
        ("small/a", (), 413),
        ("small/..%2Fa", (), 400),
        ("small/taken", (), 409),
        ("pictures/a", ("Content-Type: text/plain",), 415),
    ],
)
def test_an_unwelcome_upload_is_refused_before_its_body(
    api: httpx.Client, raw: Raw, key: str, path: str, fields: tuple[str, ...], status: int
):
    api.post("/bucket", json={"name": "small", "file_size_limit": 10}).raise_for_status()
    api.post("/bucket", json={"name": "pictures", "allowed_mime_types": ["image/*"]}).raise_for_status()
    api.post("/object/small/taken", content=b"x").raise_for_status()
    length = 5 if status == 409 else 10_000_000
    client = raw()
    client.head(
        f"POST /storage/v1/object/{path}", f"Content-Length: {length}", "Expect: 100-continue", *fields, token=key
    )
    answer = client.answer()
    assert answer.status == status
    assert answer.headers["connection"] == "close"
    assert client.is_closed()


def test_an_upload_without_a_right_is_refused_before_its_body(photos: str, raw: Raw, workspace: Workspace):
    for token, message in (
        (None, "Invalid Compact JWS"),
        (workspace.keys.anon, "new row violates row-level security policy"),
    ):
        client = raw()
        fields = ("Content-Length: 10000000", "Expect: 100-continue")
        client.head(f"POST /storage/v1/object/{photos}/a", *fields, token=token)
        answer = client.answer()
        assert (answer.status, answer.json()["message"]) == (403, message)


def test_a_client_that_sends_on_still_reads_the_refusal(api: httpx.Client, raw: Raw, key: str):
    api.post("/bucket", json={"name": "small", "file_size_limit": 10}).raise_for_status()
    client = raw()
    client.head("POST /storage/v1/object/small/a", f"Content-Length: {4 * MIB}", token=key)
    client.send(b"x" * 4 * MIB)
    answer = client.answer()
    assert (answer.status, answer.json()["code"]) == (413, "EntityTooLarge")


def test_a_refusal_does_not_read_on_for_ever(api: httpx.Client, raw: Raw, key: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bounds, "LINGER_MAX_BYTES", MIB)
    api.post("/bucket", json={"name": "small", "file_size_limit": 10}).raise_for_status()
    client = raw()
    client.head("POST /storage/v1/object/small/a", "Content-Length: 10000000000", token=key)
    assert client.answer_head()[0] == 413
    eventually(lambda: _is_cut(client))


def _is_cut(client: RawClient) -> bool:
    """Return whether sending fails, which it does once the other end is gone."""
    try:
        client.send(b"x" * MIB)
    except ConnectionError:
        return True
    return False


def test_a_small_unread_body_keeps_the_connection(photos: str, raw: Raw, workspace: Workspace):
    client = raw()
    for _ in range(2):
        client.head(f"POST /storage/v1/object/{photos}/a", "Content-Length: 5")
        client.send(b"hello")
        answer = client.answer()
        assert answer.status == 403
        assert "connection" not in answer.headers


def test_memory_stays_bounded_while_the_storage_is_slow(
    server: StorageServer, photos: str, storage: FileStorage, key: str, monkeypatch: pytest.MonkeyPatch
):
    """The client may run ahead of the storage by a few buffers, whatever the size of the body."""
    written = threading.Semaphore(0)
    sizes: list[int] = []
    begin = storage.begin_upload

    def begin_slow(*args, **kwargs):
        session = begin(*args, **kwargs)
        write = session.write

        def slow(data: bytes) -> None:
            written.acquire()
            sizes.append(len(data))
            write(data)

        monkeypatch.setattr(session, "write", slow)
        return session

    monkeypatch.setattr(storage, "begin_upload", begin_slow)
    sent_bytes = 0

    def body() -> Iterator[bytes]:
        nonlocal sent_bytes
        for _ in range(64):
            sent_bytes += MIB
            yield b"x" * MIB

    answers: list[int] = []
    url = f"{server.url}/storage/v1/object/{photos}/big"
    headers = {"authorization": f"Bearer {key}"}
    client = threading.Thread(
        target=lambda: answers.append(fetch(url, "POST", content=body(), headers=headers).status_code)
    )
    client.start()
    client.join(0.5)
    ahead_bytes = sent_bytes
    for _ in range(1000):
        written.release()
    client.join()
    assert answers == [201]
    assert sum(sizes) == 64 * MIB
    assert max(sizes) <= 3 * bounds.WRITE_BUFFER_BYTES
    assert ahead_bytes < 32 * MIB


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_part_is_never_taken_for_the_whole(api: httpx.Client, photos: str, method: str):
    api.post(f"/object/{photos}/a", content=b"whole").raise_for_status()
    headers = {"content-range": "bytes 2-3/5", "x-upsert": "true"}
    assert api.request(method, f"/object/{photos}/a", content=b"ol", headers=headers).status_code == 400
    assert api.get(f"/object/{photos}/a").content == b"whole"


def test_reading_goes_on_while_all_writers_wait(
    server: StorageServer, api: httpx.Client, photos: str, storage: FileStorage, monkeypatch: pytest.MonkeyPatch
):
    api.post(f"/object/{photos}/a", content=b"x").raise_for_status()
    waiting, go_on = threading.Semaphore(0), threading.Event()

    def wait(*_: object) -> None:
        waiting.release()
        go_on.wait()

    monkeypatch.setattr(storage, "delete", wait)
    headers = dict(api.headers)
    writers = [
        threading.Thread(target=fetch, args=(f"{api.base_url}object/{photos}/a", "DELETE"), kwargs={"headers": headers})
        for _ in range(bounds.WRITER_THREADS)
    ]
    for writer in writers:
        writer.start()
    for _ in writers:
        waiting.acquire()
    assert api.get(f"/object/{photos}/a").content == b"x"
    assert api.get(f"/bucket/{photos}").status_code == 200
    go_on.set()
    for writer in writers:
        writer.join()


def test_two_uploads_to_one_path(api: httpx.Client, photos: str, raw: Raw, key: str, staged: Staged):
    slow = raw()
    slow.head(f"POST /storage/v1/object/{photos}/a", "Content-Length: 20000", token=key)
    slow.send(b"s" * 10000)
    api.post(f"/object/{photos}/a", content=b"fast").raise_for_status()
    slow.send(b"s" * 10000)
    assert slow.answer().json()["code"] == "KeyAlreadyExists"
    assert api.get(f"/object/{photos}/a").content == b"fast"
    assert staged() == []
