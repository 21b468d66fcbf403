"""Each operation leaves exactly one entry, whether it was done, refused, or failed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest

from engine.access_types import AuditEntry, AuditResult
from engine.cancel import CancelToken
from engine.context import Operation, Origin
from engine.errors import Cancelled, ObjectNotFound, PayloadTooLarge, StorageError
from engine.storage import FileStorage
from engine.types import BucketChanges, LabelChanges, ListRequest, Retention, RlsContext, UploadItem, UploadOptions
from engine.workspace import Workspace

Entries = Callable[[], list[AuditEntry]]
Call = Callable[[FileStorage, RlsContext, Path], object]

CALLS: list[tuple[str, Call, str, str]] = [
    ("create_bucket", lambda s, c, _: s.create_bucket("new", c), Operation.BUCKET_CREATE, ""),
    ("get_bucket", lambda s, c, _: s.get_bucket("photos", c), Operation.BUCKET_GET, ""),
    ("list_buckets", lambda s, c, _: s.list_buckets(c), Operation.BUCKET_LIST, ""),
    (
        "update_bucket",
        lambda s, c, _: s.update_bucket("photos", c, BucketChanges(public=True)),
        "storage.bucket.update",
        "",
    ),
    ("rename_bucket", lambda s, c, _: s.rename_bucket("photos", "pictures", c), Operation.BUCKET_UPDATE, ""),
    ("empty_bucket", lambda s, c, _: s.empty_bucket("photos", c), Operation.BUCKET_EMPTY, ""),
    ("delete_bucket", lambda s, c, _: s.delete_bucket("empty", c), Operation.BUCKET_DELETE, ""),
    ("upload", lambda s, c, _: s.upload("photos", "new", b"x", c), Operation.OBJECT_UPLOAD, "new"),
    ("upload file", lambda s, c, f: s.upload("photos", "new", f / "one", c), Operation.OBJECT_UPLOAD, "new"),
    ("upload stream", lambda s, c, _: s.upload("photos", "new", BytesIO(b"x"), c), Operation.OBJECT_UPLOAD, "new"),
    ("session", lambda s, c, _: _by_session(s, c), Operation.OBJECT_UPLOAD, "new"),
    (
        "upload_many",
        lambda s, c, f: s.upload_many("photos", [UploadItem(f / "one", "m")], c),
        "storage.object.upload_many",
        "",
    ),
    ("open", lambda s, c, _: s.open_object("photos", "a/cat", c).close(), Operation.OBJECT_GET, "a/cat"),
    ("granted", lambda s, c, _: s.open_granted("photos", "a/cat", c).close(), Operation.OBJECT_GET_SIGNED, "a/cat"),
    ("download", lambda s, c, f: s.download("photos", "a/cat", f / "cat", c), Operation.OBJECT_GET, "a/cat"),
    (
        "download_tree",
        lambda s, c, f: s.download_tree("photos", ["a/"], f / "t", c),
        "storage.object.download_many",
        "a/",
    ),
    ("info", lambda s, c, _: s.info("photos", "a/cat", c), Operation.OBJECT_INFO, "a/cat"),
    ("exists", lambda s, c, _: s.exists("photos", "nothing", c), Operation.OBJECT_INFO, "nothing"),
    ("list", lambda s, c, _: s.list("photos", ListRequest("a/"), c), Operation.OBJECT_LIST, "a/"),
    (
        "find_name",
        lambda s, c, _: s.find_name("photos", ListRequest("a/"), "c", c),
        Operation.OBJECT_LIST,
        "a/",
    ),
    ("count", lambda s, c, _: s.count_folder("photos", "a/", c), Operation.OBJECT_LIST, "a/"),
    ("expect_filter", lambda s, c, _: s.expect_filter("photos", "a/", c), Operation.OBJECT_LIST, "a/"),
    ("walk", lambda s, c, _: list(s.walk("photos", "a/", c)), Operation.OBJECT_LIST, "a/"),
    ("walk a little", lambda s, c, _: _some_of_it(s, c), Operation.OBJECT_LIST, "a/"),
    ("tree_size", lambda s, c, _: s.tree_size("photos", "a/", c), Operation.OBJECT_LIST, "a/"),
    ("sign", lambda s, c, _: s.sign("photos", "a/cat", c, 60), Operation.OBJECT_SIGN, "a/cat"),
    ("delete", lambda s, c, _: s.delete("photos", "a/cat", c), Operation.OBJECT_DELETE, "a/cat"),
    ("delete_many", lambda s, c, _: s.delete_many("photos", ["a/"], c), Operation.OBJECT_DELETE_MANY, "a/"),
    ("delete nothing", lambda s, c, _: s.delete_many("photos", ["z"], c), Operation.OBJECT_DELETE_MANY, "z"),
    ("delete_trees", lambda s, c, _: s.delete_trees("photos", ["a/cat", "b"], c), "storage.object.delete_many", ""),
    ("move", lambda s, c, _: s.move("photos", "a/cat", "z", c), Operation.OBJECT_MOVE, "a/cat"),
    ("move_folder", lambda s, c, _: s.move_folder("photos", "a/", "z/", c), Operation.OBJECT_MOVE, "a/"),
    (
        "change_labels",
        lambda s, c, _: s.change_labels("photos", ["a/cat"], LabelChanges(cache_control="max-age=60"), c),
        Operation.OBJECT_LABEL,
        "a/cat",
    ),
    ("copy", lambda s, c, _: s.copy("photos", "a/cat", "z", c), Operation.OBJECT_COPY, "a/cat"),
    ("create_folder", lambda s, c, _: s.create_folder("photos", "f/", c), Operation.OBJECT_UPLOAD, "f/"),
    ("folder that exists", lambda s, c, _: s.create_folder("photos", "a/", c), Operation.OBJECT_UPLOAD, "a/"),
    ("check", lambda s, c, _: s.check(c), Operation.CHECK, ""),
    ("versions", lambda s, c, _: s.versions.list("photos", "a/cat", c), Operation.VERSION_LIST, "a/cat"),
    ("trash", lambda s, c, _: s.trash.list("photos", c), Operation.TRASH_LIST, ""),
    ("put", lambda s, c, _: s.trash.put("photos", ["b"], c), Operation.OBJECT_DELETE_MANY, "b"),
    ("empty trash", lambda s, c, _: s.trash.empty("photos", c), Operation.TRASH_EMPTY, ""),
    ("restore", lambda s, c, _: _restore(s, c), Operation.TRASH_RESTORE, ""),
    ("past", lambda s, c, _: s.past.info("photos", "b", datetime.now(UTC), c), Operation.PAST_GET, "b"),
]
"""Every call, the operation that it is, and what it is about."""


def _by_session(storage: FileStorage, context: RlsContext) -> None:
    with storage.begin_upload("photos", "new", context) as session:
        session.write(b"x")
        session.commit()


def _some_of_it(storage: FileStorage, context: RlsContext) -> None:
    found = storage.walk("photos", "a/", context)
    next(found)
    found.close()  # type: ignore[attr-defined]


def _restore(storage: FileStorage, context: RlsContext) -> None:
    trash = storage.trash.list("photos", RlsContext.service().doing(Operation.TRASH_LIST))
    storage.trash.restore("photos", [trash.items[0].id], context)


@pytest.fixture
def filled(storage: FileStorage, service: RlsContext, workspace: Workspace, tmp_path: Path) -> Path:
    """Fill two buckets, write all of that down, and return a folder with a file."""
    storage.create_bucket("empty", service)
    storage.create_bucket("photos", service, retention=Retention(versions=3, trash_days=3))
    storage.create_folder("photos", "a/", service)
    for path in ("a/cat", "b", "gone"):
        storage.upload("photos", path, b"first", service)
    storage.delete("photos", "gone", service)
    (tmp_path / "one").write_bytes(b"one")
    return tmp_path


@pytest.mark.parametrize(("call", "operation", "path"), [c[1:] for c in CALLS], ids=[c[0] for c in CALLS])
def test_a_call_that_is_allowed_leaves_one_entry(
    call: Call, operation: str, path: str, storage: FileStorage, service: RlsContext, filled: Path, entries: Entries
) -> None:
    before = len(entries())
    call(storage, service.coming_from(Origin("request-1", "10.0.0.7")), filled)

    new = [entry for entry in entries()[before:] if entry.user_id is not None]
    assert [(entry.operation, entry.path, entry.result) for entry in new] == [(operation, path, AuditResult.DONE)]
    (entry,) = new
    assert (entry.actor, entry.user_id, entry.role) == (service.user_id, service.user_id, "service_role")
    assert (entry.request_id, entry.remote_address) == ("request-1", "10.0.0.7")
    if operation not in {Operation.BUCKET_LIST, Operation.CHECK}:
        assert entry.bucket in {"photos", "new", "empty"}
        assert entry.bucket_id is not None


DENIED = [c for c in CALLS if c[0] not in {"list_buckets", "granted", "restore", "exists", "folder that exists"}]


@pytest.mark.parametrize(("call", "operation", "path"), [c[1:] for c in DENIED], ids=[c[0] for c in DENIED])
def test_a_call_that_is_refused_leaves_one_entry_that_says_why(
    call: Call, operation: str, path: str, storage: FileStorage, filled: Path, entries: Entries
) -> None:
    before = len(entries())
    stranger = RlsContext.anonymous()
    try:
        call(storage, stranger, filled)
    except (StorageError, StopIteration) as error:
        raised = error
    else:
        return  # nothing that this caller may see is no refusal

    if isinstance(raised, StorageError):
        (entry,) = entries()[before:]
        assert (entry.operation, entry.path, entry.actor, entry.role) == (operation, path, "anonymous", "anon")
        assert entry.result in {AuditResult.DENIED, AuditResult.FAILED}
        assert entry.detail["code"] == raised.code
        assert entry.detail["message"] == raised.message


def test_what_the_engine_looks_up_for_itself_is_no_act(workspace: Workspace, filled: Path, entries: Entries) -> None:
    before = entries()
    workspace.housekeeping.cleanup.run(RlsContext.service())
    assert entries() == before


def test_a_bulk_upload_leaves_an_entry_a_commit_with_all_its_paths(
    storage: FileStorage, service: RlsContext, filled: Path, entries: Entries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.limits.BATCH_FILES", 64)
    before = len(entries())
    storage.upload_many("photos", [UploadItem(filled / "one", f"many/{n}") for n in range(100)], service)

    new = entries()[before:]
    assert [entry.detail["count"] for entry in new] == [64, 36]
    assert [path for entry in new for path in entry.detail["paths"]] == [f"many/{n}" for n in range(100)]
    assert sum(entry.detail["bytes"] for entry in new) == 300


def test_what_a_bulk_call_could_not_do_is_told_apart(
    storage: FileStorage, service: RlsContext, filled: Path, entries: Entries
) -> None:
    before = len(entries())
    items = [UploadItem(filled / "one", "b"), UploadItem(filled / "one", "fresh")]
    storage.upload_many("photos", items, service)

    done, failed = entries()[before:]
    assert (done.result, done.detail["paths"]) == (AuditResult.DONE, ["fresh"])
    assert (failed.result, failed.detail["items"]) == (AuditResult.FAILED, {"b": "KeyAlreadyExists"})


def test_a_move_says_where_to(storage: FileStorage, service: RlsContext, filled: Path, entries: Entries) -> None:
    storage.create_bucket("other", service)
    storage.move("photos", "a/cat", "dog", service, target_bucket="other")
    assert entries()[-1].detail == {"target_path": "dog", "target_bucket": "other"}


def test_a_session_that_fails_on_the_way_is_written_down(
    storage: FileStorage, service: RlsContext, entries: Entries
) -> None:
    storage.create_bucket("small", service, file_size_limit_bytes=3)
    with storage.begin_upload("small", "big", service) as session, pytest.raises(PayloadTooLarge):
        session.write(b"much too much")

    entry = entries()[-1]
    assert (entry.operation, entry.path, entry.result) == (Operation.OBJECT_UPLOAD, "big", AuditResult.FAILED)
    assert entry.detail["code"] == "EntityTooLarge"


def test_what_is_rolled_back_was_never_done(
    storage: FileStorage, service: RlsContext, bucket: object, entries: Entries, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("engine.metadata.commits.CommitCounter.count", fail)
    with pytest.raises(ZeroDivisionError):
        storage.upload("photos", "lost", b"x", service)
    monkeypatch.undo()

    assert [(entry.path, entry.result) for entry in entries() if entry.path == "lost"] == [("lost", "failed")]
    with pytest.raises(ObjectNotFound):
        storage.info("photos", "lost", service)


def test_the_server_knows_better_what_was_asked_for(
    storage: FileStorage, service: RlsContext, bucket: object, entries: Entries
) -> None:
    asking = service.doing(Operation.OBJECT_LIST_V2, "photos", "a/")
    storage.list("photos", ListRequest(), asking)
    assert (entries()[-1].operation, entries()[-1].path) == (Operation.OBJECT_LIST_V2, "a/")


def test_texts_from_outside_are_kept_as_far_as_a_row_holds_them(
    storage: FileStorage, service: RlsContext, entries: Entries
) -> None:
    with pytest.raises(StorageError):
        storage.upload("photos", "half \ud800 " + "long" * 10_000, b"", service, UploadOptions(replace=True))
    path = entries()[-1].path
    assert path.startswith("half \\ud800 long")
    assert len(path) < 3000


def test_a_read_that_nobody_waits_for_any_more_is_no_failure(
    storage: FileStorage, service: RlsContext, filled: Path, entries: Entries
) -> None:
    before, token = entries(), CancelToken()
    token.cancel()
    hasty = service.until(token)
    with pytest.raises(Cancelled):
        storage.list("photos", ListRequest("a/", matching="c"), hasty)
    with pytest.raises(Cancelled):
        list(storage.walk("photos", "a/", hasty))
    assert entries() == before


def test_what_a_person_stops_is_written_down(
    storage: FileStorage, service: RlsContext, filled: Path, entries: Entries
) -> None:
    token = CancelToken()
    token.cancel()
    calls: list[Callable[[], object]] = [
        lambda: storage.upload_many("photos", [UploadItem(filled / "one", "m")], service, cancel=token),
        lambda: storage.download_tree("photos", ["a/"], filled / "t", service, cancel=token),
        lambda: storage.copy("photos", "a/cat", "z", service, cancel=token),
    ]
    for call in calls:
        before = len(entries())
        with pytest.raises(Cancelled):
            call()
        assert [entry.detail["code"] for entry in entries()[before:]] == ["Cancelled"]
