"""Processes that make one change each, for a tracer to interfere with their system calls.

Run as a script it is a nursery of them (see `tests.engine.crash.nursery`). A child opens a data folder, says so, waits
for a line, makes the change and tells as JSON what came of it, then waits for another line and looks whether all is in
order. It reads and writes two pipes that its plan names.
"""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[3]))

from engine.config import load_settings
from engine.errors import StorageError
from engine.secrets import FixedSecrets
from engine.storage import FileStorage
from engine.types import RlsContext, UploadItem, UploadOptions
from engine.workspace import Workspace, open_workspace
from tests.engine.crash.nursery import serve

SERVICE = RlsContext.service()
REPLACE = UploadOptions(replace=True, mime_type="text/plain")
OLD = "old " * 1000
NEW = "new " * 1000


def by_path(storage: FileStorage, folder: Path) -> None:
    storage.upload("b", "kept/0", folder / "new", SERVICE, REPLACE)


def by_bytes(storage: FileStorage, _: Path) -> None:
    storage.upload("b", "kept/0", NEW.encode(), SERVICE, REPLACE)


def by_stream(storage: FileStorage, _: Path) -> None:
    storage.upload("b", "kept/0", io.BytesIO(NEW.encode()), SERVICE, REPLACE)


def by_batch(storage: FileStorage, folder: Path) -> None:
    items = [UploadItem(folder / "new", f"kept/{number}") for number in range(12)]
    report = storage.upload_many("b", items, SERVICE, REPLACE)
    if report.failures:
        raise report.failures[0].error


def by_copy(storage: FileStorage, _: Path) -> None:
    storage.copy("b", "source", "kept/0", SERVICE, replace=True)


def delete(storage: FileStorage, _: Path) -> None:
    storage.delete("b", "kept/0", SERVICE)


def move(storage: FileStorage, _: Path) -> None:
    storage.move("b", "kept/0", "new/place/0", SERVICE)


def move_folder(storage: FileStorage, _: Path) -> None:
    storage.move_folder("b", "kept/", "new/place/", SERVICE)


WAYS: dict[str, Callable[[FileStorage, Path], None]] = {
    way.__name__: way for way in (by_path, by_bytes, by_stream, by_batch, by_copy, delete, move, move_folder)
}


def contents(storage: FileStorage) -> dict[str, str]:
    """Return what is stored, by path, read against its checksums."""
    found = {}
    for info in storage.walk("b", "", SERVICE):
        with storage.open_object("b", info.path, SERVICE, verify=True) as reader:
            found[info.path] = reader.read().decode().split(" ")[0]
    return found


def held(workspace: Workspace) -> int:
    """Return how many files and folders of the store are held open."""
    folder = str(workspace.settings.storage_dir)
    return sum(str(link.resolve()).startswith(folder) for link in Path("/proc/self/fd").iterdir())


def staged(workspace: Workspace) -> list[str]:
    """Return the names of the files that are staged."""
    folder = workspace.settings.storage_dir / ".staging"
    return [path.name for path in folder.rglob("*") if path.is_file() and path.name != ".lock"]


def attempt(way: Callable[[FileStorage, Path], None], storage: FileStorage, folder: Path) -> dict[str, str]:
    """Make a change and return the error that it met."""
    try:
        way(storage, folder)
    except StorageError as error:
        return {"error": type(error).__name__, "message": error.message, "hint": error.hint or ""}
    return {"error": "", "message": "", "hint": ""}


def prepare(data_dir: Path) -> None:
    """Make a data folder with what must be kept."""
    with open_workspace(load_settings(data_dir, environ={}), FixedSecrets(bytes(32))) as workspace:
        workspace.storage.create_bucket("b", SERVICE)
        workspace.storage.upload("b", "source", NEW.encode(), SERVICE, REPLACE)
        for number in range(12):
            workspace.storage.upload("b", f"kept/{number}", OLD.encode(), SERVICE, REPLACE)
    (data_dir / "new").write_text(NEW)


def run(plan: dict[str, Any]) -> None:
    """Make a change as a plan says."""
    logging.disable()
    data_dir, way = Path(plan["data_dir"]), WAYS[plan["way"]]
    with (
        open_workspace(load_settings(data_dir, environ={}), FixedSecrets(bytes(32))) as workspace,
        Path(plan["orders"]).open() as orders,
        Path(plan["answers"]).open("w", buffering=1) as answers,
    ):
        storage = workspace.storage
        # The log of the database has its header then, whose flush would be counted as the first.
        storage.upload("b", "source", NEW.encode(), SERVICE, REPLACE)
        before = held(workspace)
        print("ready", file=answers)
        orders.readline()
        said = attempt(way, storage, data_dir)
        leaked = held(workspace) - before
        print(json.dumps(said | {"contents": contents(storage), "leaked": leaked}), file=answers)
        orders.readline()
        findings = [str(finding) for finding in storage.check(SERVICE).findings]
        print(json.dumps({"findings": findings, "staged": staged(workspace)}), file=answers)
        orders.readline()


if __name__ == "__main__":
    serve(run)
