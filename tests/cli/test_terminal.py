"""What a person at a real terminal sees, and what a pipe does not."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import MAIN, Holdall

pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def typed(data_dir: Path, name: str, *arguments: str | Path) -> str:
    """Run a command with its messages on a terminal; return what appeared there."""
    master, slave = pty.openpty()
    command = [sys.executable, str(MAIN), name, "--data-dir", str(data_dir), *map(str, arguments)]
    with subprocess.Popen(command, stdout=slave, stderr=slave) as process:
        os.close(slave)
        shown = b""
        while True:
            try:
                part = os.read(master, 65536)
            except OSError:  # Linux's way to say that the other end is closed
                part = b""
            if not part:
                break
            shown += part
        process.wait(60)
    os.close(master)
    return shown.decode()


def test_a_long_upload_shows_a_bar_that_is_gone_in_the_end(holdall: Holdall, data_dir: Path, tmp_path: Path):
    holdall("mb", "b")
    with (tmp_path / "big").open("wb") as file:
        file.truncate(600_000_000)
    shown = typed(data_dir, "put", tmp_path / "big", "b")
    assert " % " in shown
    assert "of 600 MB" in shown
    assert shown.split("\r")[-2].strip() == "uploaded 1 file, 600 MB, to b/"


def test_a_pipe_gets_no_bar(holdall: Holdall, tree: Path):
    holdall("mb", "b")
    assert holdall("put", tree, "b").err == ""


def test_a_link_without_a_server_comes_with_a_word_of_warning(holdall: Holdall, data_dir: Path, tree: Path):
    holdall("mb", "b")
    holdall("put", tree, "b")
    shown = typed(data_dir, "sign", "b/tree/a.txt")
    assert "no server is running" in shown


def test_every_long_command_shows_how_far_it_is(
    data_dir: Path, tree: Path, tmp_path: Path, holdall: Holdall, monkeypatch: pytest.MonkeyPatch
):
    holdall("mb", "b")
    for command in (["put", tree, "b"], ["check"], ["get", "b/tree", "b", tmp_path / "t"], ["rm", "-r", "b/tree"]):
        screen = Screen()
        monkeypatch.setattr(sys, "stderr", screen)
        name, *arguments = command
        holdall(name, *arguments)
        shown = screen.getvalue().split("\r")
        assert len(shown) > 2, command
        assert shown[-1] == "", command
