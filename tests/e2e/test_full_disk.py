"""The disk of the data folder is full while the window is open."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import run
from tests.e2e.desktop import Desktop
from tests.e2e.window import Window

pytestmark = pytest.mark.xdist_group("desktop")

DISK_MB = 16


class WindowOnSmallDisk(Window):
    """A window in a namespace of its own, where the folder above its data folder is a small disk."""

    @property
    def entering(self) -> list[str]:
        """Return what to put before a command so that it sees the small disk too."""
        assert self._process is not None
        return ["nsenter", "--preserve-credentials", "--user", "--mount", "--target", str(self._process.pid)]

    @property
    def command(self) -> list[str]:
        """Return what mounts the disk and starts the window on it."""
        return [*in_namespace(f'{mount_line(self.data_dir.parent)} && exec "$@"'), "sh", *super().command]

    def _run(self, name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return super()._run(name, *arguments, before=self.entering)


def in_namespace(script: str) -> list[str]:
    return ["unshare", "--mount", "--map-root-user", "sh", "-c", script]


def mount_line(folder: Path) -> str:
    return f"mount -t tmpfs -o size={DISK_MB}m none {shlex.quote(str(folder))}"


def paste(window: Window, path: Path) -> None:
    """Copy a file in another program and paste it here, once the clipboard has it."""
    window.desktop.copy_files(path)
    window.until(lambda: path.name in window.desktop.clipboard(), "the file is in the clipboard")
    window.desktop.keys("ctrl+v")


@pytest.fixture
def small_window(desktop: Desktop, tmp_path: Path) -> Iterator[WindowOnSmallDisk]:
    """Return a window that is not open yet; skip where no disk can be mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    # another user's id in the namespace would be a stranger's to the message bus
    if os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "nsenter"))):
        pytest.skip("needs root, unshare and nsenter to make a small disk")
    if run(*in_namespace(mount_line(disk))).returncode:
        pytest.skip("a small disk cannot be mounted here")
    made = WindowOnSmallDisk(desktop, disk / "data", tmp_path / "holdall.log")
    yield made
    made.end()


def test_an_upload_onto_a_full_disk_says_so_and_loses_nothing(
    small_window: WindowOnSmallDisk, desktop: Desktop, tmp_path: Path
):
    window = small_window
    for name, size_mb in (("first", 3), ("large", 2 * DISK_MB), ("later", 1)):
        (tmp_path / f"{name}.bin").write_bytes(name[:1].encode() * size_mb * 1_000_000)
    window.open()
    window.run("mb", "b")
    window.run("put", tmp_path / "first.bin", "b")
    desktop.click(window.see("tree item", "b").box)
    window.see("cell", "first.bin")

    paste(window, tmp_path / "large.bin")
    window.see("list item", "Upload “large.bin” to b. The disk is full. Free some space, then try again.")
    assert [row["path"] for row in window.ask("ls", "-r", "b")] == ["first.bin"]

    paste(window, tmp_path / "later.bin")
    window.see("cell", "later.bin")
    assert window.find("cell", "large.bin") is None
    assert window.ask("check")["clean"]
    window.run("get", "b/first.bin", "b/later.bin", tmp_path / "back")
    for name in ("first.bin", "later.bin"):
        assert (tmp_path / "back" / name).read_bytes() == (tmp_path / name).read_bytes()
    assert window.close() == 0
