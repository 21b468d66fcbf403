"""The sessions with Supabase's clients that the README shows, as they stand there, against a running server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.clients import Served, fetch, served
from tests.server.node import FOLDER, needs_node

README = Path(__file__).resolve().parents[2] / "README.md"
ADDRESS = "http://127.0.0.1:8000"


@pytest.fixture
def place(data_dir: Path) -> Iterator[Served]:
    """Serve a new workspace."""
    with served(data_dir) as opened:
        yield opened


def session(language: str) -> str:
    """Return the one block of code in a language that the README's section has."""
    section = README.read_text("utf-8").partition("## With Supabase's clients\n")[2].partition("\n## ")[0]
    (block,) = re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)
    assert ADDRESS in block
    return block


def printed(command: list[str], code: str, place: Served, folder: Path) -> list[str]:
    """Run a session against the server, and return the lines that it printed."""
    done = subprocess.run(
        command, input=code.replace(ADDRESS, place.server.url), capture_output=True, text=True, timeout=100,
        check=False, cwd=folder, env={**os.environ, "SERVICE_KEY": place.service_key},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_session_with_storage3(place: Served, tmp_path: Path):
    names, text, link = printed([sys.executable, "-"], session("python"), place, tmp_path)
    assert (names, text) == ("['hello.txt']", "Hello from Python")
    assert fetch(link).content == b"Hello from Python"


@needs_node
def test_the_session_with_storage_js(place: Served):
    path, text, link = printed(["node", "--input-type=module", "-"], session("js"), place, FOLDER)
    assert (path, text) == ("notes/2026/hello.txt", "Hello from JavaScript")
    assert fetch(link).content == b"Hello from JavaScript"


def test_the_commands_before_them_print_the_key(place: Served):
    section = README.read_text("utf-8").partition("## With Supabase's clients\n")[2]
    (line,) = re.findall(r"^export SERVICE_KEY=\$\((.*)\)$", section, re.MULTILINE)
    data_dir = place.workspace.settings.data_dir
    program = f"{sys.executable} {README.parent / 'main.py'} --data-dir {data_dir}"
    command = line.replace("holdall", program, 1).replace("python3", sys.executable)
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=100, check=True)
    assert done.stdout.strip().count(".") == 2
