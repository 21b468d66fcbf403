"""Databases that are held, damaged, foreign, newer or not writable: the right error, and not a byte changed."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, delete, insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from engine import limits
from engine.backends.memory import MemoryBackend
from engine.config import load_settings
from engine.errors import (
    DatabaseCorrupt,
    DatabaseFault,
    DatabaseLocked,
    DiskFull,
    PermissionDenied,
    SchemaTooNew,
    StorageError,
)
from engine.metadata.database import open_database
from engine.metadata.executor import Executor
from engine.metadata.faults import translate, translated
from engine.metadata.tables import storage_objects, storage_settings
from engine.secrets import FixedSecrets
from engine.types import RlsContext
from engine.workspace import Workspace, open_workspace

SERVICE = RlsContext.service()
PAGE_BYTES = 4096

HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
for statement in sys.argv[2:]:
    connection.execute(statement)
print("held", flush=True)
sys.stdin.readline()
"""


@contextmanager
def held(path: Path, *statements: str) -> Iterator[None]:
    """Let another process hold the database after it ran some statements."""
    command = [sys.executable, "-c", HOLD, str(path), *statements]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield
        process.communicate(b"\n")


def opened(data_dir: Path, backend: MemoryBackend | None = None) -> Workspace:
    return open_workspace(load_settings(data_dir, environ={}), FixedSecrets(bytes(32)), backend or MemoryBackend())


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for other processes a moment only."""
    monkeypatch.setattr(limits, "BUSY_TIMEOUT_S", 0.05)


@pytest.fixture(scope="module")
def backend() -> MemoryBackend:
    """Return what keeps the bytes of the objects in the sound database."""
    return MemoryBackend()


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory, backend: MemoryBackend) -> bytes:
    """Return a sound database with a few rows; one of its objects has lost its bytes."""
    data_dir = tmp_path_factory.mktemp("sound")
    with opened(data_dir, backend) as workspace:
        workspace.storage.create_bucket("photos", SERVICE)
        for number in range(200):
            workspace.storage.upload("photos", f"folder/{number}", b"x", SERVICE)
        bucket_id = workspace.storage.get_bucket("photos", SERVICE).id
    backend.delete(next(iter(backend.list(bucket_id))).key)
    return (data_dir / "holdall.db").read_bytes()


class TestHeld:
    def test_a_writer_waits_and_then_says_who_is_in_the_way(
        self, patience: None, executor: Executor, database_path: Path
    ) -> None:
        with held(database_path, "BEGIN IMMEDIATE"):
            assert len(executor.execute(select(storage_objects.c.id), SERVICE)) == 4
            with pytest.raises(DatabaseLocked) as caught:
                executor.execute(delete(storage_objects), SERVICE)

        assert caught.value.retryable
        assert caught.value.hint
        assert str(database_path) in str(caught.value)
        executor.execute(delete(storage_objects), SERVICE)
        assert executor.execute(select(storage_objects.c.id), SERVICE) == []

    def test_a_database_that_another_program_keeps_to_itself_is_locked(
        self, patience: None, database_path: Path
    ) -> None:
        with held(database_path, "PRAGMA locking_mode=EXCLUSIVE", "BEGIN EXCLUSIVE"), pytest.raises(DatabaseLocked):
            open_database(database_path)

    def test_a_writer_that_can_wait_gets_its_turn(self, executor: Executor, database_path: Path) -> None:
        script = (
            "import sqlite3, sys, time; connection = sqlite3.connect(sys.argv[1], isolation_level=None); "
            "connection.execute('BEGIN IMMEDIATE'); print(flush=True); time.sleep(0.2); connection.execute('COMMIT')"
        )
        with subprocess.Popen([sys.executable, "-c", script, str(database_path)], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            executor.execute(delete(storage_objects), SERVICE)

        assert executor.execute(select(storage_objects.c.id), SERVICE) == []


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "no database at all": lambda _: bytes(range(256)) * 40,
    "a text": lambda _: b"hello",
    "cut in the header": lambda data: data[:50],
    "cut in the middle": lambda data: data[: len(data) // 2],
    "a broken first page": lambda data: data[:100] + b"\xff" * (PAGE_BYTES - 100) + data[PAGE_BYTES:],
    "an empty schema page": lambda data: data[:PAGE_BYTES] + bytes(PAGE_BYTES) + data[2 * PAGE_BYTES :],
}


class TestDamaged:
    @pytest.mark.parametrize("damage", DAMAGES)
    def test_a_damaged_database_is_refused_and_left_as_it_is(self, data_dir: Path, sound: bytes, damage: str) -> None:
        damaged = DAMAGES[damage](sound)
        data_dir.mkdir()
        path = data_dir / "holdall.db"
        path.write_bytes(damaged)

        with pytest.raises(DatabaseCorrupt) as caught:
            opened(data_dir)

        assert path.read_bytes() == damaged
        assert str(path) in str(caught.value)
        assert caught.value.hint
        assert [entry.name for entry in data_dir.iterdir()] == ["holdall.db"]

    def test_damage_that_shows_later_is_told_by_the_same_name(
        self, data_dir: Path, sound: bytes, backend: MemoryBackend
    ) -> None:
        data_dir.mkdir()
        path = data_dir / "holdall.db"
        for page in range(2, len(sound) // PAGE_BYTES):
            damaged = sound[: page * PAGE_BYTES] + bytes(PAGE_BYTES) + sound[(page + 1) * PAGE_BYTES :]
            path.write_bytes(damaged)
            try:
                with opened(data_dir, backend) as workspace:
                    list(workspace.storage.walk("photos", "", SERVICE))
                    workspace.storage.check(SERVICE)
            except StorageError as error:
                assert isinstance(error, DatabaseCorrupt)  # noqa: PT017 - not every page is read by every use

    def test_the_database_of_another_program_is_refused_and_left_as_it_is(self, data_dir: Path) -> None:
        data_dir.mkdir()
        path = data_dir / "holdall.db"
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE notes (text)")
        before = path.read_bytes()

        with pytest.raises(DatabaseCorrupt, match="not a Holdall database"):
            opened(data_dir)

        assert path.read_bytes() == before
        assert [entry.name for entry in data_dir.iterdir()] == ["holdall.db"]

    @pytest.mark.parametrize(
        ("version", "kind"), [("9999", SchemaTooNew), ("0000", DatabaseCorrupt), (None, DatabaseCorrupt)]
    )
    def test_a_schema_that_is_not_this_programs_is_refused_and_left_as_it_is(
        self, data_dir: Path, sound: bytes, version: str | None, kind: type[StorageError]
    ) -> None:
        data_dir.mkdir()
        path = data_dir / "holdall.db"
        path.write_bytes(sound)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("DELETE FROM alembic_version")
            if version is not None:
                connection.execute("INSERT INTO alembic_version VALUES (?)", (version,))
            connection.commit()
        before = path.read_bytes()

        with pytest.raises(kind) as caught:
            opened(data_dir)

        assert caught.value.hint
        assert path.read_bytes() == before


class TestRefused:
    def test_a_folder_in_place_of_the_database(self, tmp_path: Path) -> None:
        (tmp_path / "holdall.db").mkdir()

        with pytest.raises(StorageError) as caught:
            open_database(tmp_path / "holdall.db")

        assert caught.value.path == str(tmp_path / "holdall.db")

    def test_a_missing_folder(self, tmp_path: Path) -> None:
        with pytest.raises(StorageError):
            open_database(tmp_path / "missing" / "holdall.db")

    @pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
    def test_a_database_that_may_not_be_written(self, database_path: Path) -> None:
        database_path.touch(mode=0o400)

        with pytest.raises(PermissionDenied) as caught:
            open_database(database_path)

        assert caught.value.hint

    def test_a_disk_that_is_full(self, executor: Executor) -> None:
        with executor.transaction(SERVICE) as tx:
            tx._connection.exec_driver_sql("PRAGMA max_page_count=1")

            def fill() -> None:
                for number in range(1000):
                    tx.execute(insert(storage_settings).values(name=str(number), value="x" * 5000))

            with pytest.raises(OperationalError) as caught:
                fill()

        fault = translate(caught.value, "somewhere")
        assert isinstance(fault, DiskFull)
        assert fault.hint
        assert fault.path == "somewhere"


class TestTranslation:
    def raised(self, use: Callable[[], object]) -> StorageError:
        with pytest.raises(StorageError) as caught, translated("the.db"):
            use()
        assert caught.value.__cause__ is not None
        assert caught.value.path == "the.db"
        return caught.value

    def test_a_database_opened_for_reading_only(self, database_path: Path, executor: Executor) -> None:
        read_only = create_engine(f"sqlite+pysqlite:///file:{database_path}?mode=ro&uri=true")

        def write() -> None:
            with read_only.begin() as connection:
                connection.execute(delete(storage_objects))

        fault = self.raised(write)
        read_only.dispose()

        assert isinstance(fault, PermissionDenied)
        assert fault.hint

    def test_values_are_told_by_no_fault(self, database_path: Path, executor: Executor) -> None:
        engine = open_database(database_path)
        with engine.connect() as connection, pytest.raises(OperationalError) as caught:
            connection.execute(text("SELECT * FROM nothing WHERE hash = :hash"), {"hash": "$argon2id$secret"})
        engine.dispose()
        assert "$argon2id$secret" not in str(caught.value)

    def test_a_file_that_cannot_be_opened(self, tmp_path: Path) -> None:
        engine = create_engine(f"sqlite+pysqlite:///{tmp_path}/missing/x.db")

        assert isinstance(self.raised(engine.connect), PermissionDenied)

    def test_errors_of_the_bare_driver(self, tmp_path: Path) -> None:
        (tmp_path / "x.db").write_bytes(b"no database at all" * 100)
        with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
            fault = self.raised(lambda: connection.execute("SELECT * FROM sqlite_master"))

        assert isinstance(fault, DatabaseCorrupt)

    def test_anything_else_is_a_fault_of_the_database(self, executor: Executor) -> None:
        with pytest.raises(DatabaseFault, match="no such table"), executor.snapshot(SERVICE) as tx:
            tx._connection.exec_driver_sql("SELECT * FROM missing")

    def test_violated_constraints_and_other_errors_pass(self) -> None:
        for error in (IntegrityError("INSERT", {}, Exception("UNIQUE")), ValueError("x")):
            with pytest.raises(type(error)), translated():
                raise error
