"""A process that stages in a storage folder: says so on its output, and then waits to be told to end, or is killed.

python lease_holder.py ROOT CONTENT
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from engine.backends.local import LocalBackend


def main() -> None:
    backend = LocalBackend(Path(sys.argv[1]))
    backend.stage_bytes("v1", sys.argv[2].encode())
    backend.flush(["v1"])
    print(backend.staging, flush=True)
    sys.stdin.readline()
    backend.close()


if __name__ == "__main__":
    main()
