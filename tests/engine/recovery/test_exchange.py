"""One database in another's place: wherever the process dies, what was committed last is still to be had."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.config import Settings
from engine.errors import DatabaseCorrupt
from engine.recovery import exchange as module
from engine.recovery.exchange import exchange
from engine.recovery.recovery import Recovery
from tests.engine.recovery.conftest import CONTENTS, contents_of, opened

STEPS = 20
"""More than an exchange has."""


class Died(BaseException):
    """Stands for the end of the process."""


class Mortal:
    """Lets the process die before one of its changes to names.

    Args:
        life: How many changes it makes before.
    """

    def __init__(self, life: int) -> None:
        self.left = life

    def before(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return the call as it is made by somebody who may die first."""

        def made(*args: Any, **options: Any) -> Any:
            if not self.left:
                raise Died
            self.left -= 1
            return call(*args, **options)

        return made


def write(path: Path, said: str) -> None:
    """Make a database that says something in its file, and the rest in its log alone, as after a SIGKILL."""
    live = path.with_name(f"live-{path.name}")
    with contextlib.closing(sqlite3.connect(live, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE said (word TEXT)")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("INSERT INTO said VALUES (?)", (said,))
        for end in ("", "-wal"):
            shutil.copyfile(f"{live}{end}", f"{path}{end}")
    live.unlink()


def read(path: Path, scratch: Path) -> list[str]:
    """Return what a database says, read from a copy, with the log beside it if one is there."""
    scratch.mkdir()
    for end in ("", "-wal"):
        if Path(f"{path}{end}").exists():
            shutil.copyfile(f"{path}{end}", scratch / f"copy.db{end}")
    with contextlib.closing(sqlite3.connect(scratch / "copy.db")) as connection:
        return [row[0] for row in connection.execute("SELECT word FROM said")]


def write_draft(folder: Path) -> Path:
    draft = folder / "draft.db"
    with contextlib.closing(sqlite3.connect(draft)) as connection, connection:
        connection.execute("CREATE TABLE said (word TEXT)")
        connection.execute("INSERT INTO said VALUES ('new')")
    return draft


def no_links(*_: object, **__: object) -> None:
    raise OSError(errno.EPERM, "no links here")


@pytest.mark.parametrize("has_links", [True, False])
@pytest.mark.parametrize("life", range(STEPS))
def test_wherever_it_dies_no_database_stands_without_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, life: int, has_links: bool
) -> None:
    database, draft, mortal = tmp_path / "holdall.db", write_draft(tmp_path), Mortal(life)
    write(database, "old")
    with monkeypatch.context() as patched:
        patched.setattr(os, "link", mortal.before(os.link if has_links else no_links))
        patched.setattr(module, "sync_dir", mortal.before(module.sync_dir))
        for name in ("replace", "unlink"):
            patched.setattr(Path, name, mortal.before(getattr(Path, name)))
        with contextlib.suppress(Died):
            exchange(draft, database)

    aside = list(tmp_path.glob("holdall.db.damaged-*Z"))
    if database.exists():
        assert read(database, tmp_path / "now") == (["old"] if not aside else ["new"])
    else:
        assert aside
    assert [read(path, tmp_path / "then") for path in aside] == [["old"]] * len(aside)
    assert mortal.left or life < STEPS - 1


def test_a_recovery_that_died_in_between_is_refused_by_the_next_start_and_made_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.replace

    def die_with_the_draft(self: Path, target: Path) -> Path:
        if self.name == ".holdall.db.recovering":
            raise Died
        return real(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", die_with_the_draft)
        with pytest.raises(Died):
            Recovery(settings).rebuild(force=True)

    with pytest.raises(DatabaseCorrupt, match="missing or empty"), opened(settings):
        pass
    assert Recovery(settings).rebuild().problems == ()
    with opened(settings) as workspace:
        assert contents_of(workspace) == CONTENTS
