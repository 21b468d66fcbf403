"""Serves a data folder until it is killed; prints where, and the service key. A scanner's address may follow."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from engine.config import load_settings
from engine.secrets import FixedSecrets
from engine.server import StorageServer
from engine.workspace import open_workspace


def serve(data_dir: Path, *clamd: str) -> None:
    settings = load_settings(data_dir, environ={"HOLDALL_CLAMD": clamd[0]} if clamd else {})
    with open_workspace(settings, FixedSecrets(b"\x07" * 32)) as workspace:
        server = StorageServer(workspace)
        server.start()
        print(server.url, workspace.keys.service_role, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), *sys.argv[2:])
