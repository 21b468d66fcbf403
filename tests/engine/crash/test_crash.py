"""Processes that are killed anywhere in their work: nothing acknowledged is lost, nothing is torn or half visible.

`make crash` does the same some hundred times more (`run.py`).
"""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

from engine.errors import ObjectNotFound
from engine.failpoints import Failpoint
from engine.storage import FileStorage
from tests.engine.crash.campaign import Campaign
from tests.engine.crash.load import BUCKET, SERVICE
from tests.engine.crash.record import Nursery, Record, opened

PARTS = 5
KILLS_A_PART = 8
"""All parts together kill 40 at least."""

pytestmark = [
    pytest.mark.campaign,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="the nursery forks"),
]


def test_the_load_comes_to_every_failpoint(nursery: Nursery, record: Record, tmp_path: Path) -> None:
    notes = tmp_path / "reached"
    assert nursery.wait(nursery.start(record.plan(0, kill={"point": Failpoint.PUBLISHED, "count": 9}))) < 0

    assert nursery.wait(nursery.start(record.plan(1, note=str(notes)))) == 0

    assert {Failpoint(name) for name in json.loads(notes.read_text())} == set(Failpoint)


@pytest.mark.parametrize("part", range(PARTS))
def test_processes_that_die_at_each_step(nursery: Nursery, database: bytes, tmp_path: Path, part: int) -> None:
    """Several die one after the other, also while they finish what the one before left."""
    points = tuple(Failpoint)[part::PARTS]
    campaign = Campaign(nursery, database, tmp_path, part, points=points, counts=[1, 1, 2], random_share=0.0)

    tally = list(campaign.run(len(points)))[-1]

    assert all(tally.kills[point] for point in points)
    assert tally.kills.total() >= KILLS_A_PART


@pytest.mark.parametrize("run", range(2))
def test_processes_that_die_at_any_moment(nursery: Nursery, database: bytes, tmp_path: Path, run: int) -> None:
    tally = list(Campaign(nursery, database, tmp_path, run, points=(), random_share=1.0).run(6))[-1]

    assert tally.kills["random moment"] == 6


def read_all(storage: FileStorage, record: Record) -> int:
    """Read every object once while others change them, and return how many could be read whole."""
    count = 0
    for info in list(storage.walk(BUCKET, "", SERVICE)):
        with suppress(ObjectNotFound), storage.open_object(BUCKET, info.path, SERVICE, verify=True) as reader:
            assert len(reader.read()) == reader.info.size_bytes
            count += 1
    return count


def test_two_processes_at_once_and_a_third_that_reads(nursery: Nursery, record: Record) -> None:
    pids = [
        nursery.start(record.plan(seed, steps=60, workers=[f"p{seed}"], rivals=2, past=30 * seed)) for seed in range(2)
    ]
    with opened(record.data_dir) as workspace:
        for _ in range(10):
            read_all(workspace.storage, record)
        assert [nursery.wait(pid) for pid in pids] == [0, 0]
        record.check(workspace)
        assert read_all(workspace.storage, record) > 0


def test_a_process_that_goes_on_while_others_die_beside_it(nursery: Nursery, record: Record) -> None:
    survivor = nursery.start(record.plan(0, steps=150, workers=["p0"], rivals=1))
    for seed in range(1, 6):
        pid = nursery.start(record.plan(seed, steps=2000, workers=[], past=0, rivals=2))
        time.sleep(0.1)
        os.kill(pid, signal.SIGKILL)
        assert nursery.wait(pid) == -signal.SIGKILL
    assert nursery.wait(survivor) == 0

    with opened(record.data_dir) as workspace:
        record.check(workspace)
        assert read_all(workspace.storage, record) > 0
