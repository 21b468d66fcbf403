"""Who may do what, on every call: nobody, two users, and the service role.

The rules: the service role may do everything. A signed-in user sees, replaces, moves and deletes what they own, and
adds objects as their own. Nobody else sees or changes anything. A public bucket is open for reading by path, not for
listing. What a caller may not see looks exactly like what is not there.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.errors import (
    BucketNotFound,
    ObjectAlreadyExists,
    ObjectNotFound,
    StorageError,
    Unauthorized,
)
from engine.storage import FileStorage
from engine.types import Bucket, BucketChanges, ListRequest, RlsContext, Role, UploadItem, UploadOptions

pytestmark = pytest.mark.parametrize("workspace", ["memory"], indirect=True)
"""Rights are a matter of rows, wherever the bytes are."""

HIDDEN = "f/alice.txt"
MISSING = "f/nobody.txt"


@pytest.fixture(autouse=True)
def objects(storage: FileStorage, bucket: Bucket, service: RlsContext, alice: RlsContext, bob: RlsContext) -> None:
    """Store one object of each owner in one folder."""
    storage.upload("photos", HIDDEN, b"alice's", alice)
    storage.upload("photos", "f/bob.txt", b"bob's own", bob)
    storage.upload("photos", "f/service.txt", b"the service's", service)
    storage.upload("photos", "f/ownerless.txt", b"?", RlsContext.service())


@pytest.fixture(params=["bob", "anon", "stranger", "unnamed", "editor", "blank"])
def other(request: pytest.FixtureRequest, bob: RlsContext, anon: RlsContext) -> RlsContext:
    """Return, one after the other, everybody who must not see what is Alice's."""
    return {
        "bob": bob,
        "anon": anon,
        "stranger": RlsContext.user("somebody who owns nothing"),
        "unnamed": RlsContext(user_id=None, role=Role.AUTHENTICATED),
        "editor": RlsContext(user_id="a11ce000-0000-4000-8000-000000000001", role="editor"),
        "blank": RlsContext.user(""),
    }[request.param]


READS: dict[str, Callable[[FileStorage, str, RlsContext], object]] = {
    "info": lambda storage, path, who: storage.info("photos", path, who),
    "open": lambda storage, path, who: storage.open_object("photos", path, who),
    "download": lambda storage, path, who: storage.download("photos", path, Path("/nonexistent/x"), who),
    "sign": lambda storage, path, who: storage.sign("photos", path, who, 60),
    "delete": lambda storage, path, who: storage.delete("photos", path, who),
    "move": lambda storage, path, who: storage.move("photos", path, "stolen", who),
}


@pytest.mark.parametrize("call", READS)
def test_what_is_hidden_looks_like_what_is_missing(
    storage: FileStorage, other: RlsContext, service: RlsContext, call: str
):
    before = storage.info("photos", HIDDEN, service)
    with pytest.raises(ObjectNotFound) as hidden:
        READS[call](storage, HIDDEN, other)
    with pytest.raises(ObjectNotFound) as missing:
        READS[call](storage, MISSING, other)
    assert type(hidden.value) is type(missing.value)
    assert str(hidden.value).replace(HIDDEN, "") == str(missing.value).replace(MISSING, "")
    assert storage.info("photos", HIDDEN, service) == before


def test_nothing_leaks_through_lists_and_counts(storage: FileStorage, other: RlsContext, bob: RlsContext):
    mine = ["f/bob.txt"] if other == bob else []
    assert not storage.exists("photos", HIDDEN, other)
    assert [stored.path for stored in storage.list("photos", ListRequest("f/"), other).objects] == mine
    assert len(storage.list("photos", ListRequest(), other).folders) == len(mine)
    assert storage.count_folder("photos", "f/", other).total == len(mine)
    assert storage.count_folder("photos", "", other).total == len(mine)
    assert [stored.path for stored in storage.walk("photos", "", other)] == mine
    assert storage.tree_size("photos", "", other).size_bytes == (9 if mine else 0)


def test_bulk_calls_pass_over_what_is_hidden(
    storage: FileStorage, other: RlsContext, bob: RlsContext, service: RlsContext, tmp_path: Path
):
    mine = ["f/bob.txt"] if other == bob else []
    report = storage.download_tree("photos", ["f/", HIDDEN], tmp_path / "got", other)
    assert report.done == len(mine)
    assert all(isinstance(failure.error, ObjectNotFound) for failure in report.failures)
    deleted = storage.delete_many("photos", ["f/", HIDDEN, "f/service.txt"], other)
    assert [stored.path for stored in deleted] == mine
    assert {stored.path for stored in storage.walk("photos", "", service)} >= {HIDDEN, "f/service.txt"}


def test_folders_move_and_copy_what_the_caller_sees(
    storage: FileStorage, other: RlsContext, bob: RlsContext, service: RlsContext
):
    if other == bob:
        assert storage.copy_folder("photos", "f/", "copy/", other).done == 1
        assert storage.move_folder("photos", "f/", "moved/", other) == 1
        assert [stored.path for stored in storage.walk("photos", "moved/", service)] == ["moved/bob.txt"]
    else:
        with pytest.raises(ObjectNotFound):
            storage.move_folder("photos", "f/", "moved/", other)
        with pytest.raises((ObjectNotFound, Unauthorized)):
            storage.copy_folder("photos", "f/", "copy/", other)
    assert storage.info("photos", HIDDEN, service).path == HIDDEN
    assert not storage.exists("photos", "copy/alice.txt", service)


def test_copying_needs_reading_and_adding(storage: FileStorage, bob: RlsContext, anon: RlsContext, service: RlsContext):
    with pytest.raises(ObjectNotFound):
        storage.copy("photos", HIDDEN, "copy", bob)
    with pytest.raises(ObjectNotFound):
        storage.copy("photos", HIDDEN, "copy", anon)
    storage.update_bucket("photos", service, BucketChanges(public=True))
    with pytest.raises(Unauthorized):
        storage.copy("photos", HIDDEN, "copy", anon)
    assert storage.copy("photos", HIDDEN, "copy", bob).owner_id == bob.user_id


def test_only_known_users_add_objects(storage: FileStorage, anon: RlsContext, service: RlsContext, tmp_path: Path):
    (tmp_path / "x").write_bytes(b"x")
    for context in (anon, RlsContext(role=Role.AUTHENTICATED), RlsContext(user_id="x", role="editor")):
        with pytest.raises(Unauthorized):
            storage.upload("photos", "new", b"x", context)
        with pytest.raises(Unauthorized):
            storage.begin_upload("photos", "new", context)
        with pytest.raises(Unauthorized):
            storage.upload_many("photos", [UploadItem(tmp_path / "x", "new")], context)
        with pytest.raises(Unauthorized):
            storage.create_folder("photos", "new/", context)
    assert len(list(storage.walk("photos", "", service))) == 4


def test_what_others_own_is_not_replaced(
    storage: FileStorage, other: RlsContext, service: RlsContext, alice: RlsContext
):
    before = storage.info("photos", HIDDEN, service)
    with pytest.raises(Unauthorized):
        storage.upload("photos", HIDDEN, b"mine now", other, UploadOptions(replace=True))
    with pytest.raises((Unauthorized, ObjectAlreadyExists)):
        storage.upload("photos", HIDDEN, b"mine now", other)
    assert storage.info("photos", HIDDEN, service) == before
    with storage.open_object("photos", HIDDEN, alice, verify=True) as reader:
        assert reader.read() == b"alice's"


def test_nothing_is_moved_or_copied_over_what_others_own(storage: FileStorage, bob: RlsContext, service: RlsContext):
    with pytest.raises(ObjectAlreadyExists):
        storage.move("photos", "f/bob.txt", HIDDEN, bob)
    with pytest.raises(ObjectAlreadyExists):
        storage.copy("photos", "f/bob.txt", HIDDEN, bob)
    with pytest.raises(Unauthorized):
        storage.copy("photos", "f/bob.txt", HIDDEN, bob, replace=True)
    storage.copy("photos", "f/bob.txt", "g/alice.txt", bob)
    with pytest.raises(ObjectAlreadyExists):
        storage.move_folder("photos", "g/", "f/", bob)
    with storage.open_object("photos", HIDDEN, service, verify=True) as reader:
        assert reader.read() == b"alice's"
    assert storage.exists("photos", "f/bob.txt", bob)


def test_owners_do_everything_with_their_own(storage: FileStorage, alice: RlsContext, tmp_path: Path):
    with storage.open_object("photos", HIDDEN, alice) as reader:
        assert reader.read() == b"alice's"
    storage.upload("photos", HIDDEN, b"again", alice, UploadOptions(replace=True))
    storage.copy("photos", HIDDEN, "mine/copy", alice)
    storage.move("photos", "mine/copy", "mine/moved", alice)
    assert storage.move_folder("photos", "mine/", "all/", alice) == 1
    storage.create_folder("photos", "all/", alice)
    storage.download("photos", "all/moved", tmp_path / "got", alice)
    assert storage.count_folder("photos", "all/", alice).objects == 1
    assert storage.sign("photos", "all/moved", alice, 60).path_and_query
    assert len(storage.delete_many("photos", ["all/"], alice)) == 2
    storage.delete("photos", HIDDEN, alice)
    assert not storage.exists("photos", HIDDEN, alice)


def test_a_replaced_object_stays_its_owners(
    storage: FileStorage, service: RlsContext, alice: RlsContext, bob: RlsContext
):
    replaced = storage.upload("photos", HIDDEN, b"by service", service, UploadOptions(replace=True))
    assert replaced.owner_id == alice.user_id
    assert storage.exists("photos", HIDDEN, alice)
    assert not storage.exists("photos", HIDDEN, bob)


def test_the_service_sees_and_does_everything(storage: FileStorage, service: RlsContext):
    for context in (service, RlsContext.service()):
        assert storage.count_folder("photos", "f/", context).objects == 4
    storage.move("photos", HIDDEN, "moved", service)
    assert storage.empty_bucket("photos", service) == 4


class TestPublicBuckets:
    @pytest.fixture(autouse=True)
    def public(self, storage: FileStorage, service: RlsContext) -> None:
        storage.update_bucket("photos", service, BucketChanges(public=True))

    def test_anybody_reads_by_path(self, storage: FileStorage, other: RlsContext, tmp_path: Path):
        assert storage.info("photos", HIDDEN, other).size_bytes == 7
        assert storage.exists("photos", HIDDEN, other)
        with storage.open_object("photos", HIDDEN, other, verify=True) as reader:
            assert reader.read() == b"alice's"
        storage.download("photos", HIDDEN, tmp_path / "got", other)
        with storage.open_public("photos", HIDDEN) as reader:
            assert reader.read() == b"alice's"

    def test_nobody_lists_or_changes_more_for_it(
        self, storage: FileStorage, other: RlsContext, bob: RlsContext, service: RlsContext
    ):
        mine = 1 if other == bob else 0
        assert len(storage.list("photos", ListRequest("f/"), other).objects) == mine
        assert storage.count_folder("photos", "f/", other).total == mine
        assert len(list(storage.walk("photos", "", other))) == mine
        for change in (
            lambda: storage.delete("photos", HIDDEN, other),
            lambda: storage.move("photos", HIDDEN, "stolen", other),
            lambda: storage.upload("photos", HIDDEN, b"x", other, UploadOptions(replace=True)),
            lambda: storage.empty_bucket("photos", other),
        ):
            with pytest.raises(StorageError):
                change()
        assert storage.delete_many("photos", [HIDDEN], other) == ()
        assert storage.exists("photos", HIDDEN, service)

    def test_a_missing_object(self, storage: FileStorage):
        with pytest.raises(ObjectNotFound):
            storage.open_public("photos", MISSING)

    def test_the_door_closes_with_the_flag(self, storage: FileStorage, service: RlsContext, anon: RlsContext):
        storage.update_bucket("photos", service, BucketChanges(public=False))
        with pytest.raises(ObjectNotFound):
            storage.open_object("photos", HIDDEN, anon)
        with pytest.raises(BucketNotFound):
            storage.open_public("photos", HIDDEN)


def test_the_public_door_does_not_tell_private_buckets_from_none(storage: FileStorage):
    with pytest.raises(BucketNotFound) as private:
        storage.open_public("photos", HIDDEN)
    with pytest.raises(BucketNotFound) as missing:
        storage.open_public("missing", HIDDEN)
    assert str(private.value).replace("photos", "") == str(missing.value).replace("missing", "")
