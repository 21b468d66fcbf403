"""The window among the other programs of a desktop."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tests.e2e import window as tools
from tests.e2e.main_job import compare
from tests.e2e.window import Window

pytestmark = pytest.mark.xdist_group("desktop")


def test_files_that_were_copied_in_another_program_are_pasted(window: Window, tmp_path: Path):
    folder = tmp_path / "copied"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "note.txt").write_text("pasted")
    window.run("mb", "b")
    window.desktop.copy_files(folder)
    window.open()
    window.desktop.click(window.see("tree item", "b").box)
    window.see("label", "Nothing here yet")
    window.desktop.keys("ctrl+v")
    window.see("cell", "copied")
    window.see("list item", lambda text: "1 file transferred" in text)
    assert [row["path"] for row in window.ask("ls", "-r", "b")] == ["copied/sub/note.txt"]
    assert window.close() == 0


def test_files_are_dragged_out_to_another_program(window: Window, tmp_path: Path):
    """The real drag: it begins by itself once the files are there, while the button is still down."""
    folder, received, told = tmp_path / "folder", tmp_path / "received", tmp_path / "target.log"
    (folder / "sub").mkdir(parents=True)
    received.mkdir()
    (folder / "sub" / "note.txt").write_text("dragged")
    (tmp_path / "large.bin").write_bytes(random.Random(1).randbytes(20_000_000))
    window.run("mb", "b")
    window.run("put", folder, tmp_path / "large.bin", "b")
    window.open()
    window.desktop.click(window.see("tree item", "b").box)
    window.desktop.click(window.see("cell", "folder").box)  # not what is dragged: that could be a double click
    window.desktop.keys("ctrl+a")
    window.desktop.drop_target(received, told)
    target = window.see("label", "Drop files here").box.centre

    def hovers() -> bool:
        window.desktop.move((target[0] + time.monotonic_ns() % 9, target[1]))
        return "hovering: 2" in told.read_text()

    window.desktop.drag(
        window.see("cell", "large.bin").box.centre,
        target,
        before_drop=lambda: window.until(hovers, "the files are over the other program"),
    )
    window.until(lambda: "dropped: 2" in told.read_text(), "the files were dropped")
    compare(folder, received / "folder")
    assert (received / "large.bin").read_bytes() == (tmp_path / "large.bin").read_bytes()
    assert window.close() == 0
    assert not (window.data_dir / "outgoing").exists()


def test_rows_are_dragged_to_another_bucket_without_making_files(window: Window, tmp_path: Path):
    """The real drag inside the window: it needs no file, so what is dragged may be of any size."""
    (tmp_path / "large.bin").write_bytes(bytes(20_000_000))
    window.run("mb", "b")
    window.run("mb", "c")
    window.run("put", tmp_path / "large.bin", "b")
    window.open()
    window.desktop.click(window.see("tree item", "b").box)
    window.desktop.drag(window.see("cell", "large.bin").box.centre, window.see("tree item", "c").box.centre)
    window.until(lambda: [row["path"] for row in window.ask("ls", "-r", "c")] == ["large.bin"], "the copy is there")
    assert [row["path"] for row in window.ask("ls", "-r", "b")] == ["large.bin"]
    assert not (window.data_dir / "outgoing").exists()
    assert window.close() == 0


def test_a_window_opens_again_after_it_was_killed(window: Window, tmp_path: Path):
    (tmp_path / "note.txt").write_text("kept")
    window.run("mb", "b")
    window.run("put", tmp_path / "note.txt", "b")
    window.open()
    window.kill()
    window.open()
    window.desktop.click(window.see("tree item", "b").box)
    window.see("cell", "note.txt")
    assert window.close() == 0


def test_a_window_that_does_not_end_leaves_evidence(window: Window, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tools, "PRESS_AGAIN_S", 1.0)
    monkeypatch.setattr(tools, "END_S", 1.0)
    window.open()
    monkeypatch.setattr(window.desktop, "keys", lambda *_: None)
    with pytest.raises(TimeoutError, match=r"(?s)not-closed\.png.*most recent call first.*in run"):
        window.close()
    assert window.log_path.with_name("not-closed.png").stat().st_size > 0
    monkeypatch.undo()
    assert window.close() == 0
    window.log_path.write_text("")
