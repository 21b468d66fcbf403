"""SQLite takes memory without one lock for all threads."""

from __future__ import annotations

import subprocess
import sys

import pytest

_COUNTED = """
import ctypes, _sqlite3
names = [bytes(1_000) for _ in range(50)]
connection = __import__("sqlite3").connect(":memory:")
connection.execute("CREATE TABLE t (c)")
connection.executemany("INSERT INTO t VALUES (?)", [(name,) for name in names])
print(ctypes.CDLL(_sqlite3.__file__).sqlite3_memory_used())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the library may be out of reach")
def test_sqlite_counts_no_memory() -> None:
    assert counted("import engine.workspace") == 0


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the library may be out of reach")
def test_that_it_would_be_seen_if_it_did() -> None:
    assert counted("import sqlite3") > 0


def test_who_has_imported_it_before_is_told_that_it_is_too_late() -> None:
    code = "import sqlite3; from engine.metadata.library import count_no_memory; print(count_no_memory())"
    assert _printed(code) == "False"


def counted(first: str) -> int:
    """Return how many bytes SQLite knows of, in a process that imports something first and then uses it."""
    return int(_printed(first + "\n" + _COUNTED))


def _printed(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout.strip()
