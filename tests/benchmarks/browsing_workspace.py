"""A workspace to browse: one folder of 1,000,000 objects and one bucket of 10,000 folders, written straight as rows.

The rows have no bytes, which nothing of browsing reads; those of the pictures are real.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import text

from engine.config import Settings
from engine.secrets import FixedSecrets
from engine.workspace import Workspace, open_workspace

BIG: Final = "big"
MANY: Final = "many"
FOLDER: Final = "folder/"
OBJECTS: Final = 1_000_000
FOLDERS: Final = 10_000

_A_FOLDER: Final = 3
_INSERT: Final = """
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :count)
    INSERT INTO storage_objects (id, bucket_id, parent, leaf, owner_id, size_bytes, mime_type, checksum,
        cache_control, user_metadata, version, physical_path, created_at, updated_at, valid_from)
    SELECT printf(:kind || '-%07d', i), :bucket, {parent}, printf('%s-%07d.%s',
            substr('ardvark,berries,cricket,dolphin,emerald,ferrets,giraffe,harvest', 8 * (i % 8) + 1, 7), i,
            substr('txtpdfpngcsv', 3 * (i % 4) + 1, 3)), :owner,
        (i * 2654435761) % 1000003, rtrim(substr('text/plain     application/pdfimage/png      text/csv       ',
            15 * (i % 4) + 1, 15)), printf('%064d', i), 'no-cache', '{{}}', printf(:kind || 'v-%07d', i), '',
        1700000000000000 + (i * 40503) % 65536 * 1000000, 1700000000000000 + (i * 40503) % 65536 * 1000000, 1
    FROM n
"""


def make(data_dir: Path, objects: int, folders: int) -> None:
    """Make the workspace.

    Args:
        data_dir: Where; must not exist.
        objects: How many in the one folder.
        folders: How many in the other bucket, of three objects each.
    """
    with open_workspace(Settings(data_dir), FixedSecrets()) as workspace:
        _fill(workspace, BIG, "'folder/'", objects)
        _fill(workspace, MANY, f"printf('folder-%05d/', i / {_A_FOLDER})", folders * _A_FOLDER)


def _fill(workspace: Workspace, name: str, parent: str, count: int) -> None:
    """Make a bucket of rows without bytes; names, sizes and times come in no order of each other's."""
    bucket = workspace.storage.create_bucket(name, workspace.context)
    values = {"count": count, "bucket": bucket.id, "kind": name, "owner": workspace.owner_id}
    with workspace._core.executor.transaction(workspace.context) as tx:
        tx.execute(text(_INSERT.format(parent=parent)), values)
