"""Signed links in both forms: they open one object, for reading, until a moment, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import jwt
import pytest

from engine.server import StorageServer
from engine.signed_url import UrlSigner
from engine.workspace import Workspace
from tests.server.clients import api_client, error_of, fetch


@pytest.fixture
def links(api: httpx.Client, photos: str, server: StorageServer) -> dict[str, str]:
    """Store an object and return an absolute link to it in each form."""
    api.post(f"/object/{photos}/a b/ü.txt", content=b"hello", headers={"content-type": "text/plain"})
    signed = api.post(f"/object/sign/{photos}/a b/ü.txt", json={"expiresIn": 60}).json()
    return {"specification": signed["url"], "supabase": str(httpx.URL(f"{server.url}/storage/v1{signed['signedURL']}"))}


FORMS = pytest.mark.parametrize("form", ["specification", "supabase"])


def _replaced(link: str, old: str, new: str) -> str:
    assert old in link
    return link.replace(old, new)


@FORMS
def test_a_link_opens_without_a_token(links: dict[str, str], form: str):
    read = fetch(links[form])
    assert (read.status_code, read.content) == (200, b"hello")
    assert fetch(links[form], headers={"range": "bytes=1-2"}).content == b"el"
    assert fetch(links[form], "HEAD").headers["content-length"] == "5"
    assert fetch(links[form], headers={"authorization": "Bearer broken"}).status_code == 200
    saved = fetch(links[form] + "&download=x.txt")
    assert saved.headers["content-disposition"] == 'attachment; filename="x.txt"'


@FORMS
@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_a_link_is_for_reading_alone(links: dict[str, str], api: httpx.Client, form: str, method: str):
    assert fetch(links[form], method, content=b"x").status_code in (403, 405)
    assert api.get("/object/photos/a b/ü.txt").content == b"hello"


@FORMS
def test_a_link_opens_one_path_in_one_bucket(api: httpx.Client, links: dict[str, str], shared: str, form: str):
    api.post("/object/photos/other", content=b"x").raise_for_status()
    api.post(f"/object/{shared}/a b/ü.txt", content=b"x").raise_for_status()
    for other in (
        _replaced(links[form], "a%20b/%C3%BC.txt", "other"),
        _replaced(links[form], "/photos/", f"/{shared}/"),
    ):
        assert error_of(fetch(other))[:3] == (400, "InvalidSignature", "InvalidSignature")


@FORMS
def test_a_changed_token(links: dict[str, str], form: str):
    parts = urlsplit(links[form])
    token = parse_qs(parts.query)["token"][0]
    head, _, tail = token.rpartition(".")
    changed = head + "." + ("A" if tail[0] != "A" else "B") + tail[1:]
    assert error_of(fetch(_replaced(links[form], token, changed)))[:3] == (
        400,
        "InvalidSignature",
        "InvalidSignature",
    )
    for malformed in ("", "x", "x.y.z", token[:-3] + "é"):
        assert error_of(fetch(_replaced(links[form], token, malformed)))[:3] == (400, "InvalidJWT", "InvalidJWT")


def test_a_changed_expiry(links: dict[str, str]):
    expires = parse_qs(urlsplit(links["specification"]).query)["expires"][0]
    later = _replaced(links["specification"], expires, str(int(expires) + 1))
    assert error_of(fetch(later))[2] == "InvalidSignature"
    for malformed in ("", "soon", "0", "-1", "9" * 40):
        assert error_of(fetch(_replaced(links["specification"], expires, malformed)))[2] == "InvalidJWT"
    assert error_of(fetch(links["specification"].partition("&expires")[0]))[2] == "InvalidJWT"


def test_a_link_without_a_token(links: dict[str, str]):
    assert error_of(fetch(links["supabase"].partition("?")[0]))[:3] == (400, "InvalidJWT", "InvalidJWT")


def test_expired_links(api: httpx.Client, photos: str, server: StorageServer, signer_at: Callable[[float], UrlSigner]):
    api.post(f"/object/{photos}/a", content=b"x").raise_for_status()
    past = signer_at(-3600)
    for link in (
        past.sign(photos, "a", 60).absolute(server.url),
        f"{server.url}/storage/v1/object/sign/{photos}/a?token={past.sign_jwt(photos, 'a', 60)}",
    ):
        assert error_of(fetch(link)) == (400, "InvalidJWT", "InvalidJWT", "The link has expired")


@FORMS
def test_a_link_to_a_deleted_object(api: httpx.Client, links: dict[str, str], form: str):
    assert fetch(links[form]).status_code == 200
    api.delete("/object/photos/a b/ü.txt").raise_for_status()
    assert error_of(fetch(links[form])) == (404, "not_found", "NoSuchKey", "Object not found")


def test_a_bearer_token_opens_no_link(links: dict[str, str], workspace: Workspace):
    claims = {"url": "photos/a b/ü.txt", "scope": "download", "exp": 9999999999}
    forged = jwt.encode(claims, workspace.jwt_secret, algorithm="HS256")
    token = parse_qs(urlsplit(links["supabase"]).query)["token"][0]
    assert error_of(fetch(_replaced(links["supabase"], token, forged)))[2] == "InvalidSignature"


def test_a_link_is_no_bearer_token(links: dict[str, str], nobody: httpx.Client):
    token = parse_qs(urlsplit(links["supabase"]).query)["token"][0]
    refused = nobody.get("/bucket", headers={"authorization": f"Bearer {token}"})
    assert error_of(refused)[3] == "signature verification failed"


@pytest.mark.parametrize("word", ["public", "sign", "info", "authenticated", "list"])
def test_links_into_buckets_that_bear_the_name_of_a_route(
    api: httpx.Client, server: StorageServer, word: str, workspace: Workspace, service
):
    api.post("/bucket", json={"name": word}).raise_for_status()
    workspace.storage.upload(word, "photos/a.txt", b"hello", service)
    signed = api.post(f"/object/sign/{word}/photos/a.txt", json={"expiresIn": 60}).json()
    assert fetch(signed["url"]).content == b"hello"
    assert fetch(f"{server.url}/storage/v1{signed['signedURL']}").content == b"hello"


def test_the_life_of_a_link(api: httpx.Client, photos: str):
    api.post(f"/object/{photos}/a", content=b"x").raise_for_status()

    def life(query: str = "", **body: object) -> int:
        signed = api.post(f"/object/sign/{photos}/a{query}", json=body).json()
        claims = jwt.decode(
            parse_qs(urlsplit(signed["signedURL"]).query)["token"][0], options={"verify_signature": False}
        )
        return claims["exp"] - claims["iat"]

    assert life(expiresIn=60) == 60
    assert life(expiresIn="90") == 90
    assert life("?expires_in=120") == 120
    assert life() == 3600
    without_body = api.post(f"/object/sign/{photos}/a?expires_in=60")
    assert without_body.status_code == 200
    for wrong in (0, -5, "soon", 1.5, 10**12):
        assert error_of(api.post(f"/object/sign/{photos}/a", json={"expiresIn": wrong}))[:3] == (
            400,
            "Error",
            "InvalidRequest",
        )


def test_a_link_leads_to_the_address_that_was_used(
    api: httpx.Client, photos: str, server: StorageServer, workspace: Workspace
):
    api.post(f"/object/{photos}/a", content=b"x").raise_for_status()
    url = api.post(f"/object/sign/{photos}/a", json={}, headers={"host": f"localhost:{server.port}"}).json()["url"]
    assert url.startswith(f"http://localhost:{server.port}/storage/v1/object/photos/a?token=")


def test_signing_needs_a_readable_object(api: httpx.Client, alice: httpx.Client, photos: str):
    api.post(f"/object/{photos}/a", content=b"x").raise_for_status()
    for client, path, status in ((api, "missing", 404), (alice, "a", 404), (api, "..%2Fa", 400)):
        assert client.post(f"/object/sign/{photos}/{path}", json={}).status_code == status
    assert error_of(api.post("/object/sign/missing/a", json={}))[2] == "NoSuchBucket"


def test_signing_many(api: httpx.Client, photos: str, server: StorageServer):
    for path in ("a", "b"):
        api.post(f"/object/{photos}/{path}", content=path.encode()).raise_for_status()
    rows = api.post(f"/object/sign/{photos}", json={"expiresIn": "60", "paths": ["a", "missing", "b", "../x"]}).json()
    assert [row["path"] for row in rows] == ["a", "missing", "b", "../x"]
    assert [row["error"] is None for row in rows] == [True, False, True, False]
    assert rows[1]["signedURL"] is None
    assert fetch(f"{server.url}/storage/v1{rows[0]['signedURL']}").content == b"a"
    assert fetch(rows[2]["url"]).content == b"b"
    assert error_of(api.post("/object/sign/missing", json={"paths": ["a"]}))[2] == "NoSuchBucket"


def test_a_user_signs_many_of_their_own_as_they_sign_one(api: httpx.Client, alice: httpx.Client, photos: str):
    alice.post(f"/object/{photos}/mine", content=b"x").raise_for_status()
    api.post(f"/object/{photos}/theirs", content=b"x").raise_for_status()
    rows = alice.post(f"/object/sign/{photos}", json={"paths": ["mine", "theirs"]}).json()
    assert [row["error"] is None for row in rows] == [True, False]
    assert fetch(rows[0]["url"]).content == b"x"


@pytest.mark.parametrize("place", ["photos", "shared"])
@pytest.mark.parametrize(("who", "signs"), [("api", True), ("alice", True), ("bob", False), ("nobody", False)])
def test_a_public_bucket_lets_nobody_sign_what_is_not_theirs(
    request: pytest.FixtureRequest, alice: httpx.Client, workspace: Workspace, place: str, who: str, signs: bool
):
    bucket = request.getfixturevalue(place)
    alice.post(f"/object/{bucket}/a", content=b"x").raise_for_status()
    client: httpx.Client = request.getfixturevalue(who)
    if who == "nobody":
        client.headers["authorization"] = f"Bearer {workspace.keys.anon}"
    one = client.post(f"/object/sign/{bucket}/a", json={})
    many = client.post(f"/object/sign/{bucket}", json={"paths": ["a"]}).json()
    assert many[0]["error"] is None if signs else many[0]["signedURL"] is None
    if signs:
        assert fetch(one.json()["url"]).content == b"x"
    else:
        assert error_of(one)[0] == 404


def test_a_browser_gets_a_page(
    api: httpx.Client, links: dict[str, str], signer_at: Callable[[float], UrlSigner], server: StorageServer
):
    browser = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    expired = signer_at(-3600).sign("photos", "a b/ü.txt", 60).absolute(server.url)
    page = fetch(expired, headers=browser)
    assert page.status_code == 400
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "This link has expired" in page.text
    assert "This link does not work" in fetch(expired + "0", headers=browser).text
    api.delete("/object/photos/a b/ü.txt").raise_for_status()
    gone = fetch(links["specification"], headers=browser)
    assert (gone.status_code, "There is nothing here" in gone.text) == (404, True)
    with api_client(server) as client:
        assert client.get("/bucket", headers=browser).json()["code"] == "AccessDenied"


def test_supabases_form_is_readable_and_opens_when_encoded_once_more(
    server: StorageServer, api: httpx.Client, photos: str
):
    for path in ("a b/ü.txt", "50%25?#", "100% wool"):
        api.put(f"/object/{photos}/{quote(path)}", content=path.encode()).raise_for_status()
        link = api.post(f"/object/sign/{photos}/{quote(path)}").json()["signedURL"]
        where, _, query = link.partition("?token=")
        assert where == f"/object/sign/{photos}/{path}".replace("%", "%25").replace("?#", "%3F%23")
        for again in (where, quote(where)):
            assert fetch(f"{server.url}/storage/v1{again}?token={query}").text == path
        assert fetch(f"{server.url}/storage/v1{quote(where)}%2541?token={query}").json()["code"] == "InvalidSignature"
