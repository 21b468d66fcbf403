"""Runs the clients that are written for Node.js, where that is installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "clients_js"
OLDEST = 20
TIMEOUT_S = 100


def _missing() -> str:
    """Return what keeps the clients from running, or nothing."""
    node = shutil.which("node")
    if node is None:
        return f"Node.js is not installed; these clients need {OLDEST} or newer"
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.removeprefix("v").partition(".")[0]) < OLDEST:
        return f"Node.js {version} is too old; these clients need {OLDEST} or newer"
    if not (FOLDER / "node_modules").is_dir():
        return "the clients for Node.js are not installed; packaging/bootstrap.sh does that, with npm"
    return ""


_REASON = _missing()
needs_node = pytest.mark.skipif(bool(_REASON), reason=_REASON)


def run_node(script: str | Path, stdin: str = "") -> str:
    """Run a script of `clients_js`, or one elsewhere, and return what it printed."""
    return _run([str(FOLDER / script)], stdin)


def run_node_text(script: str, stdin: str = "") -> str:
    """Run a module that is given as text, with the clients to be imported, and return what it printed."""
    return _run(["--input-type=module", "--eval", script], stdin)


def _run(arguments: list[str], stdin: str) -> str:
    done = subprocess.run(
        ["node", *arguments], input=stdin, capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
        cwd=FOLDER,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout
