"""A storage folder that is gone is never made anew under known objects, nor a database beside stored files."""

import contextlib
import shutil
import sqlite3

import pytest

from engine.config import Settings
from engine.errors import BackendUnreachable, DatabaseCorrupt
from engine.secrets import FixedSecrets
from engine.workspace import open_workspace


def _stored(data_dir):
    with open_workspace(Settings(data_dir), FixedSecrets(bytes(32))) as workspace:
        workspace.storage.create_bucket("photos", workspace.context)
        workspace.storage.upload("photos", "a.txt", b"kept", workspace.context)


@pytest.mark.parametrize("left_behind", ["nothing", "an empty folder"])
def test_a_missing_disk_is_told_and_nothing_is_made(data_dir, left_behind):
    _stored(data_dir)
    (data_dir / "storage").rename(data_dir / "unplugged")
    if left_behind == "an empty folder":
        (data_dir / "storage").mkdir()
    with pytest.raises(BackendUnreachable, match="storage folder is gone") as caught:
        open_workspace(Settings(data_dir), FixedSecrets(bytes(32)))
    assert "Connect the disk" in caught.value.hint
    assert not (data_dir / "storage" / ".staging").exists()


def test_with_the_disk_back_everything_is_there(data_dir):
    _stored(data_dir)
    (data_dir / "storage").rename(data_dir / "unplugged")
    with pytest.raises(BackendUnreachable):
        open_workspace(Settings(data_dir), FixedSecrets(bytes(32)))
    (data_dir / "unplugged").rename(data_dir / "storage")
    with (
        open_workspace(Settings(data_dir), FixedSecrets(bytes(32))) as workspace,
        workspace.storage.open_object("photos", "a.txt", workspace.context) as reader,
    ):
        assert reader.read() == b"kept"


def test_a_workspace_without_objects_makes_its_folder(data_dir):
    with open_workspace(Settings(data_dir), FixedSecrets(bytes(32))):
        pass
    shutil.rmtree(data_dir / "storage")
    with open_workspace(Settings(data_dir), FixedSecrets(bytes(32))) as workspace:
        workspace.storage.create_bucket("photos", workspace.context)


@pytest.mark.parametrize("left_behind", ["nothing", "no bytes", "no tables"])
def test_a_lost_database_is_told_and_no_new_one_made(data_dir, left_behind):
    _stored(data_dir)
    database = data_dir / "holdall.db"
    kept = database.read_bytes()
    database.unlink()
    if left_behind != "nothing":
        database.touch()
    if left_behind == "no tables":
        with contextlib.closing(sqlite3.connect(database)) as connection:
            connection.execute("PRAGMA user_version = 1")
    before = {path: path.stat().st_size for path in data_dir.rglob("*")}
    for _ in range(2):
        with pytest.raises(DatabaseCorrupt, match="missing or empty") as caught:
            open_workspace(Settings(data_dir), FixedSecrets(bytes(32)))
        assert "from a backup" in caught.value.hint
    assert {path: path.stat().st_size for path in data_dir.rglob("*")} == before
    database.write_bytes(kept)
    with open_workspace(Settings(data_dir), FixedSecrets(bytes(32))) as workspace:
        assert workspace.storage.check(workspace.context).clean


def test_without_stored_files_a_lost_database_is_begun_anew(data_dir):
    with open_workspace(Settings(data_dir), FixedSecrets(bytes(32))) as workspace:
        workspace.storage.create_bucket("photos", workspace.context)
        workspace.storage.upload("photos", "a.txt", b"", workspace.context)
        workspace.storage.empty_bucket("photos", workspace.context)
    (data_dir / "holdall.db").unlink()
    with open_workspace(Settings(data_dir), FixedSecrets(bytes(32))) as workspace:
        assert workspace.storage.list_buckets(workspace.context) == ()
