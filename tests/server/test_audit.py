"""What comes over HTTP is in the audit: with the request's id and address, also when it was refused."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from engine.access_types import AuditEntry, AuditResult
from engine.context import Operation
from engine.server.refusals import _OPERATIONS
from engine.server.storage_server import StorageServer
from engine.types import RlsContext
from engine.workspace import Workspace
from tests.server.clients import api_client
from tests.server.conftest import ALICE
from tests.server.test_operations import ROUTES

Entries = Callable[[], list[AuditEntry]]


@pytest.fixture
def entries(workspace: Workspace) -> Entries:
    """Return a function that gives every entry, in the order in which they were written."""

    def read() -> list[AuditEntry]:
        workspace.audit.flush()
        return list(reversed(workspace.audit.newest(1000)))

    return read


DONE = [route for route in ROUTES if route[3] != Operation.OBJECT_INFO_PUBLIC]
"""All routes but one that needs a public bucket."""


@pytest.mark.parametrize(("method", "url", "body", "operation", "bucket", "path"), DONE)
def test_every_route_leaves_an_entry(
    api: httpx.Client,
    photos: str,
    entries: Entries,
    method: str,
    url: str,
    body: object,
    operation: Operation,
    bucket: str,
    path: str,
) -> None:
    if operation != Operation.BUCKET_DELETE:
        api.post("/object/photos/d/a", content=b"x").raise_for_status()
    before = len(entries())
    answer = api.request(method, url, json=body)
    assert answer.is_success, answer.text

    new = [entry for entry in entries()[before:] if entry.operation == operation]
    (entry,) = new
    assert (entry.role, entry.result) == ("service_role", AuditResult.DONE)
    assert entry.remote_address == "127.0.0.1"
    assert entry.request_id == answer.headers.get("x-request-id", entry.request_id)
    assert [entry for entry in entries()[before:] if entry.operation != operation] == []


def test_the_id_is_that_of_the_answer(api: httpx.Client, entries: Entries) -> None:
    answer = api.get("/bucket/nothing")
    entry = entries()[-1]
    assert (entry.operation, entry.result, entry.bucket) == (Operation.BUCKET_GET, AuditResult.FAILED, "nothing")
    assert entry.request_id == answer.headers["x-request-id"]


def test_reading_what_is_open_is_noted_as_well(
    api: httpx.Client, alice: httpx.Client, photos: str, entries: Entries
) -> None:
    alice.post("/object/photos/cat", content=b"miau").raise_for_status()
    before = len(entries())
    for _ in range(5):
        assert alice.get("/object/photos/cat").content == b"miau"
    assert alice.get("/object/photos/dog").status_code != 200

    reads = entries()[before:]
    assert [(entry.path, entry.result, entry.user_id) for entry in reads] == [
        ("cat", AuditResult.DONE, ALICE),
        ("dog", AuditResult.FAILED, ALICE),
    ]
    assert (reads[0].detail["times"], reads[0].operation) == (5, Operation.OBJECT_GET)


def test_what_is_read_by_a_link_or_from_a_public_bucket(
    api: httpx.Client, nobody: httpx.Client, photos: str, shared: str, entries: Entries
) -> None:
    for bucket in (photos, shared):
        api.post(f"/object/{bucket}/cat", content=b"miau").raise_for_status()
    link = api.post("/object/sign/photos/cat", json={"expiresIn": 60}).json()["signedURL"]
    before = len(entries())
    assert nobody.get(link).content == b"miau"
    assert nobody.get("/object/public/shared/cat").content == b"miau"
    assert nobody.get(link[:-3] + "xyz").status_code == 400

    signed, public, refused = entries()[before:]
    assert (signed.operation, signed.actor) == (Operation.OBJECT_GET_SIGNED, "anonymous")
    assert (public.operation, public.bucket) == (Operation.OBJECT_GET_PUBLIC, "shared")
    assert (refused.operation, refused.result) == (Operation.OBJECT_GET_SIGNED, AuditResult.DENIED)
    assert refused.remote_address == "127.0.0.1"


def test_a_bad_token_is_denied_and_its_role_unknown(server: StorageServer, photos: str, entries: Entries) -> None:
    before = len(entries())
    with api_client(server, "not.a.token") as client:
        assert client.delete("/object/photos/cat").status_code in {400, 401, 403}
        assert client.post("/object/list/photos", json={"prefix": ""}).status_code in {400, 401, 403}

    deleting, listing = entries()[before:]
    assert (deleting.operation, deleting.path) == (Operation.OBJECT_DELETE, "cat")
    assert listing.operation == Operation.OBJECT_LIST
    for entry in (deleting, listing):
        assert (entry.actor, entry.user_id, entry.role) == ("anonymous", None, None)
        assert (entry.result, entry.detail["code"]) == (AuditResult.DENIED, "AccessDenied")
        assert entry.bucket == "photos"


OF_AN_UPLOAD_IN_PARTS = {
    "tus-resumable": "1.0.0",
    "upload-length": "1",
    "upload-metadata": "bucketName Yg==,objectName cA==",
    "upload-offset": "0",
    "content-type": "application/offset+octet-stream",
    "x-http-method-override": "PATCH",
}
"""Without these it is not even asked who sends one."""


def test_every_route_that_refuses_somebody_is_known_by_what_it_does(
    server: StorageServer, nobody: httpx.Client, entries: Entries
) -> None:
    for method, words, shape in _OPERATIONS:
        url = "/" + words.decode() + {"BUCKET": "/b", "OBJECT": "/b/p", "PLAIN": ""}[shape.name]
        before = len(entries())
        nobody.request(method, url.replace("/bucket/b/p", "/bucket/b/empty"), headers=OF_AN_UPLOAD_IN_PARTS)
        (entry,) = entries()[before:]
        assert (entry.operation, entry.result) == (_OPERATIONS[method, words, shape], AuditResult.DENIED), url


def test_reading_over_http_makes_nobody_look_up_anything(
    api: httpx.Client, photos: str, workspace: Workspace, entries: Entries
) -> None:
    api.post("/object/photos/cat", content=b"miau").raise_for_status()
    version = workspace.storage.data_version()
    for _ in range(3):
        api.get("/object/photos/cat").raise_for_status()
        entries()
        assert workspace.storage.data_version() == version
    assert workspace.audit.verify(RlsContext.service()).sound
