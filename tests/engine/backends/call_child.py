"""A process that makes one change, for a tracer to interfere with its system calls.

    python call_child.py DATA_DIR WAY

Stores what must be kept, prints a line and waits for one, makes the change and tells as JSON what came of it, then
waits for another line and looks whether all is in order.
"""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from engine.config import load_settings
from engine.errors import StorageError
from engine.secrets import FixedSecrets
from engine.storage import FileStorage
from engine.types import RlsContext, UploadItem, UploadOptions
from engine.workspace import Workspace, open_workspace

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


def main() -> None:
    logging.disable()
    data_dir, way = Path(sys.argv[1]), WAYS[sys.argv[2]]
    data_dir.mkdir()
    (data_dir / "new").write_text(NEW)
    with open_workspace(load_settings(data_dir, environ={}), FixedSecrets()) as workspace:
        storage = workspace.storage
        storage.create_bucket("b", SERVICE)
        storage.upload("b", "source", NEW.encode(), SERVICE, REPLACE)
        for number in range(12):
            storage.upload("b", f"kept/{number}", OLD.encode(), SERVICE, REPLACE)
        before = held(workspace)
        print("ready", flush=True)
        sys.stdin.readline()
        said = attempt(way, storage, data_dir)
        leaked = held(workspace) - before
        print(json.dumps(said | {"contents": contents(storage), "leaked": leaked}), flush=True)
        sys.stdin.readline()
        findings = [str(finding) for finding in storage.check(SERVICE).findings]
        print(json.dumps({"findings": findings, "staged": staged(workspace)}), flush=True)


if __name__ == "__main__":
    main()
