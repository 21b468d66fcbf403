"""Who may do what over HTTP, and what nobody learns by asking."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import jwt
import pytest

from engine.workspace import Workspace
from tests.server.clients import RawClient, error_of
from tests.server.conftest import ALICE

INVALID = (403, "Unauthorized", "AccessDenied", "Invalid Compact JWS")

NEEDS_TOKEN = [
    ("POST", "/bucket"), ("GET", "/bucket"), ("GET", "/bucket/photos"), ("PUT", "/bucket/photos"),
    ("POST", "/bucket/photos/empty"), ("DELETE", "/bucket/photos"), ("POST", "/object/photos/new"),
    ("PUT", "/object/photos/new"), ("DELETE", "/object/photos/a"), ("DELETE", "/object/photos"),
    ("GET", "/object/authenticated/photos/a"), ("POST", "/object/sign/photos/a"), ("POST", "/object/sign/photos"),
    ("POST", "/object/list/photos"), ("POST", "/object/list-v2/photos"), ("POST", "/object/upload/sign/photos/new"),
    ("POST", "/object/move"), ("POST", "/object/copy"),
]  # fmt: skip


@pytest.fixture
def secret_file(api: httpx.Client, photos: str) -> str:
    """Store an object of the service role in a private bucket and return its address."""
    api.post(f"/object/{photos}/a", content=b"secret").raise_for_status()
    return f"/object/{photos}/a"


def test_without_a_token(nobody: httpx.Client, secret_file: str):
    for method, path in NEEDS_TOKEN:
        assert error_of(nobody.request(method, path)) == INVALID, (method, path)


def test_with_a_token_of_somebody_else(nobody: httpx.Client, secret_file: str):
    token = jwt.encode({"role": "service_role"}, "x" * 32, algorithm="HS256")
    for method, path in NEEDS_TOKEN:
        refused = nobody.request(method, path, headers={"authorization": f"Bearer {token}"})
        assert error_of(refused)[3] == "signature verification failed", (method, path)


def test_fields_that_hold_no_token(raw: Callable[[], RawClient], secret_file: str):
    client = raw()
    for field in (
        "",
        "Bearer",
        "Bearer ",
        "Bearer x.y.z",
        "Basic YTpi",
        "Bearer " + "a" * 20000,
        "bearer\t",
        "Bearer é",
    ):
        client.head("GET /storage/v1/object/authenticated/photos/a", f"Authorization: {field}")
        answer = client.answer()
        assert (answer.status, answer.json()["message"]) == (403, "Invalid Compact JWS"), field


def test_expired_and_unsigned_tokens(nobody: httpx.Client, secret_file: str, user_token: Callable[..., str]):
    def refused(token: str) -> str:
        return error_of(nobody.get("/bucket", headers={"authorization": f"Bearer {token}"}))[3]

    assert refused(user_token(exp=1)) == '"exp" claim timestamp check failed'
    assert refused(jwt.encode({"role": "service_role"}, None, algorithm="none")) == "Invalid Compact JWS"


def test_the_apikey_field_stands_in(nobody: httpx.Client, photos: str, workspace: Workspace):
    keys = workspace.keys
    assert nobody.get("/bucket/photos", headers={"apikey": keys.service_role}).status_code == 200
    both = {"apikey": keys.service_role, "authorization": f"Bearer {keys.anon}"}
    assert nobody.get("/bucket/photos", headers=both).status_code == 404


def test_the_scheme_is_written_in_any_case(nobody: httpx.Client, photos: str, workspace: Workspace):
    key = workspace.keys.service_role
    assert nobody.get("/bucket/photos", headers={"authorization": f"bEARER  {key}"}).status_code == 200


def test_a_private_object_and_a_missing_one_look_the_same(
    nobody: httpx.Client, alice: httpx.Client, secret_file: str, workspace: Workspace
):
    with_anon_key = {"authorization": f"Bearer {workspace.keys.anon}"}
    broken = {"authorization": "Bearer broken"}
    for client, headers in ((nobody, {}), (nobody, with_anon_key), (nobody, broken), (alice, {})):
        hidden = client.get(secret_file, headers=headers)
        missing = client.get(secret_file + "x", headers=headers)
        assert error_of(hidden) == error_of(missing) == (404, "not_found", "NoSuchKey", "Object not found")
        assert client.head(secret_file, headers=headers).status_code == 404


def test_no_door_tells_hidden_from_missing(alice: httpx.Client, secret_file: str):
    for door in ("info/", "authenticated/", "public/", "info/public/", "info/authenticated/"):
        hidden, missing = alice.get(f"/object/{door}photos/a"), alice.get(f"/object/{door}photos/b")
        assert hidden.status_code == 404
        assert error_of(hidden) == error_of(missing)


def test_a_stranger_cannot_change_or_sign_what_is_hidden(bob: httpx.Client, secret_file: str):
    assert error_of(bob.delete(secret_file))[0] == 404
    assert error_of(bob.delete(secret_file + "x"))[0] == 404
    assert error_of(bob.post("/object/sign/photos/a", json={"expiresIn": 60}))[0] == 404
    assert bob.request("DELETE", "/object/photos", json={"prefixes": ["a"]}).json() == []
    assert bob.post("/object/list/photos", json={}).json() == []


def test_users_own_what_they_upload(alice: httpx.Client, bob: httpx.Client, photos: str):
    alice.post(f"/object/{photos}/mine", content=b"x").raise_for_status()
    assert alice.get(f"/object/{photos}/mine").content == b"x"
    assert alice.get(f"/object/authenticated/{photos}/mine").content == b"x"
    assert bob.get(f"/object/{photos}/mine").status_code == 404
    assert bob.delete(f"/object/{photos}/mine").status_code == 404
    assert alice.delete(f"/object/{photos}/mine").status_code == 204


def test_the_anon_key_changes_nothing(nobody: httpx.Client, photos: str, shared: str, workspace: Workspace):
    headers = {"authorization": f"Bearer {workspace.keys.anon}"}
    expected = (403, "Unauthorized", "AccessDenied", "new row violates row-level security policy")
    for bucket in (photos, shared):
        assert error_of(nobody.post(f"/object/{bucket}/x", content=b"x", headers=headers)) == expected
    assert error_of(nobody.post("/bucket", json={"name": "new"}, headers=headers)) == expected


def test_users_do_not_manage_buckets(alice: httpx.Client, photos: str):
    assert alice.post("/bucket", json={"name": "new"}).status_code == 403
    assert error_of(alice.post(f"/bucket/{photos}/empty"))[:3] == (403, "Unauthorized", "AccessDenied")
    assert alice.delete(f"/bucket/{photos}").status_code in (403, 404)


def test_public_buckets_are_read_by_anybody(api: httpx.Client, nobody: httpx.Client, shared: str):
    api.post(f"/object/{shared}/a/b.txt", content=b"hello").raise_for_status()
    for form in ("/object/public/{}/a/b.txt", "/object/{}/a/b.txt"):
        assert nobody.get(form.format(shared)).content == b"hello"
        assert nobody.head(form.format(shared)).headers["content-length"] == "5"
        assert nobody.get(form.format(shared), headers={"range": "bytes=1-2"}).content == b"el"
    assert nobody.get(f"/object/info/public/{shared}/a/b.txt").json()["size"] == 5
    assert nobody.post(f"/object/{shared}/new", content=b"x").status_code == 403


def test_a_bucket_made_private_is_closed_at_once(api: httpx.Client, nobody: httpx.Client, shared: str):
    api.post(f"/object/{shared}/a", content=b"x").raise_for_status()
    assert nobody.get(f"/object/public/{shared}/a").status_code == 200
    api.put(f"/bucket/{shared}", json={"public": False}).raise_for_status()
    assert nobody.get(f"/object/public/{shared}/a").status_code == 404
    assert nobody.get(f"/object/{shared}/a").status_code == 404


def test_what_one_caller_has_open_opens_for_nobody_else(
    api: httpx.Client, nobody: httpx.Client, alice: httpx.Client, secret_file: str
):
    for _ in range(3):
        assert api.get(secret_file).status_code == 200
        assert alice.get(secret_file).status_code == 404
        assert nobody.get(secret_file).status_code == 404


TRAVERSALS = (
    "..%2Fsecret", "%2e%2e/secret", "a/%2e%2e/%2e%2e/b", "%252e%252e/x", "..%5cx", ".", "%2e", "a%00b", "%0a", "%ff",
    "%C0%AE%C0%AE/x", "%EF%BC%8E%EF%BC%8E/x", "%", "%zz", "%2Fabsolute", "a/..", "%e2%80%ae",
)  # fmt: skip


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_traversal_is_refused(photos: str, raw: Callable[[], RawClient], workspace: Workspace, method: str):
    client = raw()
    for path in TRAVERSALS:
        line = f"{method} /storage/v1/object/{photos}/{path}"
        client.head(line, "Content-Length: 1", token=workspace.keys.service_role)
        client.send(b"x")
        answer = client.answer()
        assert (answer.status, answer.json()["code"]) == (400, "InvalidKey"), path
        assert answer.json()["message"].startswith("Invalid key: ")


def test_dots_in_the_address_are_not_normalised(raw, api: httpx.Client, shared: str, photos: str):
    api.post(f"/object/{photos}/a", content=b"secret").raise_for_status()
    client = raw()
    client.head(f"GET /storage/v1/object/public/{shared}/../{photos}/a")
    assert client.answer().json()["code"] == "InvalidKey"
    client.head("GET /storage/v1/../../etc/passwd")
    assert client.answer().status == 404


def test_users_know_their_id(alice: httpx.Client, photos: str, storage, service):
    alice.post(f"/object/{photos}/mine", content=b"x").raise_for_status()
    assert storage.info(photos, "mine", service).owner_id == ALICE
