"""Pictures in other sizes over HTTP: the three doors, links that say how, conditions, memory, refusals."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from PIL import Image

from engine.context import Operation
from engine.server import bounds
from engine.server.pictures import Pictures
from engine.types import RlsContext, UploadOptions
from tests.policies import let_owners
from tests.server.clients import ALICE, Served, api_client, error_of, fetch, served

pytestmark = pytest.mark.threads_outlive("the server of all these tests has a pool of threads")
Client = Callable[..., httpx.Client]


def picture(kind: str = "PNG", size: tuple[int, int] = (80, 40)) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", size, "red").save(target, kind)
    return target.getvalue()


def size_of(response: httpx.Response) -> tuple[int, int]:
    assert response.status_code == 200, response.text
    return Image.open(io.BytesIO(response.content)).size


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a private and a public bucket with a picture of Alice's in each."""
    folder: Path = tmp_path_factory.mktemp("rendering") / "data"
    with served(folder) as opened:
        storage, service = opened.workspace.storage, RlsContext.service(ALICE)
        for name in ("photos", "shared"):
            storage.create_bucket(name, service, public=name == "shared")
            let_owners(storage, name)
            storage.upload(
                name, "a b/ü%.png", picture(), service, UploadOptions("image/png", cache_control="max-age=7")
            )
        storage.upload("photos", "page.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", service)
        yield opened


@pytest.fixture
def client(place: Served) -> Iterator[Client]:
    """Return a function that opens a client with a token."""
    with ExitStack() as stack:
        yield lambda token=None: stack.enter_context(api_client(place.server, token))


PICTURE = "photos/a%20b/%C3%BC%25.png"


def test_who_may_download_may_see_it_in_another_size(place: Served, client: Client):
    url = f"/render/image/authenticated/{PICTURE}?width=20"
    for token in (place.service_key, place.user_token()):
        shown = client(token).get(url)
        assert size_of(shown) == (20, 10)
        assert shown.headers["content-type"] == "image/png"
        assert shown.headers["cache-control"] == "max-age=7"
        assert shown.headers["x-content-type-options"] == "nosniff"
    hidden = (404, "not_found", "NoSuchKey", "Object not found")
    assert error_of(client(place.user_token("b0b")).get(url)) == hidden
    assert error_of(client(place.anon_key).get(url)) == hidden
    assert error_of(client().get(url))[3] == "Invalid Compact JWS"
    assert error_of(client().get(f"/render/image/public/{PICTURE}?width=20"))[0] == 404
    public = client().get(f"/render/image/public/{PICTURE.replace('photos', 'shared')}?width=10&height=10")
    assert size_of(public) == (10, 10)
    head = client().head(f"/render/image/public/{PICTURE.replace('photos', 'shared')}?width=10&height=10")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == public.headers["content-length"]


def test_a_link_says_how_the_picture_is_seen(place: Served, client: Client):
    transform = {"width": 20, "height": 20, "resize": "contain", "quality": 50}
    alice = client(place.user_token())
    signed = alice.post(f"/object/sign/{PICTURE}", json={"expiresIn": 60, "transform": transform}).json()
    assert signed["signedURL"].startswith("/render/image/sign/photos/a b/ü%25.png?token=")
    assert signed["url"].startswith(f"{place.url}/render/image/sign/{PICTURE}?token=")
    token = parse_qs(urlsplit(signed["url"]).query)["token"][0]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["transformations"] == "width:20,height:20,resize:contain,quality:50"
    for link in (f"{place.url}{signed['signedURL']}", signed["url"], signed["url"].replace("%25", "%2525")):
        assert size_of(fetch(link)) == (20, 10)
    assert size_of(fetch(f"{signed['url']}&width=70&resize=fill")) == (20, 10)
    whole = fetch(signed["url"].replace("/render/image/sign/", "/object/sign/"))
    assert error_of(whole)[:3] == (400, "InvalidSignature", "InvalidSignature")
    assert error_of(fetch(signed["url"].replace("photos", "shared")))[2] == "InvalidSignature"
    assert error_of(fetch(signed["url"].partition("?")[0]))[2] == "InvalidJWT"
    plain = alice.post(f"/object/sign/{PICTURE}", json={"expiresIn": 60}).json()["signedURL"]
    assert size_of(fetch(f"{place.url}{plain.replace('/object/', '/render/image/')}")) == (80, 40)
    saved = fetch(f"{signed['url']}&download=x.png")
    assert saved.headers["content-disposition"] == 'attachment; filename="x.png"'
    assert (
        error_of(client(place.user_token("b0b")).post(f"/object/sign/{PICTURE}", json={"transform": {"width": 1}}))[0]
        == 404
    )


def test_what_the_client_has_is_not_sent_again(place: Served, client: Client):
    alice = client(place.user_token())
    url = f"/render/image/authenticated/{PICTURE}"
    first = alice.get(f"{url}?width=30")
    again = alice.get(f"{url}?width=30", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert alice.get(f"{url}?width=30", headers={"if-match": '"other"'}).status_code == 412
    tags = {alice.get(f"{url}?{query}").headers["etag"] for query in ("width=30", "width=31", "width=30&quality=30")}
    assert len(tags) == 3
    webp = alice.get(f"{url}?width=30", headers={"accept": "image/avif;q=0, image/webp, */*"})
    assert (webp.headers["content-type"], webp.headers["vary"]) == ("image/webp", "accept")
    assert webp.headers["etag"] != first.headers["etag"]
    own = alice.get(f"{url}?width=30&format=origin", headers={"accept": "image/webp"})
    assert (own.headers["content-type"], "vary" in own.headers) == ("image/png", False)
    place.workspace.storage.upload("photos", "new.png", picture(), RlsContext.service(ALICE))
    assert size_of(alice.get("/render/image/authenticated/photos/new.png?width=8")) == (8, 4)
    other = UploadOptions(replace=True)
    place.workspace.storage.upload("photos", "new.png", picture(size=(40, 40)), RlsContext.service(ALICE), other)
    assert size_of(alice.get("/render/image/authenticated/photos/new.png?width=8")) == (8, 8)


def test_what_is_no_picture(place: Served, client: Client, monkeypatch: pytest.MonkeyPatch):
    api = client(place.service_key)
    refused = error_of(api.get("/render/image/authenticated/photos/page.svg?width=10"))
    assert refused[:3] == (422, "ImageProcessingError", "ImageProcessingError")
    monkeypatch.setattr(bounds, "PICTURE_MAX_BYTES", 10)
    assert error_of(api.get(f"/render/image/authenticated/{PICTURE}?width=11"))[0] == 422
    monkeypatch.setattr(bounds, "PICTURES_WAITING_MAX", 0)
    busy = api.get(f"/render/image/authenticated/{PICTURE}?width=11")
    assert (error_of(busy)[0], busy.headers["retry-after"]) == (503, "1")
    for query in ("width=-1", "width=x", "quality=19", "quality=101", "resize=stretch", "format=svg"):
        assert error_of(api.get(f"/render/image/authenticated/{PICTURE}?{query}"))[:3] == (
            400,
            "Error",
            "InvalidRequest",
        )
    assert error_of(api.get("/render/image/authenticated/photos/none.png?width=1"))[0] == 404
    assert error_of(api.get("/render/image/authenticated/none/a.png?width=1"))[2] == "NoSuchBucket"


def test_what_is_remembered_is_bounded_and_can_be_forgotten(
    place: Served, client: Client, monkeypatch: pytest.MonkeyPatch
):
    api, url = client(place.service_key), f"/render/image/authenticated/{PICTURE}"
    drawn: list[str] = []
    begin = Pictures._begin

    def counted(self, key, *rest):
        drawn.append(key[1])
        return begin(self, key, *rest)

    monkeypatch.setattr(Pictures, "_begin", counted)
    for _ in range(3):
        assert size_of(api.get(f"{url}?width=40")) == (40, 20)
    assert len(drawn) == 1
    for path in (f"/cdn/{PICTURE}", "/cdn/photos?transformations=true"):
        assert api.delete(path).json() == {"message": "success"}
        api.get(f"{url}?width=40").raise_for_status()
    assert len(drawn) == 3
    for token in (place.user_token(), place.anon_key):
        assert error_of(client(token).delete("/cdn/photos"))[:3] == (403, "Unauthorized", "AccessDenied")
    monkeypatch.setattr(bounds, "PICTURE_CACHE_BYTES", 1)
    for _ in range(2):
        api.get(f"{url}?width=41").raise_for_status()
    assert len(drawn) == 5


def test_it_is_audited_as_what_it_is(place: Served, client: Client):
    client(place.user_token()).get(f"/render/image/authenticated/{PICTURE}?width=9").raise_for_status()
    client().get(f"/render/image/sign/{PICTURE}?token=x")
    client("x").delete("/cdn/photos")
    place.workspace.audit.flush()
    entries = place.workspace.audit.newest(20)
    said = {(entry.operation, str(entry.result)) for entry in entries}
    assert (Operation.RENDER, "done") in said
    assert (Operation.RENDER_SIGNED, "denied") in said
    assert (Operation.CACHE_PURGE, "denied") in said
