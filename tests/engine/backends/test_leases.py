"""Staging leases: what a dead process staged is taken over, what a living one stages is never touched."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from engine.backends import leases
from engine.backends.leases import LOCK_NAME, Lease, is_in_use, sweep
from engine.backends.local import LocalBackend
from engine.locks import FileLock

HOLDER = Path(__file__).with_name("lease_holder.py")


@contextmanager
def holder(root: Path, content: str = "staged") -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a process that stages, and yield it with the name of its lease."""
    command = [sys.executable, str(HOLDER), str(root), content]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def staged_files(root: Path) -> list[str]:
    return sorted(path.name for path in (root / ".staging").rglob("*") if path.is_file() and path.name != LOCK_NAME)


def test_a_sweep_leaves_a_living_process_alone_and_takes_over_from_a_dead_one(
    local_backend: LocalBackend, root: Path
) -> None:
    asked: list[str] = []

    def before(staging: str) -> bool:
        asked.append(staging)
        reader = local_backend.open_staged(staging, "v1")
        assert reader is not None
        assert reader.read_at(0, 100) == b"staged"
        reader.close()
        return True

    with holder(root) as (process, name):
        assert local_backend.sweep(before) == 0
        assert asked == []
        assert staged_files(root) == ["v1"]

        process.kill()
        process.wait()
        assert local_backend.sweep(before) == 1

    assert asked == [name]
    assert [path.name for path in (root / ".staging").iterdir()] == [local_backend.staging]
    assert local_backend.sweep(before) == 0


def test_what_a_dead_process_committed_and_cannot_be_finished_yet_is_kept(
    local_backend: LocalBackend, root: Path
) -> None:
    with holder(root) as (process, name):
        process.kill()
        process.wait()

        assert local_backend.sweep(lambda _: False) == 0
        assert staged_files(root) == ["v1"]
        assert (root / ".staging" / name / "v1").read_bytes() == b"staged"
        assert local_backend.sweep(lambda _: True) == 1


def test_a_failure_to_finish_keeps_everything_and_gives_the_lease_back(local_backend: LocalBackend, root: Path) -> None:
    def fail(_: str) -> bool:
        raise RuntimeError("the database is gone")

    with holder(root) as (process, name):
        process.kill()
        process.wait()

        with pytest.raises(RuntimeError):
            local_backend.sweep(fail)
        assert staged_files(root) == ["v1"]
        lock = FileLock(root / ".staging" / name / LOCK_NAME)
        assert lock.acquire()
        lock.release()


def test_a_process_that_ends_well_leaves_nothing_but_what_is_staged(root: Path) -> None:
    with holder(root) as (process, name):
        process.communicate("end\n")
        assert process.returncode == 0
        assert staged_files(root) == ["v1"]

    empty = LocalBackend(root)
    assert empty.sweep(lambda _: True) == 1
    empty.close()
    empty.close()
    assert list((root / ".staging").iterdir()) == []
    assert name != empty.staging


def test_a_lease_that_is_only_being_made_survives_a_sweep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "leases"
    acquire = FileLock.acquire
    swept: list[int] = []

    def swept_first(lock: FileLock) -> bool:
        if not swept:  # between the making of the folder and its lock
            swept.append(0)
            swept[0] = sweep(folder, "", lambda _: True)
        return acquire(lock)

    monkeypatch.setattr(leases.FileLock, "acquire", swept_first)
    lease = Lease(folder)

    assert swept == [0]
    assert [path.name for path in folder.iterdir()] == [lease.name]
    assert sweep(folder, "", lambda _: True) == 0
    lease.release()


def test_a_lease_that_gets_its_lock_while_it_is_being_swept_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, path = tmp_path / "leases", tmp_path / "leases" / "new"
    path.mkdir(parents=True)
    rmdir, locks = Path.rmdir, [FileLock(path / LOCK_NAME)]

    def locked_first(self: Path) -> None:
        if self == path:
            assert locks[0].acquire()
        rmdir(self)

    monkeypatch.setattr(Path, "rmdir", locked_first)
    assert sweep(folder, "", lambda _: True) == 0

    assert (path / LOCK_NAME).exists()
    assert sweep(folder, "", lambda _: True) == 0
    locks[0].release()


def test_processes_that_come_and_go_sweep_each_other_without_harm(tmp_path: Path) -> None:
    folder = tmp_path / "leases"
    folder.mkdir()

    def come_and_go(_: int) -> None:
        for _ in range(40):
            lease = Lease(folder)
            (folder / lease.name / "v1").write_bytes(b"staged")
            sweep(folder, lease.name, lambda _: True)
            assert (folder / lease.name / "v1").read_bytes() == b"staged"
            (folder / lease.name / "v1").unlink()
            lease.release()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(come_and_go, range(4)))

    sweep(folder, "", lambda _: True)
    assert list(folder.iterdir()) == []


def test_what_cannot_be_removed_from_a_dead_lease_keeps_nobody_out(local_backend: LocalBackend, root: Path) -> None:
    dead = root / ".staging" / "dead"
    (dead / "a folder that somebody made").mkdir(parents=True)
    (dead / "v1").write_bytes(b"staged")

    assert local_backend.sweep(lambda _: True) == 1

    assert [path.name for path in dead.iterdir()] == ["a folder that somebody made"]


def test_a_file_among_the_leases_is_left_alone(local_backend: LocalBackend, root: Path) -> None:
    (root / ".staging" / "notes.txt").write_bytes(b"mine")

    assert local_backend.sweep(lambda _: True) == 0

    assert (root / ".staging" / "notes.txt").read_bytes() == b"mine"


def test_a_link_in_the_place_of_a_lock_is_not_followed(local_backend: LocalBackend, root: Path) -> None:
    lease, victim = root / ".staging" / "evil", root.parent / "victim"
    lease.mkdir()
    (lease / LOCK_NAME).symlink_to(victim)

    assert local_backend.sweep(lambda _: True) == 0

    assert not victim.exists()
    assert (lease / LOCK_NAME).is_symlink()


def test_what_lies_behind_links_is_in_use_by_nobody(tmp_path: Path) -> None:
    folder, victim, elsewhere = tmp_path / "leases", tmp_path / "victim", tmp_path / "elsewhere"
    (folder / "evil").mkdir(parents=True)
    (folder / "evil" / LOCK_NAME).symlink_to(victim)
    other = Lease(elsewhere)
    (folder / "away").symlink_to(elsewhere / other.name)

    assert not is_in_use(folder)
    assert is_in_use(elsewhere)

    assert not victim.exists()
    other.release()


def test_a_lock_on_a_removed_file_is_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "lock"
    first, second = FileLock(path), FileLock(path)
    assert first.acquire()
    lock = leases.FileLock.acquire.__globals__["_lock"]

    def removed_first(fd: int) -> None:
        """Let the holder take its file with it, in the moment between opening and locking it."""
        with suppress(FileNotFoundError):
            path.unlink()
        first.release()
        lock(fd)

    monkeypatch.setitem(leases.FileLock.acquire.__globals__, "_lock", removed_first)

    assert not second.acquire()
