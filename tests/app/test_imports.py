"""Importing much at once: nobody looks through what comes, neither Python's collector nor PySide6."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.imports import left_alone
from tests.engine.metadata.test_library import counted

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def nothing_set_aside() -> Iterator[None]:
    """Begin with a collector that is on, as a program does, and give back to it what the tests set aside."""
    was_enabled = gc.isenabled()
    gc.enable()
    yield
    gc.unfreeze()
    if not was_enabled:
        gc.disable()


def test_what_is_imported_is_never_looked_through():
    gc.unfreeze()
    with left_alone():
        assert not gc.isenabled()
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0


def test_a_collector_that_was_off_stays_off():
    gc.disable()
    try:
        with left_alone():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_an_import_that_fails_leaves_the_collector_on():
    with pytest.raises(ImportError), left_alone():
        raise ImportError("gone")
    assert gc.isenabled()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the library may be out of reach")
def test_the_window_imports_nothing_by_which_sqlite_counts_memory():
    assert counted("import app.session, engine.workspace") == 0


def test_pyside_reads_no_module_of_the_window():
    """Neither while the window's page is imported, nor where a module is wanted for the first time later."""
    words = """
import builtins, linecache, sys
own = builtins.__import__
import main
sys.modules["app.application"] = type(sys)("app.application")
sys.modules["app.application"].run = lambda _: 0
main.open_window(None)
import app.settings
print(builtins.__import__ is own, [name for name in linecache.cache if "/app/" in name or "/engine/" in name])
"""
    done = subprocess.run(
        [sys.executable, "-c", words], cwd=ROOT, capture_output=True, text=True, check=True,
        env={"QT_QPA_PLATFORM": "offscreen", "PATH": ""},
    )  # fmt: skip
    assert done.stdout.split() == ["True", "[]"]
