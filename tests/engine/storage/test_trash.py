"""The trash: what was deleted comes back whole, to its own path or another, until its time is over."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import event

from engine.backends.base import StorageBackend
from engine.cancel import CancelToken
from engine.errors import (
    Cancelled,
    InvalidRequest,
    IoError,
    ObjectAlreadyExists,
    ObjectNotFound,
    UnsupportedMediaType,
    WouldBeLost,
)
from engine.files.archive import ARCHIVE_FOLDER
from engine.jobs.expiry import Expiry
from engine.metadata.executor import Executor
from engine.storage import FileStorage
from engine.times import now_us
from engine.types import Bucket, BucketChanges, Retention, RlsContext, UploadOptions
from engine.version_types import ObjectVersion
from engine.workspace import Workspace
from tests.policies import let_owners

REPLACE = UploadOptions(replace=True)
DAY_US = 24 * 3600 * 1_000_000


@pytest.fixture
def bucket(storage: FileStorage, service: RlsContext) -> Bucket:
    made = storage.create_bucket("photos", service, retention=Retention(trash_days=30))
    let_owners(storage, "photos")
    return made


def put(storage: FileStorage, path: str, data: bytes, context: RlsContext) -> None:
    storage.upload("photos", path, data, context, REPLACE)


def read(storage: FileStorage, path: str, context: RlsContext) -> bytes:
    with storage.open_object("photos", path, context, verify=True) as reader:
        return reader.read()


def in_trash(storage: FileStorage, context: RlsContext) -> list[ObjectVersion]:
    return list(storage.trash.list("photos", context).items)


def ids(versions: list[ObjectVersion]) -> list[int]:
    return [version.id for version in versions if version.id is not None]


@pytest.mark.usefixtures("bucket")
class TestTakingBack:
    def test_to_the_old_path(self, storage: FileStorage, service: RlsContext):
        put(storage, "a/b", b"one", service)
        before = storage.info("photos", "a/b", service)
        storage.delete("photos", "a/b", service)
        assert not storage.exists("photos", "a/b", service)
        (item,) = in_trash(storage, service)
        assert (item.info.path, item.in_trash) == ("a/b", True)

        (restored,) = storage.trash.restore("photos", ids([item]), service)
        assert restored == before
        assert read(storage, "a/b", service) == b"one"
        assert in_trash(storage, service) == []
        assert storage.check(service).clean

    def test_to_another_path(self, storage: FileStorage, service: RlsContext):
        put(storage, "a", b"one", service)
        storage.delete("photos", "a", service)
        put(storage, "a", b"two", service)
        items = ids(in_trash(storage, service))
        with pytest.raises(ObjectAlreadyExists):
            storage.trash.restore("photos", items, service)
        storage.trash.restore("photos", items, service, target_path="b")
        assert (read(storage, "a", service), read(storage, "b", service)) == (b"two", b"one")

    def test_a_whole_folder(self, storage: FileStorage, backend: StorageBackend, service: RlsContext):
        for number in range(50):
            put(storage, f"d/{number % 7}/{number}", b"%d" % number, service)
        storage.delete_many("photos", ["d/"], service)
        items = in_trash(storage, service)
        assert len(items) == 50
        assert storage.trash.size("photos", service).objects == 50
        storage.trash.restore("photos", ids(items), service)
        assert all(read(storage, f"d/{n % 7}/{n}", service) == b"%d" % n for n in range(50))
        assert list(backend.list(ARCHIVE_FOLDER)) == []

    def test_all_or_none(self, storage: FileStorage, service: RlsContext):
        for path in ("a", "b"):
            put(storage, path, b"one", service)
        storage.delete_many("photos", ["a", "b"], service)
        put(storage, "b", b"two", service)
        with pytest.raises(ObjectAlreadyExists):
            storage.trash.restore("photos", ids(in_trash(storage, service)), service)
        assert not storage.exists("photos", "a", service)
        assert len(in_trash(storage, service)) == 2

    def test_one_path_deleted_twice(self, storage: FileStorage, service: RlsContext):
        for text in (b"one", b"two"):
            put(storage, "a", text, service)
            storage.delete("photos", "a", service)
        newest, oldest = ids(in_trash(storage, service))
        with pytest.raises(ObjectAlreadyExists):
            storage.trash.restore("photos", [newest, oldest], service)
        storage.trash.restore("photos", [oldest], service)
        assert read(storage, "a", service) == b"one"
        storage.trash.restore("photos", [newest], service, target_path="b")
        assert read(storage, "b", service) == b"two"

    def test_one_path_takes_one_object(self, storage: FileStorage, service: RlsContext):
        for path in ("a", "b"):
            put(storage, path, b"one", service)
        storage.delete_many("photos", ["a", "b"], service)
        with pytest.raises(InvalidRequest):
            storage.trash.restore("photos", ids(in_trash(storage, service)), service, target_path="c")

    @pytest.mark.parametrize("mark", ["d/", "d/.emptyFolderPlaceholder"])
    def test_what_has_bytes_becomes_no_folder(self, storage: FileStorage, service: RlsContext, mark: str):
        """Listings and downloads do not show a folder's mark: its bytes would be out of sight."""
        put(storage, "a", b"one", service)
        storage.delete("photos", "a", service)
        items = ids(in_trash(storage, service))
        with pytest.raises(InvalidRequest):
            storage.trash.restore("photos", items, service, target_path=mark)
        assert ids(in_trash(storage, service)) == items
        assert list(storage.walk("photos", "", service)) == []

    def test_another_name_is_held_against_what_the_bucket_takes(self, storage: FileStorage, service: RlsContext):
        storage.update_bucket("photos", service, BucketChanges(allowed_mime_types=["image/png"]))
        put(storage, ".emptyFolderPlaceholder", b"", service)
        storage.delete("photos", ".emptyFolderPlaceholder", service)
        with pytest.raises(UnsupportedMediaType):
            storage.trash.restore("photos", ids(in_trash(storage, service)), service, target_path="a.txt")

    @pytest.mark.parametrize("count", [40_000, 260_000])
    def test_more_ids_than_a_statement_takes(self, storage: FileStorage, service: RlsContext, count: int):
        put(storage, "a", b"one", service)
        storage.delete("photos", "a", service)
        (item,) = in_trash(storage, service)
        many = [*range(10**6, 10**6 + count), *ids([item])]
        with pytest.raises(ObjectNotFound):
            storage.trash.restore("photos", many, service)
        with pytest.raises(ObjectNotFound):
            storage.versions.delete("photos", many, service)
        assert storage.trash.empty("photos", service, many) == 1

    def test_a_slice_at_a_time_is_all_or_none_as_well(
        self, storage: FileStorage, service: RlsContext, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr("engine.files.trash.SLICE", 2)
        paths = [f"d/{number}" for number in range(5)]
        for path in paths:
            storage.upload("photos", path, path.encode(), service, UploadOptions(user_metadata={"of": path}))
        before = [storage.info("photos", path, service) for path in paths]
        storage.delete_many("photos", ["d/"], service)
        put(storage, "d/4", b"new", service)
        items = sorted(ids(in_trash(storage, service)))
        with pytest.raises(ObjectAlreadyExists):
            storage.trash.restore("photos", items, service)
        assert sorted(ids(in_trash(storage, service))) == items
        storage.delete("photos", "d/4", service, for_good=True)
        assert list(storage.trash.restore("photos", items, service)) == before
        assert [storage.info("photos", path, service) for path in paths] == before
        assert [read(storage, path, service) for path in paths] == [path.encode() for path in paths]

    def test_many_take_few_statements(self, storage: FileStorage, service: RlsContext, workspace: Workspace):
        """Everybody who writes waits meanwhile."""
        for number in range(50):
            put(storage, f"d/{number}", b"x", service)
        storage.delete_many("photos", ["d/"], service)
        items = ids(in_trash(storage, service))
        seen: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            seen.append(statement)

        engine = workspace._core.executor._engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            storage.trash.restore("photos", items, service)
        finally:
            event.remove(engine, "before_cursor_execute", note)
        assert len(seen) < 40

    def test_what_is_not_there(self, storage: FileStorage, service: RlsContext):
        with pytest.raises(ObjectNotFound):
            storage.trash.restore("photos", [1], service)

    def test_what_is_history_and_no_trash(self, storage: FileStorage, service: RlsContext):
        storage.update_bucket("photos", service, BucketChanges(retention=Retention(versions=5)))
        put(storage, "a", b"one", service)
        storage.delete("photos", "a", service)
        (version,) = storage.versions.list("photos", "a", service)
        with pytest.raises(ObjectNotFound):
            storage.trash.restore("photos", ids([version]), service)
        assert not storage.exists("photos", "a", service)

    def test_it_stays_known_where_versions_are_kept(self, storage: FileStorage, service: RlsContext):
        storage.update_bucket("photos", service, BucketChanges(retention=Retention(versions=5, trash_days=30)))
        put(storage, "a", b"one", service)
        storage.delete("photos", "a", service)
        storage.trash.restore("photos", ids(in_trash(storage, service)), service)
        newest, oldest = storage.versions.list("photos", "a", service)
        assert newest.info.version == oldest.info.version
        assert oldest.id is not None
        with storage.versions.open("photos", oldest.id, service) as reader:
            assert reader.read() == b"one"
        put(storage, "a", b"two", service)
        with storage.versions.open("photos", oldest.id, service) as reader:
            assert reader.read() == b"one"

    def test_everybody_takes_back_their_own(
        self, storage: FileStorage, service: RlsContext, alice: RlsContext, bob: RlsContext
    ):
        put(storage, "a", b"one", alice)
        storage.delete("photos", "a", alice)
        items = ids(in_trash(storage, alice))
        assert in_trash(storage, bob) == []
        with pytest.raises(ObjectNotFound):
            storage.trash.restore("photos", items, bob)
        assert storage.trash.empty("photos", bob) == 0
        (restored,) = storage.trash.restore("photos", items, alice)
        assert restored.owner_id == alice.user_id


@pytest.mark.parametrize("ask", ["list", "size"])
def test_the_trash_is_found_without_the_rest_of_the_past(
    storage: FileStorage, bucket: Bucket, service: RlsContext, workspace: Workspace, ask: str
):
    seen: list[tuple[str, tuple[object, ...]]] = []

    def note(_connection: object, _cursor: object, statement: str, values: tuple[object, ...], *_: object) -> None:
        if "FROM storage_object_versions" in statement:
            seen.append((statement, values))

    engine = workspace._core.executor._engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        getattr(storage.trash, ask)("photos", service)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    ((statement, values),) = seen
    with engine.connect() as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
    assert len(plan) == 1
    assert "ix_storage_object_versions_trash (bucket_id=?" in plan[0]


@pytest.mark.usefixtures("bucket")
class TestEmptying:
    def test_everything(self, storage: FileStorage, backend: StorageBackend, service: RlsContext):
        for number in range(20):
            put(storage, f"d/{number}", b"%d" % number, service)
        storage.delete_many("photos", ["d/"], service)
        assert storage.trash.empty("photos", service) == 20
        assert in_trash(storage, service) == []
        assert [*backend.list(ARCHIVE_FOLDER), *backend.list()] == []

    def test_some(self, storage: FileStorage, service: RlsContext):
        for path in ("a", "b"):
            put(storage, path, b"one", service)
        storage.delete_many("photos", ["a", "b"], service)
        keep, go = in_trash(storage, service)
        assert storage.trash.empty("photos", service, ids([go])) == 1
        assert in_trash(storage, service) == [keep]

    def test_no_more_than_was_measured(self, storage: FileStorage, service: RlsContext):
        for path in ("a", "b"):
            put(storage, path, b"one", service)
        storage.delete("photos", "a", service)
        size = storage.trash.size("photos", service)
        storage.delete("photos", "b", service)
        assert storage.trash.empty("photos", service, until=size.until) == size.objects == 1
        assert [version.info.path for version in in_trash(storage, service)] == ["b"]
        assert storage.trash.empty("photos", service, until=0) == 0

    def test_cancelled(self, storage: FileStorage, service: RlsContext):
        put(storage, "a", b"one", service)
        storage.delete("photos", "a", service)
        token = CancelToken()
        token.cancel()
        with pytest.raises(Cancelled):
            storage.trash.empty("photos", service, cancel=token)

    def test_pages(self, storage: FileStorage, service: RlsContext):
        for number in range(5):
            put(storage, f"{number}", b"x", service)
        storage.delete_many("photos", [f"{number}" for number in range(5)], service)
        first = storage.trash.list("photos", service, limit=3)
        second = storage.trash.list("photos", service, limit=3, cursor=first.next_cursor)
        assert len(first.items) == 3
        assert len(second.items) == 2
        assert second.next_cursor is None
        assert len({version.id for version in (*first.items, *second.items)}) == 5

    def test_deleting_for_good_passes_it_by(self, storage: FileStorage, service: RlsContext):
        put(storage, "a", b"one", service)
        storage.delete_many("photos", ["a"], service, for_good=True)
        assert in_trash(storage, service) == []


class TestExpiry:
    """Days to come, with a clock of the test's own."""

    @staticmethod
    def run_after(workspace: Workspace, days: float) -> int:
        core = workspace._core
        return Expiry(core.executor, core.mutations, lambda: now_us() + int(days * DAY_US)).run()

    def test_trash(self, workspace: Workspace, storage: FileStorage, bucket: Bucket, service: RlsContext):
        put(storage, "a", b"one", service)
        storage.delete("photos", "a", service)
        assert self.run_after(workspace, 29) == 0
        assert len(in_trash(storage, service)) == 1
        assert self.run_after(workspace, 30.1) == 1
        assert in_trash(storage, service) == []
        assert list(workspace._core.backend.list(ARCHIVE_FOLDER)) == []

    def test_days(self, workspace: Workspace, storage: FileStorage, bucket: Bucket, service: RlsContext):
        storage.update_bucket("photos", service, BucketChanges(retention=Retention(days=7)))
        put(storage, "a", b"one", service)
        put(storage, "a", b"two", service)
        assert self.run_after(workspace, 6) == 0
        assert self.run_after(workspace, 8) == 1
        assert len(storage.versions.list("photos", "a", service)) == 1

    def test_numbers(self, workspace: Workspace, storage: FileStorage, bucket: Bucket, service: RlsContext):
        storage.update_bucket("photos", service, BucketChanges(retention=Retention(versions=2)))
        for number in range(6):
            put(storage, "a", b"%d" % number, service)
            put(storage, "b", b"%d" % number, service)
        assert self.run_after(workspace, 0) == 6
        kept = storage.versions.list("photos", "a", service)
        assert len(kept) == 3
        with storage.versions.open("photos", ids([kept[2]])[0], service) as reader:
            assert reader.read() == b"3"

    def test_a_deletion_that_was_undone_pushes_no_version_out(
        self, workspace: Workspace, storage: FileStorage, bucket: Bucket, service: RlsContext
    ):
        storage.update_bucket("photos", service, BucketChanges(retention=Retention(versions=1, trash_days=30)))
        for text in (b"one", b"two"):
            put(storage, "a", text, service)
        for _ in range(3):
            storage.delete("photos", "a", service)
            storage.trash.restore("photos", ids(in_trash(storage, service)), service)
        assert self.run_after(workspace, 0) == 2
        assert b"one" in self.old(storage, service)

    def test_nor_does_a_name_that_was_given_back(
        self, workspace: Workspace, storage: FileStorage, bucket: Bucket, service: RlsContext
    ):
        storage.update_bucket("photos", service, BucketChanges(retention=Retention(versions=1)))
        for text in (b"one", b"two"):
            put(storage, "a", text, service)
        for _ in range(3):
            storage.move("photos", "a", "b", service)
            storage.move("photos", "b", "a", service)
        self.run_after(workspace, 0)
        assert b"one" in self.old(storage, service)

    @staticmethod
    def old(storage: FileStorage, service: RlsContext) -> set[bytes]:
        """Return what the old versions of an object read."""
        found = set()
        for version_id in ids(list(storage.versions.list("photos", "a", service))):
            with storage.versions.open("photos", version_id, service) as reader:
                found.add(reader.read())
        return found

    def test_trash_becomes_a_version_among_others(
        self, workspace: Workspace, storage: FileStorage, bucket: Bucket, service: RlsContext
    ):
        storage.update_bucket("photos", service, BucketChanges(retention=Retention(days=60, trash_days=30)))
        put(storage, "a", b"one", service)
        storage.delete("photos", "a", service)
        assert self.run_after(workspace, 31) == 0
        assert in_trash(storage, service) == []
        assert len(storage.versions.list("photos", "a", service)) == 1
        assert self.run_after(workspace, 61) == 1

    def test_a_bucket_that_keeps_nothing_any_more(
        self, workspace: Workspace, storage: FileStorage, bucket: Bucket, service: RlsContext
    ):
        put(storage, "a", b"one", service)
        storage.delete("photos", "a", service)
        storage.update_bucket("photos", service, BucketChanges(retention=Retention()))
        assert self.run_after(workspace, 0) == 1

    def test_what_is_over_is_looked_for_without_the_write_lock(
        self,
        workspace: Workspace,
        storage: FileStorage,
        bucket: Bucket,
        service: RlsContext,
        monkeypatch: pytest.MonkeyPatch,
    ):
        storage.update_bucket("photos", service, BucketChanges(retention=Retention(versions=2, trash_days=30)))
        for number in range(3):
            put(storage, "a", b"%d" % number, service)

        def fail(*_: object) -> None:
            raise AssertionError("somebody would wait for this")

        monkeypatch.setattr(Executor, "transaction", fail)
        assert self.run_after(workspace, 0) == 0

    def test_each_commit_lets_go_of_a_few_and_closing_ends_it_between_two(
        self,
        workspace: Workspace,
        storage: FileStorage,
        bucket: Bucket,
        service: RlsContext,
        monkeypatch: pytest.MonkeyPatch,
    ):
        monkeypatch.setattr("engine.jobs.expiry.SLICE", 2)
        storage.update_bucket("photos", service, BucketChanges(retention=Retention(days=90, trash_days=1)))
        for number in range(5):
            put(storage, f"{number}", b"x", service)
        storage.delete_many("photos", [f"{number}" for number in range(5)], service)
        token, core = CancelToken(), workspace._core
        run = core.mutations.run

        def run_and_cancel(*arguments: object) -> object:
            token.cancel()
            return run(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(core.mutations, "run", run_and_cancel)
        with pytest.raises(Cancelled):
            Expiry(core.executor, core.mutations, lambda: now_us() + 2 * DAY_US).run(token)
        assert len(in_trash(storage, service)) == 3

    def test_what_the_bucket_keeps_after_all_stays(
        self,
        workspace: Workspace,
        storage: FileStorage,
        bucket: Bucket,
        service: RlsContext,
        monkeypatch: pytest.MonkeyPatch,
    ):
        """Somebody lets it keep more between the look and the commit."""
        storage.update_bucket("photos", service, BucketChanges(retention=Retention(versions=1)))
        for number in range(4):
            put(storage, "a", b"%d" % number, service)
        mutations = workspace._core.mutations
        run = mutations.run

        def run_late(*arguments: object) -> object:
            storage.update_bucket("photos", service, BucketChanges(retention=Retention(versions=2)))
            return run(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(mutations, "run", run_late)
        assert self.run_after(workspace, 0) == 1
        assert len(storage.versions.list("photos", "a", service)) == 3

    def test_a_bucket_that_fails_keeps_no_other_from_its_turn(
        self,
        workspace: Workspace,
        storage: FileStorage,
        bucket: Bucket,
        service: RlsContext,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ):
        caplog.set_level(logging.CRITICAL)
        for name in ("one", "two"):
            storage.create_bucket(name, service, retention=Retention(versions=1))
            for number in range(3):
                storage.upload(name, "a", b"%d" % number, service, REPLACE)
        mutations = workspace._core.mutations
        run, calls = mutations.run, iter([True])

        def fail_first(*arguments: object) -> object:
            if next(calls, False):
                raise IoError("this disk refuses")
            return run(*arguments)  # type: ignore[arg-type]

        with monkeypatch.context() as patched:
            patched.setattr(mutations, "run", fail_first)
            with pytest.raises(IoError):
                self.run_after(workspace, 0)
        left = sorted(len(storage.versions.list(name, "a", service)) for name in ("one", "two"))
        assert left == [2, 3]

    def test_cancelled(self, workspace: Workspace, bucket: Bucket):
        token = CancelToken()
        token.cancel()
        with pytest.raises(Cancelled):
            Expiry(workspace._core.executor, workspace._core.mutations).run(token)


class TestPutting:
    """What is put into the trash can be taken back; where it could not, nothing is deleted."""

    @pytest.fixture(autouse=True)
    def objects(self, storage: FileStorage, service: RlsContext, bucket: Bucket) -> None:
        for path in ("a", "d/1", "d/2", "e/3"):
            put(storage, path, b"one", service)
        storage.create_folder("photos", "d/empty/", service)

    @pytest.mark.parametrize(("paths", "count", "rows"), [(["a"], 1, 1), (["a", "d/"], 3, 4), ([""], 4, 5)])
    def test_objects_folders_and_all(
        self, storage: FileStorage, service: RlsContext, paths: list[str], count: int, rows: int
    ):
        assert storage.trash.put("photos", paths, service) == count
        assert len(in_trash(storage, service)) == rows
        storage.trash.restore("photos", ids(in_trash(storage, service)), service)
        assert storage.tree_size("photos", "", service).objects == 4

    @pytest.mark.parametrize("kept", [Retention(), Retention(versions=5)])
    def test_no_trash(self, storage: FileStorage, service: RlsContext, kept: Retention):
        storage.update_bucket("photos", service, BucketChanges(retention=kept))
        for paths in (["a"], ["d/"], [""]):
            with pytest.raises(WouldBeLost):
                storage.trash.put("photos", paths, service)
        assert storage.tree_size("photos", "", service).objects == 4

    def test_what_came_later_stays(self, storage: FileStorage, service: RlsContext):
        mark = storage.tree_size("photos", ["a", "d/"], service).as_of
        put(storage, "a", b"another", service)
        assert storage.trash.put("photos", ["a", "d/"], service, as_of=mark) == 2
        assert read(storage, "a", service) == b"another"
