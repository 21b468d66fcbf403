"""Where the repository is, and which files belong to it."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@cache
def tracked_paths() -> tuple[Path, ...]:
    """Return the repository's own files, relative to its root; skips the test outside a git clone."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("needs git and a clone to know which files belong to the repository")
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return tuple(Path(name) for name in listed.split("\0") if name and (ROOT / name).exists())


def program_modules() -> list[Path]:
    """Return the Python files of the program, relative to the root: the entry point, the window, the engine."""
    folders = (path for room in ("app", "engine") for path in (ROOT / room).rglob("*.py"))
    return sorted(path.relative_to(ROOT) for path in (ROOT / "main.py", *folders))
