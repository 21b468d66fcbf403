"""Supabase's client for Python, unmodified, against the server: every method of it, as three kinds of callers.

One server for each of its two forms, blocking and async; the checks are the same, and counted.
"""

from __future__ import annotations

import asyncio
import inspect
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from storage3 import AsyncStorageClient, SyncStorageClient
from storage3._async.bucket import AsyncStorageBucketAPI
from storage3._async.file_api import AsyncBucketProxy
from storage3.exceptions import StorageApiError
from storage3.types import CreateSignedUploadUrlOptions

from engine.types import RlsContext
from tests.server.clients import ALICE, PLAIN, TIMEOUT_S, Served, fetch, served
from tests.server.test_rendering import picture

RLS = "new row violates row-level security policy"
OWN = "owner_id = (select auth.uid()::text)"


class Watched:
    """An object of the client whose calls are run to their end and remembered by name."""

    def __init__(self, inner: Any, run: Callable[[Any], Any], seen: set[str]) -> None:
        self._inner, self._run, self._seen = inner, run, seen

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)

        def call(*args: Any, **options: Any) -> Any:
            self._seen.add(name)
            return self._run(method(*args, **options))

        return call


@dataclass
class Person:
    """One caller's client."""

    client: Any
    run: Callable[[Any], Any]
    seen: set[str]

    @property
    def buckets(self) -> Watched:
        """Return the calls about buckets."""
        return Watched(self.client, self.run, self.seen)

    def from_(self, bucket: str) -> Watched:
        """Return the calls about the objects of a bucket."""
        self.seen.add("from_")
        return Watched(self.client.from_(bucket), self.run, self.seen)


@dataclass
class World:
    """A server and those who call it."""

    served: Served
    service: Person
    alice: Person
    bob: Person
    anon: Person
    nobody: Person
    seen: set[str] = field(default_factory=set)


@contextmanager
def world_of(kind: str, data_dir: Path) -> Iterator[World]:
    """Serve a workspace and open five callers' clients of one kind."""
    with served(data_dir) as place, runner_of(kind) as run:
        seen: set[str] = set()
        tokens = (place.service_key, place.user_token(), place.user_token("b0b"), place.anon_key, None)
        people = [_person(kind, place, token, run, seen) for token in tokens]
        try:
            yield World(place, *people, seen)
        finally:
            for person in people:
                session = person.client.session
                run(session.aclose() if kind == "async" else session.close())


@contextmanager
def runner_of(kind: str) -> Iterator[Callable[[Any], Any]]:
    """Yield what brings a call of the client to its end."""
    if kind == "sync":
        yield lambda result: result
        return
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        yield lambda result: loop.run_until_complete(result) if inspect.isawaitable(result) else result


def _person(kind: str, place: Served, token: str | None, run: Callable[[Any], Any], seen: set[str]) -> Person:
    headers = {"apikey": place.anon_key, "Authorization": f"Bearer {token}"} if token else {}
    options: dict[str, Any] = {"timeout": TIMEOUT_S, "verify": PLAIN, "follow_redirects": True}
    if kind == "sync":
        return Person(SyncStorageClient(f"{place.url}/", headers, http_client=httpx.Client(**options)), run, seen)
    return Person(AsyncStorageClient(f"{place.url}/", headers, http_client=httpx.AsyncClient(**options)), run, seen)


Check = Callable[[World], None]
CHECKS: list[Check] = []


def check(function: Check) -> Check:
    """Let a function be one of the checks."""
    CHECKS.append(function)
    return function


def refused(call: Callable[..., Any], *args: Any, **options: Any) -> tuple[str, str, str]:
    """Return status, code and message of the error that the client shows."""
    with pytest.raises(StorageApiError) as caught:
        call(*args, **options)
    error = caught.value
    assert error.to_dict() == {
        "name": "StorageApiError", "code": error.code, "message": error.message, "status": error.status
    }  # fmt: skip
    return str(error.status), error.code, error.message


def bucket(world: World, name: str, **options: Any) -> Watched:
    """Make a bucket and return the service's view of its objects."""
    assert world.service.buckets.create_bucket(name, options=options or None)["name"] == name
    return world.service.from_(name)


@check
def buckets_come_and_go(world: World) -> None:
    service = world.service.buckets
    limits = {"public": True, "file_size_limit": 1000, "allowed_mime_types": ["text/plain"]}
    assert service.create_bucket("b1", "b1", limits)["name"] == "b1"
    made = service.get_bucket("b1")
    assert (made.name, made.public, made.file_size_limit, made.allowed_mime_types) == ("b1", True, 1000, ["text/plain"])
    assert made.owner == ""
    assert made.created_at.tzinfo is not None
    assert service.get_bucket(made.id) == made
    assert made in service.list_buckets()
    assert service.update_bucket("b1", {"public": False}) == {"message": "Successfully updated"}
    changed = service.get_bucket("b1")
    assert (changed.public, changed.file_size_limit) == (False, 1000)
    world.service.from_("b1").upload("a.txt", b"x")
    assert refused(service.delete_bucket, "b1") == (
        "409", "ResourceNotEmpty", "The bucket you tried to delete is not empty",
    )  # fmt: skip
    assert service.empty_bucket("b1") == {"message": "Successfully emptied"}
    assert service.delete_bucket("b1") == {"message": "Successfully deleted"}
    assert refused(service.get_bucket, "b1") == ("404", "Bucket not found", "Bucket not found")


@check
def buckets_are_the_services(world: World) -> None:
    bucket(world, "b2")
    twice = refused(world.service.buckets.create_bucket, "b2")
    assert twice == ("409", "Duplicate", "The resource already exists")
    assert refused(world.service.buckets.create_bucket, "a/b") == ("400", "Invalid Input", "Bucket name invalid")
    for person in (world.alice, world.anon):
        assert person.buckets.list_buckets() == []
        assert refused(person.buckets.get_bucket, "b2") == ("404", "Bucket not found", "Bucket not found")
        assert refused(person.buckets.create_bucket, "b3") == ("403", "Unauthorized", RLS)
        for method, *args in (("update_bucket", {"public": True}), ("delete_bucket",)):
            assert refused(getattr(person.buckets, method), "b2", *args)[0] == "404"
        assert refused(person.buckets.empty_bucket, "b2") == ("403", "Unauthorized", "Access denied")
    assert refused(world.nobody.buckets.list_buckets) == ("403", "Unauthorized", "Invalid Compact JWS")


@check
def uploads_in_every_form(world: World) -> None:
    files = bucket(world, "forms")
    content = bytes(range(256)) * 10
    path = world.served.workspace.settings.data_dir.parent / "source.bin"
    path.write_bytes(content)
    for number, source in enumerate((content, path, str(path))):
        stored = files.upload(f"dir {number}/ü.bin", source)
        assert (stored.path, stored.full_path) == (f"dir {number}/ü.bin", f"forms/dir {number}/ü.bin")
        assert files.download(stored.path) == content
    with path.open("rb") as reader:
        assert files.upload("reader.bin", reader).fullPath == "forms/reader.bin"
    with io.FileIO(path) as raw:
        files.upload("raw.bin", raw)
    assert files.download("reader.bin") == files.download("raw.bin") == content
    assert files.upload("empty", b"").path == "empty"
    assert files.download("empty") == b""


@check
def uploads_say_what_they_are(world: World) -> None:
    files = bucket(world, "told")
    options = {"cache-control": "60", "content-type": "image/x-made-up", "metadata": {"camera": "ü", "n": 1}}
    files.upload("a.png", b"0123", options)
    info = files.info("a.png")
    assert info["content_type"] == "image/x-made-up"
    assert info["cache_control"] == "max-age=60"
    assert info["metadata"] == {"camera": "ü", "n": 1}
    assert (info["name"], info["size"]) == ("a.png", 4)
    assert {"id", "version", "bucket_id", "etag", "last_modified", "created_at"} <= info.keys()
    files.upload("b.txt", b"x")
    told = files.info("b.txt")
    assert (told["content_type"], told["cache_control"]) == ("text/plain;charset=UTF-8", "max-age=3600")
    assert files.exists("b.txt") is True
    assert files.exists("c.txt") is False
    assert refused(world.service.from_("none").exists, "c") == ("404", "Bucket not found", "Bucket not found")


@check
def what_is_taken_stays_unless_asked(world: World) -> None:
    files = bucket(world, "taken")
    files.upload("a", b"1")
    assert refused(files.upload, "a", b"2") == ("409", "Duplicate", "The resource already exists")
    files.upload("a", b"3", {"upsert": "true"})
    assert files.download("a") == b"3"
    files.upload("a", b"4", {"x-upsert": "true"})
    assert files.download("a") == b"4"
    assert files.update("a", b"5", {"content-type": "text/csv"}).full_path == "taken/a"
    assert files.download("a") == b"5"
    assert files.info("a")["content_type"] == "text/csv"


@check
def limits_of_buckets(world: World) -> None:
    files = bucket(world, "small", file_size_limit=10, allowed_mime_types=["text/*"])
    assert refused(files.upload, "a", b"x" * 11) == (
        "413", "Payload too large", "The object exceeded the maximum allowed size",
    )  # fmt: skip
    assert refused(files.upload, "a", b"x", {"content-type": "image/png"}) == (
        "415", "invalid_mime_type", "mime type image/png is not supported",
    )  # fmt: skip
    assert refused(files.upload, "a\x01b", b"x")[:2] == ("400", "InvalidKey")
    assert refused(files.upload, "x" * 1025, b"x")[:2] == ("400", "InvalidKey")
    assert refused(world.service.from_("none").upload, "a", b"x") == ("404", "Bucket not found", "Bucket not found")
    assert files.list() == []


@check
def downloads_and_what_is_missing(world: World) -> None:
    files = bucket(world, "reads")
    files.upload("a b/%/ö+&#.txt", b"hello")
    assert files.download("a b/%/ö+&#.txt") == b"hello"
    assert files.list("a b")[0]["name"] == "%"
    files.upload("a.txt", b"hello")
    assert files.download("a.txt", query_params={"download": "b.txt"}) == b"hello"
    missing = ("404", "not_found", "Object not found")
    assert refused(files.download, "none.txt") == missing
    assert refused(files.info, "none.txt") == missing
    no_bucket = ("404", "Bucket not found", "Bucket not found")
    assert refused(world.service.from_("none").download, "a.txt") == no_bucket
    for person in (world.alice, world.anon, world.nobody):
        assert refused(person.from_("reads").download, "a.txt") == missing
        assert refused(person.from_("reads").info, "a.txt") == missing
        assert person.from_("reads").exists("a.txt") is False


@check
def listings(world: World) -> None:
    files = bucket(world, "lists")
    for path in ("a/1.txt", "a/2.txt", "a/deep/3.txt", "b.txt", "c.txt"):
        files.upload(path, path.encode())
    assert [row["name"] for row in files.list()] == ["a", "b.txt", "c.txt"]
    assert [row["name"] for row in files.list("a")] == ["deep", "1.txt", "2.txt"]
    folder, row = files.list("a", {"limit": 2})
    assert (folder["id"], folder["metadata"]) == (None, None)
    assert row["metadata"]["size"] == 7
    assert row["metadata"]["mimetype"] == "text/plain;charset=UTF-8"
    assert row["metadata"].keys() >= {"eTag", "cacheControl", "lastModified", "contentLength", "httpStatusCode"}
    assert [row["name"] for row in files.list("a", {"limit": 1, "offset": 2})] == ["2.txt"]
    down = files.list("", {"sortBy": {"column": "name", "order": "desc"}})
    assert [row["name"] for row in down if row["id"]] == ["c.txt", "b.txt"]
    assert files.list("", {"sortBy": {"column": "created_at"}})[-1]["name"] == "c.txt"
    assert [row["name"] for row in files.list("", {"search": "B."})] == ["b.txt"]
    assert world.service.from_("none").list() == []
    for person in (world.alice, world.anon):
        assert person.from_("lists").list() == []
    assert refused(world.nobody.from_("lists").list)[2] == "Invalid Compact JWS"


@check
def flat_listings(world: World) -> None:
    files = bucket(world, "flat")
    for path in ("a/1", "a/2", "b", "c"):
        files.upload(path, b"x")
    assert [entry.name for entry in files.list_v2().objects] == ["a/1", "a/2", "b", "c"]
    page = files.list_v2({"limit": 2, "with_delimiter": True})
    assert (page.hasNext, [entry.name for entry in page.folders], page.objects[0].name) == (True, ["a/"], "b")
    rest = files.list_v2({"limit": 2, "with_delimiter": True, "cursor": page.nextCursor})
    assert (rest.hasNext, rest.nextCursor, [entry.name for entry in rest.objects]) == (False, None, ["c"])
    down = files.list_v2({"prefix": "a/", "sortBy": {"column": "name", "order": "desc"}})
    assert [entry.name for entry in down.objects] == ["a/2", "a/1"]
    assert files.list_v2({"sortBy": {"column": "updated_at", "order": "asc"}}).objects[0].name == "a/1"
    assert world.alice.from_("flat").list_v2().objects == []


@check
def moves_and_copies(world: World) -> None:
    files = bucket(world, "moves")
    files.upload("a", b"1", {"metadata": {"k": "v"}})
    assert files.move("a", "dir/b") == {"message": "Successfully moved"}
    assert files.copy("dir/b", "c")["Key"] == "moves/c"
    assert files.download("c") == b"1"
    assert files.info("c")["metadata"] == {"k": "v"}
    missing = ("404", "not_found", "Object not found")
    assert refused(files.move, "a", "d") == missing
    assert refused(files.copy, "a", "d") == missing
    assert refused(files.move, "c", "dir/b") == ("409", "Duplicate", "The resource already exists")
    assert refused(files.copy, "c", "dir/b") == ("409", "Duplicate", "The resource already exists")
    assert refused(files.move, "c", "../x")[1] == "InvalidKey"
    related = ("404", "InvalidRequest", "The related resource does not exist")
    assert refused(world.service.from_("none").move, "a", "b") == related
    assert refused(world.service.from_("none").copy, "a", "b") == related
    assert refused(world.alice.from_("moves").move, "c", "d")[0] == "404"
    assert refused(world.alice.from_("moves").copy, "c", "d")[0] == "404"


@check
def removals(world: World) -> None:
    files = bucket(world, "goes")
    files.upload("a/1", b"x")
    files.upload("a/2", b"x")
    rows = files.remove(["a/1", "none", "a"])
    assert [row["name"] for row in rows] == ["a/1"]
    assert {"id", "metadata", "created_at", "updated_at"} <= rows[0].keys()
    assert [row["name"] for row in files.list("a")] == ["2"]
    assert world.alice.from_("goes").remove(["a/2"]) == []
    assert refused(files.remove, [])[:2] == ("400", "Error")
    assert files.exists("a/2") is True


@check
def signed_links(world: World) -> None:
    files = bucket(world, "links")
    files.upload("dir/ü 1.txt", b"hello")
    link = files.create_signed_url("dir/ü 1.txt", 60)
    assert link["signedURL"] == link["signedUrl"]
    assert link["signedURL"].startswith(f"{world.served.url}/object/sign/links/dir/")
    assert fetch(link["signedURL"]).content == b"hello"
    saved = fetch(files.create_signed_url("dir/ü 1.txt", 60, {"download": "x.txt"})["signedURL"])
    assert saved.headers["content-disposition"] == 'attachment; filename="x.txt"'
    named = fetch(files.create_signed_url("dir/ü 1.txt", 60, {"download": True})["signedURL"])
    assert "attachment" in named.headers["content-disposition"]
    assert refused(files.create_signed_url, "none", 60) == ("404", "not_found", "Object not found")
    assert refused(files.create_signed_url, "dir/ü 1.txt", 0)[:2] == ("400", "Error")
    good, bad = files.create_signed_urls(["dir/ü 1.txt", "none"], 60, {"download": True})
    assert (good["error"], good["path"], fetch(good["signedURL"]).content) == (None, "dir/ü 1.txt", b"hello")
    assert bad["error"] == "Either the object does not exist or you do not have access to it"
    assert bad["signedURL"] is None
    assert refused(world.alice.from_("links").create_signed_url, "dir/ü 1.txt", 60)[0] == "404"
    odd = ["a?b#c", "50%25", "x%3Fy", "100% wool", "back\\slash", "it's(1)"]
    for path in odd:
        world.served.workspace.storage.upload("links", path, path.encode(), RlsContext.service())
    for row in files.create_signed_urls(odd, 60):
        assert fetch(row["signedURL"]).text == row["path"]
    assert world.alice.from_("links").create_signed_urls(["dir/ü 1.txt"], 60)[0]["signedURL"] is None
    for changed, code in (
        (link["signedURL"].rpartition(".")[0], "InvalidJWT"),
        (link["signedURL"].replace("dir", "d"), "InvalidSignature"),
    ):
        broken = fetch(changed)
        assert (broken.status_code, broken.json()["code"]) == (400, code)


@check
def signed_uploads(world: World) -> None:
    files = bucket(world, "given")
    grant = files.create_signed_upload_url("dir/a ü.txt")
    assert grant["signed_url"] == grant["signedUrl"]
    assert grant["path"] == "dir/a ü.txt"
    options = {"content-type": "text/csv", "cache-control": "5", "metadata": {"a": 1}}
    stored = world.nobody.from_("given").upload_to_signed_url("dir/a ü.txt", grant["token"], b"1,2", options)
    assert stored.full_path == "given/dir/a ü.txt"
    info = files.info("dir/a ü.txt")
    assert (info["content_type"], info["cache_control"], info["metadata"]) == ("text/csv", "max-age=5", {"a": 1})
    again = world.nobody.from_("given").upload_to_signed_url
    assert refused(again, "dir/a ü.txt", grant["token"], b"x") == ("409", "Duplicate", "The resource already exists")
    assert refused(again, "other", grant["token"], b"x")[1] == "InvalidSignature"
    assert refused(again, "other", "nonsense", b"x")[1] == "InvalidJWT"
    upsert = files.create_signed_upload_url("dir/a ü.txt", CreateSignedUploadUrlOptions(upsert="true"))
    again("dir/a ü.txt", upsert["token"], b"new")
    assert files.download("dir/a ü.txt") == b"new"
    assert refused(files.create_signed_upload_url, "dir/a ü.txt")[0] == "409"
    assert refused(world.alice.from_("given").create_signed_upload_url, "b") == ("403", "Unauthorized", RLS)


@check
def public_addresses(world: World) -> None:
    files = bucket(world, "open", public=True)
    files.upload("dir/ü ?.txt", b"hello")
    url = files.get_public_url("dir/ü ?.txt")
    assert fetch(url).content == b"hello"
    saved = fetch(files.get_public_url("dir/ü ?.txt", {"download": "x.txt"}))
    assert saved.headers["content-disposition"] == 'attachment; filename="x.txt"'
    hidden = bucket(world, "closed")
    hidden.upload("a", b"x")
    assert fetch(hidden.get_public_url("a")).status_code == 404
    for person in (world.alice, world.anon):
        assert person.from_("open").list() == []
        assert refused(person.from_("open").upload, "b", b"x") == ("403", "Unauthorized", RLS)


@check
def users_within_their_policies(world: World) -> None:
    bucket(world, "own")
    rule = f"bucket_id = 'own' and {OWN}"
    world.served.apply(
        f"create policy own on storage.objects for all to authenticated using ({rule}) with check ({rule});"
        "create policy seen on storage.buckets for select to authenticated using (name = 'own');"
    )
    mine, theirs = world.alice.from_("own"), world.bob.from_("own")
    mine.upload("a.txt", b"alice")
    theirs.upload("b.txt", b"bob")
    assert [row["name"] for row in mine.list()] == ["a.txt"]
    assert mine.list()[0]["owner"] == ALICE
    assert [found.name for found in world.alice.buckets.list_buckets()] == ["own"]
    assert world.alice.buckets.get_bucket("own").name == "own"
    missing = ("404", "not_found", "Object not found")
    assert refused(mine.download, "b.txt") == missing
    assert refused(mine.move, "b.txt", "c.txt") == missing
    assert refused(mine.upload, "b.txt", b"x", {"upsert": "true"}) == ("403", "Unauthorized", RLS)
    assert refused(mine.update, "b.txt", b"x") == ("403", "Unauthorized", RLS)
    assert mine.remove(["b.txt"]) == []
    assert refused(world.anon.from_("own").upload, "c.txt", b"x") == ("403", "Unauthorized", RLS)
    assert mine.update("a.txt", b"again").path == "a.txt"
    assert fetch(mine.create_signed_url("a.txt", 60)["signedURL"]).content == b"again"
    assert mine.copy("a.txt", "c.txt")["Key"] == "own/c.txt"
    assert mine.move("c.txt", "d.txt") == {"message": "Successfully moved"}
    grant = mine.create_signed_upload_url("e.txt")
    world.nobody.from_("own").upload_to_signed_url("e.txt", grant["token"], b"x")
    assert sorted(row["name"] for row in mine.list()) == ["a.txt", "d.txt", "e.txt"]
    assert len(mine.remove(["a.txt", "d.txt", "e.txt"])) == 3


@check
def tokens_that_do_not_count(world: World) -> None:
    bucket(world, "tokens")
    for token, message in (
        (world.served.user_token(exp=1), '"exp" claim timestamp check failed'),
        (world.served.service_key[:-4], "signature verification failed"),
        ("x", "Invalid Compact JWS"),
    ):
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(verify=PLAIN) as session:
            client = SyncStorageClient(f"{world.served.url}/", headers, http_client=session)
            assert refused(client.list_buckets) == ("403", "Unauthorized", message)
            assert refused(client.from_("tokens").upload, "a", b"x") == ("403", "Unauthorized", message)


@check
def pictures_in_other_sizes(world: World) -> None:
    files = bucket(world, "pictures", public=True)
    files.upload("dir/ü 1.png", picture(), {"content-type": "image/png"})
    transform = {"width": 8, "height": 8, "resize": "contain", "quality": 50, "format": "origin"}
    assert picture_size(files.download("dir/ü 1.png", {"transform": transform})) == (8, 4)
    assert picture_size(fetch(files.get_public_url("dir/ü 1.png", {"transform": transform})).content) == (8, 4)
    link = files.create_signed_url("dir/ü 1.png", 60, {"transform": transform})["signedURL"]
    assert picture_size(fetch(link).content) == (8, 4)
    files.upload("text", b"no picture")
    assert refused(files.download, "text", {"transform": transform})[:2] == ("422", "ImageProcessingError")
    bucket(world, "pictures-2").upload("a.png", picture())
    theirs = world.alice.from_("pictures-2").download
    assert refused(theirs, "a.png", {"transform": transform}) == ("404", "not_found", "Object not found")


@check
def what_holdall_does_not_have(world: World) -> None:
    vectors = Watched(world.service.client.vectors(), world.service.run, set())
    analytics = Watched(world.service.client.analytics(), world.service.run, set())
    world.seen.update({"vectors", "analytics"})
    assert refused(vectors.list_buckets)[0] == "404"
    assert refused(analytics.list)[0] == "404"


def picture_size(data: bytes) -> tuple[int, int]:
    """Return width and height of a picture."""
    return Image.open(io.BytesIO(data)).size


def methods_of(*kinds: type) -> set[str]:
    """Return the public methods of classes of the client."""
    return {name for kind in kinds for name, _ in inspect.getmembers(kind, callable) if not name.startswith("_")}


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_storage3(kind: str, data_dir: Path):
    failures: list[Exception] = []
    with world_of(kind, data_dir) as world:
        for run in CHECKS:
            try:
                run(world)
            except (AssertionError, StorageApiError, httpx.HTTPError) as error:
                error.add_note(f"in {run.__name__}")
                failures.append(error)
        answered = len(world.served.server.recent_requests())
        unused = methods_of(AsyncStorageBucketAPI, AsyncStorageClient, AsyncBucketProxy) - world.seen
    if failures:
        raise ExceptionGroup(f"{len(failures)} of {len(CHECKS)} checks", failures)
    assert unused == set()
    print(f"storage3, {kind}: {len(CHECKS)} checks, {len(world.seen)} methods, {answered} requests")
