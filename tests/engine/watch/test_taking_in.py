"""Changes by other programs that are taken in: real files, real processes, real events."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.audit import Operation
from engine.storage import FileStorage
from engine.types import BucketChanges, Retention, RlsContext, UploadOptions
from engine.watch.watcher import Watcher
from engine.workspace import Workspace
from tests.engine.entries import by_jobs
from tests.engine.outbox.replica import recorded
from tests.engine.watch.conftest import Told, content_of, wait_until

Run = Callable[..., None]


def stored(storage: FileStorage, path: str, data: bytes, service: RlsContext) -> None:
    storage.upload("photos", path, data, service, UploadOptions(replace=True, user_metadata={"by": "hand"}))


def test_an_edited_file_is_a_new_version(
    storage: FileStorage, service: RlsContext, taking_in: Watcher, told: Told, outside: Run
) -> None:
    stored(storage, "notes/a.txt", b"before", service)
    before = storage.info("photos", "notes/a.txt", service)
    outside("pathlib.Path('notes/a.txt').write_text('{\"after\": 1}')")
    assert told.wait() == [("edited", "notes/a.txt", True)]
    after = storage.info("photos", "notes/a.txt", service)
    assert content_of(storage, "notes/a.txt", service) == b'{"after": 1}'
    assert (after.id, after.created_us) == (before.id, before.created_us)
    assert after.version != before.version
    assert after.updated_us > before.updated_us
    assert after.size_bytes == 12
    assert after.checksum == hashlib.sha256(b'{"after": 1}').hexdigest()
    assert after.user_metadata == {"by": "hand"}
    assert after.problem is None
    assert [event.type for event in told.events][-1] == "storage.object.updated"
    assert recorded(storage)[-1] == ("storage.object.updated", "notes/a.txt")


def test_bytes_of_the_same_length_and_an_old_time_are_noticed(
    storage: FileStorage, service: RlsContext, taking_in: Watcher, told: Told, outside: Run
) -> None:
    stored(storage, "a.txt", b"before", service)
    outside(
        "f = pathlib.Path('a.txt'); then = f.stat().st_mtime_ns; f.write_text('behind'); os.utime(f, ns=(then, then))"
    )
    assert told.wait() == [("edited", "a.txt", True)]
    assert content_of(storage, "a.txt", service) == b"behind"


def test_a_save_by_renaming_is_one_edit_and_nothing_else(
    storage: FileStorage, service: RlsContext, taking_in: Watcher, told: Told, outside: Run
) -> None:
    stored(storage, "a.txt", b"before", service)
    outside("""
pathlib.Path('.a.txt.swp').write_text('x'); pathlib.Path('4913').write_text(''); os.unlink('4913')
os.rename('a.txt', 'a.txt~'); pathlib.Path('a.new').write_text('after'); os.rename('a.new', 'a.txt')
os.unlink('a.txt~')""")
    assert told.wait() == [("edited", "a.txt", True)]
    told.changes.clear()
    told.nothing()
    assert content_of(storage, "a.txt", service) == b"after"
    assert [one.path for one in storage.walk("photos", "", service)] == ["a.txt"]


def test_a_truncated_file_is_an_edit(
    storage: FileStorage, service: RlsContext, taking_in: Watcher, told: Told, outside: Run
) -> None:
    stored(storage, "a.txt", b"before", service)
    outside("os.truncate('a.txt', 3)")
    told.wait()
    assert content_of(storage, "a.txt", service) == b"bef"


def test_a_file_that_is_being_written_is_waited_for(
    storage: FileStorage, service: RlsContext, taking_in: Watcher, told: Told, outside: Run
) -> None:
    outside("""
with open('film.bin', 'wb', buffering=0) as f:
    for _ in range(20):
        f.write(b'part'); time.sleep(0.08)""")
    assert told.wait() == [("added", "film.bin", True)]
    assert content_of(storage, "film.bin", service) == b"part" * 20
    told.changes.clear()
    told.nothing()


def test_new_files_in_new_folders_are_objects(
    storage: FileStorage, service: RlsContext, workspace: Workspace, taking_in: Watcher, told: Told, outside: Run
) -> None:
    outside("os.makedirs('x/y'); pathlib.Path('x/y/ä ö.txt').write_text('hi'); pathlib.Path('z.txt').write_text('ho')")
    assert sorted(told.wait(2)) == [("added", "x/y/ä ö.txt", True), ("added", "z.txt", True)]
    info = storage.info("photos", "x/y/ä ö.txt", service)
    assert (info.mime_type.partition(";")[0], info.owner_id) == ("text/plain", workspace.owner_id)
    assert content_of(storage, "x/y/ä ö.txt", service) == b"hi"
    outside("pathlib.Path('x/y/ä ö.txt').write_text('hi again')")
    assert told.wait(3)[2] == ("edited", "x/y/ä ö.txt", True)


def test_a_deleted_file_deletes_its_object(
    storage: FileStorage, service: RlsContext, workspace: Workspace, taking_in: Watcher, told: Told, outside: Run
) -> None:
    stored(storage, "a.txt", b"gone", service)
    row = storage.info("photos", "a.txt", service)
    outside("os.unlink('a.txt')")
    assert told.wait() == [("deleted", "a.txt", True)]
    assert not storage.exists("photos", "a.txt", service)
    assert told.events[-1].type == "storage.object.deleted"
    entry = by_jobs(workspace.housekeeping.audit, 1)[0]
    assert (entry.operation, entry.actor) == (Operation.OUTSIDE_DELETED, "watch")
    assert entry.detail["before"]["checksum"] == row.checksum


def test_a_renamed_file_is_a_new_object_and_a_deleted_one(
    storage: FileStorage, service: RlsContext, taking_in: Watcher, told: Told, outside: Run
) -> None:
    stored(storage, "a.txt", b"moved", service)
    outside("os.makedirs('sub'); os.rename('a.txt', 'sub/b.txt')")
    assert sorted(told.wait(2)) == [("added", "sub/b.txt", True), ("deleted", "a.txt", True)]
    assert content_of(storage, "sub/b.txt", service) == b"moved"
    assert sorted(recorded(storage)[-2:]) == [
        ("storage.object.created", "sub/b.txt"),
        ("storage.object.deleted", "a.txt"),
    ]


def test_a_folder_that_leaves_takes_its_objects_along(
    storage: FileStorage, service: RlsContext, taking_in: Watcher, told: Told, outside: Run, tmp_path: Path
) -> None:
    for name in ("a", "b/c"):
        stored(storage, f"docs/{name}", b"x", service)
    outside(f"os.rename('docs', {str(tmp_path / 'elsewhere')!r})")
    told.wait(1)
    assert (told.changes[0].what, told.changes[0].path, told.changes[0].count) == ("deleted", "docs/", 2)
    assert not list(storage.walk("photos", "", service))
    outside(f"os.rename({str(tmp_path / 'elsewhere')!r}, 'docs')")
    assert {path for what, path, _ in told.wait(3) if what == "added"} == {"docs/a", "docs/b/c"}


def test_history_claims_no_bytes_that_are_gone(
    storage: FileStorage, workspace: Workspace, service: RlsContext, taking_in: Watcher, told: Told, outside: Run
) -> None:
    storage.update_bucket("photos", service, BucketChanges(retention=Retention(10, None, 30)))
    stored(storage, "old.txt", b"first", service)
    stored(storage, "old.txt", b"second", service)
    storage.move("photos", "old.txt", "a.txt", service)
    outside("pathlib.Path('a.txt').write_text('third')")
    told.wait()
    assert [version.ending for version in storage.versions.list("photos", "a.txt", service)] == [None]
    kept = storage.versions.list("photos", "old.txt", service)
    assert [version.ending for version in kept] == ["replaced"]
    with storage.versions.open("photos", kept[0].id or 0, service, verify=True) as reader:
        assert reader.read() == b"first"
    entry = by_jobs(workspace.housekeeping.audit, 1)[0]
    assert (entry.operation, entry.detail["places_forgotten"]) == (Operation.OUTSIDE_EDITED, 1)
    stored(storage, "a.txt", b"fourth", service)
    versions = storage.versions.list("photos", "a.txt", service)
    with storage.versions.open("photos", versions[1].id or 0, service, verify=True) as reader:
        assert reader.read() == b"third"


def test_nothing_of_the_trash_is_promised_for_a_deleted_file(
    storage: FileStorage, service: RlsContext, taking_in: Watcher, told: Told, outside: Run
) -> None:
    storage.update_bucket("photos", service, BucketChanges(retention=Retention(10, None, 30)))
    stored(storage, "a.txt", b"first", service)
    stored(storage, "a.txt", b"second", service)
    outside("os.unlink('a.txt')")
    told.wait()
    assert storage.trash.size("photos", service).objects == 0
    assert [version.ending for version in storage.versions.list("photos", "a.txt", service)] == ["replaced"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        (BucketChanges(file_size_limit_bytes=4), "open('a.txt', 'w').write('too long')"),
        (BucketChanges(allowed_mime_types=("image/*",)), "open('a.txt', 'w').write('text')"),
    ],
)
def test_what_the_bucket_does_not_take_is_reported_and_untouched(
    storage: FileStorage,
    service: RlsContext,
    taking_in: Watcher,
    told: Told,
    outside: Run,
    folder: Path,
    changes: BucketChanges,
    code: str,
) -> None:
    storage.update_bucket("photos", service, changes)
    outside(code)
    assert told.wait() == [("added", "a.txt", False)]
    assert told.changes[0].reason
    assert not storage.exists("photos", "a.txt", service)
    assert (folder / "a.txt").exists()


def test_an_edit_that_the_bucket_does_not_take_is_reported(
    storage: FileStorage, service: RlsContext, taking_in: Watcher, told: Told, outside: Run
) -> None:
    stored(storage, "a.txt", b"text", service)
    storage.update_bucket("photos", service, BucketChanges(file_size_limit_bytes=4))
    outside("pathlib.Path('a.txt').write_text('too long')")
    assert told.wait() == [("edited", "a.txt", False)]
    info = storage.info("photos", "a.txt", service)
    assert (info.size_bytes, info.problem) == (4, "damaged")


def test_a_name_that_no_object_may_have_is_reported(
    taking_in: Watcher, told: Told, outside: Run, storage: FileStorage, service: RlsContext
) -> None:
    outside("os.makedirs('%conflict'); pathlib.Path('%conflict/x').write_text('x')")
    assert [taken_in for _, _, taken_in in told.wait()] == [False]
    assert not list(storage.walk("photos", "", service))


def test_a_name_that_an_object_has_elsewhere_is_reported(
    taking_in: Watcher, told: Told, outside: Run, storage: FileStorage, service: RlsContext, folder: Path
) -> None:
    (folder / "a.txt").mkdir()
    stored(storage, "a.txt", b"stored", service)
    outside("os.rmdir('a.txt'); pathlib.Path('a.txt').write_text('foreign')")
    assert told.wait() == [("added", "a.txt", False)]
    assert content_of(storage, "a.txt", service) == b"stored"


def test_links_pipes_and_passing_files_are_nothing(
    taking_in: Watcher, told: Told, outside: Run, storage: FileStorage, service: RlsContext, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("secret")
    outside(f"""
os.symlink({str(tmp_path / "secret")!r}, 'link'); os.symlink({str(tmp_path)!r}, 'links'); os.mkfifo('pipe')
for name in ('.a.swp', 'a~', '#a#', '.~lock.a#', '~$a.docx', 'a.part', '.goutputstream-1'):
    pathlib.Path(name).write_text('x')
pathlib.Path(os.fsdecode(b'not-\\xff-text')).write_text('x')""")
    told.nothing()
    assert not list(storage.walk("photos", "", service))


def test_a_link_in_the_place_of_a_file_deletes_nothing(
    taking_in: Watcher, told: Told, outside: Run, storage: FileStorage, service: RlsContext, tmp_path: Path
) -> None:
    stored(storage, "a.txt", b"mine", service)
    stored(storage, "docs/b.txt", b"mine", service)
    outside(f"""
os.rename('a.txt', {str(tmp_path / "a.txt")!r}); os.symlink({str(tmp_path / "a.txt")!r}, 'a.txt')
os.rename('docs', {str(tmp_path / "docs")!r}); os.symlink({str(tmp_path / "docs")!r}, 'docs')""")
    told.wait()
    assert {(one.what.value, one.taken_in) for one in told.changes} == {("deleted", False)}
    assert storage.info("photos", "a.txt", service).problem == "missing"
    assert storage.info("photos", "docs/b.txt", service).problem == "missing"


def test_a_file_that_comes_back_is_sound_again(
    taking_in: Watcher, told: Told, outside: Run, storage: FileStorage, service: RlsContext, tmp_path: Path
) -> None:
    stored(storage, "a.txt", b"mine", service)
    outside(f"os.rename('a.txt', {str(tmp_path / 'a')!r}); os.symlink('nowhere', 'a.txt')")
    told.wait()
    outside(f"os.unlink('a.txt'); os.rename({str(tmp_path / 'a')!r}, 'a.txt')")
    wait_until(lambda: storage.info("photos", "a.txt", service).problem is None)
    assert content_of(storage, "a.txt", service) == b"mine"


def test_what_is_taken_in_passes_the_check(
    taking_in: Watcher, told: Told, outside: Run, storage: FileStorage, service: RlsContext
) -> None:
    stored(storage, "a.txt", b"one", service)
    stored(storage, "b.txt", b"two", service)
    outside("open('a.txt', 'w').write('three'); os.unlink('b.txt'); open('100%.txt', 'w').write('four')")
    told.wait(3)
    assert storage.check(service).findings == ()
    assert {one.path for one in storage.walk("photos", "", service)} == {"a.txt", "100%.txt"}


def test_a_new_file_begins_after_what_stood_there_although_the_clock_was_set_back(
    storage: FileStorage,
    service: RlsContext,
    taking_in: Watcher,
    told: Told,
    outside: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    storage.update_bucket("photos", service, BucketChanges(retention=Retention(versions=5)))
    stored(storage, "a.txt", b"before", service)
    storage.delete("photos", "a.txt", service)
    (older,) = storage.versions.list("photos", "a.txt", service)
    assert older.until_us is not None
    monkeypatch.setattr("engine.files.mutations.now_us", lambda: older.since_us - 3_600_000_000)
    outside("pathlib.Path('a.txt').write_text('after')")
    assert told.wait() == [("added", "a.txt", True)]
    newest = storage.versions.list("photos", "a.txt", service)[0]
    assert newest.until is None
    assert newest.since_us >= older.until_us
