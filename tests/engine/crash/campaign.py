"""Kills processes at each failpoint in turn and at random moments, and counts.

Several die in one data folder, one after the other; each next one opens what the one before left, and now and then two
or three die before somebody looks.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

from engine.failpoints import Failpoint
from tests.engine.crash.record import Nursery, Record, opened

KILLS_A_FOLDER = 12
UNSEEN_SHARE = 0.3
RANDOM_SHARE = 0.3
WORKERS = ["t0", "t1", "t2"]
COUNTS = (1, 2, 3, 5, 8, 13, 21)
"""When a process dies: as it comes to its failpoint for the so-manieth time."""


@dataclass(slots=True)
class Tally:
    """What a campaign has done.

    Attributes:
        kills: How many died at each failpoint; under `random moment` those that were killed from outside.
    """

    kills: Counter[str] = field(default_factory=Counter)
    operations: int = 0
    objects: int = 0
    reopened: int = 0


class Campaign:
    """Kills until it has killed enough, and at each failpoint.

    Args:
        nursery: Where the processes come from.
        database: An empty database to begin with.
        folder: For data folders.
        seed: Decides on everything but the moments at which threads take turns.
        points: Which failpoints.
        counts: Which of the times that a process comes to one is its last.
        random_share: How many die at random moments instead.
    """

    def __init__(
        self,
        nursery: Nursery,
        database: bytes,
        folder: Path,
        seed: int,
        *,
        points: Sequence[Failpoint] = tuple(Failpoint),
        counts: Sequence[int] = COUNTS,
        random_share: float = RANDOM_SHARE,
    ) -> None:
        self._nursery = nursery
        self._database = database
        self._folder = folder
        self._random = random.Random(seed)
        self._all_points = points
        self._points = cycle(points)
        self._counts = counts
        self._random_share = random_share
        self.tally = Tally()

    def run(self, kills: int) -> Iterator[Tally]:
        """Kill, and yield the tally after each data folder."""
        while (left := max(kills - self.tally.kills.total(), self._spared())) > 0:
            number = self.tally.reopened
            folder = self._folder / str(number)
            folder.mkdir()
            self._work_in(Record(folder, self._database), min(left, KILLS_A_FOLDER))
            yield self.tally

    def _spared(self) -> int:
        """Return at how many failpoints nobody has died."""
        return sum(not self.tally.kills[point] for point in self._all_points)

    def _work_in(self, record: Record, kills: int) -> None:
        """Kill some in one data folder and look."""
        for _ in range(kills):
            self._kill_once(record)
            self.tally.reopened += 1
            if self._random.random() >= UNSEEN_SHARE:
                self._look(record)
        self._look(record, end=True)
        self.tally.operations += record.acknowledged
        self.tally.objects += record.checked

    @staticmethod
    def _look(record: Record, *, end: bool = False) -> None:
        """Hold what is there against the record."""
        with opened(record.data_dir) as workspace:
            record.check(workspace, end=end)

    def _kill_once(self, record: Record) -> None:
        """Let a process die, at the next failpoint or at any moment."""
        if self._random.random() < self._random_share:
            self._kill_at_random(record)
            return
        point = next(self._points)
        if self._died_at(record, point, self._random.choice(self._counts)):
            return
        # To some of them only that leads which somebody dead has left.
        assert self._died_at(record, Failpoint.PUBLISHED, self._random.randint(1, 10))
        assert self._died_at(record, point, 1), f"nobody came to {point}"

    def _kill_at_random(self, record: Record) -> None:
        """Kill a process from outside, as early as while it opens, or in the middle of its work."""
        pid = self._nursery.start(record.plan(self._seed(), steps=2000, workers=WORKERS))
        time.sleep(self._random.uniform(0.0, 0.25))
        os.kill(pid, signal.SIGKILL)
        assert self._nursery.wait(pid) == -signal.SIGKILL
        self.tally.kills["random moment"] += 1

    def _seed(self) -> int:
        """Return what the next process decides by."""
        return self._random.randrange(2**32)

    def _died_at(self, record: Record, point: Failpoint, count: int) -> bool:
        """Let a process die when it comes to a failpoint for the `count`-th time, and return whether it did."""
        plan = record.plan(self._seed(), kill={"point": point, "count": count}, workers=WORKERS[:1])
        ended = self._nursery.wait(self._nursery.start(plan))
        assert ended in {-signal.SIGKILL, 0}
        self.tally.kills[point] += ended != 0
        return ended != 0
