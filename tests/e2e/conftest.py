"""A virtual desktop, and the program as a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.desktop import Desktop
    from tests.e2e.window import Window

MAIN = Path(__file__).resolve().parents[2] / "main.py"

collect_ignore = (
    []
    if sys.platform == "linux"
    else ["test_full_disk.py", "test_main_job.py", "test_tour.py", "test_two_processes.py", "test_window.py"]
)
"""The virtual desktop and its message bus are Linux's."""


@pytest.fixture
def desktop(tmp_path: Path) -> Iterator[Desktop]:
    """Start a virtual desktop for one test; skip where its programs are missing."""
    pytest.importorskip("PySide6", reason="the window needs Qt")
    from tests.e2e.desktop import Desktop, missing_tools

    missing = missing_tools()
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")
    with Desktop(tmp_path / "person") as started:
        yield started


@pytest.fixture
def window(desktop: Desktop, data_dir: Path, tmp_path: Path) -> Iterator[Window]:
    """Return a window that is not open yet; after the test it must have complained of nothing."""
    from tests.e2e.window import Window

    made = Window(desktop, data_dir, tmp_path / "holdall.log")
    yield made
    made.end()
    if made.log_path.exists():
        assert made.log_path.read_text(errors="replace") == ""


@pytest.fixture
def as_person() -> list[str]:
    """Return what to put before a command so that file permissions hold, also where the tests run as root."""
    if not hasattr(os, "geteuid"):
        pytest.skip("this system has no such permissions")
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("needs setpriv to give up what root may do")
    command = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--"]
    if subprocess.run([*command, "true"], check=False, capture_output=True).returncode:
        pytest.skip("root's rights cannot be given up here")
    return command


def holdall(name: str, data_dir: Path, *arguments: str | Path) -> list[str]:
    """Return the command line of a command."""
    return [sys.executable, str(MAIN), name, "--data-dir", str(data_dir), *map(str, arguments)]


def run(*command: str, timeout_s: float = 100.0) -> subprocess.CompletedProcess[str]:
    """Run a program to its end and return what it printed."""
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=timeout_s)
