"""Starts at which no workspace opens: what is done to the data folder before."""

from __future__ import annotations

from pathlib import Path

from engine.config import load_settings
from engine.secrets import FixedSecrets
from engine.types import RlsContext
from engine.workspace import open_workspace


def _filled(data_dir: Path) -> None:
    settings = load_settings(data_dir, environ={})
    with open_workspace(settings, FixedSecrets(bytes(32))) as workspace:
        me = RlsContext.service(workspace.owner_id)
        workspace.storage.create_bucket("photos", me)
        workspace.storage.upload("photos", "notes.txt", b"Hello\n", me)
        workspace.backups.make()


def database_damaged(data_dir: Path) -> None:
    _filled(data_dir)
    database = load_settings(data_dir, environ={}).database_path
    database.write_bytes(b"no database" * 1000)


def no_data_folder(data_dir: Path) -> None:
    data_dir.write_bytes(b"a file, not a folder")


STARTS = (database_damaged, no_data_folder)
