"""What must be true of uploads that come in parts, whoever died over them."""

from __future__ import annotations

import contextlib
import sqlite3

from engine.files.resumable.abandoned import AbandonedUploads
from engine.workspace import Workspace

_UNFINISHED = "SELECT id, offset_bytes FROM storage_resumable_uploads WHERE object_id IS NULL"


def check_parts(workspace: Workspace) -> None:
    """Hold parts against rows: what was acknowledged is there, byte for byte, and a sweep leaves nothing else."""
    premises, folder = workspace.housekeeping.premises, workspace.settings.storage_dir / ".parts"
    AbandonedUploads(premises.executor, premises.backend, lambda: 0).sweep()
    with contextlib.closing(sqlite3.connect(workspace.settings.database_path)) as connection:
        unfinished = dict(connection.execute(_UNFINISHED))
    for upload_id, offset_bytes in unfinished.items():
        if offset_bytes:
            part = folder / upload_id
            assert part.exists(), f"a part is gone of which {offset_bytes} bytes were acknowledged"
            data = part.read_bytes()[:offset_bytes]
            line = data.partition(b"\n")[0] + b"\n"
            assert data == (line * (offset_bytes // len(line) + 1))[:offset_bytes], "acknowledged bytes are lost"
    assert set(premises.backend.list_parts()) <= set(unfinished)
