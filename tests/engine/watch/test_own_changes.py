"""What Holdall does itself, in this process or another, is no outside change."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from engine.config import OutsideChanges, load_settings
from engine.secrets import FixedSecrets
from engine.storage import FileStorage
from engine.types import Bucket, BucketChanges, Retention, RlsContext, UploadItem, UploadOptions
from engine.watch.watcher import Watcher
from engine.workspace import Workspace, open_workspace
from tests.engine.watch.conftest import Told, content_of, wait_until

REPLACE = UploadOptions(replace=True)


def busy(storage: FileStorage, service: RlsContext, files: Path) -> None:
    """Do everything that changes files."""
    items = [UploadItem(file, f"bulk/{file.name}") for file in sorted(files.iterdir())]
    storage.upload_many("photos", items, service, REPLACE)
    storage.upload("photos", "a.txt", b"one", service, REPLACE)
    storage.upload("photos", "a.txt", b"two", service, REPLACE)
    storage.move("photos", "a.txt", "deep/er/b.txt", service)
    storage.copy("photos", "deep/er/b.txt", "c.txt", service)
    storage.upload("photos", "100% of it", b"escaped", service, REPLACE)
    storage.move_folder("photos", "bulk/", "moved/", service)
    storage.delete_many("photos", ["moved/", "c.txt"], service)
    storage.create_folder("photos", "empty/", service)
    for name in ("x", "x/y"):
        storage.upload("photos", name, name.encode(), service, REPLACE)  # one of them has to give way


def files_in(folder: Path) -> Path:
    folder.mkdir()
    for number in range(300):
        (folder / f"{number}.txt").write_bytes(b"%d" % number)
    return folder


def test_own_changes_are_none(
    storage: FileStorage, service: RlsContext, taking_in: Watcher, told: Told, tmp_path: Path
) -> None:
    busy(storage, service, files_in(tmp_path / "files"))
    told.nothing()
    assert storage.check(service).findings == ()


def test_own_changes_of_what_is_kept_are_none(
    storage: FileStorage, service: RlsContext, reporting: Watcher, told: Told, tmp_path: Path
) -> None:
    storage.update_bucket("photos", service, BucketChanges(retention=Retention(5, None, 30)))
    busy(storage, service, files_in(tmp_path / "files"))
    newest = storage.trash.list("photos", service).items[0].id or 0
    storage.trash.restore("photos", [newest], service)
    storage.versions.restore("photos", storage.versions.list("photos", "a.txt", service)[-1].id or 0, service)
    storage.trash.empty("photos", service)
    told.nothing()
    assert not workspace_problems(storage, service)


def workspace_problems(storage: FileStorage, service: RlsContext) -> list[str]:
    return [one.path for one in storage.walk("photos", "", service) if one.problem]


def test_what_another_process_does_is_none(
    storage: FileStorage,
    service: RlsContext,
    taking_in: Watcher,
    told: Told,
    outside: Callable[..., None],
    workspace: Workspace,
    tmp_path: Path,
) -> None:
    files = files_in(tmp_path / "files")
    outside(f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[3])!r})
from engine.config import load_settings
from engine.secrets import FixedSecrets
from engine.types import RlsContext
from engine.workspace import open_workspace
from tests.engine.watch.test_own_changes import busy
settings = load_settings(pathlib.Path({str(workspace.settings.data_dir)!r}), environ={{}})
with open_workspace(settings, FixedSecrets(bytes(32))) as w:
    busy(w.storage, RlsContext.service(), pathlib.Path({str(files)!r}))
    w.storage.upload('photos', 'last.txt', b'open record', RlsContext.service())""")
    told.nothing()
    assert content_of(storage, "last.txt", service) == b"open record"
    assert storage.check(service).findings == ()


def test_two_processes_that_watch_take_a_change_in_once(
    storage: FileStorage,
    service: RlsContext,
    taking_in: Watcher,
    told: Told,
    outside: Callable[..., None],
    workspace: Workspace,
) -> None:
    beside_settings = load_settings(workspace.settings.data_dir, environ={"HOLDALL_OUTSIDE_CHANGES": "take-in"})
    with open_workspace(beside_settings, FixedSecrets(bytes(32))) as beside:
        other = Told(beside.storage)
        beside.watcher.start()
        assert beside.watcher.ready.wait(20)
        storage.upload("photos", "a.txt", b"before", service)
        outside("for n in range(5): open(f'new{n}', 'w').write(str(n))\nopen('a.txt', 'w').write('after')")
        wait_until(lambda: len(told.changes) + len(other.changes) >= 6)
        time.sleep(2)
        assert len(told.changes) + len(other.changes) == 6
    assert storage.check(service).findings == ()


def test_uploads_race_with_edits_of_the_same_file(
    storage: FileStorage, service: RlsContext, taking_in: Watcher, told: Told, folder: Path
) -> None:
    storage.upload("photos", "a.txt", b"start", service)
    until = time.monotonic() + 4

    def edit() -> None:
        number = 0
        while time.monotonic() < until:
            number += 1
            with (folder / "a.txt").open("w") as file:
                file.write(f"edit {number}")
            time.sleep(0.03 if number % 20 else 0.7)

    editor = threading.Thread(target=edit)
    editor.start()
    number = 0
    while time.monotonic() < until:
        number += 1
        storage.upload("photos", "a.txt", f"upload {number}".encode(), service, REPLACE)
        time.sleep(0.11 if number % 10 else 0.7)
    editor.join()
    wait_until(lambda: storage.check(service).findings == ())
    assert content_of(storage, "a.txt", service).split()[0] in {b"edit", b"upload"}


def test_uploads_race_with_files_that_are_put_in_their_place(
    storage: FileStorage, service: RlsContext, taking_in: Watcher, told: Told, folder: Path
) -> None:
    """No bytes are lost: a name that both want is the object's, and the other file stays where it is."""
    for number in range(30):
        (folder / f"{number}.txt").write_text(f"foreign {number}")
        if number % 3 == 0:
            storage.upload("photos", f"{number}.txt", f"own {number}".encode(), service)
    wait_until(lambda: len(told.changes) >= 30)
    for number in range(30):
        assert (folder / f"{number}.txt").read_text() == f"foreign {number}"
        owner = b"own" if number % 3 == 0 else b"foreign"
        assert content_of(storage, f"{number}.txt", service) == owner + b" %d" % number


def test_one_shot_commands_do_not_watch(workspace: Workspace, storage: FileStorage, bucket: Bucket) -> None:
    assert "holdall-watch" not in {thread.name for thread in threading.enumerate()}


def test_nobody_watches_who_is_told_not_to(workspace: Workspace) -> None:
    workspace.watcher.choose(OutsideChanges.OFF)
    workspace.watcher.start()
    assert "holdall-watch" not in {thread.name for thread in threading.enumerate()}
    workspace.watcher.choose(OutsideChanges.REPORT)
    assert workspace.watcher.ready.wait(20)
    workspace.watcher.choose(OutsideChanges.OFF)
    assert "holdall-watch" not in {thread.name for thread in threading.enumerate()}


def test_closing_is_quick_in_the_middle_of_reading(
    workspace: Workspace, service: RlsContext, taking_in: Watcher, folder: Path
) -> None:
    with (folder / "huge.bin").open("wb") as file:
        file.truncate(40 << 30)  # reading that takes a minute
    time.sleep(1.0)
    began = time.monotonic()
    taking_in.close()
    assert time.monotonic() - began < 10.0
