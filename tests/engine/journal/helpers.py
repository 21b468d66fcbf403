"""What the tests of the commit protocol share."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from engine.storage import FileStorage
from engine.types import RlsContext, UploadOptions
from engine.workspace import Workspace

REPLACE = UploadOptions(replace=True)
Reopen = Callable[[], FileStorage]
Crash = Callable[..., contextlib.AbstractContextManager[None]]


def content(storage: FileStorage, path: str, service: RlsContext) -> bytes:
    with storage.open_object("photos", path, service, verify=True) as reader:
        return reader.read()


def open_records(workspace: Workspace) -> list[int]:
    with workspace._core.executor.snapshot(RlsContext.service()) as tx:
        finished = workspace._core.journal._finished
        return [journal_id for journal_id in workspace._core.journal.open_ids(tx) if journal_id not in finished]
