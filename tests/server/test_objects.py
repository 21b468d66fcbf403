"""Objects over HTTP: what goes up comes down byte for byte, and every refusal has its status and words."""

from __future__ import annotations

import base64
import hashlib
import json
import random
from urllib.parse import quote

import httpx
import pytest

from engine.storage import FileStorage
from engine.types import RlsContext
from tests.server.clients import error_of

MIB = 1024 * 1024


def _content(size_bytes: int) -> bytes:
    return random.Random(size_bytes).randbytes(size_bytes)


@pytest.mark.parametrize("size_bytes", [0, 1, 4095, 4096, MIB, 5 * MIB - 1, 5 * MIB, 5 * MIB + 1])
def test_bytes_come_back_as_they_went_in(api: httpx.Client, photos: str, size_bytes: int):
    content = _content(size_bytes)
    stored = api.post(f"/object/{photos}/a/b.bin", content=content)
    assert stored.status_code == 201
    assert stored.json()["size"] == size_bytes
    assert stored.json()["checksum"] == hashlib.sha256(content).hexdigest()
    read = api.get(f"/object/{photos}/a/b.bin")
    assert read.status_code == 200
    assert read.content == content
    assert read.headers["content-length"] == str(size_bytes)


def test_the_answer_to_an_upload_serves_both_contracts(api: httpx.Client, photos: str):
    body = api.post(f"/object/{photos}/a.txt", content=b"hello").json()
    assert body["Key"] == "photos/a.txt"
    assert body["Id"] == body["id"]
    assert (body["bucket"], body["path"], body["size"]) == ("photos", "a.txt", 5)


def test_a_body_of_unknown_length_is_taken(api: httpx.Client, photos: str):
    pieces = [_content(100_000), b"", b"x", _content(2 * MIB)]
    assert api.post(f"/object/{photos}/chunked", content=iter(pieces)).status_code == 201
    assert api.get(f"/object/{photos}/chunked").content == b"".join(pieces)


def test_headers_of_an_upload_are_kept(api: httpx.Client, photos: str):
    metadata = base64.b64encode(json.dumps({"who": "Zoë"}).encode()).decode()
    api.post(
        f"/object/{photos}/a",
        content=b"x",
        headers={"content-type": "text/csv; charset=utf-8", "cache-control": "max-age=60", "x-metadata": metadata},
    ).raise_for_status()
    read = api.get(f"/object/{photos}/a")
    assert read.headers["content-type"] == "text/csv; charset=utf-8"
    assert read.headers["cache-control"] == "max-age=60"
    info = api.get(f"/object/info/{photos}/a").json()
    assert info["metadata"] == {"who": "Zoë"}
    assert info["content_type"] == "text/csv; charset=utf-8"
    assert info["cache_control"] == "max-age=60"


def test_defaults_of_an_upload(api: httpx.Client, photos: str):
    api.post(f"/object/{photos}/a.txt", content=b"x").raise_for_status()
    read = api.get(f"/object/{photos}/a.txt")
    assert read.headers["content-type"] == "application/octet-stream"
    assert read.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("field", ["%%%", "bm90IGpzb24=", "W10=", "eyJhIjpOYU59"])
def test_metadata_that_is_no_json_object_is_refused(api: httpx.Client, photos: str, field: str):
    refused = api.post(f"/object/{photos}/a", content=b"x", headers={"x-metadata": field})
    assert error_of(refused)[:3] == (400, "Error", "InvalidRequest")
    assert api.get(f"/object/{photos}/a").status_code == 404


def test_post_replaces_only_when_asked(api: httpx.Client, photos: str):
    api.post(f"/object/{photos}/a", content=b"old").raise_for_status()
    taken = api.post(f"/object/{photos}/a", content=b"new")
    assert error_of(taken) == (409, "Duplicate", "KeyAlreadyExists", "The resource already exists")
    assert api.get(f"/object/{photos}/a").content == b"old"
    assert api.post(f"/object/{photos}/a", content=b"new", headers={"x-upsert": "true"}).status_code == 201
    assert api.get(f"/object/{photos}/a").content == b"new"


def test_put_always_replaces(api: httpx.Client, photos: str):
    for content in (b"one", b"two"):
        assert api.put(f"/object/{photos}/a", content=content).status_code == 201
        assert api.get(f"/object/{photos}/a").content == content


def test_multipart_as_storage_js_sends_it(api: httpx.Client, photos: str):
    content = _content(3 * MIB)
    stored = api.post(
        f"/object/{photos}/m.png",
        data={"cacheControl": "3600", "metadata": '{"a":1}'},
        files={"": ("blob", content, "image/png")},
    )
    assert stored.status_code == 201
    read = api.get(f"/object/{photos}/m.png")
    assert read.content == content
    assert read.headers["content-type"] == "image/png"
    assert read.headers["cache-control"] == "max-age=3600"
    assert api.get(f"/object/info/{photos}/m.png").json()["metadata"] == {"a": 1}


def test_a_field_of_a_form_may_name_the_type(api: httpx.Client, photos: str):
    form = {"data": {"contentType": "text/x-mine"}, "files": {"file": ("фото.bin", b"x", "image/png")}}
    api.put(f"/object/{photos}/m", **form).raise_for_status()
    assert api.get(f"/object/{photos}/m").headers["content-type"] == "text/x-mine"
    assert api.get(f"/object/{photos}/m").headers["cache-control"] == "no-cache"


def test_a_form_without_a_file_stores_nothing(api: httpx.Client, photos: str):
    refused = api.post(f"/object/{photos}/m", files={"cacheControl": (None, "60")})
    assert error_of(refused)[:3] == (400, "Error", "InvalidRequest")
    assert api.get(f"/object/{photos}/m").status_code == 404


@pytest.mark.parametrize(
    "path", ["ümlaut.txt", "a b+c&d=e.txt", "日本語/ファイル", "a//b", "folder/", "100%25", ".hidden", "a;b,c'(d)!*@:$"]
)
def test_names_are_kept_as_they_are(
    api: httpx.Client, photos: str, storage: FileStorage, service: RlsContext, path: str
):
    url = f"/object/{photos}/{quote(path)}"
    content = b"" if path.endswith("/") else b"x"
    api.post(url, content=content).raise_for_status()
    assert api.get(url).content == content
    assert [info.path for info in storage.walk(photos, "", service)] == [path]


def test_an_encoded_slash_is_a_slash(api: httpx.Client, photos: str):
    api.post(f"/object/{photos}/a%2Fb", content=b"x").raise_for_status()
    assert api.get(f"/object/{photos}/a/b").content == b"x"


def test_delete(api: httpx.Client, photos: str):
    api.post(f"/object/{photos}/a", content=b"x").raise_for_status()
    deleted = api.delete(f"/object/{photos}/a")
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert error_of(api.delete(f"/object/{photos}/a")) == (404, "not_found", "NoSuchKey", "Object not found")
    assert error_of(api.get(f"/object/{photos}/a")) == (404, "not_found", "NoSuchKey", "Object not found")


def test_bulk_delete_returns_what_it_deleted_and_skips_the_rest(api: httpx.Client, photos: str):
    for path in ("a", "b/c", "keep"):
        api.post(f"/object/{photos}/{path}", content=b"x").raise_for_status()
    deleted = api.request("DELETE", f"/object/{photos}", json={"prefixes": ["a", "b/c", "missing"]})
    assert deleted.status_code == 200
    assert sorted(row["name"] for row in deleted.json()) == ["a", "b/c"]
    assert [row["name"] for row in api.post(f"/object/list/{photos}", json={}).json()] == ["keep"]


def test_bulk_delete_never_takes_a_folder_for_its_content(api: httpx.Client, photos: str):
    for path in ("folder/", "folder/file"):
        api.post(f"/object/{photos}/{path}", content=b"").raise_for_status()
    deleted = api.request("DELETE", f"/object/{photos}", json={"prefixes": ["folder/", "other/"]})
    assert [row["name"] for row in deleted.json()] == ["folder/"]
    assert api.get(f"/object/{photos}/folder/file").status_code == 200


@pytest.mark.parametrize(
    "body", [{}, {"prefixes": []}, {"prefixes": "a"}, {"prefixes": [1]}, {"prefixes": ["x"] * 1001}]
)
def test_bulk_delete_needs_paths(api: httpx.Client, photos: str, body: dict[str, object]):
    assert error_of(api.request("DELETE", f"/object/{photos}", json=body))[:3] == (400, "Error", "InvalidRequest")


def test_move(api: httpx.Client, photos: str, shared: str):
    api.post(f"/object/{photos}/a", content=b"x").raise_for_status()
    moved = api.post("/object/move", json={"bucketId": photos, "sourceKey": "a", "destinationKey": "b/c"})
    assert (moved.status_code, moved.json()) == (200, {"message": "Successfully moved"})
    assert api.get(f"/object/{photos}/b/c").content == b"x"
    assert api.get(f"/object/{photos}/a").status_code == 404
    across = {"bucketId": photos, "sourceKey": "b/c", "destinationKey": "d", "destinationBucket": shared}
    assert api.post("/object/move", json=across).status_code == 200
    assert api.get(f"/object/{shared}/d").content == b"x"


def test_copy(api: httpx.Client, photos: str):
    api.post(f"/object/{photos}/a", content=b"x").raise_for_status()
    pair = {"bucketId": photos, "sourceKey": "a", "destinationKey": "b"}
    copied = api.post("/object/copy", json=pair)
    assert (copied.status_code, copied.json()["Key"]) == (200, "photos/b")
    assert api.get(f"/object/{photos}/b").content == b"x"
    assert error_of(api.post("/object/copy", json=pair))[2] == "KeyAlreadyExists"
    assert api.post("/object/copy", json=pair, headers={"x-upsert": "true"}).status_code == 200


@pytest.mark.parametrize("verb", ["move", "copy"])
def test_move_and_copy_refuse(api: httpx.Client, photos: str, verb: str):
    api.post(f"/object/{photos}/a", content=b"x").raise_for_status()
    api.post(f"/object/{photos}/b", content=b"y").raise_for_status()
    pair = {"bucketId": photos, "sourceKey": "a", "destinationKey": "b"}
    related = (404, "InvalidRequest", "InvalidRequest", "The related resource does not exist")
    taken_code = {"move": "ResourceAlreadyExists", "copy": "KeyAlreadyExists"}[verb]
    for change, expected in (
        ({}, (409, "Duplicate", taken_code, "The resource already exists")),
        ({"sourceKey": "missing"}, (404, "not_found", "NoSuchKey", "Object not found")),
        ({"bucketId": "missing"}, related),
        ({"destinationBucket": "missing", "destinationKey": "c"}, related),
        ({"destinationKey": "../c"}, (400, "InvalidKey", "InvalidKey", "Invalid key: ../c")),
        ({"sourceKey": None}, (400, "Error", "InvalidRequest", "body must have required property 'sourceKey'")),
    ):
        assert error_of(api.post(f"/object/{verb}", json=pair | change)) == expected
    assert api.get(f"/object/{photos}/b").content == b"y"


def test_a_missing_bucket(api: httpx.Client):
    expected = (404, "Bucket not found", "NoSuchBucket", "Bucket not found")
    assert error_of(api.get("/object/missing/a")) == expected
    assert error_of(api.post("/object/missing/a", content=b"x")) == expected
    assert error_of(api.delete("/object/missing/a")) == expected
    assert error_of(api.get("/object/info/missing/a")) == expected


def test_a_refused_type(api: httpx.Client):
    api.post("/bucket", json={"name": "pictures", "allowed_mime_types": ["image/*"]}).raise_for_status()
    refused = api.post("/object/pictures/a", content=b"x" * MIB, headers={"content-type": "text/plain"})
    assert error_of(refused) == (415, "invalid_mime_type", "InvalidMimeType", "mime type text/plain is not supported")
    form = {"files": {"file": ("a.txt", b"x" * MIB, "text/plain")}}
    assert error_of(api.post("/object/pictures/a", **form))[0] == 415
    assert api.post("/object/pictures/a", content=b"x", headers={"content-type": "image/png"}).status_code == 201


def test_an_upload_over_the_limit_leaves_nothing(api: httpx.Client, staged):
    api.post("/bucket", json={"name": "small", "file_size_limit": "1kb"}).raise_for_status()
    expected = (413, "Payload too large", "EntityTooLarge", "The object exceeded the maximum allowed size")
    assert error_of(api.post("/object/small/a", content=b"x" * 1001)) == expected
    assert error_of(api.post("/object/small/a", content=iter([b"x" * 600, b"x" * 600]))) == expected
    assert error_of(api.post("/object/small/a", content=iter([b"x" * MIB] * 6))) == expected
    assert error_of(api.post("/object/small/a", files={"file": ("a", b"x" * 1001)})) == expected
    assert api.post("/object/small/a", content=b"x" * 1000).status_code == 201
    assert staged() == []


def test_a_bucket_is_addressed_by_id_too(api: httpx.Client, photos: str):
    bucket_id = api.get(f"/bucket/{photos}").json()["id"]
    assert api.post(f"/object/{bucket_id}/a", content=b"x").json()["Key"] == "photos/a"
    assert api.get(f"/object/{photos}/a").content == b"x"


def test_info_and_its_head(api: httpx.Client, photos: str):
    stored = api.post(f"/object/{photos}/a/b.txt", content=b"hello").json()
    info = api.get(f"/object/info/{photos}/a/b.txt").json()
    assert (info["id"], info["name"], info["size"]) == (stored["id"], "a/b.txt", 5)
    assert info["etag"] == f'"{stored["checksum"]}"'
    assert info["version"] == stored["version"]
    assert api.get(f"/object/info/authenticated/{photos}/a/b.txt").json() == info
    head = api.head(f"/object/info/{photos}/a/b.txt")
    assert (head.status_code, head.content) == (200, b"")
    assert error_of(api.get(f"/object/info/{photos}/nope"))[2] == "NoSuchKey"


def test_list_shows_one_folder(api: httpx.Client, photos: str):
    for path in ("a.txt", "folder/b.txt", "folder/sub/c.txt", "z.txt"):
        api.post(f"/object/{photos}/{path}", content=path.encode(), headers={"content-type": "text/plain"})
    rows = api.post(f"/object/list/{photos}", json={"prefix": ""}).json()
    assert [row["name"] for row in rows] == ["folder", "a.txt", "z.txt"]
    assert rows[0]["id"] is None
    assert rows[0]["metadata"] is None
    metadata = rows[1]["metadata"]
    assert (metadata["size"], metadata["contentLength"], metadata["mimetype"]) == (5, 5, "text/plain")
    assert metadata["httpStatusCode"] == 200
    for prefix in ("folder", "folder/"):
        rows = api.post(f"/object/list/{photos}", json={"prefix": prefix}).json()
        assert [row["name"] for row in rows] == ["sub", "b.txt"]


def test_list_sorts_pages_and_searches(api: httpx.Client, photos: str):
    for path in ("Apple", "apricot", "banana", "dir/x"):
        api.post(f"/object/{photos}/{path}", content=b"x").raise_for_status()

    def names(**body: object) -> list[str]:
        return [row["name"] for row in api.post(f"/object/list/{photos}", json=body).json()]

    everything = names()
    assert sorted(everything) == ["Apple", "apricot", "banana", "dir"]
    assert names(limit=2, offset=1) == everything[1:3]
    assert names(limit="1", offset="3") == everything[3:]
    assert names(search="AP") == [name for name in everything if name.lower().startswith("ap")]
    assert names(search="ap", offset=1) == names(search="ap")[1:]
    descending = names(sortBy={"column": "name", "order": "desc"})
    assert descending[0] == "dir"
    assert descending[1:] == everything[:0:-1]
    assert names(sortBy={"column": "created_at", "order": "asc"})[1:] == ["Apple", "apricot", "banana"]


def test_list_goes_beyond_one_page_of_the_engine(
    api: httpx.Client, photos: str, monkeypatch: pytest.MonkeyPatch, storage: FileStorage, service: RlsContext
):
    monkeypatch.setattr("engine.limits.LIST_PAGE_MAX", 2)
    for number in range(7):
        storage.upload(photos, f"{number}", b"x", service)
    rows = api.post(f"/object/list/{photos}", json={"limit": 5, "offset": 1}).json()
    assert [row["name"] for row in rows] == ["1", "2", "3", "4", "5"]


def test_list_of_a_missing_bucket_is_empty(api: httpx.Client):
    assert api.post("/object/list/missing", json={"prefix": ""}).json() == []


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 0},
        {"limit": "many"},
        {"offset": -1},
        {"sortBy": {"column": "size"}},
        {"sortBy": {"order": "up"}},
        {"prefix": 1},
    ],
)
def test_list_checks_its_body(api: httpx.Client, photos: str, body: dict[str, object]):
    assert error_of(api.post(f"/object/list/{photos}", json=body))[:3] == (400, "Error", "InvalidRequest")
