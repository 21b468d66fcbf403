"""Each route tells the engine what it does, for whom, and where the request came from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from engine.context import Operation, RlsContext
from engine.files.flat_listing import FlatListing
from engine.storage import FileStorage
from tests.server.conftest import ALICE

CALLS = (
    "create_bucket", "list_buckets", "get_bucket", "update_bucket", "delete_bucket", "empty_bucket", "begin_upload",
    "open_object", "open_public", "open_granted", "info", "list", "delete", "delete_many", "move", "copy", "sign",
)  # fmt: skip


@pytest.fixture
def contexts(monkeypatch: pytest.MonkeyPatch) -> list[RlsContext]:
    """Return the contexts with which the engine is called, as they come."""
    seen: list[RlsContext] = []

    def spied(call: Callable[..., Any]) -> Callable[..., Any]:
        def spy(*args: Any, **kwargs: Any) -> Any:
            seen.extend(arg for arg in args if isinstance(arg, RlsContext))
            return call(*args, **kwargs)

        return spy

    monkeypatch.setattr(FlatListing, "page", spied(FlatListing.page))
    for name in CALLS:
        monkeypatch.setattr(FileStorage, name, spied(getattr(FileStorage, name)))
    return seen


PAIR = {"bucketId": "photos", "sourceKey": "d/a", "destinationKey": "d/b"}
ROUTES = [
    ("POST", "/bucket", {"name": "new"}, Operation.BUCKET_CREATE, "new", ""),
    ("GET", "/bucket", None, Operation.BUCKET_LIST, "", ""),
    ("GET", "/bucket/photos", None, Operation.BUCKET_GET, "photos", ""),
    ("PUT", "/bucket/photos", {"public": False}, Operation.BUCKET_UPDATE, "photos", ""),
    ("POST", "/bucket/photos/empty", None, Operation.BUCKET_EMPTY, "photos", ""),
    ("DELETE", "/bucket/photos", None, Operation.BUCKET_DELETE, "photos", ""),
    ("POST", "/object/photos/new", None, Operation.OBJECT_UPLOAD, "photos", "new"),
    ("PUT", "/object/photos/new", None, Operation.OBJECT_UPDATE, "photos", "new"),
    ("POST", "/object/upload/sign/photos/new", None, Operation.OBJECT_SIGN_UPLOAD, "photos", "new"),
    ("GET", "/object/photos/d/a", None, Operation.OBJECT_GET, "photos", "d/a"),
    ("GET", "/object/authenticated/photos/d/a", None, Operation.OBJECT_GET, "photos", "d/a"),
    ("HEAD", "/object/photos/d/a", None, Operation.OBJECT_INFO, "photos", "d/a"),
    ("GET", "/object/info/photos/d/a", None, Operation.OBJECT_INFO, "photos", "d/a"),
    ("GET", "/object/info/authenticated/photos/d/a", None, Operation.OBJECT_INFO, "photos", "d/a"),
    ("GET", "/object/info/public/photos/d/a", None, Operation.OBJECT_INFO_PUBLIC, "photos", "d/a"),
    ("POST", "/object/list/photos", {"prefix": "d"}, Operation.OBJECT_LIST, "photos", "d/"),
    ("POST", "/object/list-v2/photos", {"prefix": "d"}, Operation.OBJECT_LIST_V2, "photos", "d"),
    ("POST", "/object/sign/photos/d/a", {"expiresIn": 9}, Operation.OBJECT_SIGN, "photos", "d/a"),
    ("POST", "/object/sign/photos", {"expiresIn": 9, "paths": ["d/a"]}, Operation.OBJECT_SIGN_MANY, "photos", "d/a"),
    ("POST", "/object/move", PAIR, Operation.OBJECT_MOVE, "photos", "d/a"),
    ("POST", "/object/copy", PAIR, Operation.OBJECT_COPY, "photos", "d/a"),
    ("DELETE", "/object/photos/d/a", None, Operation.OBJECT_DELETE, "photos", "d/a"),
    ("DELETE", "/object/photos", {"prefixes": ["d/a"]}, Operation.OBJECT_DELETE_MANY, "photos", ""),
]


@pytest.mark.parametrize(("method", "url", "body", "operation", "bucket", "path"), ROUTES)
def test_routes(
    api: httpx.Client,
    photos: str,
    contexts: list[RlsContext],
    method: str,
    url: str,
    body: object,
    operation: Operation,
    bucket: str,
    path: str,
):
    api.post("/object/photos/d/a", content=b"x").raise_for_status()
    contexts.clear()
    answer = api.request(method, url, json=body)
    assert contexts, url
    for context in contexts:
        assert (context.act.operation, context.act.bucket, context.act.path) == (operation, bucket, path)
        assert context.origin.remote_address == "127.0.0.1"
    if "x-request-id" in answer.headers:
        assert contexts[0].origin.request_id == answer.headers["x-request-id"]


def test_a_refused_request_names_itself(alice: httpx.Client, photos: str, contexts: list[RlsContext]):
    refused = alice.get("/object/photos/nothing")
    assert contexts[0].origin.request_id == refused.headers["x-request-id"]
    assert contexts[0].user_id == ALICE


def test_a_signed_upload_is_its_makers(
    alice: httpx.Client, nobody: httpx.Client, photos: str, contexts: list[RlsContext]
):
    signed = alice.post("/object/upload/sign/photos/a").json()
    contexts.clear()
    nobody.put(signed["url"], content=b"x").raise_for_status()
    assert [context.act.operation for context in contexts] == [Operation.OBJECT_UPLOAD_SIGNED]
    assert contexts[0].user_id == ALICE


def test_a_look_at_the_head_opens_no_bytes_to_others(api: httpx.Client, photos: str, contexts: list[RlsContext]):
    api.post("/object/photos/a", content=b"x").raise_for_status()
    contexts.clear()
    api.head("/object/photos/a").raise_for_status()
    api.get("/object/photos/a").raise_for_status()
    assert [context.act.operation for context in contexts] == [Operation.OBJECT_INFO, Operation.OBJECT_GET]


def test_doors_that_are_nobodys_own(api: httpx.Client, nobody: httpx.Client, shared: str, contexts: list[RlsContext]):
    api.post(f"/object/{shared}/a", content=b"x").raise_for_status()
    links = api.post(f"/object/sign/{shared}/a", json={"expiresIn": 60}).json()
    contexts.clear()
    nobody.get(f"/object/public/{shared}/a").raise_for_status()
    nobody.head(f"/object/public/{shared}/a").raise_for_status()
    nobody.get(links["signedURL"]).raise_for_status()
    nobody.get(links["url"]).raise_for_status()
    assert [context.act.operation for context in contexts] == [
        Operation.OBJECT_GET_PUBLIC,
        Operation.OBJECT_INFO_PUBLIC,
        Operation.OBJECT_GET_SIGNED,
    ]
    assert {(context.act.path, context.origin.remote_address) for context in contexts} == {("a", "127.0.0.1")}
