"""A process that uploads into a store whose system refuses, and tells as JSON what came of it.

    python fault_child.py DATA_DIR SOURCE LIMIT

Stores `kept`, prints a line and waits for one, sets the limit (`file-size`, `descriptors` or `none`), tries every way
to upload SOURCE over `kept`, prints what it met, waits again, and tells what is there once all is well.
"""

from __future__ import annotations

import json
import logging
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from engine.config import load_settings
from engine.errors import StorageError
from engine.limits import MIB
from engine.secrets import FixedSecrets
from engine.storage import FileStorage
from engine.types import RlsContext, UploadItem, UploadOptions
from engine.workspace import Workspace, open_workspace

SERVICE = RlsContext.service()
REPLACE = UploadOptions(replace=True)
KEPT = b"kept " * 1000


def upload_path(storage: FileStorage, source: Path) -> None:
    storage.upload("b", "kept", source, SERVICE, REPLACE)


def upload_stream(storage: FileStorage, source: Path) -> None:
    with source.open("rb") as file:
        storage.upload("b", "kept", file, SERVICE, REPLACE)


def upload_batch(storage: FileStorage, source: Path) -> None:
    report = storage.upload_many("b", [UploadItem(source, "kept")], SERVICE, REPLACE)
    if report.failures:
        raise report.failures[0].error


def open_many(storage: FileStorage, _: Path) -> None:
    with ExitStack() as opened:
        for _ in range(500):
            opened.enter_context(storage.open_object("b", "kept", SERVICE))


def limited(limit: str) -> list[Callable[[FileStorage, Path], None]]:
    """Set a limit and return what to try under it."""
    if limit == "file-size":
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2 * MIB, resource.RLIM_INFINITY))
    if limit == "descriptors":
        resource.setrlimit(resource.RLIMIT_NOFILE, (60, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        return [open_many]
    return [upload_path, upload_stream, upload_batch]


def unlimited(limit: str) -> None:
    """Take the limit away again."""
    if limit == "file-size":
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def outcome(attempt: Callable[[FileStorage, Path], None], storage: FileStorage, source: Path) -> list[str]:
    """Return the name of the error that an attempt met, and its hint."""
    try:
        attempt(storage, source)
    except StorageError as error:
        return [attempt.__name__, type(error).__name__, error.hint or ""]
    return [attempt.__name__, "", ""]


def state(workspace: Workspace) -> dict[str, object]:
    """Return what a caller can see, and what lies in the storage folder."""
    with workspace.storage.open_object("b", "kept", SERVICE) as reader:
        data = reader.read()
    folder = workspace.settings.storage_dir
    held = [str(link.resolve()) for link in Path("/proc/self/fd").iterdir()]
    return {
        "kept": data == KEPT,
        "staged": [path.name for path in (folder / ".staging").rglob("*") if path.is_file() and path.name != ".lock"],
        "held": sum(target.startswith(str(folder)) for target in held),
    }


def main() -> None:
    logging.disable()
    data_dir, source, limit = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    with open_workspace(load_settings(data_dir, environ={}), FixedSecrets(bytes(32))) as workspace:
        storage = workspace.storage
        storage.create_bucket("b", SERVICE)
        storage.upload("b", "kept", KEPT, SERVICE)
        before = state(workspace)
        print("ready", flush=True)
        sys.stdin.readline()
        met = [outcome(attempt, storage, source) for attempt in limited(limit)]
        print(json.dumps({"met": met, "before": before, "after": state(workspace)}), flush=True)
        sys.stdin.readline()
        unlimited(limit)
        findings = [str(finding) for finding in storage.check(SERVICE).findings]
        again = outcome(upload_path, storage, source) if limit == "file-size" else []
        print(json.dumps({"findings": findings, "again": again}), flush=True)


if __name__ == "__main__":
    main()
