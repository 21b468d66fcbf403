"""Policies over HTTP: who asks, which doors they have, and what is told of what they may not see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import httpx
import pytest
from sqlalchemy import event

from engine.context import RlsContext
from engine.metadata.prepared import PreparedQueries
from engine.workspace import Workspace
from tests.server.clients import error_of
from tests.server.conftest import ALICE, BOB
from tests.server.policy_calls import DENIED, HIDDEN, WRITE_DENIED

SERVICE = RlsContext.service()
Apply = Callable[[str], None]


@pytest.fixture
def apply(workspace: Workspace) -> Apply:
    """Return a function that applies policies."""

    def run(text: str) -> None:
        workspace.storage.policies.apply(text, SERVICE)

    return run


@pytest.fixture
def vault(api: httpx.Client) -> str:
    """Make a private bucket without policies, with an object of nobody's, and return its name."""
    api.post("/bucket", json={"name": "vault"}).raise_for_status()
    api.post("/object/vault/there", content=b"old").raise_for_status()
    return "vault"


def _anon(workspace: Workspace) -> dict[str, str]:
    return {"authorization": f"Bearer {workspace.keys.anon}"}


def test_nobody_may_do_anything_without_a_policy(
    alice: httpx.Client, nobody: httpx.Client, vault: str, workspace: Workspace
):
    for client, headers in ((alice, {}), (nobody, _anon(workspace))):
        assert error_of(client.get(f"/object/{vault}/there", headers=headers)) == HIDDEN
        assert error_of(client.post(f"/object/{vault}/new", content=b"x", headers=headers)) == WRITE_DENIED
        assert client.post(f"/object/list/{vault}", headers=headers).json() == []
        assert client.get("/bucket", headers=headers).json() == []
    assert error_of(nobody.get(f"/object/{vault}/there")) == HIDDEN


def test_the_service_key_needs_none(api: httpx.Client, vault: str, apply: Apply):
    apply("create policy no on storage.objects as restrictive using (false) with check (false);")
    assert api.get(f"/object/{vault}/there").content == b"old"
    assert api.put(f"/object/{vault}/there", content=b"new").status_code == 201
    assert len(api.post(f"/object/list/{vault}").json()) == 1
    assert api.delete(f"/object/{vault}/there").status_code == 204


def test_policies_for_those_who_are_not_signed_in(
    alice: httpx.Client, nobody: httpx.Client, vault: str, workspace: Workspace, apply: Apply
):
    apply("create policy look on storage.objects for select to anon using (bucket_id = 'vault');")
    assert nobody.get(f"/object/{vault}/there").content == b"old"
    assert nobody.get(f"/object/{vault}/there", headers=_anon(workspace)).content == b"old"
    assert len(nobody.post(f"/object/list/{vault}", headers=_anon(workspace)).json()) == 1
    assert error_of(nobody.post(f"/object/list/{vault}"))[3] == "Invalid Compact JWS"
    assert error_of(alice.get(f"/object/{vault}/there")) == HIDDEN


def test_a_late_or_broken_token_is_nobody_where_nobody_may_ask(
    nobody: httpx.Client, vault: str, apply: Apply, user_token: Callable[..., str]
):
    late = {"authorization": f"Bearer {user_token(ALICE, exp=1)}"}
    apply("create policy look on storage.objects for select to authenticated using (true);")
    assert error_of(nobody.get(f"/object/{vault}/there", headers=late)) == HIDDEN
    refused = nobody.get(f"/object/authenticated/{vault}/there", headers=late)
    assert error_of(refused) == (403, "Unauthorized", "AccessDenied", '"exp" claim timestamp check failed')


def test_a_public_bucket_is_read_without_policies_and_listed_with_them(
    api: httpx.Client, alice: httpx.Client, nobody: httpx.Client, shared: str, apply: Apply
):
    api.post(f"/object/{shared}/a", content=b"x").raise_for_status()
    for client, door in ((nobody, "public/"), (nobody, ""), (alice, "public/"), (alice, "authenticated/"), (alice, "")):
        assert client.get(f"/object/{door}{shared}/a").content == b"x"
        assert client.get(f"/object/info/{door}{shared}/a").json()["size"] == 1
    assert alice.post(f"/object/list/{shared}").json() == []
    assert alice.post(f"/object/list-v2/{shared}").json()["objects"] == []
    assert error_of(alice.post(f"/object/sign/{shared}/a", json={"expiresIn": 60})) == HIDDEN
    assert error_of(alice.delete(f"/object/{shared}/a")) == HIDDEN
    apply("create policy look on storage.objects for select using (true);")
    assert len(alice.post(f"/object/list/{shared}").json()) == 1
    assert error_of(alice.delete(f"/object/{shared}/a")) == DENIED


def test_a_link_passes_by_the_policies_for_reading_alone(
    api: httpx.Client, alice: httpx.Client, nobody: httpx.Client, vault: str
):
    signed = api.post(f"/object/sign/{vault}/there", json={"expiresIn": 60}).json()
    for link in (signed["signedURL"], signed["url"]):
        for client in (nobody, alice):
            assert client.get(link).content == b"old"
            assert client.head(link).status_code == 200
            assert client.put(link, content=b"x").status_code in (403, 404, 405)
            assert client.delete(link).status_code in (403, 404, 405)
    assert api.get(f"/object/{vault}/there").content == b"old"


def test_a_policy_that_is_dropped_counts_at_once(alice: httpx.Client, vault: str, workspace: Workspace, apply: Apply):
    apply("create policy look on storage.objects for select using (true);")
    for _ in range(3):
        assert alice.get(f"/object/{vault}/there").content == b"old"
    (policy,) = (one for one in workspace.storage.policies.list(SERVICE) if one.spec.name == "look")
    workspace.storage.policies.set_enabled(policy.id, False, SERVICE)
    assert error_of(alice.get(f"/object/{vault}/there")) == HIDDEN
    workspace.storage.policies.set_enabled(policy.id, True, SERVICE)
    assert alice.get(f"/object/{vault}/there").content == b"old"
    apply("drop policy look on storage.objects;")
    assert error_of(alice.get(f"/object/{vault}/there")) == HIDDEN


def test_policies_may_look_at_the_operation(alice: httpx.Client, vault: str, apply: Apply):
    apply(
        "create policy look on storage.objects for select"
        " using (storage.allow_only_operation('object.get_authenticated'));"
    )
    assert alice.get(f"/object/{vault}/there").content == b"old"
    assert alice.get(f"/object/{vault}/there").content == b"old"
    assert alice.head(f"/object/{vault}/there").status_code == 404
    assert error_of(alice.get(f"/object/info/{vault}/there")) == HIDDEN
    assert alice.post(f"/object/list/{vault}").json() == []
    assert alice.post(f"/object/list-v2/{vault}").json()["objects"] == []
    assert alice.get(f"/object/{vault}/there").content == b"old"


def test_a_policy_that_fails_on_a_row(api: httpx.Client, alice: httpx.Client, vault: str, apply: Apply):
    apply("create policy broken on storage.objects using (1 / (length(name) - 5) > 0);")
    status, error, code, message = error_of(alice.get(f"/object/{vault}/there"))
    assert (status, error, code) == (403, "Unauthorized", "AccessDenied")
    assert "length" not in message
    assert "1 /" not in message
    assert error_of(alice.post(f"/object/list/{vault}"))[0] == 403
    assert error_of(alice.post(f"/object/{vault}/again", content=b"x"))[0] == 403


def test_bulk_calls_skip_what_they_may_not_touch(api: httpx.Client, alice: httpx.Client, vault: str, apply: Apply):
    apply(
        "create policy look on storage.objects for select using (name <> 'hidden');"
        "create policy remove on storage.objects for delete using (name like 'mine%');"
    )
    for name in ("mine/1", "mine/2", "hidden"):
        api.post(f"/object/{vault}/{name}", content=b"x").raise_for_status()
    wanted = {"prefixes": ["mine/1", "there", "hidden", "nothing", "mine/2"]}
    deleted = alice.request("DELETE", f"/object/{vault}", json=wanted)
    assert sorted(row["name"] for row in deleted.json()) == ["mine/1", "mine/2"]
    assert error_of(alice.delete(f"/object/{vault}/there")) == DENIED
    assert error_of(alice.delete(f"/object/{vault}/hidden")) == HIDDEN
    signed = alice.post(f"/object/sign/{vault}", json={"expiresIn": 60, "paths": ["there", "hidden", "nothing"]}).json()
    assert [row["error"] is None for row in signed] == [True, False, False]
    assert signed[1] == signed[2] | {"path": "hidden"}


def test_a_search_finds_what_the_caller_sees(api: httpx.Client, alice: httpx.Client, vault: str, apply: Apply):
    apply("create policy odd on storage.objects for select using (name like '%1.txt' or name like 'd%/%1/%');")
    for number in range(25):
        api.post(f"/object/{vault}/img{number}.txt", content=b"x").raise_for_status()
        api.post(f"/object/{vault}/dir{number}/a{number}/x", content=b"x").raise_for_status()

    def names(**body: object) -> list[str]:
        return [row["name"] for row in alice.post(f"/object/list/{vault}", json=body).json()]

    assert names(search="img") == ["img1.txt", "img11.txt", "img21.txt"]
    assert names(search="IMG", limit=1, offset=1) == ["img11.txt"]
    assert names(search="dir") == ["dir1", "dir11", "dir21"]
    assert names(search="d", limit=2, offset=1) == ["dir11", "dir21"]
    assert names(search="img2") == ["img21.txt"]
    assert names(search="img3") == []


@contextmanager
def _statements(workspace: Workspace) -> Iterator[list[str]]:
    """Collect the statements that the database runs."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    engine = workspace._core.executor._engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        with mock.patch.object(PreparedQueries, "get", return_value=None):  # nothing is to go past the listener
            yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


DENIED_WRITES: list[tuple[str, Callable[[httpx.Client, str], httpx.Response]]] = [
    ("upload", lambda client, path: client.post(f"/object/vault/{path}", content=b"x")),
    ("upsert", lambda client, path: client.put(f"/object/vault/{path}", content=b"x")),
    ("sign", lambda client, path: client.post(f"/object/upload/sign/vault/{path}")),
    (
        "sign upsert",
        lambda client, path: client.post(f"/object/upload/sign/vault/{path}", headers={"x-upsert": "true"}),
    ),
    ("copy onto", lambda client, path: _to(client, "copy", path)),
    ("copy over", lambda client, path: _to(client, "copy", path, **{"x-upsert": "true"})),
    ("move onto", lambda client, path: _to(client, "move", path)),
    ("delete", lambda client, path: client.delete(f"/object/vault/{path}")),
    ("read", lambda client, path: client.get(f"/object/vault/{path}")),
]


def _to(client: httpx.Client, what: str, path: str, **headers: str) -> httpx.Response:
    pair = {"bucketId": "vault", "sourceKey": "mine", "destinationKey": path}
    return client.post(f"/object/{what}", json=pair, headers=headers)


@pytest.mark.parametrize(("name", "call"), DENIED_WRITES)
@pytest.mark.parametrize(
    "policies",
    [
        "",
        "create policy mine on storage.objects for select using (name = 'mine');",
        "create policy mine on storage.objects using (name = 'mine') with check (name = 'mine');",
        f"create policy mine on storage.objects using (name = 'mine') with check (owner_id <> '{ALICE}');",
    ],
)
def test_a_refusal_tells_nothing_of_what_is_there(
    api: httpx.Client,
    alice: httpx.Client,
    vault: str,
    workspace: Workspace,
    apply: Apply,
    name: str,
    call: Callable[[httpx.Client, str], httpx.Response],
    policies: str,
):
    api.post(f"/object/{vault}/mine", content=b"x").raise_for_status()
    if policies:
        apply(policies)
    call(alice, "warming up")
    with _statements(workspace) as about_there:
        there = call(alice, "there")
    with _statements(workspace) as about_nothing:
        nothing = call(alice, "naught")
    assert there.status_code in (403, 404)
    assert error_of(there) == error_of(nothing)
    assert about_there == about_nothing
    ignored = {"x-request-id", "date"}
    assert {k: v for k, v in there.headers.items() if k not in ignored} == {
        k: v for k, v in nothing.headers.items() if k not in ignored
    }


def test_what_is_somebody_elses_is_told_by_no_call(
    alice: httpx.Client, bob: httpx.Client, photos: str, workspace: Workspace
):
    alice.post(f"/object/{photos}/secret/plan.txt", content=b"secret").raise_for_status()
    bob.post(f"/object/{photos}/mine", content=b"x").raise_for_status()
    assert workspace.storage.info(photos, "mine", SERVICE).owner_id == BOB
    for method, url, body in (
        ("GET", "/object/photos/{}", None),
        ("HEAD", "/object/photos/{}", None),
        ("GET", "/object/authenticated/photos/{}", None),
        ("GET", "/object/public/photos/{}", None),
        ("GET", "/object/info/photos/{}", None),
        ("GET", "/object/info/public/photos/{}", None),
        ("GET", "/object/info/authenticated/photos/{}", None),
        ("POST", "/object/sign/photos/{}", {"expiresIn": 60}),
        ("DELETE", "/object/photos/{}", None),
        ("GET", "/object/sign/photos/{}?token=x.y.z", None),
        ("GET", "/object/photos/{}?token=x&expires=1", None),
    ):
        hidden = bob.request(method, url.format("secret/plan.txt"), json=body)
        missing = bob.request(method, url.format("secret/none.txt"), json=body)
        assert hidden.status_code == missing.status_code >= 400, url
        assert hidden.content == missing.content, url
        encoded = bob.request(method, url.format("secret%2Fplan.txt"), json=body)
        assert encoded.content == missing.content, url
    for headers in ({"range": "bytes=0-1"}, {"if-none-match": "*"}, {"if-match": "*"}):
        hidden = bob.get(f"/object/{photos}/secret/plan.txt", headers=headers)
        missing = bob.get(f"/object/{photos}/secret/none.txt", headers=headers)
        assert error_of(hidden) == error_of(missing) == HIDDEN
    for body in ({}, {"prefix": "secret"}, {"search": "s"}, {"prefix": "secret", "search": "plan"}, {"offset": 0}):
        shown = bob.post(f"/object/list/{photos}", json=body).text
        assert "secret" not in shown
        assert "plan" not in shown
    for body in ({}, {"prefix": "secret/"}, {"with_delimiter": True}, {"sortBy": {"column": "created_at"}}):
        assert "secret" not in bob.post(f"/object/list-v2/{photos}", json=body).text


def test_a_cursor_of_somebody_elses_shows_no_more(alice: httpx.Client, bob: httpx.Client, photos: str):
    for name in ("a", "b", "c", "d"):
        (alice if name in "ac" else bob).post(f"/object/{photos}/{name}", content=b"x").raise_for_status()

    def page(client: httpx.Client, **body: object) -> dict[str, Any]:
        return client.post(f"/object/list-v2/{photos}", json=body).json()

    hers = page(alice, limit=1)
    assert (hers["nextCursorKey"], hers["hasNext"]) == ("a", True)
    his = page(bob, cursor=hers["nextCursor"])
    assert [row["name"] for row in his["objects"]] == ["b", "d"]
    assert his["hasNext"] is False


def test_what_lies_behind_the_last_entry_is_not_counted(alice: httpx.Client, bob: httpx.Client, photos: str):
    bob.post(f"/object/{photos}/a", content=b"x").raise_for_status()
    for name in ("b", "c/d", "0"):
        alice.post(f"/object/{photos}/{name}", content=b"x").raise_for_status()
    for body in ({"limit": 1}, {"limit": 1, "with_delimiter": True}, {"limit": 1, "sortBy": {"column": "updated_at"}}):
        page = bob.post(f"/object/list-v2/{photos}", json=body).json()
        assert (page["hasNext"], len(page["objects"]), page["folders"]) == (False, 1, [])


def test_writing_over_what_is_hidden(alice: httpx.Client, bob: httpx.Client, photos: str):
    alice.post(f"/object/{photos}/hers", content=b"secret").raise_for_status()
    bob.post(f"/object/{photos}/his", content=b"x").raise_for_status()
    pair = {"bucketId": photos, "sourceKey": "his", "destinationKey": "hers"}
    upsert = {"x-upsert": "true"}
    for refused in (
        bob.put(f"/object/{photos}/hers", content=b"y"),
        bob.post(f"/object/{photos}/hers", content=b"y", headers=upsert),
        bob.post(f"/object/upload/sign/{photos}/hers", headers=upsert),
        bob.post("/object/copy", json=pair, headers=upsert),
    ):
        assert error_of(refused) == WRITE_DENIED
    assert error_of(bob.post("/object/copy", json=pair))[0] == 409
    assert error_of(bob.post("/object/move", json=pair))[0] == 409
    for what in ("copy", "move"):
        from_hidden = {"bucketId": photos, "sourceKey": "hers", "destinationKey": "stolen"}
        from_missing = from_hidden | {"sourceKey": "none"}
        told = [error_of(bob.post(f"/object/{what}", json=body)) for body in (from_hidden, from_missing)]
        assert told == [HIDDEN, HIDDEN]
    assert alice.get(f"/object/{photos}/hers").content == b"secret"
    assert bob.get(f"/object/{photos}/his").content == b"x"


def test_a_copy_is_the_copyists(api: httpx.Client, alice: httpx.Client, vault: str, workspace: Workspace, apply: Apply):
    apply("create policy all_ on storage.objects using (true) with check (true);")
    pair = {"bucketId": vault, "sourceKey": "there", "destinationKey": "copied"}
    alice.post("/object/copy", json=pair).raise_for_status()
    assert workspace.storage.info(vault, "copied", SERVICE).owner_id == ALICE


def test_a_token_to_upload_is_asked_of_its_maker(
    alice: httpx.Client, bob: httpx.Client, nobody: httpx.Client, photos: str, vault: str, apply: Apply
):
    assert error_of(alice.post(f"/object/upload/sign/{vault}/a")) == WRITE_DENIED
    signed = alice.post(f"/object/upload/sign/{photos}/a").json()
    nobody.put(signed["url"], content=b"x").raise_for_status()
    assert alice.get(f"/object/{photos}/a").content == b"x"
    assert error_of(bob.get(f"/object/{photos}/a")) == HIDDEN
    elsewhere = nobody.put(f"/object/upload/sign/{vault}/a", params={"token": signed["token"]}, content=b"x")
    assert error_of(elsewhere)[2] == "InvalidSignature"


def test_no_token_for_what_only_the_bytes_would_tell(alice: httpx.Client, vault: str, apply: Apply):
    apply(
        "create policy small on storage.objects for insert to authenticated"
        " with check ((metadata->>'contentLength')::int < 10 and metadata->>'mimetype' like 'image/%');"
    )
    png = {"content-type": "image/png"}
    assert alice.post(f"/object/{vault}/a", content=b"x", headers=png).status_code == 201
    assert error_of(alice.post(f"/object/{vault}/b", content=b"x" * 10, headers=png)) == WRITE_DENIED
    assert error_of(alice.post(f"/object/{vault}/b", content=b"x")) == WRITE_DENIED
    assert error_of(alice.post(f"/object/upload/sign/{vault}/b")) == WRITE_DENIED


@pytest.mark.parametrize("door", ["public/", "info/public/", "sign/"])
def test_public_doors_of_private_buckets_stay_shut(nobody: httpx.Client, vault: str, apply: Apply, door: str):
    apply("create policy look on storage.objects for select using (true);")
    assert nobody.get(f"/object/{door}{vault}/there").status_code in (400, 404)
