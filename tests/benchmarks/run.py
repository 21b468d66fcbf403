"""Runs the benchmarks and prints one table. Fails when a bar does not hold.

python -m tests.benchmarks.run [NAME...] [--scale 1.0] [--base DIR]
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
import time
from pathlib import Path

from tests.benchmarks.report import Row, table

_NAMES = (
    "ingest", "listing", "access", "history", "http", "scrub", "audit", "observe", "stall", "browsing", "search",
    "events",
)  # fmt: skip


def main(argv: list[str]) -> int:
    """Run what was asked for and return 0 if every bar holds, else 1."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[*_NAMES, []], help="which benchmarks; all by default")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full sizes")
    parser.add_argument("--base", type=Path, default=None, help="folder to work in; decides which disk is measured")
    options = parser.parse_args(argv)
    rows: list[Row] = []
    for name in options.names or _NAMES:
        module = importlib.import_module(f"tests.benchmarks.bench_{name}")
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        rows += module.run(options.scale, options.base)
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    print(
        f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, {memory_gib:.0f} GiB, Python {platform.python_version()}"
    )
    print()
    print(table(rows))
    return 0 if all(row.holds is not False for row in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
