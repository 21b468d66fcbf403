"""Transfers step back behind whatever a person is looking at."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest

from engine.transfers import TransferQueue, UploadJob
from engine.transfers.priority import NICE
from engine.types import RlsContext, StorageObject
from tests.engine.transfers.fakes import FakeStorage


class NosyStorage(FakeStorage):
    """Looks at the priority of the threads it is called in and of those they start."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[int] = []

    def info(self, bucket: str, path: str, context: RlsContext) -> StorageObject:
        self._look()
        helper = threading.Thread(target=self._look)
        helper.start()
        helper.join()
        return super().info(bucket, path, context)

    def _look(self) -> None:
        self.seen.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives threads priorities of their own")
def test_a_transfer_and_its_helpers_run_behind_the_thread_that_submitted_it(tmp_path: Path) -> None:
    storage = NosyStorage()
    for number in range(100):
        storage.put(f"{number:03}")
    (tmp_path / "a").write_bytes(b"")
    before = os.getpriority(os.PRIO_PROCESS, 0)
    queue = TransferQueue(storage, RlsContext.service())
    queue.submit(UploadJob("photos", "", (tmp_path / "a",)))
    assert queue.wait_until_idle(20)
    queue.close()
    assert storage.seen == [max(before, NICE)] * 2
    assert os.getpriority(os.PRIO_PROCESS, 0) == before
