"""The tus protocol 1.0.0, field by field, over real sockets."""

from __future__ import annotations

import base64
import hashlib
import sys
import threading
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from engine import limits
from engine.access_types import PolicyCommand, PolicySpec
from engine.files.resumable.session import ResumableSession
from engine.metadata.tables import storage_resumable_uploads
from engine.observability.log_book import LOG_NAME
from engine.permissions.rows import PolicyTable
from engine.resumable_types import upload_name
from engine.server import StorageServer, bounds
from engine.storage import FileStorage
from engine.types import BucketChanges, RlsContext
from engine.workspace import Workspace
from tests.server.clients import PLAIN, RawClient, api_client, eventually
from tests.server.conftest import ALICE

TUS = {"tus-resumable": "1.0.0"}
PART = {**TUS, "content-type": "application/offset+octet-stream"}
DATA = b"0123456789" * 500
BASE = "/upload/resumable"


def metadata(**values: str) -> str:
    return ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in values.items())


def create(client: httpx.Client, size: int | None = len(DATA), path: str = "a b/ü.bin", **more: Any) -> httpx.Response:
    said = metadata(bucketName="photos", objectName=path, **more.pop("metadata", {}))
    length = {"upload-defer-length": "1"} if size is None else {"upload-length": str(size)}
    base, headers = more.pop("base", BASE), {**TUS, **length, "upload-metadata": said, **more.pop("headers", {})}
    return client.post(base, headers=headers, **more)


def begun(client: httpx.Client, size: int | None = len(DATA), **more: Any) -> str:
    """Begin an upload and return its address."""
    answer = create(client, size, **more)
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


def patch(client: httpx.Client, url: str, offset: int, data: bytes, **headers: str) -> httpx.Response:
    return client.patch(url, headers={**PART, "upload-offset": str(offset), **headers}, content=data)


def offset_of(client: httpx.Client, url: str, **headers: str) -> int:
    answer = client.head(url, headers={**TUS, **headers})
    assert answer.status_code == 200, answer.text
    return int(answer.headers["upload-offset"])


def checksum(algorithm: str, data: bytes) -> str:
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, data).digest()).decode()}"


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Return how a request was refused, having checked the form of that."""
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert answer.headers["x-request-id"]
    return answer.status_code, answer.text


def test_what_is_offered_is_told_to_anybody(nobody: httpx.Client):
    for url in (BASE, f"{BASE}/sign", f"{BASE}/some-upload", f"{BASE}/sign/some-upload"):
        answer = nobody.options(url)
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["tus-version"] == answer.headers["tus-resumable"] == "1.0.0"
        assert answer.headers["tus-checksum-algorithm"] == "sha1,sha256,md5"
        assert set(answer.headers["tus-extension"].split(",")) == {
            "creation", "creation-with-upload", "creation-defer-length", "termination", "expiration", "checksum",
        }  # fmt: skip


def test_an_object_in_three_parts(alice: httpx.Client, photos: str, server: StorageServer):
    own = {"contentType": "text/x-numbers", "cacheControl": "3600", "metadata": '{"a":1}'}
    created = create(alice, metadata=own)
    url = created.headers["location"]
    assert url.startswith(f"{server.url}/storage/v1/upload/resumable/")
    assert created.headers["upload-offset"] == "0"
    for start in (0, 1000, 2000):
        added = patch(alice, url, start, DATA[start : start + 1000])
        assert (added.status_code, added.headers["upload-offset"], added.content) == (204, str(start + 1000), b"")
    standing = alice.head(url, headers=TUS)
    assert standing.headers["upload-length"] == "5000"
    assert standing.headers["upload-offset"] == "3000"
    assert standing.headers["cache-control"] == "no-store"
    assert standing.headers["upload-metadata"] == metadata(bucketName="photos", objectName="a b/ü.bin", **own)
    assert alice.get("/object/photos/a b/ü.bin").status_code == 404
    assert alice.post("/object/list/photos", json={"prefix": "a b"}).json() == []
    last = patch(alice, url, 3000, DATA[3000:])
    assert (last.status_code, last.headers["upload-offset"]) == (204, "5000")

    assert alice.get("/object/photos/a b/ü.bin").content == DATA
    info = alice.get("/object/info/photos/a b/ü.bin").json()
    assert info["checksum"] == hashlib.sha256(DATA).hexdigest()
    assert (info["content_type"], info["cache_control"], info["metadata"]) == (
        "text/x-numbers", "max-age=3600", {"a": 1},
    )  # fmt: skip


def test_every_answer_says_when_the_upload_is_over(alice: httpx.Client, photos: str):
    created = create(alice)
    answers = [created, patch(alice, created.headers["location"], 0, b"x")]
    answers.append(alice.head(created.headers["location"], headers=TUS))
    for answer in answers:
        left = parsedate_to_datetime(answer.headers["upload-expires"]) - parsedate_to_datetime(answer.headers["date"])
        assert abs(left.total_seconds() - 24 * 3600) <= 60


def test_another_version_is_refused(alice: httpx.Client, photos: str):
    url = begun(alice)
    for method, where in (("POST", BASE), ("HEAD", url), ("PATCH", url), ("DELETE", url)):
        for headers in ({}, {"tus-resumable": "0.2.2"}, {"tus-resumable": "1.0"}, {"tus-resumable": ""}):
            answer = alice.request(method, where, headers=headers)
            assert (answer.status_code, answer.headers["tus-version"]) == (412, "1.0.0")
    assert offset_of(alice, url) == 0


MALFORMED: list[tuple[dict[str, str], str]] = [
    ({}, "Either Upload-Length or Upload-Defer-Length must be sent"),
    ({"upload-length": "1", "upload-defer-length": "1"}, "Either Upload-Length or Upload-Defer-Length must"),
    ({"upload-defer-length": "2"}, "Upload-Defer-Length must be 1"),
    ({"upload-length": "-1"}, "Upload-Length must be a whole number"),
    ({"upload-length": "1e3"}, "Upload-Length must be a whole number"),
    ({"upload-length": "9" * 40}, "Upload-Length must be a whole number"),
    ({"upload-length": "1", "upload-metadata": ""}, "Upload-Metadata must have bucketName"),
    ({"upload-length": "1", "upload-metadata": metadata(bucketName="photos")}, "Upload-Metadata must have obj"),
    ({"upload-length": "1", "upload-metadata": "bucketName cGhvdG9z!"}, "A value is not valid base64"),
    ({"upload-length": "1", "upload-metadata": "bucketName /w=="}, "A value of Upload-Metadata is not UTF-8"),
    ({"upload-length": "1", "upload-metadata": "a YQ==,a YQ=="}, "Upload-Metadata is malformed"),
    ({"upload-length": "1", "upload-metadata": ", ,"}, "Upload-Metadata is malformed"),
    ({"upload-length": "1", "upload-checksum": "crc32 AAAA"}, "Upload-Checksum must be one of sha1,sha256,md5"),
    ({"upload-length": "1", "upload-checksum": "sha1 ???"}, "A value is not valid base64"),
]


class TestCreation:
    def test_fields_that_make_no_sense(self, alice: httpx.Client, photos: str):
        said = {"upload-metadata": metadata(bucketName="photos", objectName="a")}
        for fields, message in MALFORMED:
            status, text = refusal(alice.post(BASE, headers={**TUS, **said, **fields}))
            assert (status, text[: len(message)]) == (400, message)

    def test_what_plain_uploads_refuse_is_refused(
        self, alice: httpx.Client, nobody: httpx.Client, photos: str, storage: FileStorage, service: RlsContext
    ):
        assert refusal(create(nobody)) == (403, "Invalid Compact JWS")
        assert refusal(create(alice, path="../up")) == (400, "Invalid key: ../up")
        elsewhere = metadata(bucketName="nowhere", objectName="a")
        assert refusal(create(alice, headers={"upload-metadata": elsewhere})) == (404, "Bucket not found")
        own = {"metadata": "[1]"}
        assert refusal(create(alice, metadata=own)) == (400, "metadata must be object")
        alice.post("/object/photos/taken", content=b"x").raise_for_status()
        assert refusal(create(alice, path="taken")) == (409, "The resource already exists")
        storage.update_bucket(
            "photos", service, BucketChanges(file_size_limit_bytes=100, allowed_mime_types=("image/*",))
        )
        assert refusal(create(alice, metadata={"contentType": "text/plain"})) == (
            415, "mime type text/plain is not supported",
        )  # fmt: skip
        assert refusal(create(alice))[0] == 413

    def test_an_anonymous_token_needs_a_policy(self, server: StorageServer, workspace: Workspace, photos: str):
        with httpx.Client(
            base_url=f"{server.url}/storage/v1", headers={"authorization": f"Bearer {workspace.keys.anon}"}
        ) as anon:
            assert refusal(create(anon)) == (403, "new row violates row-level security policy")

    def test_no_bytes(self, alice: httpx.Client, photos: str):
        url = begun(alice, 0)
        assert alice.get("/object/photos/a b/ü.bin").content == b""
        assert offset_of(alice, url) == 0

    def test_bytes_may_come_with_it(self, alice: httpx.Client, photos: str):
        answer = create(alice, headers=PART, content=DATA[:2000])
        assert (answer.status_code, answer.headers["upload-offset"]) == (201, "2000")
        assert patch(alice, answer.headers["location"], 2000, DATA[2000:]).status_code == 204
        assert alice.get("/object/photos/a b/ü.bin").content == DATA

    def test_all_bytes_may_come_with_it(self, alice: httpx.Client, photos: str):
        sum_of_it = {"upload-checksum": checksum("sha256", DATA)}
        answer = create(alice, headers={**PART, **sum_of_it}, content=DATA)
        assert (answer.status_code, answer.headers["upload-offset"]) == (201, "5000")
        assert alice.get("/object/photos/a b/ü.bin").content == DATA

    def test_where_its_bytes_are_refused_there_is_no_upload(
        self, alice: httpx.Client, photos: str, workspace: Workspace
    ):
        wrong = {"upload-checksum": checksum("md5", b"other")}
        assert refusal(create(alice, headers={**PART, **wrong}, content=DATA)) == (460, "Checksum mismatch")
        assert refusal(create(alice, 10, headers=PART, content=DATA))[0] == 413
        assert workspace.housekeeping.premises.backend.list_parts() == []

    @pytest.mark.parametrize("told_with", ["the last bytes", "nothing else"])
    def test_the_length_may_come_later(self, alice: httpx.Client, photos: str, told_with: str):
        url = begun(alice, None)
        first = alice.head(url, headers=TUS)
        assert first.headers["upload-defer-length"] == "1"
        assert "upload-length" not in first.headers
        end = 3000 if told_with == "the last bytes" else 5000
        patch(alice, url, 0, DATA[:end])
        assert alice.get("/object/photos/a b/ü.bin").status_code == 404
        assert patch(alice, url, end, DATA[end:], **{"upload-length": "5000"}).status_code == 204
        assert alice.get("/object/photos/a b/ü.bin").content == DATA

    def test_the_length_is_said_once(self, alice: httpx.Client, photos: str):
        url = begun(alice)
        assert refusal(patch(alice, url, 0, b"x", **{"upload-length": "4000"}))[0] == 400
        assert offset_of(alice, url) == 0


class TestAdding:
    def test_anywhere_but_at_the_end(self, alice: httpx.Client, photos: str):
        url = begun(alice)
        patch(alice, url, 0, DATA[:1000])
        for offset in (0, 999, 1001, 5000):
            assert refusal(patch(alice, url, offset, b"x")) == (409, "The upload has 1000 bytes")
        assert offset_of(alice, url) == 1000

    def test_offsets_that_are_none(self, alice: httpx.Client, photos: str):
        url = begun(alice)
        for offset in ("", "-1", "x", "1.0", "+1", "٣"):
            answer = alice.patch(url, headers={**PART, b"upload-offset": offset.encode()}, content=b"x")
            assert refusal(answer) == (400, "Upload-Offset must be a whole number")
        assert refusal(alice.patch(url, headers=PART, content=b"x")) == (400, "Upload-Offset is missing")

    def test_another_content_type(self, alice: httpx.Client, photos: str):
        url = begun(alice)
        for kind in ("application/octet-stream", "text/plain", ""):
            assert refusal(patch(alice, url, 0, b"x", **{"content-type": kind}))[0] == 415
        assert offset_of(alice, url) == 0

    def test_more_than_was_said(self, alice: httpx.Client, photos: str):
        url = begun(alice, 10)
        assert refusal(patch(alice, url, 0, b"x" * 11))[0] == 413
        assert (
            refusal(alice.patch(url, headers={**PART, "upload-offset": "0"}, content=(b"x" * 4 for _ in range(3))))[0]
            == 413
        )
        assert offset_of(alice, url) == 0

    def test_chunks_without_a_length(self, alice: httpx.Client, photos: str):
        url = begun(alice)
        pieces = (DATA[start : start + 700] for start in range(0, len(DATA), 700))
        assert alice.patch(url, headers={**PART, "upload-offset": "0"}, content=pieces).status_code == 204
        assert alice.get("/object/photos/a b/ü.bin").content == DATA

    def test_a_limit_of_the_bucket_counts_while_bytes_come(
        self, alice: httpx.Client, photos: str, storage: FileStorage, service: RlsContext
    ):
        url = begun(alice, None)
        storage.update_bucket("photos", service, BucketChanges(file_size_limit_bytes=4000))
        assert patch(alice, url, 0, DATA[:3000]).status_code == 204
        assert refusal(patch(alice, url, 3000, DATA[3000:])) == (413, "The object exceeded the maximum allowed size")
        assert offset_of(alice, url) == 3000

    def test_checksums(self, alice: httpx.Client, photos: str):
        for algorithm in ("sha1", "sha256", "md5"):
            url = begun(alice, path=algorithm)
            assert patch(alice, url, 0, DATA[:1000]).status_code == 204
            wrong = {"upload-checksum": checksum(algorithm, b"another")}
            assert refusal(patch(alice, url, 1000, DATA[1000:], **wrong)) == (460, "Checksum mismatch")
            assert offset_of(alice, url) == 1000
            right = {"upload-checksum": checksum(algorithm, DATA[1000:])}
            assert patch(alice, url, 1000, DATA[1000:], **right).status_code == 204
            stored = alice.get(f"/object/info/photos/{algorithm}").json()
            assert stored["checksum"] == hashlib.sha256(DATA).hexdigest()

    def test_a_checksum_of_no_algorithm_that_is_spoken(self, alice: httpx.Client, photos: str):
        url = begun(alice)
        assert refusal(patch(alice, url, 0, b"x", **{"upload-checksum": "crc32 AAAA"}))[0] == 400

    def test_a_complete_upload_says_so_and_takes_no_more(self, alice: httpx.Client, photos: str):
        url = begun(alice)
        patch(alice, url, 0, DATA)
        assert offset_of(alice, url) == 5000
        assert patch(alice, url, 5000, b"").status_code == 204
        assert refusal(patch(alice, url, 5000, b"x"))[0] in (409, 413)
        assert refusal(patch(alice, url, 0, DATA)) == (409, "The upload has 5000 bytes")
        assert alice.get("/object/photos/a b/ü.bin").content == DATA

    def test_a_path_that_was_taken_meanwhile(self, alice: httpx.Client, photos: str):
        url = begun(alice)
        upsert = begun(alice, headers={"x-upsert": "true"})
        alice.post("/object/photos/a b/ü.bin", content=b"first").raise_for_status()
        assert refusal(patch(alice, url, 0, DATA)) == (409, "The resource already exists")
        assert alice.get("/object/photos/a b/ü.bin").content == b"first"
        assert patch(alice, upsert, 0, DATA).status_code == 204
        assert alice.get("/object/photos/a b/ü.bin").content == DATA

    def test_clients_that_can_only_post(self, alice: httpx.Client, photos: str):
        def post(url: str, method: str, data: bytes = b"") -> int:
            headers = {**PART, "upload-offset": "0", "x-http-method-override": method}
            return alice.post(url, headers=headers, content=data).status_code

        url, other = begun(alice), begun(alice)
        assert [post(url, "HEAD"), post(url, "PATCH", DATA), post(other, "DELETE")] == [200, 204, 204]
        assert alice.get("/object/photos/a b/ü.bin").content == DATA
        assert alice.head(other, headers=TUS).status_code == 404
        assert alice.post(url, headers=TUS).status_code == 405


class TestWhose:
    def test_for_everybody_else_there_is_none(
        self, alice: httpx.Client, bob: httpx.Client, api: httpx.Client, nobody: httpx.Client, photos: str
    ):
        url = begun(alice)
        for other in (bob, api):
            assert other.head(url, headers=TUS).status_code == 404
            assert refusal(patch(other, url, 0, DATA)) == (404, "Upload not found")
            assert refusal(other.delete(url, headers=TUS)) == (404, "Upload not found")
        assert refusal(patch(nobody, url, 0, DATA)) == (403, "Invalid Compact JWS")
        assert offset_of(alice, url) == 0

    def test_what_is_no_upload(self, alice: httpx.Client, photos: str):
        for upload_id in ("x", "%2e%2e", "a%2Fb", "a" * 300, "%00"):
            assert alice.head(f"{BASE}/{upload_id}", headers=TUS).status_code == 404

    def test_an_ended_upload_is_gone(self, alice: httpx.Client, photos: str, workspace: Workspace):
        url = begun(alice)
        patch(alice, url, 0, DATA[:1000])
        assert alice.delete(url, headers=TUS).status_code == 204
        assert refusal(alice.delete(url, headers=TUS)) == (404, "Upload not found")
        assert workspace.housekeeping.premises.backend.list_parts() == []


class TestSigned:
    @pytest.fixture
    def token(self, alice: httpx.Client, photos: str) -> str:
        return alice.post("/object/upload/sign/photos/a b/ü.bin").json()["token"]

    def test_anybody_uploads_for_whoever_made_the_token(
        self, nobody: httpx.Client, alice: httpx.Client, token: str, storage: FileStorage, service: RlsContext
    ):
        signed = {"x-signature": token}
        url = begun(nobody, base=f"{BASE}/sign", headers=signed)
        assert "/upload/resumable/sign/" in url
        assert patch(nobody, url, 0, DATA[:2000], **signed).status_code == 204
        assert offset_of(nobody, url, **signed) == 2000
        assert patch(nobody, url, 2000, DATA[2000:], **signed).status_code == 204
        assert alice.get("/object/photos/a b/ü.bin").content == DATA
        assert storage.info("photos", "a b/ü.bin", service).owner_id == ALICE

    def test_for_one_object_only(self, nobody: httpx.Client, alice: httpx.Client, token: str):
        signed = {"x-signature": token}
        assert refusal(create(nobody, path="other", base=f"{BASE}/sign", headers=signed))[0] == 400
        url = begun(nobody, base=f"{BASE}/sign", headers=signed)
        other = alice.post("/object/upload/sign/photos/other").json()["token"]
        assert nobody.head(url, headers={**TUS, "x-signature": other}).status_code == 404
        assert alice.head(url.replace("/sign", ""), headers=TUS).status_code == 404
        for wrong in ("", "x", token[:-3] + "abc"):
            assert refusal(patch(nobody, url, 0, DATA, **{"x-signature": wrong}))[0] == 400
        assert offset_of(nobody, url, **signed) == 0

    def test_it_replaces_only_if_the_token_says_so(self, nobody: httpx.Client, alice: httpx.Client, token: str):
        upsert = alice.post("/object/upload/sign/photos/a b/ü.bin", headers={"x-upsert": "true"}).json()["token"]
        alice.post("/object/photos/a b/ü.bin", content=b"first").raise_for_status()
        wishing = {"x-upsert": "true"}
        refused = create(nobody, base=f"{BASE}/sign", headers={"x-signature": token, **wishing})
        assert refusal(refused) == (409, "The resource already exists")
        url = begun(nobody, base=f"{BASE}/sign", headers={"x-signature": upsert})
        patch(nobody, url, 0, DATA, **{"x-signature": upsert})
        assert alice.get("/object/photos/a b/ü.bin").content == DATA


class TestConnections:
    @pytest.fixture
    def half(
        self, raw: Callable[[], RawClient], user_token: Callable[..., str], workspace: Workspace
    ) -> Callable[[str], RawClient]:
        """Return what sends half of a part, and keeps the connection; by then the server is at it."""
        parts = workspace.settings.storage_dir / ".parts"

        def send(url: str) -> RawClient:
            client = raw()
            fields = [f"{name}: {value}" for name, value in PART.items()]
            path = "/" + url.split("/", 3)[3]
            client.head(f"PATCH {path}", *fields, "Upload-Offset: 0", "Content-Length: 5000", token=user_token(ALICE))
            client.send(DATA[:3000])
            eventually((parts / f"{url.rpartition('/')[2]}.lock").exists)
            return client

        return send

    def test_of_a_client_that_leaves_what_came_is_kept(
        self, alice: httpx.Client, photos: str, half: Callable[[str], RawClient]
    ):
        url = begun(alice)
        client = half(url)
        client.close()

        eventually(lambda: offset_of(alice, url) == 3000)
        assert patch(alice, url, 3000, DATA[3000:]).status_code == 204
        assert alice.get("/object/photos/a b/ü.bin").content == DATA

    def test_of_a_part_with_a_checksum_nothing_is_kept(
        self, alice: httpx.Client, photos: str, raw: Callable[[], RawClient], user_token: Callable[..., str]
    ):
        url = begun(alice)
        client = raw()
        fields = [f"{name}: {value}" for name, value in PART.items()]
        fields += ["Upload-Offset: 0", "Content-Length: 5000", f"Upload-Checksum: {checksum('sha1', DATA)}"]
        client.head(f"PATCH /{url.split('/', 3)[3]}", *fields, token=user_token(ALICE))
        client.send(DATA[:3000])
        client.close()

        eventually(lambda: patch(alice, url, 0, DATA).status_code == 204)

    def test_one_sends_at_a_time(
        self,
        alice: httpx.Client,
        photos: str,
        half: Callable[[str], RawClient],
        monkeypatch: pytest.MonkeyPatch,
    ):
        monkeypatch.setattr(bounds, "TUS_SILENCE_S", 60.0)
        url = begun(alice)
        client = half(url)
        assert refusal(patch(alice, url, 0, DATA))[0] == 423
        assert refusal(alice.delete(url, headers=TUS))[0] == 423
        assert offset_of(alice, url) == 0
        client.send(DATA[3000:])
        assert client.answer(has_body=False).status == 204
        assert alice.get("/object/photos/a b/ü.bin").content == DATA

    def test_a_broken_connection_gives_way_to_its_own_client(
        self,
        alice: httpx.Client,
        bob: httpx.Client,
        photos: str,
        half: Callable[[str], RawClient],
        monkeypatch: pytest.MonkeyPatch,
    ):
        url = begun(alice)
        half(url)
        monkeypatch.setattr(bounds, "TUS_SILENCE_S", 0.0)
        assert bob.head(url, headers=TUS).status_code == 404

        eventually(lambda: offset_of(alice, url) == 3000)
        assert patch(alice, url, 3000, DATA[3000:]).status_code == 204

    def test_a_stopping_server_keeps_what_came(
        self, alice: httpx.Client, photos: str, half: Callable[[str], RawClient], server: StorageServer
    ):
        url = begun(alice)
        half(url)
        server.stop()
        server.start()
        url = url.replace(url.split("/")[2], server.url.split("/")[2])

        assert offset_of(alice, url) == 3000

    def test_uploads_side_by_side(self, alice: httpx.Client, photos: str):
        urls = [begun(alice, path=f"n/{number}") for number in range(6)]

        def run(url: str) -> None:
            for start in range(0, 5000, 1000):
                patch(alice, url, start, DATA[start : start + 1000]).raise_for_status()

        threads = [threading.Thread(target=run, args=(url,)) for url in urls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for number in range(6):
            assert alice.get(f"/object/photos/n/{number}").content == DATA


def test_a_disk_that_fails_is_told_and_takes_nothing_back(
    alice: httpx.Client, photos: str, monkeypatch: pytest.MonkeyPatch
):
    from engine.errors import DiskFull

    def fail(*_: object) -> None:
        raise DiskFull("The disk is full")

    url = begun(alice)
    patch(alice, url, 0, DATA[:1000])
    with monkeypatch.context() as patched:
        patched.setattr(ResumableSession, "write", fail)
        assert refusal(patch(alice, url, 1000, DATA[1000:])) == (507, "The disk of the server is full")
        patched.undo()
        patched.setattr(ResumableSession, "commit", fail)
        assert refusal(patch(alice, url, 1000, DATA[1000:]))[0] == 507
    assert offset_of(alice, url) == 1000
    assert patch(alice, url, 1000, DATA[1000:]).status_code == 204


def test_refusals_are_audited(alice: httpx.Client, nobody: httpx.Client, photos: str, workspace: Workspace):
    url = begun(alice)
    patch(nobody, url, 0, b"x")
    for method in ("HEAD", "PATCH", "DELETE"):
        headers = {**PART, "upload-offset": "0", "x-http-method-override": method}
        assert nobody.post(url, headers=headers).status_code == 403
    workspace.audit.flush()
    told = [(entry.operation, entry.result, entry.user_id) for entry in workspace.audit.newest(5)]
    assert {operation for operation, result, user_id in told if (result, user_id) == ("denied", None)} == {
        "storage.tus.upload.part", "storage.tus.upload.get", "storage.tus.upload.delete",
    }  # fmt: skip


class TestBounds:
    def test_how_large_an_upload_may_be_is_told_where_there_is_a_bound(
        self, api: httpx.Client, alice: httpx.Client, photos: str
    ):
        assert "tus-max-size" not in alice.options(BASE).headers
        assert "tus-max-size" not in create(alice).headers
        api.put("/bucket/photos", json={"file_size_limit": 6000}).raise_for_status()
        assert create(alice).headers["tus-max-size"] == "6000"
        refused = create(alice, 6001)
        assert (refused.status_code, refused.headers["tus-max-size"]) == (413, "6000")

    def test_one_caller_has_some_open_at_once(
        self,
        alice: httpx.Client,
        bob: httpx.Client,
        api: httpx.Client,
        photos: str,
        workspace: Workspace,
        monkeypatch: pytest.MonkeyPatch,
    ):
        monkeypatch.setattr(limits, "RESUMABLE_OPEN_MAX", 2)
        first, second = begun(alice), begun(alice)
        assert refusal(create(alice))[0] == 429
        assert create(bob).status_code == create(api).status_code == create(api).status_code == 201
        assert create(api).status_code == 201
        assert patch(alice, first, 0, DATA).status_code == 204
        third = begun(alice, path="b")
        assert create(alice, path="c").status_code == 429
        alice.delete(third, headers=TUS).raise_for_status()
        begun(alice, path="b")
        assert create(alice, path="c").status_code == 429
        over = update(storage_resumable_uploads).where(storage_resumable_uploads.c.id == second.rpartition("/")[2])
        workspace.storage._executor.execute(over.values(expires_at=1), RlsContext.service())
        begun(alice, path="c")

    @pytest.mark.skipif(sys.platform != "linux", reason="Linux alone has all of 127.0.0.0/8 without being told to")
    @pytest.mark.parametrize("with_token", [False, True])
    def test_strangers_count_by_where_they_come_from(
        self,
        server: StorageServer,
        workspace: Workspace,
        alice: httpx.Client,
        photos: str,
        monkeypatch: pytest.MonkeyPatch,
        with_token: bool,
    ):
        monkeypatch.setattr(limits, "RESUMABLE_OPEN_MAX", 2)
        let = PolicySpec("anybody", PolicyTable.OBJECTS, PolicyCommand.INSERT, ("anon",), check="true")
        workspace.storage.policies.create(let, RlsContext.service(), "photos")
        shown = {"authorization": f"Bearer {workspace.keys.anon}"}
        if with_token:
            shown = {"x-signature": alice.post("/object/upload/sign/photos/a").json()["token"]}
        begun_as = {"path": "a", "base": f"{BASE}/sign" if with_token else BASE, "headers": shown}

        def begin_from(address: str) -> list[int]:
            from_there = httpx.HTTPTransport(local_address=address, verify=PLAIN)
            with httpx.Client(base_url=f"{server.url}/storage/v1", transport=from_there) as client:
                return [create(client, **begun_as).status_code for _ in range(3)]

        assert begin_from("127.0.0.2") == [201, 201, 429]
        assert begin_from("127.0.0.3") == [201, 201, 429]
        assert create(alice, path="b").status_code == 201


def test_neither_log_nor_audit_tells_by_what_an_upload_goes_on(
    server: StorageServer, workspace: Workspace, shared: str
):
    let = PolicySpec("anybody", PolicyTable.OBJECTS, PolicyCommand.INSERT, ("anon",), check="true")
    workspace.storage.policies.create(let, RlsContext.service(), "shared")
    with api_client(server, workspace.keys.anon) as anon, api_client(server) as nobody:
        headers = {**TUS, "upload-length": "10", "upload-metadata": metadata(bucketName="shared", objectName="a")}
        url = anon.post(BASE, headers=headers).headers["location"]
        upload_id = url.rpartition("/")[2]
        patch(anon, url, 0, b"12345")
        patch(nobody, url, 5, b"6")
        patch(anon, url, 3, b"6")
        anon.patch(url.replace(upload_id, "%" + upload_id[:1].encode().hex() + upload_id[1:]), headers=PART)
        anon.head(url + "/more", headers=TUS)
        anon.head(url.replace("resumable/", "resumable/sign/"), headers=TUS)
        anon.delete(url, headers=TUS)
        anon.head(url, headers=TUS)
        told = [record.path for record in server.recent_requests()]
    workspace.audit.flush()
    workspace.log.flush()
    told += [str(entry) for entry in workspace.audit.newest(50)]
    told.append((workspace.log.folder / LOG_NAME).read_text("utf-8"))
    assert not [text for text in told if upload_id in text]
    assert not [text for text in told if upload_id[1:] in text]
    assert sum(upload_name(upload_id) in text for text in told) >= 5
