"""Kills a process over and over and prints what came of it: `make crash`.

python -m tests.engine.crash.run [--kills 500] [--seed N]
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

from engine.failpoints import Failpoint
from tests.engine.crash.campaign import Campaign, Tally
from tests.engine.crash.record import database_with_bucket, nursery_opened


def main() -> None:
    """Run a campaign as told on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=500, help="how many processes die")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32), help="repeat an earlier run")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="holdall-crash-") as name:
        kill(Path(name), options.kills, options.seed)


def kill(folder: Path, kills: int, seed: int) -> None:
    """Kill processes and print how many died where."""
    (folder / "empty").mkdir()
    database = database_with_bucket(folder / "empty")
    began = time.monotonic()
    with nursery_opened() as nursery:
        campaign = Campaign(nursery, database, folder, seed)
        for tally in campaign.run(kills):
            print(f"\r{tally.kills.total()} of {kills} kills", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    show(campaign.tally, time.monotonic() - began)


def show(tally: Tally, duration_s: float) -> None:
    """Print the counts."""
    for point in [*Failpoint, "random moment"]:
        print(f"{point:20} {tally.kills[point]:6,}")
    print(f"{'kills':20} {tally.kills.total():6,}  in {duration_s:.0f} s")
    print(f"{tally.operations:,} operations acknowledged, {tally.objects:,} objects read against their checksums:")
    print("nothing acknowledged was lost, nothing torn, nothing half visible, nothing left behind")


if __name__ == "__main__":
    main()
