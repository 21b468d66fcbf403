"""Tokens to upload: they let anybody upload one object for a while, for whoever made them, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest

from engine.server import StorageServer
from engine.signed_url import UploadGrant, UrlSigner
from tests.server.clients import error_of
from tests.server.conftest import ALICE
from tests.server.test_clients import _curl, needs_curl


def _signed(client: httpx.Client, path: str, **headers: str) -> dict[str, str]:
    answer = client.post(f"/object/upload/sign/photos/{path}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def signed(alice: httpx.Client, photos: str) -> dict[str, str]:
    """Return what a signed-in user gets who asks for a token."""
    return _signed(alice, "a b/ü.txt")


def test_the_answer_is_supabases(signed: dict[str, str]):
    url = urlsplit(signed["url"])
    assert url.path == "/object/upload/sign/photos/a%20b/%C3%BC.txt"
    assert parse_qs(url.query) == {"token": [signed["token"]]}
    claims = jwt.decode(signed["token"], options={"verify_signature": False})
    assert claims["exp"] - claims.pop("iat") == 7200
    del claims["exp"]
    assert claims == {"url": "photos/a b/ü.txt", "owner": ALICE, "upsert": False, "scope": "upload"}


def test_anybody_uploads_for_whoever_made_the_token(
    nobody: httpx.Client, alice: httpx.Client, signed: dict[str, str], storage, service
):
    stored = nobody.put(signed["url"], content=b"hello", headers={"content-type": "text/plain"})
    assert stored.status_code == 201
    assert stored.json()["Key"] == "photos/a b/ü.txt"
    assert alice.get("/object/photos/a b/ü.txt").content == b"hello"
    info = storage.info("photos", "a b/ü.txt", service)
    assert (info.owner_id, info.mime_type) == (ALICE, "text/plain")


@pytest.mark.parametrize("field", ["", "file"])
def test_a_form_as_clients_send_it(nobody: httpx.Client, alice: httpx.Client, signed: dict[str, str], field: str):
    form = {"cacheControl": "60", "metadata": '{"a":1}'}
    file = {field: ("ü.txt", b"hello", "text/plain")}
    nobody.put(signed["url"], data=form, files=file, headers={"x-upsert": "true"}).raise_for_status()
    info = alice.get("/object/info/photos/a b/ü.txt").json()
    assert (info["cache_control"], info["metadata"], info["size"]) == ("max-age=60", {"a": 1}, 5)


def test_no_other_path_bucket_or_purpose(nobody: httpx.Client, signed: dict[str, str], shared: str):
    for url in (
        "/object/upload/sign/photos/other",
        "/object/upload/sign/photos/a b/ü.txt/",
        "/object/upload/sign/photos/a b%2Fü.txt/x",
        f"/object/upload/sign/{shared}/a b/ü.txt",
    ):
        refused = nobody.put(url, params={"token": signed["token"]}, content=b"x")
        assert error_of(refused)[:3] == (400, "InvalidSignature", "InvalidSignature"), url
    read = nobody.get("/object/sign/photos/a b/ü.txt", params={"token": signed["token"]})
    assert error_of(read)[2] == "InvalidSignature"
    bearer = nobody.get("/bucket", headers={"authorization": f"Bearer {signed['token']}"})
    assert error_of(bearer)[3] == "signature verification failed"


def test_a_link_for_reading_uploads_nothing(nobody: httpx.Client, alice: httpx.Client, signed: dict[str, str]):
    alice.post("/object/photos/a b/ü.txt", content=b"x").raise_for_status()
    link = alice.post("/object/sign/photos/a b/ü.txt", json={"expiresIn": 60}).json()["signedURL"]
    token = parse_qs(urlsplit(link).query)["token"][0]
    refused = nobody.put("/object/upload/sign/photos/a b/ü.txt", params={"token": token}, content=b"y")
    assert error_of(refused)[2] == "InvalidSignature"


@pytest.mark.parametrize("token", ["", "x", "x.y.z", "é"])
def test_what_is_no_token(nobody: httpx.Client, photos: str, token: str):
    for params in ({"token": token}, {}):
        refused = nobody.put(f"/object/upload/sign/{photos}/a", params=params, content=b"x")
        assert error_of(refused)[:3] == (400, "InvalidJWT", "InvalidJWT")


def test_a_late_token(nobody: httpx.Client, photos: str, signer_at: Callable[[float], UrlSigner]):
    token = signer_at(-3600).sign_upload(photos, "a", UploadGrant(ALICE, upsert=False), 60)
    refused = nobody.put(f"/object/upload/sign/{photos}/a", params={"token": token}, content=b"x")
    assert error_of(refused) == (400, "InvalidJWT", "InvalidJWT", "The link has expired")


def test_a_token_replaces_only_if_it_says_so(nobody: httpx.Client, alice: httpx.Client, photos: str):
    plain, upsert = _signed(alice, "a"), _signed(alice, "a", **{"x-upsert": "true"})
    assert nobody.put(plain["url"], content=b"1").status_code == 201
    again = nobody.put(plain["url"], content=b"2", headers={"x-upsert": "true"})
    assert error_of(again)[:3] == (409, "Duplicate", "KeyAlreadyExists")
    assert nobody.put(upsert["url"], content=b"3").status_code == 201
    assert alice.get(f"/object/{photos}/a").content == b"3"


def test_no_token_for_what_its_maker_may_not_do(
    alice: httpx.Client, bob: httpx.Client, nobody: httpx.Client, photos: str
):
    assert error_of(nobody.post(f"/object/upload/sign/{photos}/a"))[3] == "Invalid Compact JWS"
    alice.post(f"/object/{photos}/a", content=b"x").raise_for_status()
    taken = alice.post(f"/object/upload/sign/{photos}/a")
    assert error_of(taken)[:3] == (409, "Duplicate", "KeyAlreadyExists")
    assert error_of(alice.post("/object/upload/sign/nowhere/a"))[2] == "NoSuchBucket"
    assert error_of(alice.post(f"/object/upload/sign/{photos}/a%00"))[2] == "InvalidKey"


def test_making_a_token_stores_nothing(alice: httpx.Client, signed: dict[str, str], staged: Callable[[], list[str]]):
    assert alice.post("/object/list/photos", json={}).json() == []
    assert staged() == []


@needs_curl
def test_curl_uploads_with_a_token(server: StorageServer, alice: httpx.Client, signed: dict[str, str], tmp_path: Path):
    source = tmp_path / "source"
    source.write_bytes(b"x" * 3_000_000)
    answer = _curl("--upload-file", str(source), f"{server.url}/storage/v1{signed['url']}")
    assert '"Key":"photos/a b/ü.txt"' in answer
    assert alice.get("/object/info/photos/a b/ü.txt").json()["size"] == 3_000_000
