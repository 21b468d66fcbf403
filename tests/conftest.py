"""What all tests share: a workspace of their own, an environment that is nobody's, and a look for leaks.

Runs where Qt is not installed as well, so nothing here imports it, and the engine is imported by the fixtures
that need it.
"""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from engine.storage import FileStorage
    from engine.types import Bucket, RlsContext
    from engine.workspace import Workspace

PERSON_ID = "7b0c5a5e-8a3c-4b8e-9d3f-2f6b8f0d1c11"
LEAK_GRACE_S = 2.0

hypothesis.settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
hypothesis.settings.register_profile("explore", deadline=None, max_examples=2000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

MEMORY_DISK = Path("/dev/shm")
MEMORY_DISK_MIN = 3 * 2**30
"""Bytes that have to be free there: the largest tests, three at a time, need less."""

_home_key = pytest.StashKey[Path]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare pytest-qt's settings where it is not installed, so that one configuration serves both."""
    if importlib.util.find_spec("pytestqt") is None:
        parser.addini("qt_log_level_fail", "Read by pytest-qt alone.")


def pytest_configure(config: pytest.Config) -> None:
    """Turn the environment into nobody's: no screen, no keyring, no settings or data of the person testing.

    Temporary folders are made in memory where there is room: thousands of workspaces are waited for until a disk has
    them, and none of them is to outlast a power cut. With `PYTEST_DEBUG_TEMPROOT` they are made elsewhere.
    """
    if _has_memory_disk():
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY_DISK))
    home = Path(tempfile.mkdtemp(prefix="holdall-"))
    config.stash[_home_key] = home
    for variable, folder in (
        ("XDG_CONFIG_HOME", "config"),
        ("XDG_DATA_HOME", "data"),
        ("XDG_STATE_HOME", "state"),
        ("XDG_RUNTIME_DIR", "run"),
    ):
        (home / folder).mkdir(mode=0o700)
        os.environ[variable] = str(home / folder)
    # PYTHONUNBUFFERED would hide what programs forget to flush.
    for variable in [name for name in os.environ if name.startswith("HOLDALL_")] + ["PYTHONUNBUFFERED"]:
        os.environ.pop(variable, None)
    os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"
    # Windows and servers would watch their storage folders; tests that want that say so.
    os.environ["HOLDALL_OUTSIDE_CHANGES"] = "off"
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def _has_memory_disk() -> bool:
    """Return whether temporary folders can be in memory: there is room, and programs can be run from there."""
    if not MEMORY_DISK.is_dir() or os.statvfs(MEMORY_DISK).f_flag & os.ST_NOEXEC:
        return False
    return shutil.disk_usage(MEMORY_DISK).free >= MEMORY_DISK_MIN


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the environment's folders."""
    shutil.rmtree(config.stash[_home_key], ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def compiled_statements() -> Iterator[None]:
    """Compile each statement once for all databases of a run, not once for each of the thousands that it opens.

    A program opens one, so that nothing is gained there. All are alike: the same driver, and the same SQLite.
    """
    if importlib.util.find_spec("engine") is None:  # a test of this file alone
        yield
        return
    from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
    from sqlalchemy.util import LRUCache

    from engine.metadata import database

    cache: LRUCache[Any, Any] = LRUCache(2_000)
    create_engine = database.create_engine

    def sharing(*arguments: Any, **options: Any) -> Engine:
        engine = create_engine(*arguments, **options)
        engine.update_execution_options(compiled_cache=cache)
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "create_engine", sharing)
        patch.setattr(SQLiteDialect_pysqlite, "__eq__", lambda one, other: type(one) is type(other))
        patch.setattr(SQLiteDialect_pysqlite, "__hash__", lambda dialect: hash(type(dialect)))
        yield


def _own_threads() -> set[threading.Thread]:
    """Return the live threads that Python started; a foreign one (Qt's pool) stays listed after its end."""
    return {thread for thread in threading.enumerate() if not isinstance(thread, threading._DummyThread)}


def _open_files_below(folder: Path) -> list[str]:
    """Return the targets of this process's file descriptors inside a folder; nothing where /proc is missing."""
    targets = []
    for link in Path("/proc/self/fd").glob("*"):
        with contextlib.suppress(OSError):
            targets.append(str(link.readlink()))
    return sorted(target for target in targets if target.startswith(f"{folder}/"))


def _leaks(threads_before: set[threading.Thread], folder: Path | None) -> list[str]:
    leaks = [f"thread {thread.name}" for thread in _own_threads() - threads_before]
    if folder is not None:
        leaks.extend(f"open file {target}" for target in _open_files_below(folder))
    return leaks


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest: one that begins last would keep one process busy, and let the others wait."""
    items.sort(key=lambda item: item.get_closest_marker("campaign") is None)


def pytest_collection_finish() -> None:
    """Let the garbage collector look at no test that waits its turn: over thousands, that was a third of the time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def old_objects_set_aside() -> None:
    """Let the garbage collector look at nothing that is older than this module: a full look took a tenth of a second.

    What outlives a module is the statements that are compiled, and whatever else is kept for all.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def no_leaks(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves threads running, or files of its `tmp_path` open, after its fixtures are gone."""
    folder = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    threads_before = _own_threads()
    yield
    if request.node.get_closest_marker("threads_outlive") is not None:
        return
    deadline = time.monotonic() + LEAK_GRACE_S
    while (leaks := _leaks(threads_before, folder)) and time.monotonic() < deadline:
        gc.collect()
        time.sleep(0.02)
    if leaks:
        pytest.fail("left behind: " + ", ".join(leaks), pytrace=False)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """Return the path of a data folder that does not exist yet."""
    return tmp_path / "data"


@pytest.fixture(scope="session")
def migrated_database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return an empty database of the present schema: opening a copy is twice as fast as making one."""
    from engine.backends.memory import MemoryBackend
    from engine.config import load_settings
    from engine.secrets import FixedSecrets
    from engine.workspace import open_workspace

    data_dir = tmp_path_factory.mktemp("migrated")
    open_workspace(load_settings(data_dir, environ={}), FixedSecrets(bytes(32)), MemoryBackend()).close()
    return (data_dir / "holdall.db").read_bytes()


@pytest.fixture
def begun_dir(tmp_path: Path, migrated_database: bytes) -> Path:
    """Return the data folder with an empty database in it."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "holdall.db").write_bytes(migrated_database)
    return folder


@pytest.fixture
def workspace(begun_dir: Path) -> Iterator[Workspace]:
    """Open an empty workspace with fixed keys; closed after the test."""
    from engine.config import load_settings
    from engine.secrets import FixedSecrets
    from engine.workspace import open_workspace

    with open_workspace(load_settings(begun_dir, environ={}), FixedSecrets(bytes(32))) as opened:
        yield opened


@pytest.fixture
def storage(workspace: Workspace) -> FileStorage:
    """Return the façade of the test's workspace."""
    return workspace.storage


@pytest.fixture
def service() -> RlsContext:
    """Return the context of the person at the computer, who may do everything."""
    from engine.types import RlsContext

    return RlsContext.service(PERSON_ID)


@pytest.fixture
def bucket(storage: FileStorage, service: RlsContext) -> Bucket:
    """Create a private bucket without limits, called `photos`."""
    return storage.create_bucket("photos", service)
