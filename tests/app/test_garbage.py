"""Garbage is collected in the main thread, and left to Python once no window is open."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from app.garbage import GarbageCollector
from app.imports import left_alone


class Knot:
    """Something that holds itself, so that only the collector can free it."""

    def __init__(self) -> None:
        self.myself = self


@pytest.fixture
def collector(qapp: QCoreApplication) -> Iterator[GarbageCollector]:
    collector = GarbageCollector()
    collector.start()
    yield collector
    collector.stop()


def test_a_worker_never_frees_what_is_in_a_cycle_and_the_main_thread_does(
    collector: GarbageCollector, qtbot: QtBot
) -> None:
    freed_in: list[threading.Thread] = []

    def tie_knots() -> None:
        for _ in range(5_000):
            weakref.finalize(Knot(), lambda: freed_in.append(threading.current_thread())).atexit = False

    worker = threading.Thread(target=tie_knots)
    worker.start()
    worker.join()
    assert freed_in == []
    qtbot.waitUntil(lambda: len(freed_in) == 5_000)
    assert set(freed_in) == {threading.main_thread()}


def test_python_takes_over_again_afterwards(collector: GarbageCollector) -> None:
    assert not gc.isenabled()
    assert gc.get_freeze_count() > 0
    collector.stop()
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


@pytest.mark.parametrize("is_enabled", [True, False])
def test_it_is_left_alone_for_a_while(is_enabled: bool) -> None:
    was_enabled = gc.isenabled()
    try:
        (gc.enable if is_enabled else gc.disable)()
        with left_alone():
            assert not gc.isenabled()
        assert gc.isenabled() is is_enabled
    finally:
        (gc.enable if was_enabled else gc.disable)()
