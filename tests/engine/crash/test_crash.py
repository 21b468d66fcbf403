"""Processes that are killed anywhere in their work: nothing acknowledged is lost, nothing is torn or half visible.

`make crash` does the same some hundred times more (`run.py`).
"""

from __future__ import annotations

import json
import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

from engine.errors import ObjectNotFound
from engine.failpoints import Failpoint
from engine.storage import FileStorage
from tests.engine.crash.load import BUCKET, SERVICE
from tests.engine.crash.record import Nursery, Record, opened

pytestmark = [
    pytest.mark.campaign,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="the nursery forks"),
]


def test_the_load_comes_to_every_failpoint(nursery: Nursery, record: Record, tmp_path: Path) -> None:
    notes = tmp_path / "reached"
    assert nursery.wait(nursery.start(record.plan(0, kill={"point": Failpoint.PUBLISHED, "count": 9}))) < 0

    assert nursery.wait(nursery.start(record.plan(1, note=str(notes)))) == 0

    assert {Failpoint(name) for name in json.loads(notes.read_text())} == set(Failpoint)


@pytest.mark.parametrize("point", Failpoint)
def test_a_process_that_dies_at_a_step_of_the_protocol(nursery: Nursery, record: Record, point: Failpoint) -> None:
    """Several die one after the other, also while they finish what the one before left."""
    chance = random.Random(point)
    first = {"point": Failpoint.PUBLISHED, "count": chance.randint(1, 20)}
    assert nursery.wait(nursery.start(record.plan(0, kill=first))) == -signal.SIGKILL

    assert nursery.wait(nursery.start(record.plan(1, kill={"point": point, "count": 1}))) == -signal.SIGKILL
    with opened(record.data_dir) as storage:
        record.check(storage)

    for seed in (2, 3):
        kill = {"point": point, "count": chance.choice([2, 4, 7, 12])}
        assert nursery.wait(nursery.start(record.plan(seed, kill=kill))) in {-signal.SIGKILL, 0}
    with opened(record.data_dir) as storage:
        record.check(storage)


@pytest.mark.parametrize("run", range(3))
def test_a_process_that_dies_at_any_moment(nursery: Nursery, record: Record, run: int) -> None:
    chance = random.Random(run)
    for seed in range(5):
        pid = nursery.start(record.plan(seed, steps=2000, workers=["t0", "t1", "t2"]))
        time.sleep(chance.uniform(0.02, 0.3))
        os.kill(pid, signal.SIGKILL)
        assert nursery.wait(pid) == -signal.SIGKILL
        if chance.random() < 0.6:
            with opened(record.data_dir) as storage:
                record.check(storage)
    with opened(record.data_dir) as storage:
        record.check(storage)


def read_all(storage: FileStorage, record: Record) -> int:
    """Read every object once while others change them, and return how many could be read whole."""
    count = 0
    for info in list(storage.walk(BUCKET, "", SERVICE)):
        with suppress(ObjectNotFound), storage.open_object(BUCKET, info.path, SERVICE, verify=True) as reader:
            assert len(reader.read()) == reader.info.size_bytes
            count += 1
    return count


def test_two_processes_at_once_and_a_third_that_reads(nursery: Nursery, record: Record) -> None:
    pids = [nursery.start(record.plan(seed, steps=60, workers=[f"p{seed}"], rivals=2)) for seed in range(2)]
    with opened(record.data_dir) as storage:
        for _ in range(10):
            read_all(storage, record)
        assert [nursery.wait(pid) for pid in pids] == [0, 0]
        record.check(storage)
        assert read_all(storage, record) > 0


def test_a_process_that_goes_on_while_others_die_beside_it(nursery: Nursery, record: Record) -> None:
    survivor = nursery.start(record.plan(0, steps=150, workers=["p0"], rivals=1))
    for seed in range(1, 6):
        pid = nursery.start(record.plan(seed, steps=2000, workers=[], rivals=2))
        time.sleep(0.1)
        os.kill(pid, signal.SIGKILL)
        assert nursery.wait(pid) == -signal.SIGKILL
    assert nursery.wait(survivor) == 0

    with opened(record.data_dir) as storage:
        record.check(storage)
        assert read_all(storage, record) > 0
