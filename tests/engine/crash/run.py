"""Kills a process over and over, then cuts the power, and prints what came of it: `make crash`.

python -m tests.engine.crash.run [--kills 500] [--cuts 1000] [--seed N]
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
from tests.engine.crash.power import PowerTally, cut_power
from tests.engine.crash.record import database_with_bucket, nursery_opened


def main() -> None:
    """Run a campaign as told on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=500, help="how many processes die")
    parser.add_argument("--cuts", type=int, default=1000, help="how often the power goes")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32), help="repeat an earlier run")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="holdall-crash-") as name:
        folder = Path(name)
        (folder / "empty").mkdir()
        database = database_with_bucket(folder / "empty")
        kill(folder, database, options.kills, options.seed)
        cut(folder, database, options.cuts, options.seed)
    print("Nothing acknowledged was lost, nothing torn, nothing half visible, nothing left behind.")


def kill(folder: Path, database: bytes, kills: int, seed: int) -> None:
    """Kill processes and print how many died where."""
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
    assert all(tally.kills[point] for point in Failpoint), "nobody died at one of them"
    print(f"{'kills':20} {tally.kills.total():6,}  in {duration_s:.0f} s")
    print(f"{tally.operations:,} operations acknowledged, {tally.objects:,} objects read against their checksums")


def cut(folder: Path, database: bytes, cuts: int, seed: int) -> None:
    """Cut the power and print how often."""
    began = time.monotonic()
    tally = PowerTally()
    for tally in cut_power(folder, database, seed, cuts):
        print(f"\r{tally.cuts} of {cuts} power cuts", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print(f"{'power cuts':20} {tally.cuts:6,}  in {time.monotonic() - began:.0f} s")
    print(f"{tally.steps:,} steps of the load in {tally.calls:,} system calls, {tally.objects:,} objects read")


if __name__ == "__main__":
    main()
