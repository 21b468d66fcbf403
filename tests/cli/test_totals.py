"""Counting beside a running call."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

from engine.cli.sources import SourceWalk
from engine.cli.totals import counted, sum_of
from engine.errors import IoError
from engine.types import TreeSize


def test_totals_are_there_once_they_are_counted():
    go = threading.Event()

    def count(_: object) -> TreeSize:
        go.wait()
        return TreeSize(2, 30)

    with counted(count) as totals:
        assert totals() is None
        go.set()
        while totals() is None:
            time.sleep(0.001)
        assert totals() == TreeSize(2, 30)


def test_a_count_that_fails_promises_nothing():
    def count(_: object) -> TreeSize:
        raise IoError("gone")

    with counted(count) as totals:
        assert totals() is None


def test_a_call_that_ends_first_ends_the_count():
    def endless() -> Iterator[TreeSize]:
        while True:
            yield TreeSize(1, 1)

    with counted(lambda stopped: sum_of(endless(), stopped)) as totals:
        assert totals() is None


def test_the_files_of_a_walk_are_counted_before_they_are_walked(tree: Path, data_dir: Path):
    walk = SourceWalk([tree, tree / "a.txt"], "", data_dir)
    assert walk.count(lambda: False) == TreeSize(8, 256 * 1024 + 5 + 7 + 1 + 3 + 5)
    assert len(list(walk)) == 8
    assert walk.failures == []
