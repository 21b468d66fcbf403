"""Processes that are killed anywhere in their work: nothing acknowledged is lost, nothing is torn or half visible."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from engine.config import load_settings
from engine.errors import ObjectNotFound
from engine.secrets import FixedSecrets
from engine.storage import FileStorage
from engine.workspace import open_workspace
from tests.engine.crash.conftest import Nursery, Record
from tests.engine.crash.load import BUCKET, CALLS, SERVICE

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the nursery forks")


@contextmanager
def opened(record: Record) -> Iterator[FileStorage]:
    """Open the data folder, as the next start does."""
    with open_workspace(load_settings(record.data_dir, environ={}), FixedSecrets()) as workspace:
        yield workspace.storage


@pytest.mark.parametrize("call", CALLS)
def test_a_process_that_dies_at_a_step_of_the_protocol(nursery: Nursery, record: Record, call: str) -> None:
    """Several die one after the other, also while they finish what the one before left; sometimes nobody looks."""
    chance = random.Random(call)
    for seed in range(5):
        when = chance.choice(["before", "after"])
        count = 1 if call in {"sweep", "roll forward"} else chance.choice([1, 2, 4, 7, 12, 20])
        kill = {"call": call, "when": when, "count": count}

        ended = nursery.wait(nursery.start(record.plan(seed, kill=kill)))

        assert ended in {-signal.SIGKILL, 0}
        if chance.random() < 0.6:
            with opened(record) as storage:
                record.check(storage)
    with opened(record) as storage:
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
            with opened(record) as storage:
                record.check(storage)
    with opened(record) as storage:
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
    with opened(record) as storage:
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

    with opened(record) as storage:
        record.check(storage)
        assert read_all(storage, record) > 0
