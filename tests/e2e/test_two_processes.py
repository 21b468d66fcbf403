"""Several processes on one data folder: windows, commands and servers beside one another."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.e2e.accessibility import awaited
from tests.e2e.conftest import holdall, run
from tests.e2e.desktop import Desktop
from tests.e2e.main_job import curl
from tests.e2e.window import Window

pytestmark = pytest.mark.xdist_group("desktop")


def raised(desktop: Desktop) -> bool:
    """Return whether a Holdall window is in front and not minimised."""
    return "Holdall" in desktop.active_title()


def test_a_second_window_raises_the_first_and_ends(window: Window, desktop: Desktop):
    window.open()
    window.until(lambda: raised(desktop), "the window is in front")
    desktop.minimise()
    window.until(lambda: not raised(desktop), "the window is minimised")
    second = subprocess.run(window.command, env=desktop.environ, check=False, capture_output=True, timeout=60)
    assert (second.returncode, second.stdout, second.stderr) == (0, b"", b"")
    window.until(lambda: raised(desktop), "the first window is in front again")
    assert [title for title in desktop.window_titles() if "Holdall" in title] == ["Holdall"]
    assert window.close() == 0


def test_a_start_while_the_first_still_closes_opens_a_window(window: Window, desktop: Desktop):
    window.open()
    window.until(lambda: raised(desktop), "the window is in front")
    desktop.keys("ctrl+q")
    window.until(lambda: window.find("tool bar", "Toolbar") is None, "the first window is gone")
    window.open()
    window.until(lambda: raised(desktop), "the second window is in front")
    assert window.close() == 0


def test_commands_work_beside_a_window_and_the_window_shows_what_they_did(window: Window, tmp_path: Path):
    (tmp_path / "note.txt").write_text("from the command line")
    window.open()
    window.see("label", "Create your first bucket")
    window.run("mb", "beside")
    window.desktop.click(window.see("tree item", "beside").box)
    window.see("label", "Nothing here yet")
    window.run("put", tmp_path / "note.txt", "beside")
    window.see("cell", "note.txt")
    window.run("get", "beside/note.txt", tmp_path / "back")
    assert (tmp_path / "back" / "note.txt").read_text() == "from the command line"
    window.run("rm", "beside/note.txt")
    window.until(lambda: window.find("cell", "note.txt") is None, "the removed object is gone from the window")
    assert window.close() == 0


def test_a_folder_that_cannot_be_written_is_explained_in_the_window(
    window: Window, desktop: Desktop, tmp_path: Path, as_person: list[str]
):
    window.data_dir.mkdir(mode=0o500)
    started = desktop.start([*as_person, *window.command], tmp_path / "refused.log")
    explained = desktop.accessibility.wait(
        lambda node: node.role == "label" and str(window.data_dir) in node.name, "the reason"
    )
    assert explained.name
    assert started.poll() is None


def test_a_link_answers_while_it_lives_and_not_afterwards(data_dir: Path, tmp_path: Path):
    (tmp_path / "note.txt").write_text("for a moment")
    assert run(*holdall("mb", data_dir, "b")).returncode == 0
    assert run(*holdall("put", data_dir, tmp_path / "note.txt", "b")).returncode == 0
    with subprocess.Popen(
        holdall("serve", data_dir, "--port", "0"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline().startswith("listening on http://127.0.0.1:")
            lasting = run(*holdall("sign", data_dir, "b/note.txt", "--expires", "600")).stdout.strip()
            fleeting = run(*holdall("sign", data_dir, "b/note.txt", "--expires", "1")).stdout.strip()
            assert curl(lasting) == (200, b"for a moment")
            awaited(lambda: curl(fleeting)[0] == 400, "the link outlived its second", 30.0)
            assert curl(lasting) == (200, b"for a moment")
        finally:
            server.terminate()
        assert server.communicate(timeout=30) == ("", "")
        assert server.returncode == 0
