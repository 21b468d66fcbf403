"""A start of the real window, imported as `main.py` imports it, until rows are painted and keys are taken: as JSON.

python -m tests.benchmarks.browsing_start DATA_DIR --start MONOTONIC_SECONDS
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path


def main(argv: list[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--start", type=float, required=True)
    options = parser.parse_args(argv)
    from app.imports import left_alone, load_qt

    with left_alone():
        load_qt()
        from tests.benchmarks.browsing_opened import opened
    with opened(options.data_dir):
        took_ms = (time.monotonic() - options.start) * 1000
    print(json.dumps({"start": took_ms}))


if __name__ == "__main__":
    main(sys.argv[1:])
