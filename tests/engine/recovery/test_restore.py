"""A backup in the place of a damaged database: nothing that came after it is lost."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import sys
from pathlib import Path

import pytest

from engine import limits
from engine.backends.base import BackendReader
from engine.cancel import CancelToken
from engine.config import Settings
from engine.errors import Cancelled, DatabaseCorrupt, DatabaseLocked, NotFound, SchemaTooNew
from engine.files.archive import archive_key
from engine.files.throttle import ProgressMeter
from engine.recovery import files as recovery_files
from engine.recovery.recovery import Recovery
from engine.recovery.values import RecoveryReport
from engine.times import now_us
from engine.types import BucketChanges, Retention, UploadOptions
from tests.engine.recovery.conftest import CONTENTS, SERVICE, KillAfter, contents_of, files_of, opened, put_many


def backed_up(settings: Settings) -> Path:
    with opened(settings) as workspace:
        return workspace.backups.make().path


def restored_after_loss(settings: Settings, backup: Path | None = None) -> RecoveryReport:
    """Damage the database, and restore it."""
    settings.database_path.write_bytes(b"not a database" * 100)
    files = files_of(settings)
    report = Recovery(settings).restore(backup)
    assert files_of(settings) == files
    return report


def test_a_backup_of_this_very_state_brings_everything_back(settings: Settings) -> None:
    backup = backed_up(settings)

    report = restored_after_loss(settings)

    assert (report.backup, report.taken_in, report.problems) == (backup, 0, ())
    assert report.set_aside is not None
    assert report.set_aside.read_bytes().startswith(b"not a database")
    with opened(settings) as workspace:
        assert contents_of(workspace) == CONTENTS
        assert workspace.storage.check(SERVICE).clean


def test_what_the_backup_knows_alone_is_kept(settings: Settings) -> None:
    with opened(settings) as workspace:
        options = UploadOptions(user_metadata={"who": "Minka"}, cache_control="max-age=1", mime_type="x/y")
        workspace.storage.upload("photos", "meta", b"data", SERVICE, options)
        before = workspace.storage.info("photos", "meta", SERVICE)
    backed_up(settings)

    restored_after_loss(settings)

    with opened(settings) as workspace:
        assert workspace.storage.info("photos", "meta", SERVICE) == before


def test_what_came_after_the_backup_is_taken_in(settings: Settings) -> None:
    backed_up(settings)
    with opened(settings) as workspace:
        storage = workspace.storage
        storage.upload("photos", "new/dog.txt", b"woof", SERVICE)
        storage.upload("photos", "2026/cat.jpg", b"\xff\xd8\xff\xe0 another", SERVICE, UploadOptions(replace=True))
        same_length = b"TWO SLASHES"
        storage.upload("photos", "a//b", same_length, SERVICE, UploadOptions(replace=True))
        made = storage.create_bucket("later", SERVICE, public=True)
        storage.upload("later", "x", b"x", SERVICE)
        storage.update_bucket("Akten", SERVICE, BucketChanges(file_size_limit_bytes=123))
        storage.rename_bucket("nothing", "something", SERVICE)
        expected = contents_of(workspace)

    report = restored_after_loss(settings)

    assert (report.taken_in, report.problems) == (4, ())
    with opened(settings) as workspace:
        assert contents_of(workspace) == expected
        assert workspace.storage.get_bucket("later", SERVICE).id == made.id
        assert workspace.storage.get_bucket("later", SERVICE).public
        assert workspace.storage.get_bucket("Akten", SERVICE).file_size_limit_bytes == 123
        assert workspace.storage.check(SERVICE).clean


def test_what_was_deleted_or_moved_after_the_backup_is_told_and_no_bytes_are_lost(settings: Settings) -> None:
    backed_up(settings)
    with opened(settings) as workspace:
        workspace.storage.delete("photos", "100%.txt", SERVICE)
        workspace.storage.move("photos", "2026/cat.jpg", "2027/cat.jpg", SERVICE)
        expected = contents_of(workspace)

    report = restored_after_loss(settings)

    assert {problem.where for problem in report.problems} == {"photos/100%.txt", "photos/2026/cat.jpg"}
    with opened(settings) as workspace:
        assert workspace.storage.check(SERVICE, repair=True).findings != ()
        assert contents_of(workspace) == expected


def test_objects_that_changed_places_after_the_backup_do_not_serve_each_others_bytes(settings: Settings) -> None:
    with opened(settings) as workspace:
        for path in ("A", "B"):
            workspace.storage.upload("Akten", path, path.encode() * 4, SERVICE)
    backed_up(settings)
    with opened(settings) as workspace:
        for path, target in (("A", "C"), ("B", "A"), ("C", "B")):
            workspace.storage.move("Akten", path, target, SERVICE)
        expected = contents_of(workspace)

    restored_after_loss(settings)

    with opened(settings) as workspace:
        assert contents_of(workspace) == expected
        assert workspace.storage.check(SERVICE).clean


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps no time of the last change")
def test_files_that_nobody_touched_since_the_backup_are_not_read(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "RECOVERY_CHANGE_MARGIN_S", 0)
    backed_up(settings)
    read: list[str] = []
    content_of = recovery_files._content_of

    def counted(reader: BackendReader, key: str, meter: ProgressMeter) -> tuple[str, bytes]:
        read.append(key)
        return content_of(reader, key, meter)

    with opened(settings) as workspace:
        workspace.storage.upload("Akten", "new", b"new", SERVICE)
    monkeypatch.setattr(recovery_files, "_content_of", counted)

    restored_after_loss(settings)

    assert [key.rpartition("/")[2] for key in read] == ["new"]


def test_a_file_takes_the_row_of_its_path_whose_own_file_is_gone(settings: Settings) -> None:
    with opened(settings) as workspace:
        workspace.storage.upload("photos", "x", b"first", SERVICE)
        workspace.storage.move("photos", "x", "y", SERVICE)
        workspace.storage.upload("photos", "x", b"second", SERVICE)
        folder = settings.storage_dir / workspace.storage.get_bucket("photos", SERVICE).id
    backup = backed_up(settings)
    with contextlib.closing(sqlite3.connect(backup)) as connection:
        connection.execute("UPDATE storage_objects SET physical_path = physical_path || '.gone' WHERE leaf = 'x'")
        connection.commit()

    report = restored_after_loss(settings, backup)

    assert (report.taken_in, report.problems) == (1, ())
    with opened(settings) as workspace:
        assert contents_of(workspace)["photos"]["x"] == b"second" == (folder / "x").read_bytes()


def test_work_that_was_open_at_the_backup_never_touches_newer_files(settings: Settings) -> None:
    with opened(settings) as workspace:
        workspace.storage.upload("photos", "kept", b"kept", SERVICE)
        bucket_id = workspace.storage.get_bucket("photos", SERVICE).id
    backup = backed_up(settings)
    with contextlib.closing(sqlite3.connect(backup)) as connection:
        connection.execute(
            "INSERT INTO storage_journal (kind, staging, items, created_at) VALUES ('remove', '', ?, 1)",
            (f'["{bucket_id}/kept"]',),
        )
        connection.commit()

    restored_after_loss(settings, backup)

    with opened(settings) as workspace:
        assert contents_of(workspace)["photos"]["kept"] == b"kept"


def test_an_upload_that_was_only_staged_at_the_backup_is_finished(settings: Settings) -> None:
    with opened(settings) as workspace:
        info = workspace.storage.upload("photos", "late", b"late", SERVICE)
        folder = settings.storage_dir / info.bucket_id
    backup = backed_up(settings)
    staged = settings.storage_dir / ".staging" / "dead" / info.version
    staged.parent.mkdir()
    (folder / "late").rename(staged)
    with contextlib.closing(sqlite3.connect(backup)) as connection:
        connection.execute(
            "INSERT INTO storage_journal (id, kind, staging, items, created_at) VALUES (999, 'publish', 'dead', ?, 1)",
            (f'[["{info.id}", "{info.version}", true]]',),
        )
        connection.execute("UPDATE storage_objects SET journal_id = 999 WHERE leaf = 'late'")
        connection.commit()
    settings.database_path.write_bytes(b"")

    assert Recovery(settings).restore(backup).problems == ()

    with opened(settings) as workspace:
        assert contents_of(workspace)["photos"]["late"] == b"late"


def test_a_replacement_that_was_half_done_at_the_backup_is_finished_and_the_old_version_kept(
    settings: Settings,
) -> None:
    with opened(settings) as workspace:
        storage = workspace.storage
        storage.create_bucket("kept", SERVICE, retention=Retention(versions=5))
        first = storage.upload("kept", "x", b"first", SERVICE)
        second = storage.upload("kept", "x", b"second", SERVICE, UploadOptions(replace=True))
    backup = backed_up(settings)
    key = f"{first.bucket_id}/x"
    archived = settings.storage_dir / archive_key(key, first.version)
    staged = settings.storage_dir / ".staging" / "dead" / second.version
    staged.parent.mkdir()
    (settings.storage_dir / key).rename(staged)
    archived.rename(settings.storage_dir / key)
    with contextlib.closing(sqlite3.connect(backup)) as connection:
        archive = f'[["{key}", "{archive_key(key, first.version)}"]]'
        publish = f'[["{second.id}", "{second.version}", false]]'
        rows = [(998, "archive", "", archive, now_us()), (999, "publish", "dead", publish, now_us())]
        connection.executemany("INSERT INTO storage_journal VALUES (?, ?, ?, ?, ?)", rows)
        connection.execute("UPDATE storage_objects SET journal_id = 999 WHERE leaf = 'x'")
        connection.execute("UPDATE storage_object_versions SET journal_id = 998")
        connection.commit()
    settings.database_path.write_bytes(b"")

    assert Recovery(settings).restore(backup).problems == ()

    with opened(settings) as workspace:
        assert contents_of(workspace)["kept"]["x"] == b"second"
        (old,) = [one for one in workspace.storage.versions.list("kept", "x", SERVICE) if one.id is not None]
        with workspace.storage.versions.open("kept", old.id, SERVICE, verify=True) as reader:
            assert reader.read() == b"first"


def test_old_versions_that_the_backup_knows_are_known_and_newer_ones_are_taken_in(settings: Settings) -> None:
    with opened(settings) as workspace:
        workspace.storage.create_bucket("kept", SERVICE, retention=Retention(versions=5))
        for data in (b"1", b"2"):
            workspace.storage.upload("kept", "x", data, SERVICE, UploadOptions(replace=True))
        workspace.backups.make()
        workspace.storage.upload("kept", "x", b"3", SERVICE, UploadOptions(replace=True))
    kept = sorted(path for path in (settings.storage_dir / ".versions").rglob("*") if path.is_file())
    assert len(kept) == 2

    report = restored_after_loss(settings)

    assert (report.problems, report.versions) == ((), 1)
    assert sorted(path for path in (settings.storage_dir / ".versions").rglob("*") if path.is_file()) == kept
    with opened(settings) as workspace:
        assert contents_of(workspace)["kept"]["x"] == b"3"
        old = [one for one in workspace.storage.versions.list("kept", "x", SERVICE) if one.id is not None]
        contents = []
        for one in old:
            with workspace.storage.versions.open("kept", one.id, SERVICE, verify=True) as reader:
                contents.append(reader.read())
        assert contents == [b"2", b"1"]


def test_what_went_to_the_trash_after_the_backup_has_its_bytes(settings: Settings) -> None:
    with opened(settings) as workspace:
        workspace.storage.create_bucket("kept", SERVICE, retention=Retention(trash_days=30))
        workspace.storage.upload("kept", "d/doc", b"precious", SERVICE)
        workspace.backups.make()
        workspace.storage.delete("kept", "d/doc", SERVICE)

    report = restored_after_loss(settings)

    assert report.problems == ()
    with opened(settings) as workspace:
        assert workspace.storage.check(SERVICE, repair=True).clean
        assert contents_of(workspace)["kept"] == {"d/doc": b"precious"}
        assert not [path for path in (settings.storage_dir / ".versions").rglob("*") if path.is_file()]
        workspace.storage.delete("kept", "d/doc", SERVICE)
        (row,) = workspace.storage.trash.list("kept", SERVICE).items
        workspace.storage.trash.restore("kept", [row.id], SERVICE)
        assert contents_of(workspace)["kept"] == {"d/doc": b"precious"}
        assert workspace.storage.check(SERVICE).clean


def test_other_bytes_in_the_place_of_old_ones_are_not_given_back(settings: Settings) -> None:
    with opened(settings) as workspace:
        workspace.storage.create_bucket("kept", SERVICE, retention=Retention(trash_days=30))
        workspace.storage.upload("kept", "doc", b"precious", SERVICE)
        workspace.backups.make()
        workspace.storage.delete("kept", "doc", SERVICE)
    (kept,) = [path for path in (settings.storage_dir / ".versions").rglob("*") if path.is_file()]
    kept.write_bytes(b"anything")

    report = restored_after_loss(settings)

    assert [problem.where for problem in report.problems] == ["kept/doc", ".versions"]


def test_what_came_out_of_the_trash_after_the_backup_is_told_of_there(settings: Settings) -> None:
    with opened(settings) as workspace:
        workspace.storage.create_bucket("kept", SERVICE, retention=Retention(trash_days=30))
        workspace.storage.upload("kept", "doc", b"precious", SERVICE)
        workspace.storage.delete("kept", "doc", SERVICE)
        workspace.backups.make()
        (row,) = workspace.storage.trash.list("kept", SERVICE).items
        workspace.storage.trash.restore("kept", [row.id], SERVICE)
        workspace.storage.upload("kept", "other", b"x", SERVICE)

    report = restored_after_loss(settings)

    assert [problem.where for problem in report.problems] == ["kept/doc"]
    assert "of an older version, or of what was deleted" in report.problems[0].detail
    with opened(settings) as workspace:
        assert contents_of(workspace)["kept"]["doc"] == b"precious"


def test_the_newest_sound_backup_is_taken(settings: Settings) -> None:
    good = backed_up(settings)
    bad = backed_up(settings)
    bad.write_bytes(b"rubbish" * 1000)

    assert restored_after_loss(settings).backup == good


def test_a_damaged_backup_is_refused_and_changes_nothing(settings: Settings, tmp_path: Path) -> None:
    bad = tmp_path / "bad.db"
    bad.write_bytes(b"rubbish" * 1000)
    before = settings.database_path.read_bytes()

    for path in (bad, tmp_path / "missing.db"):
        with pytest.raises(DatabaseCorrupt):
            Recovery(settings).restore(path)

    assert settings.database_path.read_bytes() == before
    assert not (tmp_path / "missing.db").exists()
    assert not list(settings.data_dir.glob(".*holdall*"))


def test_without_a_backup_there_is_nothing_to_restore(settings: Settings) -> None:
    with pytest.raises(NotFound, match="There is no backup of the database"):
        Recovery(settings).restore()


def test_a_backup_of_a_newer_program_is_refused(settings: Settings) -> None:
    backup = backed_up(settings)
    with contextlib.closing(sqlite3.connect(backup)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()

    with pytest.raises(SchemaTooNew):
        Recovery(settings).restore(backup)


def test_a_workspace_that_is_open_is_refused(settings: Settings) -> None:
    backed_up(settings)
    with opened(settings), pytest.raises(DatabaseLocked, match="has this workspace open"):
        Recovery(settings).restore()


def test_cancelling_changes_nothing(settings: Settings) -> None:
    backed_up(settings)
    before, cancel = settings.database_path.read_bytes(), CancelToken()

    with pytest.raises(Cancelled):
        Recovery(settings, lambda _: cancel.cancel(), cancel).restore()

    assert settings.database_path.read_bytes() == before


@pytest.mark.campaign
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_process_killed_at_any_moment_loses_nothing(
    settings: Settings, tmp_path: Path, kill_after: KillAfter
) -> None:
    backed_up(settings)
    with opened(settings) as workspace:
        put_many(workspace, tmp_path / "many", 500)
        expected = contents_of(workspace)
    files = files_of(settings)
    os.truncate(settings.database_path, 5000)
    for number in range(8):
        killed = kill_after(0.05 * number, "restore", settings.data_dir)
        assert number > 0 or (killed and list(settings.data_dir.glob(".*holdall*")))

    Recovery(settings).restore()

    assert files_of(settings) == files
    with opened(settings) as workspace:
        assert contents_of(workspace) == expected
    assert not list(settings.data_dir.glob(".*holdall*"))


def test_the_audit_tells_of_it_once_and_its_chain_holds(settings: Settings) -> None:
    backup = backed_up(settings)
    restored_after_loss(settings)
    for _ in range(2):
        with opened(settings) as workspace:
            told = [entry for entry in workspace.audit.newest(100) if entry.operation.startswith("recovery.")]
            assert [(entry.operation, entry.actor) for entry in told] == [("recovery.restored", workspace.owner_id)]
            assert told[0].detail["backup"] == backup.name
            assert told[0].detail["taken_in"] == 0
            assert workspace.audit.verify(SERVICE).sound


def test_the_audit_of_a_rebuilt_database_begins_with_that(settings: Settings) -> None:
    Recovery(settings).rebuild(force=True)
    with opened(settings) as workspace:
        first = workspace.audit.newest(100)[-1]
        assert (first.id, first.operation, first.detail["forced"]) == (1, "recovery.rebuilt", True)
        assert workspace.audit.verify(SERVICE).sound
