"""Cuts the power: runs a load on a disk that remembers what is at risk, and looks at what many cuts could leave.

The database is copied as it is in the moment of a cut: SQLite itself vouches for it (`synchronous=FULL`).
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from engine.workspace import Workspace
from tests.engine.crash.disk import Disk
from tests.engine.crash.load import Log, Worker
from tests.engine.crash.past_load import PastWorker
from tests.engine.crash.record import Record, opened

STEPS = 24
END_EVERY = 4
"""After each so-manieth cut all that is kept of the past is let go, and nothing may be left of it."""

CUT_SHARES = {"now": 0.07, "past": 0.02}
"""How many of the calls that each load makes are the last."""

CUT_SHARE_AT_START = 0.4


@dataclass(slots=True)
class PowerTally:
    """What was done."""

    cuts: int = 0
    calls: int = 0
    steps: int = 0
    objects: int = 0


class Cutter:
    """Takes a picture of what a power cut would leave, now and then.

    Args:
        record: Where the load works.
        folder: For the pictures.
        chance: Decides when, and on what is left.
    """

    def __init__(self, record: Record, folder: Path, chance: random.Random) -> None:
        self._record = record
        self._folder = folder
        self._random = chance
        self.share = CUT_SHARE_AT_START
        self.disk = Disk(record.data_dir / "storage", self.maybe)
        self.cuts: list[Path] = []

    def maybe(self) -> None:
        """Take a picture, or not."""
        if self._random.random() >= self.share:
            return
        cut = self._folder / f"cut-{len(self.cuts)}"
        (cut / "data").mkdir(parents=True)
        # The log first: a checkpoint in between moves its pages to the other file, where they may come twice.
        for name in ("holdall.db-wal", "holdall.db"):
            if (self._record.data_dir / name).exists():
                shutil.copy(self._record.data_dir / name, cut / "data")
        if self._record.log.exists():
            shutil.copy(self._record.log, cut)
        self.disk.cut(cut / "data" / "storage", self._random)
        self.cuts.append(cut)


class CutLog(Log):
    """A log after each of whose lines the power may go."""

    def __init__(self, path: Path, cutter: Cutter) -> None:
        super().__init__(path)
        self._cutter = cutter

    def write(self, worker: str, kind: str, value: object) -> None:
        super().write(worker, kind, value)
        self._cutter.maybe()


def cut_power(folder: Path, database: bytes, seed: int, cuts: int) -> Iterator[PowerTally]:
    """Work, cut, look at every cut, and go on from one of them, until there were enough.

    Raises:
        AssertionError: Something acknowledged is lost, torn, half visible, or left behind.
    """
    chance = random.Random(seed)
    tally = PowerTally()
    begin = folder / "begin"
    begin.mkdir()
    record = Record(begin, database)
    with opened(record.data_dir):
        pass
    # Each round has one of the loads, so that there are more rounds, and cuts in the openings between them.
    loads = cycle(["now", "past"] if seed % 2 else ["past", "now"])
    while tally.cuts < cuts:
        pictures = work(record, folder / f"round-{tally.cuts}", chance, tally, next(loads))
        following = folder / f"from-{tally.cuts}"
        shutil.copytree(chance.choice(pictures), following)
        for picture in pictures:
            look(picture, tally)
            shutil.rmtree(picture)
        shutil.rmtree(record.data_dir.parent)
        record = Record(following)
        yield tally


def work(record: Record, folder: Path, chance: random.Random, tally: PowerTally, load: str) -> list[Path]:
    """Open a data folder, work in it, and return pictures of what a power cut could have left meanwhile."""
    cutter = Cutter(record, folder, chance)
    with cutter.disk, opened(record.data_dir) as workspace:
        cutter.share = CUT_SHARES[load]
        log = CutLog(record.log, cutter)
        worker(load, workspace, log, record, chance.randrange(2**32)).run(STEPS)
        log.close()
    tally.calls += cutter.disk.calls
    tally.steps += STEPS
    return cutter.cuts


def worker(load: str, workspace: Workspace, log: Log, record: Record, seed: int) -> Worker | PastWorker:
    """Return who changes what stands now, or what is kept of the past."""
    if load == "past":
        return PastWorker(workspace, log, record.log, seed, record.scratch)
    return Worker(workspace.storage, log, "t0", seed, record.scratch)


def look(picture: Path, tally: PowerTally) -> None:
    """Hold what one cut has left against what was acknowledged before it."""
    record = Record(picture)
    with opened(record.data_dir) as workspace:
        record.check(workspace, end=tally.cuts % END_EVERY == 0)
    tally.cuts += 1
    tally.objects += record.checked
