"""The bucket routes."""

from __future__ import annotations

import re
import uuid

import httpx
import pytest

from engine import limits
from engine.workspace import Workspace
from tests.server.clients import error_of


def test_a_bucket_from_first_to_last(api: httpx.Client):
    made = api.post("/bucket", json={"name": "photos", "id": "photos", "public": "true", "file_size_limit": "20mb"})
    assert made.status_code == 200
    assert made.json()["name"] == "photos"
    bucket = api.get("/bucket/photos").json()
    assert uuid.UUID(bucket["id"])
    assert bucket["owner"] == ""
    assert bucket["public"] is True
    assert bucket["file_size_limit"] == 20_000_000
    assert bucket["allowed_mime_types"] is None
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", bucket["created_at"])
    assert api.get(f"/bucket/{bucket['id']}").json() == bucket
    assert api.delete("/bucket/photos").json() == {"message": "Successfully deleted"}
    assert error_of(api.get("/bucket/photos")) == (404, "Bucket not found", "NoSuchBucket", "Bucket not found")


def test_update_changes_what_is_named(api: httpx.Client):
    body = {"name": "a", "file_size_limit": 5, "allowed_mime_types": ["image/*", "text/plain"]}
    api.post("/bucket", json=body).raise_for_status()
    assert api.put("/bucket/a", json={"public": True}).json() == {"message": "Successfully updated"}
    bucket = api.get("/bucket/a").json()
    assert (bucket["public"], bucket["file_size_limit"]) == (True, 5)
    assert bucket["allowed_mime_types"] == ["image/*", "text/plain"]
    api.put("/bucket/a", json={"file_size_limit": None, "allowed_mime_types": None}).raise_for_status()
    bucket = api.get("/bucket/a").json()
    assert (bucket["public"], bucket["file_size_limit"], bucket["allowed_mime_types"]) == (True, None, None)
    assert error_of(api.put("/bucket/missing", json={}))[2] == "NoSuchBucket"


def test_delete_needs_an_empty_bucket(api: httpx.Client, photos: str):
    api.post(f"/object/{photos}/a/b", content=b"x").raise_for_status()
    expected = (409, "ResourceNotEmpty", "ResourceNotEmpty", "The bucket you tried to delete is not empty")
    assert error_of(api.delete(f"/bucket/{photos}")) == expected
    assert api.post(f"/bucket/{photos}/empty").json() == {"message": "Successfully emptied"}
    assert api.get(f"/object/{photos}/a/b").status_code == 404
    assert api.delete(f"/bucket/{photos}").status_code == 200
    assert error_of(api.delete(f"/bucket/{photos}"))[2] == "NoSuchBucket"


def test_a_name_is_taken_once(api: httpx.Client, photos: str):
    expected = (409, "Duplicate", "BucketAlreadyExists", "The resource already exists")
    assert error_of(api.post("/bucket", json={"name": photos})) == expected


@pytest.mark.parametrize("name", ["a/b", " a", "a ", "..", "x" * 101, "a\u0000b"])
def test_bad_names(api: httpx.Client, name: str):
    assert error_of(api.post("/bucket", json={"name": name})) == (
        400,
        "Invalid Input",
        "InvalidBucketName",
        "Bucket name invalid",
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "body must have required property 'name'"),
        ({"name": 5}, "body/name must be string"),
        ({"name": "a", "id": "b"}, "body/id must be equal to body/name"),
        ({"name": "a", "public": "perhaps"}, "body/public must be boolean"),
        ({"name": "a", "file_size_limit": "much"}, "body/file_size_limit must be integer"),
        ({"name": "a", "allowed_mime_types": "image/*"}, "body/allowed_mime_types must be array of strings"),
    ],
)
def test_bad_bodies(api: httpx.Client, body: dict[str, object], message: str):
    assert error_of(api.post("/bucket", json=body)) == (400, "Error", "InvalidRequest", message)


@pytest.mark.parametrize("content", [b"{", b"[]", b"5", b"\xff", b'{"name": NaN}', b"[" * 100_000])
def test_bodies_that_are_no_json_object(api: httpx.Client, content: bytes):
    assert error_of(api.post("/bucket", content=content))[:3] == (400, "Error", "InvalidRequest")


def test_an_endless_body_is_cut_off(api: httpx.Client):
    assert error_of(api.post("/bucket", content=iter([b" " * 65536] * 40)))[0] == 413


def test_list_sorts_pages_and_searches(api: httpx.Client):
    for name in ("beta", "Alpha", "gamma"):
        api.post("/bucket", json={"name": name}).raise_for_status()

    def names(query: str = "") -> list[str]:
        return [bucket["name"] for bucket in api.get(f"/bucket{query}").json()]

    assert names() == ["Alpha", "beta", "gamma"]
    assert names("?sortOrder=desc") == ["gamma", "beta", "Alpha"]
    assert names("?sortColumn=created_at") == ["beta", "Alpha", "gamma"]
    assert names("?limit=1&offset=1") == ["beta"]
    assert names("?search=ALP") == ["Alpha"]
    for wrong in ("?sortColumn=size", "?sortOrder=up", "?limit=0", "?offset=x"):
        assert error_of(api.get(f"/bucket{wrong}"))[:3] == (400, "Error", "InvalidRequest")


def test_only_empty_follows_a_bucket(api: httpx.Client, photos: str):
    assert error_of(api.post(f"/bucket/{photos}/other"))[0] == 404
    refused = api.patch(f"/bucket/{photos}")
    assert error_of(refused)[0] == 405
    assert refused.headers["allow"] == "DELETE, GET, HEAD, PUT"


NOTHING = {"versions": None, "days": None, "trash_days": None}


def test_a_bucket_keeps_what_it_is_asked_to(api: httpx.Client):
    wanted = {"versions": "5", "trash_days": 30}
    api.post("/bucket", json={"name": "kept", "retention": wanted}).raise_for_status()
    assert api.get("/bucket/kept").json()["retention"] == {"versions": 5, "days": None, "trash_days": 30}
    api.post("/object/kept/a", content=b"x").raise_for_status()

    api.put("/bucket/kept", json={"public": True}).raise_for_status()
    assert api.get("/bucket/kept").json()["retention"]["versions"] == 5
    api.put("/bucket/kept", json={"retention": {"days": 7}}).raise_for_status()
    assert api.get("/bucket/kept").json()["retention"] == NOTHING | {"days": 7}
    api.put("/bucket/kept", json={"retention": None}).raise_for_status()
    assert api.get("/bucket/kept").json()["retention"] == NOTHING


def test_a_bucket_that_is_not_asked_keeps_nothing(api: httpx.Client, photos: str):
    assert [bucket["retention"] for bucket in api.get("/bucket").json()] == [NOTHING]


def test_what_is_deleted_over_http_goes_to_the_trash_of_its_bucket(api: httpx.Client, workspace: Workspace):
    api.post("/bucket", json={"name": "kept", "retention": {"trash_days": 30}}).raise_for_status()
    api.post("/object/kept/a", content=b"x").raise_for_status()
    api.delete("/object/kept/a").raise_for_status()
    (row,) = workspace.storage.trash.list("kept", workspace.context).items
    assert row.info.path == "a"


@pytest.mark.parametrize(
    ("retention", "message"),
    [
        (5, "body/retention must be object"),
        ({"versions": 0}, "body/retention/versions must be >= 1"),
        ({"days": "soon"}, "body/retention/days must be integer"),
        ({"trash_days": 2**31}, f"body/retention/trash_days must be <= {limits.RETENTION_MAX}"),
        ({"trashDays": 30}, "body/retention/trashDays is not known: there are versions, days and trash_days"),
    ],
)
def test_bad_retention(api: httpx.Client, photos: str, retention: object, message: str):
    for method, route, name in (("POST", "/bucket", {"name": "new"}), ("PUT", f"/bucket/{photos}", {})):
        refused = api.request(method, route, json={**name, "retention": retention})
        assert error_of(refused) == (400, "Error", "InvalidRequest", message)
