"""What a power cut leaves: at every commit, all that it vouches for has been made durable, names and bytes.

The calls of the local backend are watched: creating, writing, renaming and removing leave something that a power cut
undoes, until the file, its folder, or the whole file system is synced.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.backends import folders, local
from engine.backends.base import StorageBackend
from engine.backends.folders import PosixFolder
from engine.config import load_settings
from engine.errors import IoError
from engine.files.journal import Journal
from engine.metadata.executor import Executor, Transaction
from engine.secrets import FixedSecrets
from engine.storage import FileStorage
from engine.types import Bucket, RlsContext, UploadItem, UploadOptions
from engine.workspace import Workspace, open_workspace

pytestmark = pytest.mark.skipif(
    not (folders.POSIX and Path("/proc/self/fd").exists()), reason="folders are told by /proc"
)
REPLACE = UploadOptions(replace=True)


def path_of(fd: int) -> str:
    return str(Path(f"/proc/self/fd/{fd}").readlink())


class Watch:
    """Knows what a power cut would undo, and holds every commit against it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, storage_dir: Path) -> None:
        self._patch = monkeypatch
        self._root = str(storage_dir)
        self._staging = f"{storage_dir}/.staging/"
        self._at_risk: set[str] = set()
        self._open: set[int] = set()
        self.commits = 0
        self.removals = 0
        self._watch_folders()
        self._watch_files()
        self._watch_commits()

    def _note(self, path: str) -> None:
        if path.startswith(self._root):
            self._at_risk.add(path)

    def _before(self, owner: object, name: str, note: Callable[..., None]) -> None:
        """Have a call noted before it is made."""
        real = getattr(owner, name)

        def noted(*arguments: object, **options: object) -> object:
            note(*arguments, **options)
            return real(*arguments, **options)

        self._patch.setattr(owner, name, noted)

    def _watch_folders(self) -> None:
        def renamed(source: PosixFolder, _: str, target: PosixFolder, *__: object, **___: object) -> None:
            if not path_of(source._fd).startswith(self._staging):
                self._note(path_of(source._fd))
            self._note(path_of(target._fd))

        def entered(folder: PosixFolder, name: str, *, create: bool = False) -> None:
            if create and folder.stat(name) is None:
                self._note(path_of(folder._fd))

        def unlinked(folder: PosixFolder, _: str) -> None:
            if not path_of(folder._fd).startswith(self._staging):
                self._note(path_of(folder._fd))

        rmdir = PosixFolder.rmdir

        def removed(folder: PosixFolder, name: str) -> None:
            rmdir(folder, name)
            self._at_risk.discard(f"{path_of(folder._fd)}/{name}")
            self._note(path_of(folder._fd))

        def opened(folder: PosixFolder, name: str, flags: int, *_: object) -> None:
            if flags & os.O_CREAT:
                self._note(path_of(folder._fd))
                self._note(f"{path_of(folder._fd)}/{name}")

        self._before(PosixFolder, "rename", renamed)
        self._before(PosixFolder, "child", entered)
        self._before(PosixFolder, "unlink", unlinked)
        self._patch.setattr(PosixFolder, "rmdir", removed)
        self._before(PosixFolder, "open", opened)

    def _watch_files(self) -> None:
        fsync, sync_all = os.fsync, local.sync_file_system

        def synced(fd: int) -> None:
            fsync(fd)
            self._at_risk.discard(path_of(fd))

        def all_synced(fd: int) -> bool:
            done = sync_all(fd)
            if done:
                self._at_risk.clear()
            return done

        self._patch.setattr(os, "fsync", synced)
        self._patch.setattr(local, "sync_file_system", all_synced)
        self._before(os, "write", lambda fd, _: self._note(path_of(fd)))

    def _watch_commits(self) -> None:
        add, transaction = Journal.add, Executor.transaction
        added: list[list[object]] = []

        def noted(journal: Journal, tx: Transaction, kind: object, staging: str, items: list[object]) -> int:
            if kind.value == "publish":
                added.append([f"{self._staging}{staging}/{item[1]}" for item in items])
                added.append([f"{self._staging}{staging}"])
            return add(journal, tx, kind, staging, items)

        @contextlib.contextmanager
        def watched(
            executor: Executor, context: RlsContext, patience_s: float | None = None, *, quiet: bool = False
        ) -> Iterator[Transaction]:
            if quiet:
                with transaction(executor, context, patience_s, quiet=True) as tx:
                    yield tx
                return
            added.clear()
            with transaction(executor, context, patience_s) as tx:
                before = set(Journal().open_ids(tx))
                yield tx
                left = set(Journal().open_ids(tx))
                self.commits += 1
                assert not self._at_risk & {path for paths in added for path in paths}, "staged bytes are at risk"
                if before - left:
                    self.removals += 1
                    outside = {path for path in self._at_risk if not path.startswith(self._staging)}
                    assert not outside, "a record is removed whose work is at risk"

        self._patch.setattr(Journal, "add", noted)
        self._patch.setattr(Executor, "transaction", watched)


@pytest.fixture
def backend(data_dir: Path) -> StorageBackend:
    """Return a backend whose bytes a power cut can touch."""
    return local.LocalBackend(data_dir / "storage")


@pytest.fixture
def watch(workspace: Workspace, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Watch what a workspace with an empty bucket does from now on."""
    return Watch(monkeypatch, workspace.settings.storage_dir)


def sources(folder: Path, count: int, size_bytes: int = 10) -> list[UploadItem]:
    items = []
    for number in range(count):
        (folder / f"{number}").write_bytes(bytes([number % 256]) * size_bytes)
        items.append(UploadItem(folder / f"{number}", f"many/{number % 30}/{number}"))
    return items


Use = Callable[[FileStorage, RlsContext, Path], object]
USES: dict[str, Use] = {
    "bytes": lambda storage, service, _: storage.upload("photos", "a/b/c", b"new", service),
    "an empty object": lambda storage, service, _: storage.upload("photos", "a/b/c", b"", service),
    "a stream": lambda storage, service, _: storage.upload("photos", "a/b/c", b"x" * 3_000_000, service),
    "a replacement": lambda storage, service, _: storage.upload("photos", "old/0", b"new", service, REPLACE),
    "one file": lambda storage, service, folder: storage.upload(
        "photos", "a/file", sources(folder, 1, 3_000_000)[0].source, service
    ),
    "a few files": lambda storage, service, folder: storage.upload_many("photos", sources(folder, 3), service),
    "many files": lambda storage, service, folder: storage.upload_many("photos", sources(folder, 60), service),
    "a large file in a batch": lambda storage, service, folder: storage.upload_many(
        "photos", sources(folder, 2, 2_000_000), service
    ),
    "a copy": lambda storage, service, _: storage.copy("photos", "old/0", "copied/here", service),
    "a move": lambda storage, service, _: storage.move("photos", "old/0", "moved/here/too", service),
    "a moved folder": lambda storage, service, _: storage.move_folder("photos", "old/", "new/place/", service),
    "a move to a taken name": lambda storage, service, _: storage.move("photos", "old/0", "old/1/below", service),
    "a delete": lambda storage, service, _: storage.delete("photos", "old/0", service),
    "a deleted folder": lambda storage, service, _: storage.delete_many("photos", ["old/"], service),
    "a taken name": lambda storage, service, _: storage.upload("photos", "old/0/below", b"new", service),
    "a folder marker": lambda storage, service, _: storage.create_folder("photos", "folder/", service),
}


@pytest.mark.parametrize("use", USES)
def test_a_commit_vouches_for_nothing_that_a_power_cut_undoes(
    storage: FileStorage, service: RlsContext, watch: Watch, tmp_path: Path, use: str
) -> None:
    for number in range(20):
        storage.upload("photos", f"old/{number}", b"old", service)
    commits = watch.commits

    USES[use](storage, service, tmp_path)
    storage.upload("photos", "afterwards", b"removes what is finished", service)

    assert watch.commits >= commits + 3
    assert watch.removals > 0
    assert storage.check(service).findings == ()


@pytest.mark.parametrize("use", USES)
def test_nor_after_a_crash_in_the_middle(
    storage: FileStorage,
    service: RlsContext,
    workspace: Workspace,
    tmp_path: Path,
    use: str,
    bucket: Bucket,
    data_dir: Path,
) -> None:
    """One process dies after it renamed and before it synced; the next finds all done and must still make it last."""
    for number in range(20):
        storage.upload("photos", f"old/{number}", b"old", service)
    with pytest.MonkeyPatch.context() as patched:
        watch = Watch(patched, workspace.settings.storage_dir)

        def dying(*_: object) -> None:
            raise IoError("the process dies here")

        with pytest.MonkeyPatch.context() as crash:
            crash.setattr("engine.backends.local_changes.LocalChanges.sync", dying)
            USES[use](storage, service, tmp_path)
        with open_workspace(load_settings(data_dir, environ={}), FixedSecrets(bytes(32))) as another:
            assert watch.removals > 0
            assert another.storage.check(service).findings == ()


def test_the_folders_of_staging_are_durable_before_anything_is_staged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def note(fd: int) -> None:
        synced.append(path_of(fd))
        fsync(fd)

    monkeypatch.setattr(os, "fsync", note)
    backend = local.LocalBackend(tmp_path / "storage")
    backend.close()

    assert {str(tmp_path / "storage"), str(tmp_path / "storage" / ".staging")} <= set(synced)
