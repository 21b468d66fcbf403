"""How policies are held: who sees what, what writes are refused, and what a refusal never tells."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest
from sqlalchemy import Connection, event, select

from engine.context import Operation, RlsContext
from engine.errors import ObjectAlreadyExists, ObjectNotFound, PolicyFailed, Unauthorized
from engine.events import StorageEvent
from engine.metadata.prepared import PreparedQueries
from engine.metadata.tables import storage_object_versions, storage_objects
from engine.move_types import Move
from engine.permissions.rows import Command, PolicyTable
from engine.storage import FileStorage
from engine.types import Bucket, BucketChanges, LabelChanges, ListRequest, UploadItem, UploadOptions
from engine.workspace import Workspace
from tests.engine.permissions.conftest import Let

OWNER = "owner_id = (SELECT auth.uid()::text)"
OVER = UploadOptions(replace=True)


def paths(storage: FileStorage, who: RlsContext, bucket: str = "photos") -> list[str]:
    return [stored.path for stored in storage.walk(bucket, "", who)]


class TestCombining:
    def test_one_permissive_policy_is_enough_and_each_restrictive_one_must_agree(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, anon: RlsContext, let: Let
    ) -> None:
        for path in ("a/1", "b/1", "b/secret", "c/1"):
            storage.upload("photos", path, b"x", service)
        let("SELECT", "name LIKE 'a/%'")
        let("SELECT", "name LIKE 'b/%'")
        assert paths(storage, anon) == ["a/1", "b/1", "b/secret"]
        let("SELECT", "name NOT LIKE '%secret'", permissive=False)
        assert paths(storage, anon) == ["a/1", "b/1"]
        let("ALL", "name NOT LIKE 'a/%'", permissive=False)
        assert paths(storage, anon) == ["b/1"]

    def test_restrictive_policies_alone_let_nobody_in(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, anon: RlsContext, let: Let
    ) -> None:
        storage.upload("photos", "a", b"x", service)
        let("ALL", "true", "true", permissive=False)
        assert paths(storage, anon) == []
        with pytest.raises(Unauthorized):
            storage.upload("photos", "b", b"x", anon)

    def test_null_lets_nobody_in(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, anon: RlsContext, let: Let
    ) -> None:
        storage.upload("photos", "a", b"x", service)
        let("ALL", "auth.uid() IS NULL AND auth.email() = 'x'", "auth.email() = 'x'")
        assert paths(storage, anon) == []
        with pytest.raises(Unauthorized):
            storage.upload("photos", "b", b"x", anon)

    def test_roles(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, anon: RlsContext, alice: RlsContext, let: Let
    ) -> None:
        for path in ("a", "b", "c"):
            storage.upload("photos", path, b"x", service)
        let("SELECT", "name = 'a'", roles=("anon",))
        let("SELECT", "name = 'b'", roles=("authenticated", "editor"))
        let("SELECT", "name = 'c'", roles=("public",))
        assert paths(storage, anon) == ["a", "c"]
        assert paths(storage, alice) == ["b", "c"]
        assert paths(storage, RlsContext(user_id="x", role="editor")) == ["b", "c"]
        assert paths(storage, RlsContext(user_id="x", role="other")) == ["c"]

    def test_a_policy_counts_in_its_own_bucket_alone(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, anon: RlsContext, let: Let
    ) -> None:
        storage.create_bucket("other", service)
        for name in ("photos", "other"):
            storage.upload(name, "a", b"x", service)
            storage.upload(name, "b", b"x", service)
        let("SELECT", "true")
        let("SELECT", "name = 'b'", permissive=False, bucket="other")
        let("SELECT", "bucket_id = 'other' AND true", bucket=None)
        assert paths(storage, anon) == ["a", "b"]
        assert paths(storage, anon, "other") == ["b"]

    def test_without_one_bucket_in_mind_the_rules_are_the_same(
        self, workspace: Workspace, storage: FileStorage, bucket: Bucket, service: RlsContext, anon: RlsContext,
        let: Let,
    ) -> None:  # fmt: skip
        storage.create_bucket("other", service)
        for name in ("photos", "other"):
            storage.upload(name, "a", b"x", service)
            storage.upload(name, "b", b"x", service)
        let("SELECT", "name = 'a'")
        let("SELECT", "bucket_id = 'other' OR false", bucket=None)
        let("SELECT", "name <> 'a'", permissive=False, bucket="other")
        query = select(storage_objects.c.bucket_id, storage_objects.c.leaf)
        with workspace._core.executor.snapshot(anon) as tx:
            found = {(row[0] == bucket.id, row[1]) for row in tx.execute(query)}
            assert found == {(True, "a"), (False, "b")}
            # Rules for one bucket never reach into another, however they are used.
            assert {row[0] for row in tx.within(bucket).execute(query)} == {bucket.id}

    def test_what_somebody_does_can_be_asked_for(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, anon: RlsContext, let: Let
    ) -> None:
        storage.upload("photos", "a", b"x", service)
        let("SELECT", "storage.allow_only_operation('object.list')")
        assert paths(storage, anon.doing(Operation.OBJECT_LIST, "photos")) == ["a"]
        assert paths(storage, anon.doing(Operation.OBJECT_GET, "photos")) == []


class TestWriting:
    def test_the_row_that_is_written_is_the_one_that_is_judged(
        self, storage: FileStorage, bucket: Bucket, alice: RlsContext, let: Let, tmp_path: Path
    ) -> None:
        let(
            "INSERT",
            check=f"{OWNER} AND name LIKE 'in/%' AND metadata->>'mimetype' = 'text/plain'"
            " AND (metadata->>'contentLength')::int < 5",
        )
        text = UploadOptions("text/plain")
        assert storage.upload("photos", "in/a.txt", b"1234", alice, text).owner_id == alice.user_id
        assert storage.upload("photos", "in/sniffed.txt", b"1234", alice).mime_type == "text/plain"
        (tmp_path / "small.txt").write_text("1234")
        (tmp_path / "large.txt").write_text("12345")
        storage.upload("photos", "in/file.txt", tmp_path / "small.txt", alice)
        for path, source, options in (
            ("out/a.txt", b"1234", text),
            ("in/b.txt", b"12345", text),
            ("in/c.txt", tmp_path / "large.txt", UploadOptions()),
            ("in/d.png", b"1234", UploadOptions("image/png")),
        ):
            with pytest.raises(Unauthorized, match="row-level security"):
                storage.upload("photos", path, source, alice, options)
        items = [UploadItem(tmp_path / f"{size}.txt", f"in/many {size}.txt") for size in ("small", "large")]
        report = storage.upload_many("photos", items, alice)
        assert report.done == 1
        assert [(one.path, type(one.error)) for one in report.failures] == [("in/many large.txt", Unauthorized)]

    def test_a_size_that_is_not_known_yet_is_judged_when_it_is(
        self, storage: FileStorage, bucket: Bucket, alice: RlsContext, let: Let, tmp_path: Path
    ) -> None:
        let("INSERT", check=f"{OWNER} AND size < 5")
        for size in ("small", "large"):
            (tmp_path / f"{size}.txt").write_text("1234" if size == "small" else "12345")
        with storage.begin_upload("photos", "parts", alice) as session:
            session.write(b"1234")
            assert session.commit().size_bytes == 4
        with storage.begin_upload("photos", "more parts", alice) as session:
            session.write(b"12345")
            with pytest.raises(Unauthorized):
                session.commit()
        items = [UploadItem(tmp_path / f"{size}.txt", f"{size}.txt") for size in ("small", "large")]
        report = storage.upload_many("photos", items, alice)
        assert report.done == 1
        assert [(one.path, type(one.error)) for one in report.failures] == [("large.txt", Unauthorized)]

    def test_what_is_refused_leaves_nothing_staged(
        self, workspace: Workspace, storage: FileStorage, bucket: Bucket, alice: RlsContext, let: Let
    ) -> None:
        let("INSERT", check="(metadata->>'contentLength')::int < 5")
        session = storage.begin_upload("photos", "a", alice)
        session.write(b"12345")
        with pytest.raises(Unauthorized):
            session.commit()
        assert not workspace._core.backend._staged  # type: ignore[attr-defined]

    def test_an_object_cannot_be_moved_to_where_its_policy_says_no(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, alice: RlsContext, let: Let
    ) -> None:
        storage.create_bucket("other", service)
        let("SELECT", "true", bucket=None)
        let("UPDATE", "name LIKE 'f/%'", "name LIKE 'f/%' OR name LIKE 'g/%'")
        storage.upload("photos", "f/a", b"x", service)
        storage.upload("photos", "f/b", b"x", service)
        storage.upload("photos", "h", b"x", service)
        assert storage.move("photos", "f/a", "g/a", alice).path == "g/a"
        for source, target, there in (("f/b", "k", None), ("h", "f/h", None), ("f/b", "f/b", "other")):
            with pytest.raises(Unauthorized):
                storage.move("photos", source, target, alice, target_bucket=there)
        with pytest.raises(Unauthorized):
            storage.move_folder("photos", "f/", "k/", alice)
        assert storage.move_folder("photos", "f/", "g/", alice) == 1

    def test_what_is_moved_must_still_be_seen(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, alice: RlsContext, let: Let
    ) -> None:
        let("SELECT", "name LIKE 'f/%'")
        let("UPDATE", "true")
        storage.upload("photos", "f/a", b"x", service)
        with pytest.raises(Unauthorized):
            storage.move("photos", "f/a", "g/a", alice)
        assert storage.move("photos", "f/a", "f/b", alice).path == "f/b"

    def test_every_way_to_move_asks_the_same_of_a_row_that_keeps_what_it_is(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, alice: RlsContext, let: Let
    ) -> None:
        """As PostgreSQL does, where an UPDATE of the name leaves `metadata` as it is."""
        let("SELECT", "true")
        ways: tuple[Callable[[], object], ...] = (
            lambda: storage.move("photos", "f/a", "g/a", alice),
            lambda: storage.move_many("photos", [Move("f/a", "g/a")], alice),
            lambda: storage.move_many("photos", [Move("f/", "g/")], alice),
            lambda: storage.move_folder("photos", "f/", "g/", alice),
            lambda: storage.change_labels("photos", ["f/a"], LabelChanges(cache_control="no-cache"), alice),
        )
        checks = (
            ("metadata ? 'eTag' AND (metadata ->> 'size')::int = 1 AND user_metadata ->> 'a' IS NULL", True),
            ("NOT metadata ? 'eTag'", False),
        )
        for check, allowed in checks:
            policy = let("UPDATE", "true", check)
            for number, way in enumerate(ways):
                storage.delete_many("photos", ["g/"], service)
                storage.upload("photos", "f/a", b"x", service, UploadOptions("text/plain", replace=True))
                said = "allowed"
                try:
                    way()
                except Unauthorized:
                    said = "refused"
                assert (check, number, said) == (check, number, "allowed" if allowed else "refused")
            storage.policies.delete(policy.id, service)

    def test_a_folder_is_moved_as_a_whole_or_not_at_all(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, alice: RlsContext, let: Let
    ) -> None:
        let("SELECT", "true")
        let("ALL", OWNER)
        storage.upload("photos", "f/hers", b"x", alice)
        storage.upload("photos", "f/not", b"x", service)
        with pytest.raises(Unauthorized):
            storage.move_folder("photos", "f/", "g/", alice)
        assert paths(storage, service) == ["f/hers", "f/not"]

    def test_without_a_check_what_may_be_there_may_be_written(
        self, storage: FileStorage, bucket: Bucket, alice: RlsContext, bob: RlsContext, let: Let
    ) -> None:
        let("ALL", f"{OWNER} AND name LIKE 'f/%'")
        storage.upload("photos", "f/a", b"x", alice)
        with pytest.raises(Unauthorized):
            storage.upload("photos", "g/a", b"x", alice)

    def test_deleting_goes_on_past_what_may_not_be_deleted(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, alice: RlsContext, let: Let,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        monkeypatch.setattr("engine.files.deletes._ROWS_A_COMMIT", 3)
        let("SELECT", "true")
        let("ALL", OWNER)
        for number in range(5):
            storage.upload("photos", f"f/{number}", b"x", service)
            storage.upload("photos", f"f/{number} hers", b"x", alice)
        assert storage.delete_trees("photos", ["f/"], alice) == 5
        assert paths(storage, alice) == [f"f/{number}" for number in range(5)]


class TestNothingIsTold:
    def test_a_refused_write_does_not_look_what_stands_there(
        self, workspace: Workspace, storage: FileStorage, bucket: Bucket, service: RlsContext, alice: RlsContext,
        let: Let, tmp_path: Path,
    ) -> None:  # fmt: skip
        let("ALL", "name LIKE 'mine/%'")
        storage.upload("photos", "hidden/a", b"x", service)
        storage.upload("photos", "mine/a", b"x", alice)
        (tmp_path / "x").write_bytes(b"x")
        calls: list[Callable[[str], object]] = [
            lambda path: storage.upload("photos", path, b"x", alice),
            lambda path: storage.upload("photos", path, b"x", alice, UploadOptions("text/plain")),
            lambda path: storage.upload("photos", path, b"x", alice, OVER),
            lambda path: storage.begin_upload("photos", path, alice),
            lambda path: storage.copy("photos", "mine/a", path, alice),
            lambda path: storage.move("photos", "mine/a", path, alice),
            lambda path: storage.upload_many("photos", [UploadItem(tmp_path / "x", path)], alice).failures[0].error,
        ]
        for call in calls:
            told = [
                _statements(workspace, lambda call=call, path=path: _refused(call, path))
                for path in ("hidden/b", "hidden/a", "hidden/b")
            ]  # type: ignore[misc]
            # The first look after a commit asks for the quarantine as well.
            assert told[1] == told[2]

    def test_who_may_add_hears_that_a_path_is_taken(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, alice: RlsContext, let: Let
    ) -> None:
        storage.upload("photos", "a", b"x", service)
        let("INSERT", check="true")
        with pytest.raises(ObjectAlreadyExists):
            storage.upload("photos", "a", b"x", alice)

    def test_events_tell_of_what_was_done_alone(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, alice: RlsContext, let: Let
    ) -> None:
        let("ALL", OWNER)
        storage.upload("photos", "f/hers", b"x", alice)
        storage.upload("photos", "f/not", b"x", service)
        heard: list[StorageEvent] = []
        storage.events.subscribe(heard.append)
        storage.delete_many("photos", ["f/", "f/not"], alice)
        assert [(one.path, one.count) for one in heard] == [("f/hers", 1)]

    def test_versions_and_trash_of_others_are_not_counted(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, alice: RlsContext, let: Let
    ) -> None:
        let("ALL", OWNER)
        for who, path in ((alice, "hers"), (service, "not")):
            storage.upload("photos", path, b"one", who)
            storage.upload("photos", path, b"two", who, OVER)
            storage.upload("photos", f"gone {path}", b"x", who)
            storage.delete("photos", f"gone {path}", who)
        assert storage.versions.size("photos", alice).objects == 1
        assert storage.trash.size("photos", alice).objects == 1
        assert [one.info.path for one in storage.trash.list("photos", alice).items] == ["gone hers"]
        with pytest.raises(ObjectNotFound):
            storage.versions.list("photos", "not", alice)
        theirs = storage.trash.list("photos", service).items
        with pytest.raises(ObjectNotFound):
            storage.trash.restore("photos", [one.id for one in theirs if one.id is not None], alice)
        assert storage.trash.empty("photos", alice) == 1

    def test_a_public_bucket_is_signed_for_by_policies_alone(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, anon: RlsContext, let: Let
    ) -> None:
        storage.update_bucket("photos", service, BucketChanges(public=True))
        storage.upload("photos", "a", b"x", service)
        assert storage.exists("photos", "a", anon)
        with pytest.raises(ObjectNotFound):
            storage.sign("photos", "a", anon, 60)
        let("SELECT", "true")
        assert storage.sign("photos", "a", anon, 60)


class TestFailing:
    def test_an_expression_without_a_value_refuses_the_call(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, anon: RlsContext, let: Let
    ) -> None:
        storage.upload("photos", "a", b"x", service)
        let("ALL", "1 / (length(name) - 1) = 1", "1 / (length(name) - 1) = 1")
        for call in (
            lambda: storage.list("photos", ListRequest(), anon),
            lambda: storage.info("photos", "a", anon),
            lambda: storage.delete("photos", "a", anon),
            lambda: storage.upload("photos", "b", b"x", anon),
        ):
            with pytest.raises(PolicyFailed) as refused:
                call()
            assert refused.value.path is None
            assert "length" not in str(refused.value)
        assert storage.info("photos", "a", service).path == "a"


def test_history_and_objects_are_held_to_the_same_rules(
    workspace: Workspace, storage: FileStorage, bucket: Bucket, service: RlsContext, alice: RlsContext, let: Let
) -> None:
    let("SELECT", OWNER)
    let("DELETE", "name <> 'kept'")
    with workspace._core.executor.snapshot(alice) as tx:
        for table in (storage_objects, storage_object_versions):
            rule = str(tx.within(bucket).rule(table, Command.DELETE))
            assert f"{table.name}.owner_id" in rule
            assert f"{table.name}.bucket_id" in rule


def test_buckets_are_seen_by_their_own_policies(
    storage: FileStorage, service: RlsContext, alice: RlsContext, bob: RlsContext, let: Let
) -> None:
    let("ALL", OWNER, f"{OWNER} AND public = false AND (file_size_limit IS NULL OR file_size_limit > 10)",
        table=PolicyTable.BUCKETS)  # fmt: skip
    storage.create_bucket("hers", alice)
    storage.create_bucket("his", bob)
    assert [bucket.name for bucket in storage.list_buckets(alice)] == ["hers"]
    with pytest.raises(Unauthorized):
        storage.create_bucket("open", alice, public=True)
    with pytest.raises(Unauthorized):
        storage.update_bucket("hers", alice, BucketChanges(public=True))
    with pytest.raises(Unauthorized):
        storage.create_bucket("his", alice, public=True)
    assert storage.update_bucket("hers", alice, BucketChanges(name="renamed")).name == "renamed"
    storage.delete_bucket("renamed", alice)
    assert [bucket.name for bucket in storage.list_buckets(service)] == ["his"]


def _refused(call: Callable[[str], object], path: str) -> None:
    try:
        error = call(path)
    except Unauthorized:
        return
    assert isinstance(error, Unauthorized)


def _statements(workspace: Workspace, call: Callable[[], object]) -> list[str]:
    """Return what a call asks the database."""
    engine = workspace._core.executor._engine
    seen: list[str] = []

    caller = threading.get_ident()

    def note(_c: Connection, _k: object, statement: str, *_: object) -> None:
        if threading.get_ident() == caller:  # the audit writes down what it has gathered whenever it likes
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    with mock.patch.object(PreparedQueries, "get", return_value=None):  # nothing is to go past the listener
        call()
    event.remove(engine, "before_cursor_execute", note)
    return seen
