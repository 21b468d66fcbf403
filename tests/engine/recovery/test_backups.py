"""Backups of the database: whole while others write, checked, durable, so many and no more."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from engine.cancel import CancelToken
from engine.config import load_settings
from engine.errors import Cancelled, DatabaseCorrupt, DatabaseLocked
from engine.jobs.backups import Backups
from engine.locks import FileLock
from engine.metadata.snapshot import copy_database
from engine.secrets import FixedSecrets
from engine.storage import FileStorage
from engine.types import Bucket, RlsContext
from engine.workspace import Workspace, backups_of, open_workspace
from tests.engine.recovery.conftest import KillAfter

DAY_US = 24 * 3600 * 1_000_000
START_US = 1_790_000_000_000_000


class Clock:
    """A wall clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now_us = START_US

    def __call__(self) -> int:
        return self.now_us


def rows_of(path: Path, table: str = "storage_objects") -> int:
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def backups(workspace: Workspace, clock: Clock) -> Backups:
    """Return the backups of an open workspace, three deep and daily."""
    settings = workspace.settings
    return Backups(settings.database_path, settings.backups_dir, 3, 24 * 3600, clock)


def test_a_backup_is_one_whole_private_file(
    backups: Backups, storage: FileStorage, bucket: Bucket, service: RlsContext
) -> None:
    storage.upload(bucket.name, "cat.txt", b"meow", service)

    made = backups.make()

    assert made.path.name == "holdall-2026-09-21T14-13-20.000000Z.db"
    assert rows_of(made.path) == 1
    assert made.path.stat().st_size == made.size_bytes
    assert sorted(path.name for path in made.path.parent.iterdir()) == [".lock", made.path.name]
    if os.name != "nt":
        assert made.path.stat().st_mode & 0o077 == 0


def test_writers_go_on_while_a_backup_is_made_and_it_shows_one_moment(
    backups: Backups, storage: FileStorage, bucket: Bucket, service: RlsContext
) -> None:
    stop, counts, slowest = threading.Event(), [], [0.0]

    def write() -> None:
        number = 0
        while not stop.is_set():
            began = time.monotonic()
            storage.upload(bucket.name, f"{number}.txt", b"x", service)
            slowest[0] = max(slowest[0], time.monotonic() - began)
            number += 1
        counts.append(number)

    writer = threading.Thread(target=write)
    writer.start()
    made = [backups.make() for _ in range(3)]
    stop.set()
    writer.join()

    seen = [rows_of(backup.path) for backup in made]
    assert seen == sorted(seen)
    assert seen[-1] <= counts[0]
    assert slowest[0] < 5


def test_so_many_are_kept_and_those_before_migrations_besides(backups: Backups, clock: Clock) -> None:
    first = backups.make(before_migration=True)
    for _ in range(5):
        clock.now_us += DAY_US
        backups.make()

    kept = backups.list()
    assert len(kept) == 4
    assert kept[-1] == first
    assert kept[0].made_at > kept[1].made_at > kept[2].made_at > kept[3].made_at


def test_two_in_one_moment_have_two_names(backups: Backups) -> None:
    assert backups.make().path != backups.make().path


@pytest.mark.parametrize(("step_us", "due"), [(DAY_US - 1, False), (DAY_US, True), (-DAY_US, True)])
def test_the_next_is_due_an_interval_later_or_when_the_clock_was_put_back(
    backups: Backups, clock: Clock, step_us: int, due: bool
) -> None:
    assert backups.make_if_due(CancelToken()) is not None
    assert backups.make_if_due(CancelToken()) is None

    clock.now_us += step_us

    assert (backups.make_if_due(CancelToken()) is not None) is due


def test_one_look_with_a_clock_that_is_ahead_costs_neither_the_week_nor_the_interval(
    backups: Backups, clock: Clock
) -> None:
    for _ in range(3):
        backups.make_if_due(CancelToken())
        clock.now_us += DAY_US
    week = backups.list()
    clock.now_us += 400 * DAY_US
    astray = backups.make_if_due(CancelToken())
    clock.now_us -= 400 * DAY_US

    made = []
    for _ in range(4 * 25):
        made.append(backups.make_if_due(CancelToken()))
        clock.now_us += DAY_US // (4 * 24)

    assert len([backup for backup in made if backup]) == 2
    assert astray not in backups.list()
    assert backups.list()[-1] == week[0]


def test_a_clock_behind_all_backups_keeps_the_one_just_made(backups: Backups, clock: Clock) -> None:
    for _ in range(3):
        backups.make()
        clock.now_us += DAY_US
    later = backups.list()
    clock.now_us -= 30 * DAY_US

    made = backups.make_if_due(CancelToken())

    assert made is not None
    assert made.path.stat().st_size == made.size_bytes
    assert backups.list() == (*later[:2], made)
    assert backups.make_if_due(CancelToken()) is None


def test_none_is_made_by_itself_where_none_is_to_be_kept(workspace: Workspace) -> None:
    settings = workspace.settings
    none = Backups(settings.database_path, settings.backups_dir, 0, 1)

    assert none.make_if_due(CancelToken()) is None
    assert [none.make().path, none.make().path] == [backup.path for backup in reversed(none.list())]


def test_one_process_at_a_time(backups: Backups, workspace: Workspace) -> None:
    backups.make()
    lock = FileLock(workspace.settings.backups_dir / ".lock")
    assert lock.acquire()

    with pytest.raises(DatabaseLocked, match="Another program is making a backup"):
        backups.make()
    lock.release()


def test_a_cancelled_backup_leaves_nothing(backups: Backups, workspace: Workspace) -> None:
    cancel = CancelToken()
    cancel.cancel()

    with pytest.raises(Cancelled):
        backups.make(cancel)

    assert [path.name for path in workspace.settings.backups_dir.iterdir()] == [".lock"]


def test_a_damaged_database_makes_no_backup_and_costs_none(tmp_path: Path, clock: Clock) -> None:
    database = tmp_path / "holdall.db"
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("CREATE TABLE t (v TEXT)")
        connection.executemany("INSERT INTO t VALUES (?)", [("x" * 500,)] * 2000)
        connection.commit()
    backups = Backups(database, tmp_path / "backups", 1, 1, clock)
    good = backups.make()
    with database.open("r+b") as file:
        file.seek(20 * 4096)
        file.write(os.urandom(40 * 4096))

    clock.now_us += DAY_US
    with pytest.raises(DatabaseCorrupt):
        backups.make()

    assert backups.list() == (good,)
    assert sorted(path.name for path in good.path.parent.iterdir()) == [".lock", good.path.name]


def test_other_files_in_the_folder_are_left_alone(backups: Backups, workspace: Workspace, clock: Clock) -> None:
    backups.make()
    mine = workspace.settings.backups_dir / "holdall-mine.db"
    mine.write_bytes(b"mine")
    for _ in range(5):
        clock.now_us += DAY_US
        backups.make()

    assert mine.read_bytes() == b"mine"
    assert len(backups.list()) == 3


def test_the_engine_makes_the_first_by_itself(data_dir: Path) -> None:
    settings = load_settings(data_dir, environ={})
    with open_workspace(settings, FixedSecrets(bytes(32))) as workspace:
        workspace.jobs.run_now("backup")
        deadline = time.monotonic() + 10
        while not workspace.backups.list() and time.monotonic() < deadline:
            time.sleep(0.01)

    assert len(backups_of(settings).list()) == 1


@pytest.mark.campaign
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_process_killed_at_any_moment_leaves_only_whole_backups(
    tmp_path: Path, workspace: Workspace, kill_after: KillAfter
) -> None:
    database, folder = workspace.settings.database_path, tmp_path / "backups"
    for number in range(12):
        assert kill_after(0.003 * number, "back up", workspace.settings.data_dir, folder=str(folder))
        assert number > 0 or list(folder.glob(".holdall*"))
        for backup in Backups(database, folder, 3, 1).list():
            copy_database(backup.path, tmp_path / "checked.db", CancelToken())

    after = Backups(database, folder, 3, 1)
    after.make()
    assert {path.name for path in folder.iterdir()} == {".lock", *(backup.path.name for backup in after.list())}
