"""A process with an upload half done: says so, waits for a line, commits, says so, waits again, and closes.

python uploader.py DATA_DIR
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from engine.config import load_settings
from engine.secrets import FixedSecrets
from engine.types import RlsContext
from engine.workspace import open_workspace


def main() -> None:
    with open_workspace(load_settings(Path(sys.argv[1]), environ={}), FixedSecrets(bytes(32))) as workspace:
        context = RlsContext.service()
        session = workspace.storage.begin_upload("photos", "from/afar", context)
        session.write(b"half and " * 10_000)
        print("staged", flush=True)
        sys.stdin.readline()
        session.write(b"half")
        session.commit()
        print("committed", flush=True)
        sys.stdin.readline()


if __name__ == "__main__":
    main()
