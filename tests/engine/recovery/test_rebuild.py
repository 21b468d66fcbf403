"""A database made from the files: however the old one was lost, all of it is there again, and no byte was touched."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
import tracemalloc
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine import limits
from engine.backends.names import NameMapper, original
from engine.cancel import CancelToken
from engine.cleanup_types import CleanupAction
from engine.config import Settings, load_settings
from engine.errors import BackendUnreachable, Cancelled, Conflict, DatabaseLocked
from engine.ids import new_id
from engine.instance import opening
from engine.recovery.recovery import Recovery
from engine.storage import FileStorage
from engine.types import BucketChanges, ListRequest, Progress, Retention, UploadOptions
from engine.version_types import Ending, ObjectVersion
from tests.engine.recovery.conftest import CONTENTS, SERVICE, KillAfter, contents_of, files_of, opened, put_many


def corrupt_header(database: Path) -> None:
    with database.open("r+b") as file:
        file.write(b"garbage!" * 12)


def truncate(database: Path) -> None:
    os.truncate(database, database.stat().st_size // 2 + 100)


def corrupt_middle(database: Path) -> None:
    with database.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(database.stat().st_size - 8192))


def empty(database: Path) -> None:
    os.truncate(database, 0)


def remove(database: Path) -> None:
    for path in database.parent.glob("holdall.db*"):
        path.unlink()


DAMAGES: list[Callable[[Path], None]] = [corrupt_header, truncate, corrupt_middle, empty, remove]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_everything_is_there_again(settings: Settings, damage: Callable[[Path], None]) -> None:
    with opened(settings) as workspace:
        person = workspace.owner_id
        types = {info.path: info.mime_type for info in workspace.storage.walk("photos", "", SERVICE)}
        rows = workspace.storage.list_buckets(SERVICE)
    files = files_of(settings)
    damage(settings.database_path)
    left = settings.database_path.read_bytes() if settings.database_path.exists() else None

    report = Recovery(settings).rebuild()

    assert files_of(settings) == files
    if left is None:
        assert report.set_aside is None
    else:
        assert report.set_aside is not None
        assert report.set_aside.read_bytes() == left
        assert report.set_aside.name.startswith("holdall.db.damaged-")
    assert (report.buckets, report.problems) == (3, ())
    assert report.objects == report.taken_in == sum(map(len, CONTENTS.values()))
    assert report.size_bytes == sum(len(data) for contents in CONTENTS.values() for data in contents.values())
    with opened(settings) as workspace:
        assert contents_of(workspace) == CONTENTS
        assert workspace.storage.list_buckets(SERVICE) == rows
        found = {info.path: info for info in workspace.storage.walk("photos", "", SERVICE)}
        assert {path: info.mime_type for path, info in found.items()} == types
        assert {info.owner_id for info in found.values()} == {person} == {workspace.owner_id}
        assert workspace.storage.check(SERVICE).clean
    assert not list(settings.data_dir.glob(".*holdall*"))


def test_modified_times_are_those_of_the_files(settings: Settings) -> None:
    with opened(settings) as workspace:
        bucket = workspace.storage.get_bucket("photos", SERVICE)
    os.utime(settings.storage_dir / bucket.id / "2026" / "cat.jpg", ns=(10**18, 1_600_000_000_000_000_000))
    remove(settings.database_path)

    Recovery(settings).rebuild()

    with opened(settings) as workspace:
        info = workspace.storage.info("photos", "2026/cat.jpg", SERVICE)
    assert info.modified_us == info.created_us == 1_600_000_000_000_000


def test_a_database_that_is_in_order_is_left_alone_unless_it_is_asked_for(settings: Settings) -> None:
    before = settings.database_path.read_bytes()
    with pytest.raises(Conflict) as refused:
        Recovery(settings).rebuild()
    assert refused.value.message == "The database is in order"
    assert "--force" in (refused.value.hint or "")
    assert settings.database_path.read_bytes() == before

    report = Recovery(settings).rebuild(force=True)

    assert report.set_aside is not None
    assert report.set_aside.read_bytes() == before
    with opened(settings) as workspace:
        assert contents_of(workspace) == CONTENTS


@pytest.mark.parametrize("damage", [empty, corrupt_header], ids=lambda damage: damage.__name__)
def test_what_only_the_log_beside_the_old_database_knows_is_set_aside_with_it(
    settings: Settings, damage: Callable[[Path], None]
) -> None:
    wal = settings.database_path.with_name("holdall.db-wal")
    damage(settings.database_path)
    wal.write_bytes(b"what was written last")

    report = Recovery(settings).rebuild()

    assert report.set_aside is not None
    assert report.set_aside.with_name(report.set_aside.name + "-wal").read_bytes() == b"what was written last"
    with opened(settings) as workspace:
        assert contents_of(workspace) == CONTENTS


def test_a_workspace_that_is_open_is_refused(settings: Settings) -> None:
    with opened(settings), pytest.raises(DatabaseLocked, match="A running Holdall has this workspace open"):
        Recovery(settings).rebuild(force=True)


def test_nobody_opens_the_workspace_meanwhile(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    refused: list[str] = []

    def look(_: Progress) -> None:
        with pytest.raises(DatabaseLocked) as error, opening(settings.data_dir, patience_s=0.0):
            pass
        refused.append(error.value.message)

    Recovery(settings, look).rebuild(force=True)

    assert set(refused) == {"Another Holdall is opening, restoring or rebuilding this workspace"}


def test_a_disk_that_is_not_there_is_no_reason_for_an_empty_workspace(settings: Settings) -> None:
    settings.storage_dir.rename(settings.data_dir / "elsewhere")
    remove(settings.database_path)

    with pytest.raises(BackendUnreachable):
        Recovery(settings).rebuild()

    assert not settings.database_path.exists()
    assert not settings.storage_dir.exists()


def test_progress_counts_up_to_all_of_it_and_cancelling_changes_nothing(settings: Settings) -> None:
    truncate(settings.database_path)
    left, cancel, seen = settings.database_path.read_bytes(), CancelToken(), []

    def stop(progress: Progress) -> None:
        seen.append(progress)
        cancel.cancel()

    with pytest.raises(Cancelled):
        Recovery(settings, stop, cancel).rebuild()
    assert settings.database_path.read_bytes() == left
    assert not list(settings.data_dir.glob(".*holdall*"))

    seen.clear()
    report = Recovery(settings, seen.append).rebuild()
    assert seen[-1].finalising
    assert (seen[-1].done_files, seen[-1].done_bytes) == (report.objects, report.size_bytes)
    assert (seen[-1].total_files, seen[-1].total_bytes) == (report.objects, report.size_bytes)


def test_a_bucket_without_its_sidecar_comes_back_closed_and_is_told(settings: Settings) -> None:
    shutil.rmtree(settings.storage_dir / ".buckets")
    remove(settings.database_path)

    report = Recovery(settings).rebuild()

    assert report.buckets == report.problem_count == len(report.problems) == 2
    assert all(problem.where.startswith("recovered-") for problem in report.problems)
    with opened(settings) as workspace:
        buckets = workspace.storage.list_buckets(SERVICE)
        assert [bucket.public for bucket in buckets] == [False, False]
        assert sorted(map(len, contents_of(workspace).values())) == sorted(map(len, list(CONTENTS.values())[:2]))


def test_two_buckets_of_one_name_are_kept_apart(settings: Settings) -> None:
    for path in (settings.storage_dir / ".buckets").glob("0*.json"):
        said = json.loads(path.read_bytes())
        said["bucket"]["name"] = "same"
        path.write_text(json.dumps(said))
    remove(settings.database_path)

    report = Recovery(settings).rebuild()

    assert report.problem_count == 2
    with opened(settings) as workspace:
        assert {found.name for found in workspace.storage.list_buckets(SERVICE)} == {"same", "same (2)", "same (3)"}


def test_what_is_no_bucket_and_no_object_is_left_and_told(settings: Settings) -> None:
    (settings.storage_dir / "lost+found").mkdir()
    (settings.storage_dir / "lost+found" / "x").write_text("x")
    kept = settings.storage_dir / ".versions" / "b" / "cat.jpg" / "v1"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"an older cat")
    staged = settings.storage_dir / ".staging" / "dead" / "half"
    staged.parent.mkdir()
    staged.write_bytes(b"half")
    with opened(settings) as workspace:
        folder = settings.storage_dir / workspace.storage.get_bucket("photos", SERVICE).id
    staged.parent.mkdir(exist_ok=True)
    staged.write_bytes(b"half")
    (folder / "line\nbreak").write_bytes(b"?")
    (folder / "link").symlink_to(folder / "100%25.txt")
    remove(settings.database_path)

    report = Recovery(settings).rebuild()

    told = dict(report.problems)
    assert told["lost+found"] == "a folder that is no bucket's; it is left alone"
    assert "breaks the rules" in told[f"{folder.name}/line\nbreak"]
    assert told[".versions"].startswith("1 file of older versions and deleted objects, 12 bytes, is left as it is")
    assert report.problem_count == 3
    assert kept.read_bytes() == b"an older cat"
    assert staged.read_bytes() == b"half"
    with opened(settings) as workspace:
        assert contents_of(workspace) == CONTENTS
    with opened(replace(settings, orphan_grace_s=0)) as workspace:
        items = workspace.housekeeping.cleanup.run(SERVICE).items
    assert {item.where: item.action for item in items}[".versions/b/cat.jpg/v1"] is CleanupAction.KEPT
    assert kept.exists()


def test_old_versions_and_trash_are_taken_in(settings: Settings) -> None:
    with opened(settings) as workspace:
        storage = workspace.storage
        storage.create_bucket("both", SERVICE, retention=Retention(versions=9, trash_days=30))
        storage.create_bucket("trash", SERVICE, retention=Retention(trash_days=30))
        for data in (b"one", b"two", b"three"):
            storage.upload("both", "d/a.txt", data, SERVICE, UploadOptions(replace=True))
            time.sleep(0.002)
        storage.upload("both", "gone", b"gone", SERVICE)
        storage.delete("both", "gone", SERVICE)
        for data in (b"first", b"second"):
            storage.upload("trash", "x", data, SERVICE)
            storage.delete("trash", "x", SERVICE)
        storage.upload("trash", "x", b"third", SERVICE)
        before = storage.versions.list("both", "d/a.txt", SERVICE)
    remove(settings.database_path)
    began = datetime.now(UTC)

    report = Recovery(settings).rebuild()

    assert (report.problems, report.versions) == ((), 5)
    with opened(settings) as workspace:
        storage = workspace.storage
        now, two, one = storage.versions.list("both", "d/a.txt", SERVICE)
        assert [read_version(storage, "both", old) for old in (two, one)] == [b"two", b"one"]
        assert (one.until, two.until, two.ending, two.in_trash) == (two.since, now.since, Ending.REPLACED, False)
        assert [old.info.version for old in (two, one)] == [old.info.version for old in before[1:]]
        assert abs(one.since - before[2].since) < timedelta(seconds=2)
        (gone,) = storage.trash.list("both", SERVICE).items
        assert (gone.info.path, gone.ending, gone.until is not None and gone.until >= began) == (
            "gone", Ending.DELETED, True,
        )  # fmt: skip
        storage.trash.restore("both", [gone.id or 0], SERVICE)
        assert contents_of(workspace)["both"] == {"d/a.txt": b"three", "gone": b"gone"}

        then = storage.list("trash", ListRequest(moment=datetime.now(UTC)), SERVICE)
        assert [found.path for found in then.objects] == ["x"]
        dumped = storage.trash.list("trash", SERVICE).items
        assert {read_version(storage, "trash", old) for old in dumped} == {b"first", b"second"}
        storage.delete("trash", "x", SERVICE)
        for old in dumped:
            storage.trash.restore("trash", [old.id or 0], SERVICE, target_path=f"back {old.id}")
        assert sorted(contents_of(workspace)["trash"].values()) == [b"first", b"second"]
        assert storage.check(SERVICE).clean


def read_version(storage: FileStorage, bucket: str, old: ObjectVersion) -> bytes:
    with storage.versions.open(bucket, old.id or 0, SERVICE, verify=True) as reader:
        return reader.read()


def test_what_does_not_tell_what_it_was_is_left_and_told(settings: Settings) -> None:
    with opened(settings) as workspace:
        kept = workspace.storage.create_bucket("kept", SERVICE, retention=Retention(versions=9)).id
        photos = workspace.storage.get_bucket("photos", SERVICE).id
    timed, random = new_id(), "0b0c5a5e-8a3c-4b8e-9d3f-2f6b8f0d1c11"
    folder = settings.storage_dir / ".versions"
    strange = [
        f"{photos}/its bucket keeps nothing~{timed}",
        f"{new_id()}/nobody knows its bucket~{timed}",
        f"{kept}/an id without a time~{random}",
        f"{kept}/no id~1",
        f"{kept}/{timed}",
        f"{kept}/%conflict/{timed}-spare~{timed}",
        f"{kept}/line\nbreak~{timed}",
    ]
    for name in strange:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"what")
    remove(settings.database_path)

    report = Recovery(settings).rebuild()

    assert report.versions == 0
    (problem,) = report.problems
    assert problem.detail.startswith(f"{len(strange)} files of older versions")
    assert "the bucket keeps none, or the names do not tell" in problem.detail
    assert all((folder / name).read_bytes() == b"what" for name in strange)


def test_names_that_do_not_tell_all_get_clear_ones(settings: Settings) -> None:
    long = "x" * 300 + ".txt"
    with opened(settings) as workspace:
        workspace.storage.upload("Akten", f"deep/{long}", b"long", SERVICE)
        folder = settings.storage_dir / workspace.storage.get_bucket("Akten", SERVICE).id
    spare = folder / "%conflict" / "01a21a0f-68a7-7e44-b66f-8006adb73223-letter.txt"
    spare.parent.mkdir()
    spare.write_bytes(b"spare")
    (folder / "%conflict" / "01a21a0f-68a7-7e44-b66f-8006adb73224-letter.txt").write_bytes(b"another")
    remove(settings.database_path)

    report = Recovery(settings).rebuild()

    assert report.problem_count == 3
    with opened(settings) as workspace:
        found = contents_of(workspace)["Akten"]
        assert workspace.storage.check(SERVICE).clean
    extra = {path: data for path, data in found.items() if path not in CONTENTS["Akten"]}
    assert extra.pop("recovered/letter.txt") == b"spare"
    assert extra.pop("recovered/letter (2).txt") == b"another"
    ((path, data),) = extra.items()
    assert path.startswith("deep/xxx")
    assert data == b"long"


def test_a_new_column_of_buckets_comes_along(settings: Settings) -> None:
    """A sidecar of a newer program has columns that this one passes over, and one of an older has fewer."""
    for path in (settings.storage_dir / ".buckets").glob("0*.json"):
        said = json.loads(path.read_bytes())
        said["bucket"]["colour"] = "red"
        del said["bucket"]["owner_id"]
        path.write_text(json.dumps(said))
    remove(settings.database_path)

    assert Recovery(settings).rebuild().problems == ()

    with opened(settings) as workspace:
        assert contents_of(workspace) == CONTENTS


def test_settings_changed_last_are_those_that_come_back(settings: Settings) -> None:
    with opened(settings) as workspace:
        workspace.storage.update_bucket("Akten", SERVICE, BucketChanges(file_size_limit_bytes=77))
        workspace.storage.rename_bucket("nothing", "something", SERVICE)
    remove(settings.database_path)

    Recovery(settings).rebuild()

    with opened(settings) as workspace:
        assert workspace.storage.get_bucket("Akten", SERVICE).file_size_limit_bytes == 77
        assert workspace.storage.get_bucket("something", SERVICE)


def test_without_the_note_of_who_the_person_is_there_is_a_new_one(settings: Settings) -> None:
    (settings.storage_dir / ".buckets" / "workspace.json").unlink()
    remove(settings.database_path)

    Recovery(settings).rebuild()

    with opened(settings) as workspace:
        assert workspace.owner_id == workspace.storage.info("photos", "a//b", SERVICE).owner_id


@pytest.mark.campaign
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_process_killed_at_any_moment_leaves_the_old_database_or_the_new_one(
    settings: Settings, tmp_path: Path, kill_after: KillAfter
) -> None:
    with opened(settings) as workspace:
        put_many(workspace, tmp_path / "many", 300)
        expected = contents_of(workspace)
    files = files_of(settings)
    for number in range(10):
        killed = kill_after(0.06 * number, "rebuild", settings.data_dir)
        assert number > 0 or (killed and list(settings.data_dir.glob(".*holdall*")))
        if number % 4 == 3:
            with opened(settings) as workspace:
                assert contents_of(workspace) == expected

    Recovery(settings).rebuild(force=True)
    assert files_of(settings) == files
    with opened(settings) as workspace:
        assert contents_of(workspace) == expected
    assert not list(settings.data_dir.glob(".*holdall*"))


@pytest.mark.parametrize("portable", [False, True])
@pytest.mark.parametrize(
    "path",
    ["a", "a/b", "a//b", "a/", "100%", "100%25", "%", "%~x", "con.txt", "a:b?", "dot.", " x ", "ü/é/日本/🎉", "a\\b"],
)
def test_physical_paths_lead_back_to_the_paths_they_came_from(path: str, portable: bool) -> None:
    assert original(NameMapper(portable=portable).natural(path)) == (path, True)


@pytest.mark.parametrize("name", ["100%.txt", "50%zz", "%FF%FE", "a%2"])
def test_names_of_other_programs_stay_as_they_are(name: str) -> None:
    assert original(name) == (name, True)


def test_memory_stays_the_same_however_many_there_are(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings(data_dir, environ={})
    monkeypatch.setattr(limits, "RECOVERY_BATCH", 8)
    with opened(settings) as workspace:
        bucket = workspace.storage.create_bucket("kept", SERVICE, retention=Retention(versions=9))
    folders = settings.storage_dir / bucket.id, settings.storage_dir / ".versions" / bucket.id

    litter(*folders, range(FEW))
    peak_of_rebuild(settings)  # what is imported and compiled once is in nobody's way afterwards
    few = peak_of_rebuild(settings)
    litter(*folders, range(FEW, FEW + MORE))
    many = peak_of_rebuild(settings)

    with opened(settings) as workspace:
        assert workspace.storage.tree_size("kept", "", SERVICE).objects == FEW + MORE
    # Whoever collects what one kind of files holds keeps all their beginnings.
    assert many - few < MORE * limits.SNIFF_BYTES // 2


FEW, MORE = 20, 160


def litter(live: Path, past: Path, numbers: Iterable[int]) -> None:
    """Lay files where objects and old versions have theirs."""
    for folder in (live, past):
        folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        (live / str(number)).write_bytes(os.urandom(limits.SNIFF_BYTES))
        (past / f"{number}~{new_id()}").write_bytes(os.urandom(limits.SNIFF_BYTES))


def peak_of_rebuild(settings: Settings) -> int:
    """Rebuild, and return how many bytes Python held at most."""
    tracemalloc.start()
    try:
        Recovery(settings).rebuild(force=True)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
