"""A queue over a storage in memory, and somebody who watches it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.transfers import TransferQueue
from engine.types import RlsContext
from tests.engine.transfers.fakes import Clock, FakeStorage, Recorder


@pytest.fixture
def fake() -> FakeStorage:
    return FakeStorage()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def queue(fake: FakeStorage, clock: Clock, recorder: Recorder) -> Iterator[TransferQueue]:
    queue = TransferQueue(fake, RlsContext.service(), parallel=2, clock=clock)
    queue.subscribe(recorder)
    yield queue
    for gate in fake.gates.values():
        gate.set()
    queue.close()
