"""Supabase's second listing: full names, cursors, with and without folders."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.server.clients import error_of

NAMES = ("a", "b.txt", "b/c", "b/d/e", "c", "b/")


@pytest.fixture
def filled(api: httpx.Client, photos: str) -> str:
    """Store some objects and return the bucket's name."""
    for name in NAMES:
        content = b"" if name.endswith("/") else b"x"
        api.post(f"/object/{photos}/{name}", content=content).raise_for_status()
    return photos


def _listed(client: httpx.Client, bucket: str, **body: object) -> dict[str, Any]:
    answer = client.post(f"/object/list-v2/{bucket}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def _names(page: dict[str, Any]) -> tuple[list[str], list[str]]:
    return [row["name"] for row in page["folders"]], [row["name"] for row in page["objects"]]


def test_everything_by_full_names(api: httpx.Client, filled: str):
    page = _listed(api, filled)
    assert _names(page) == ([], ["a", "b.txt", "b/", "b/c", "b/d/e", "c"])
    assert page.keys() == {"hasNext", "folders", "objects"}
    assert page["hasNext"] is False
    row = page["objects"][3]
    assert row["key"] == "c"
    assert row.keys() >= {"id", "name", "created_at", "updated_at", "last_accessed_at", "metadata"}
    assert row["metadata"]["size"] == 1
    assert api.post(f"/object/list-v2/{filled}").json() == page


def test_with_a_delimiter(api: httpx.Client, filled: str):
    assert _names(_listed(api, filled, with_delimiter=True)) == (["b/"], ["a", "b.txt", "c"])
    assert _names(_listed(api, filled, with_delimiter="true", prefix="b")) == (["b/"], ["b.txt"])
    assert _names(_listed(api, filled, with_delimiter=True, prefix="b/")) == (["b/d/"], ["b/", "b/c"])
    folder = _listed(api, filled, with_delimiter=True)["folders"][0]
    assert (folder["key"], folder["id"], folder["created_at"], folder["metadata"]) == ("b", None, None, None)


@pytest.mark.parametrize("delimited", [True, False])
@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("column", ["name", "created_at", "updated_at"])
def test_page_by_page(api: httpx.Client, filled: str, delimited: bool, column: str, order: str):
    body: dict[str, Any] = {"with_delimiter": delimited, "sortBy": {"column": column, "order": order}}
    whole = _names(_listed(api, filled, **body))
    assert sum(map(len, whole)) == (4 if delimited else 6)
    found: tuple[list[str], list[str]] = ([], [])
    page = _listed(api, filled, limit=1, **body)
    while True:
        for kind, names in zip(found, _names(page), strict=True):
            kind.extend(names)
        if not page["hasNext"]:
            break
        assert page["nextCursorKey"] == next(filter(None, _names(page)))[0]
        page = _listed(api, filled, limit="1", with_delimiter=delimited, cursor=page["nextCursor"])
    assert found == whole


def test_a_bucket_that_is_not_there_is_empty(api: httpx.Client, bob: httpx.Client, filled: str):
    empty = {"hasNext": False, "folders": [], "objects": []}
    assert _listed(api, "nowhere") == _listed(bob, "nowhere") == _listed(bob, filled) == empty
    assert _listed(bob, filled, with_delimiter=True) == empty


@pytest.mark.parametrize(
    "body",
    [{"limit": 0}, {"limit": "x"}, {"cursor": 1}, {"cursor": "x"}, {"with_delimiter": "x"}, {"prefix": 1},
     {"sortBy": "name"}, {"sortBy": {"column": "last_accessed_at"}}, {"sortBy": {"column": "name", "order": "up"}}],
)  # fmt: skip
def test_bodies_that_make_no_sense(api: httpx.Client, filled: str, body: dict[str, object]):
    assert error_of(api.post(f"/object/list-v2/{filled}", json=body))[:3] == (400, "Error", "InvalidRequest")


def test_a_prefix_that_is_no_text(api: httpx.Client, filled: str):
    refused = api.post(f"/object/list-v2/{filled}", content=b'{"prefix":"\\ud800"}')
    assert error_of(refused)[2] == "InvalidKey"
