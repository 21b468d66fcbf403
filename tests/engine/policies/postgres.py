"""A PostgreSQL of the tests' own: in a temporary folder, reached by a socket alone, gone at the end.

It is asked through `psql`, one process a script, so that nothing has to be installed beside the server.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

START_TIMEOUT_S = 60
SCRIPT_TIMEOUT_S = 300
SUPERUSER = "postgres"
"""Also the account that Debian's package makes; the server refuses to run as root."""

_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "32MB",
    "max_connections": "5",
    "max_locks_per_transaction": "1024",  # A batch makes and drops hundreds of policies in one transaction.
    "timezone": "UTC",
    "jit": "off",
    "logging_collector": "off",
}


@cache
def program(name: str) -> Path | None:
    """Return the path of one of PostgreSQL's programs, the newest there is, or None.

    Debian keeps those of the server out of PATH.
    """
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    found = [folder / name for folder in folders if (folder / name).exists()]
    on_path = shutil.which(name)
    return found[-1] if found else Path(on_path) if on_path else None


def why_not() -> str | None:
    """Return why no server can be started here, or None where one can."""
    if any(program(name) is None for name in ("initdb", "postgres", "psql")):
        return "PostgreSQL is not installed (Debian: apt-get install postgresql)"
    if _is_root() and (shutil.which("setpriv") is None or not _account_exists()):
        return "PostgreSQL does not run as root, and there is no other account for it here"
    return None


class PostgresFailed(Exception):
    """A script failed as a whole; carries what psql said."""


class Postgres:
    """A server that runs.

    Attributes:
        folder: Its socket and data.
        database: The one that is asked.
    """

    def __init__(self, folder: Path, database: str = "postgres") -> None:
        self.folder = folder
        self.database = database

    def another(self, database: str) -> Postgres:
        """Make another database and return it."""
        self.run(f"create database {database};")
        return Postgres(self.folder, database)

    def run(self, script: str) -> list[str]:
        """Run a script; the first error ends it.

        Args:
            script: SQL.

        Returns:
            One line for each row of what it selects.

        Raises:
            PostgresFailed: It has an error.
        """
        command = [str(program("psql")), "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", str(self.folder), "-U", SUPERUSER]
        done = subprocess.run(
            [*command, "-d", self.database, "-f", "-"],
            input=script.encode(),
            capture_output=True,
            timeout=SCRIPT_TIMEOUT_S,
            check=False,
            env={**os.environ, "PGCLIENTENCODING": "UTF8", "PGOPTIONS": "--client-min-messages=warning"},
        )
        if done.returncode:
            raise PostgresFailed(done.stderr.decode(errors="replace")[-4000:])
        return done.stdout.decode().splitlines()

    def json(self, query: str) -> Any:
        """Return the one JSON value that a query selects."""
        (line,) = self.run(query)
        return json.loads(line)


def quoted(text: str) -> str:
    """Return a text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def running_server() -> Iterator[Postgres]:
    """Make, start, stop and remove a server."""
    folder = Path(tempfile.mkdtemp(prefix="holdall-pg-"))
    try:
        if _is_root():
            shutil.chown(folder, SUPERUSER)
        _initialise(folder)
        process = _start(folder)
        try:
            yield _awaited(process, folder)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(START_TIMEOUT_S)
    finally:
        shutil.rmtree(folder)


def _initialise(folder: Path) -> None:
    initdb = [str(program("initdb")), "-D", str(folder / "data"), "-U", SUPERUSER, "--auth=trust", "--no-sync"]
    command = [*_as_account(), *initdb, "--no-instructions", "--locale=C.UTF-8", "-E", "UTF8"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=START_TIMEOUT_S)


def _start(folder: Path) -> subprocess.Popen[bytes]:
    settings = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
    command = [*_as_account(), str(program("postgres")), "-D", str(folder / "data"), "-k", str(folder), *settings]
    with (folder / "server.log").open("wb") as log:
        return subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def _awaited(process: subprocess.Popen[bytes], folder: Path) -> Postgres:
    """Return the server once it answers."""
    server, deadline = Postgres(folder), time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            server.run("select 1")
        except PostgresFailed as failed:
            if process.poll() is not None or time.monotonic() > deadline:
                raise PostgresFailed((folder / "server.log").read_text(errors="replace")[-4000:]) from failed
            time.sleep(0.05)
        else:
            return server


def _as_account() -> list[str]:
    """Return what comes before a command of the server: it ends with the tests, and is not root's."""
    if shutil.which("setpriv") is None:
        return []
    account = ["--reuid", SUPERUSER, "--regid", SUPERUSER, "--init-groups"] if _is_root() else []
    return ["setpriv", *account, "--pdeathsig", "INT"]


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _account_exists() -> bool:
    import pwd

    return any(entry.pw_name == SUPERUSER for entry in pwd.getpwall())
