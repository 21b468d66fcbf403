"""Several workspaces in one process: on one data folder, and on data folders of their own."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine import limits
from engine.config import load_settings
from engine.errors import BucketAlreadyExists, BucketNotFound, ObjectAlreadyExists, ObjectNotFound
from engine.secrets import FixedSecrets
from engine.storage import FileStorage
from engine.types import RlsContext, UploadItem, UploadOptions
from engine.workspace import Workspace, open_workspace

KEYS = b"\x07" * 32


@pytest.fixture
def one(data_dir: Path) -> Iterator[Workspace]:
    with open_workspace(load_settings(data_dir, environ={}), FixedSecrets(KEYS)) as opened:
        yield opened


@pytest.fixture
def two(one: Workspace) -> Iterator[Workspace]:
    """Open the same data folder once more."""
    with open_workspace(one.settings, FixedSecrets(KEYS)) as opened:
        yield opened


def read(storage: FileStorage, path: str, service: RlsContext) -> bytes:
    with storage.open_object("photos", path, service, verify=True) as reader:
        return reader.read()


def test_each_sees_what_the_other_does(one: Workspace, two: Workspace, service: RlsContext):
    one.storage.create_bucket("photos", service)
    with pytest.raises(BucketAlreadyExists):
        two.storage.create_bucket("photos", service)
    first = one.storage.upload("photos", "a", b"1", service)
    assert two.storage.info("photos", "a", service) == first
    assert read(two.storage, "a", service) == b"1"
    two.storage.upload("photos", "a", b"2", service, UploadOptions(replace=True))
    assert read(one.storage, "a", service) == b"2"
    one.storage.move("photos", "a", "b", service)
    assert read(two.storage, "b", service) == b"2"
    two.storage.delete("photos", "b", service)
    with pytest.raises(ObjectNotFound):
        one.storage.delete("photos", "b", service)
    two.storage.delete_bucket("photos", service)
    with pytest.raises(BucketNotFound):
        one.storage.upload("photos", "c", b"", service)


def test_they_are_the_same_workspace(one: Workspace, two: Workspace, service: RlsContext):
    assert one.owner_id == two.owner_id
    assert one.keys.anon == two.keys.anon
    one.storage.create_bucket("photos", service)
    one.storage.upload("photos", "a", b"x", service)
    link = one.storage.sign("photos", "a", service, 60)
    token, _, expires = link.path_and_query.partition("token=")[2].partition("&expires=")
    with two.storage.open_signed("photos", "a", method="GET", token=token, expires=expires) as reader:
        assert reader.read() == b"x"


def test_a_reader_keeps_its_bytes_whoever_replaces_them(one: Workspace, two: Workspace, service: RlsContext):
    one.storage.create_bucket("photos", service)
    one.storage.upload("photos", "a", b"old" * 100_000, service)
    with one.storage.open_object("photos", "a", service, verify=True) as reader:
        two.storage.upload("photos", "a", b"new", service, UploadOptions(replace=True))
        two.storage.delete("photos", "a", service)
        assert reader.read() == b"old" * 100_000


def test_opening_again_never_touches_running_uploads(one: Workspace, service: RlsContext):
    one.storage.create_bucket("photos", service)
    with one.storage.begin_upload("photos", "a", service) as session:
        session.write(bytes(100_000))
        with open_workspace(one.settings, FixedSecrets(KEYS)) as late:
            assert late.storage.check(service, repair=True).clean
        session.write(b"end")
        session.commit()
    assert read(one.storage, "a", service) == bytes(100_000) + b"end"
    assert one.storage.check(service).clean


def test_uploads_of_both_at_once(one: Workspace, two: Workspace, service: RlsContext, tmp_path: Path):
    one.storage.create_bucket("photos", service)
    for number in range(100):
        (tmp_path / f"{number}").write_bytes(str(number).encode())

    def send(workspace: Workspace, name: str) -> int:
        items = [UploadItem(tmp_path / f"{number}", f"{name}/{number}") for number in range(100)]
        return workspace.storage.upload_many("photos", items, service).done

    def fight(workspace: Workspace) -> int:
        won = 0
        for number in range(20):
            try:
                workspace.storage.upload("photos", f"fight/{number}", b"x", service)
                won += 1
            except ObjectAlreadyExists:
                continue
        return won

    with ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(send, one, "one"), pool.submit(send, two, "two")]
        fought = [pool.submit(fight, one), pool.submit(fight, two)]
        assert [future.result() for future in sent] == [100, 100]
        assert sum(future.result() for future in fought) == 20
    assert one.storage.tree_size("photos", "", service).objects == 220
    assert two.storage.check(service).clean


def test_writers_of_one_object_never_mix_it(one: Workspace, two: Workspace, service: RlsContext):
    one.storage.create_bucket("photos", service)
    one.storage.upload("photos", "a", b"start", service)

    def write(workspace: Workspace, letter: bytes) -> None:
        for _ in range(15):
            workspace.storage.upload("photos", "a", letter * 5000, service, UploadOptions(replace=True))

    def watch(workspace: Workspace) -> set[bytes]:
        return {read(workspace.storage, "a", service) for _ in range(40)}

    with ThreadPoolExecutor(4) as pool:
        writing = [pool.submit(write, one, b"1"), pool.submit(write, two, b"2")]
        watching = [pool.submit(watch, one), pool.submit(watch, two)]
        for future in writing:
            future.result()
        seen = set().union(*(future.result() for future in watching))
    assert seen <= {b"start", b"1" * 5000, b"2" * 5000}
    assert one.storage.check(service).clean


class TestDataVersion:
    def test_it_stands_still_while_nothing_happens(self, one: Workspace, two: Workspace, service: RlsContext):
        one.storage.create_bucket("photos", service)
        version = two.storage.data_version()
        one.storage.list_buckets(service)
        two.storage.list_buckets(service)
        assert two.storage.data_version() == version

    def test_every_change_moves_it_for_everybody(self, one: Workspace, two: Workspace, service: RlsContext):
        changes = [
            lambda: one.storage.create_bucket("photos", service),
            lambda: one.storage.upload("photos", "a", b"x", service),
            lambda: two.storage.move("photos", "a", "b", service),
            lambda: two.storage.delete("photos", "b", service),
            lambda: one.storage.delete_bucket("photos", service),
        ]
        for change in changes:
            before = one.storage.data_version(), two.storage.data_version()
            change()
            after = one.storage.data_version(), two.storage.data_version()
            assert after[0] != before[0]
            assert after[1] != before[1]


def test_two_data_folders_know_nothing_of_each_other(one: Workspace, service: RlsContext, tmp_path: Path):
    with open_workspace(load_settings(tmp_path / "other", environ={}), FixedSecrets(b"\x09" * 32)) as other:
        heard: list[object] = []
        other.storage.events.subscribe(heard.append)
        one.storage.create_bucket("photos", service)
        one.storage.upload("photos", "a", b"x", service)
        assert other.storage.list_buckets(service) == ()
        assert other.owner_id != one.owner_id
        assert other.keys.anon != one.keys.anon
        assert heard == []


def test_what_was_stored_is_there_at_the_next_start(data_dir: Path, service: RlsContext):
    settings = load_settings(data_dir, environ={})
    with open_workspace(settings, FixedSecrets(KEYS)) as first:
        owner = first.owner_id
        bucket = first.storage.create_bucket("photos", service)
        stored = first.storage.upload("photos", "Größe/it's", b"x", service)
        abandoned = first.storage.begin_upload("photos", "b", service)
        abandoned.write(bytes(10_000))
        abandoned.abort()
    with open_workspace(settings, FixedSecrets(KEYS)) as second:
        assert second.owner_id == owner
        assert second.storage.list_buckets(service) == (bucket,)
        assert second.storage.info("photos", "Größe/it's", service) == stored
        assert read(second.storage, "Größe/it's", service) == b"x"
        assert second.storage.check(service).clean


@pytest.fixture
def held(one: Workspace) -> Iterator[sqlite3.Connection]:
    """Return a connection of somebody who is in the middle of a change that takes long."""
    with contextlib.closing(sqlite3.connect(one.settings.database_path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        yield holder


def test_reading_waits_for_no_writer(
    one: Workspace, held: sqlite3.Connection, service: RlsContext, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(limits, "BUSY_TIMEOUT_S", 0.01)
    with open_workspace(one.settings, FixedSecrets(KEYS)) as late:
        assert late.storage.list_buckets(service) == ()
        assert late.owner_id == one.owner_id


def test_closing_waits_for_no_writer(one: Workspace, data_dir: Path, service: RlsContext, caplog):
    caplog.set_level("INFO")
    one.storage.create_bucket("photos", service)
    one.storage.upload("photos", "a", b"x", service)
    with contextlib.closing(sqlite3.connect(one.settings.database_path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        begun_s = time.monotonic()
        one.close()
        assert time.monotonic() - begun_s < 5
    assert "left for the next start" in caplog.text
    with open_workspace(one.settings, FixedSecrets(KEYS)) as again:
        assert again.storage.check(service).clean
        with again._core.executor.snapshot(service) as tx:
            assert again._core.journal.open_ids(tx) == []
