"""Signed links: what they open, until when, and what they do not open.

A link names a bucket and a path, as the specification's form does, and opens whatever stands there when it is used:
it dies with the object or with the bucket's name, and follows a path that is stored again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from engine import limits
from engine.errors import (
    BucketNotFound,
    ExpiredLink,
    InvalidKey,
    InvalidLink,
    InvalidRequest,
    MalformedLink,
    ObjectNotFound,
    WrongSignature,
)
from engine.storage import FileStorage
from engine.types import Bucket, BucketChanges, RlsContext, SignedUrl, UploadOptions
from engine.workspace import Workspace

pytestmark = pytest.mark.parametrize("workspace", ["memory"], indirect=True)
"""Rights are a matter of rows, wherever the bytes are."""

NOW_S = 1_800_000_000


class Clock:
    """Says what the test says."""

    def __init__(self) -> None:
        self.now_s: float = NOW_S

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    monkeypatch.setattr(workspace.signer, "_clock", clock)
    return clock


@pytest.fixture(autouse=True)
def stored(storage: FileStorage, bucket: Bucket, service: RlsContext) -> None:
    storage.upload("photos", "a/b.txt", b"content", service)
    storage.upload("photos", "a/other.txt", b"other", service)


def parts_of(link: SignedUrl) -> tuple[str, str, dict[str, str]]:
    """Return bucket, path and query of a link, decoded."""
    split = urlsplit(link.path_and_query)
    bucket, _, path = split.path.removeprefix("/storage/v1/object/").partition("/")
    return unquote(bucket), unquote(path), {name: values[0] for name, values in parse_qs(split.query).items()}


def opened(storage: FileStorage, link: SignedUrl, method: str = "GET", **changes: str) -> bytes:
    bucket, path, query = parts_of(link)
    request = {"bucket": bucket, "path": path, "token": query["token"], "expires": query["expires"], **changes}
    with storage.open_signed(
        request["bucket"], request["path"], method=method, token=request["token"], expires=request["expires"]
    ) as reader:
        return reader.read()


def test_a_link_opens_its_object(storage: FileStorage, service: RlsContext, clock: Clock):
    link = storage.sign("photos", "a/b.txt", service, 60)
    assert link.expires_at == datetime.fromtimestamp(NOW_S + 60, UTC)
    assert link.path_and_query.startswith("/storage/v1/object/photos/a/b.txt?token=")
    assert link.absolute("http://127.0.0.1:5/") == "http://127.0.0.1:5" + link.path_and_query
    assert opened(storage, link) == opened(storage, link, method="HEAD") == b"content"


def test_it_opens_until_its_last_second(storage: FileStorage, service: RlsContext, clock: Clock):
    link = storage.sign("photos", "a/b.txt", service, 60)
    clock.now_s = NOW_S + 59.999
    assert opened(storage, link) == b"content"
    clock.now_s = NOW_S + 60
    with pytest.raises(ExpiredLink):
        opened(storage, link)


@pytest.mark.parametrize(
    "path", ['it\'s 100% "x"?&#.txt', "Größe/日本/🎉", "e\u0301", "a//b", "a+b c;d,e=f", "%41", "back\\slash"]
)
def test_names_survive_the_address(storage: FileStorage, service: RlsContext, clock: Clock, path: str):
    storage.create_bucket("it's 100% mine?", service)
    storage.upload("it's 100% mine?", path, path.encode(), service)
    link = storage.sign("it's 100% mine?", path, service, 60)
    assert link.path_and_query.isascii()
    assert parts_of(link)[:2] == ("it's 100% mine?", path)
    assert opened(storage, link) == path.encode()


def test_it_opens_nothing_else(storage: FileStorage, service: RlsContext, clock: Clock):
    storage.create_bucket("others", service)
    storage.upload("others", "a/b.txt", b"secret", service)
    link = storage.sign("photos", "a/b.txt", service, 60)
    query = parts_of(link)[2]
    changed_token = query["token"][:-1] + ("A" if query["token"][-1] != "A" else "B")
    for changes in (
        {"path": "a/other.txt"},
        {"path": "a/b.txt/"},
        {"path": "a//b.txt"},
        {"path": "A/b.txt"},
        {"bucket": "others"},
        {"bucket": "photos/a", "path": "b.txt"},
        {"expires": str(NOW_S + 61)},
        {"token": changed_token},
    ):
        with pytest.raises(InvalidLink):
            opened(storage, link, **changes)
    for method in ("POST", "PUT", "DELETE", "get", ""):
        with pytest.raises(WrongSignature):
            opened(storage, link, method=method)
    for changes in ({"token": ""}, {"token": "x"}, {"expires": ""}, {"expires": "soon"}, {"expires": "-1"}):
        with pytest.raises(MalformedLink):
            opened(storage, link, **changes)


def test_a_changed_link_is_wrong_even_when_its_time_is_over(storage: FileStorage, service: RlsContext, clock: Clock):
    link = storage.sign("photos", "a/b.txt", service, 60)
    clock.now_s = NOW_S + 100
    with pytest.raises(WrongSignature):
        opened(storage, link, path="a/other.txt")


def test_missing_and_present_objects_look_the_same_to_a_wrong_link(
    storage: FileStorage, service: RlsContext, clock: Clock
):
    link = storage.sign("photos", "a/b.txt", service, 60)
    errors = []
    for changes in ({"path": "a/other.txt"}, {"path": "a/missing.txt"}, {"bucket": "missing"}):
        with pytest.raises(WrongSignature) as caught:
            opened(storage, link, **changes)
        errors.append(str(caught.value))
    assert len(set(errors)) == 1


def test_only_who_may_read_may_sign(
    storage: FileStorage, alice: RlsContext, bob: RlsContext, anon: RlsContext, clock: Clock
):
    storage.upload("photos", "mine", b"alice's", alice)
    for context in (bob, anon):
        with pytest.raises(ObjectNotFound):
            storage.sign("photos", "mine", context, 60)
        with pytest.raises(ObjectNotFound):
            storage.sign("photos", "missing", context, 60)
    assert opened(storage, storage.sign("photos", "mine", alice, 60)) == b"alice's"


def test_what_cannot_be_signed(storage: FileStorage, service: RlsContext):
    with pytest.raises(ObjectNotFound):
        storage.sign("photos", "missing", service, 60)
    with pytest.raises(BucketNotFound):
        storage.sign("missing", "a/b.txt", service, 60)
    with pytest.raises(InvalidKey):
        storage.sign("photos", "../a", service, 60)
    for life in (0, -1, limits.LINK_EXPIRES_MAX_S + 1):
        with pytest.raises(InvalidRequest):
            storage.sign("photos", "a/b.txt", service, life)


class TestWhatHappensMeanwhile:
    @pytest.fixture
    def link(self, storage: FileStorage, service: RlsContext, clock: Clock) -> SignedUrl:
        return storage.sign("photos", "a/b.txt", service, 60)

    def test_a_deleted_object(self, storage: FileStorage, service: RlsContext, link: SignedUrl):
        storage.delete("photos", "a/b.txt", service)
        with pytest.raises(ObjectNotFound):
            opened(storage, link)

    def test_a_moved_object(self, storage: FileStorage, service: RlsContext, link: SignedUrl):
        storage.move("photos", "a/b.txt", "c", service)
        with pytest.raises(ObjectNotFound):
            opened(storage, link)

    def test_a_replaced_object(self, storage: FileStorage, service: RlsContext, link: SignedUrl):
        storage.upload("photos", "a/b.txt", b"new", service, UploadOptions(replace=True))
        assert opened(storage, link) == b"new"

    def test_a_renamed_bucket(self, storage: FileStorage, service: RlsContext, link: SignedUrl):
        storage.rename_bucket("photos", "pictures", service)
        with pytest.raises(BucketNotFound):
            opened(storage, link)
        with pytest.raises(WrongSignature):
            opened(storage, link, bucket="pictures")
        storage.rename_bucket("pictures", "photos", service)
        assert opened(storage, link) == b"content"

    def test_the_owner_losing_interest_changes_nothing(
        self, storage: FileStorage, service: RlsContext, alice: RlsContext, clock: Clock
    ):
        storage.upload("photos", "mine", b"x", alice)
        link = storage.sign("photos", "mine", alice, 60)
        storage.upload("photos", "mine", b"y", service, UploadOptions(replace=True))
        assert opened(storage, link) == b"y"

    def test_a_bucket_named_by_its_id_is_signed_by_its_name(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, clock: Clock
    ):
        link = storage.sign(bucket.id, "a/b.txt", service, 60)
        assert parts_of(link)[0] == "photos"
        assert opened(storage, link) == b"content"


def test_another_workspace_s_links_open_nothing(storage: FileStorage, service: RlsContext, workspace: Workspace):
    from engine.signed_url import LinkKey, UrlSigner

    foreign = UrlSigner(lambda: [LinkKey(b"another key, 32 bytes long or so")]).sign("photos", "a/b.txt", 60)
    with pytest.raises(WrongSignature):
        opened(storage, foreign)
    assert opened(storage, workspace.signer.sign("photos", "a/b.txt", 60)) == b"content"


def test_granted_readers_get_in_and_nobody_gets_more(storage: FileStorage, alice: RlsContext):
    storage.upload("photos", "mine", b"alice's", alice)
    with storage.open_granted("photos", "mine") as reader:
        assert reader.read() == b"alice's"
    with pytest.raises(ObjectNotFound):
        storage.open_granted("photos", "missing")
    with pytest.raises(BucketNotFound):
        storage.open_granted("missing", "mine")


@pytest.mark.parametrize("public", [False, True], ids=["private", "public"])
@pytest.mark.parametrize(("who", "signs"), [("service", True), ("alice", True), ("bob", False), ("anon", False)])
def test_a_link_is_made_by_those_alone_whom_the_row_rules_let_read(
    request: pytest.FixtureRequest, storage: FileStorage, service: RlsContext, alice: RlsContext, public, who, signs
):
    storage.upload("photos", "alice.txt", b"mine", alice)
    storage.update_bucket("photos", service, BucketChanges(public=public))
    caller: RlsContext = request.getfixturevalue(who)
    if signs:
        assert opened(storage, storage.sign("photos", "alice.txt", caller, 60)) == b"mine"
        return
    for path in ("alice.txt", "missing.txt"):
        with pytest.raises(ObjectNotFound):
            storage.sign("photos", path, caller, 60)
