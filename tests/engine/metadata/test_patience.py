"""Reads that nobody waits for any more: they end in the middle, and leave nothing behind."""

from __future__ import annotations

import sqlite3
from threading import Lock

import pytest
from sqlalchemy import literal, select

from engine.cancel import CancelToken
from engine.errors import Cancelled
from engine.metadata.executor import Executor, Transaction
from engine.metadata.patience import held
from engine.types import RlsContext

SERVICE = RlsContext.service()
MANY = 100_000
"""Rows that take more steps than SQLite makes between two looks."""


class Wavering(CancelToken):
    """A caller who cancels while SQLite works: at its first look."""

    __slots__ = ("looks",)

    def __init__(self) -> None:
        super().__init__()
        self.looks = 0

    @property
    def cancelled(self) -> bool:
        self.looks += 1
        return True

    def raise_if_cancelled(self) -> None:
        """Wait for the statement."""


def count(tx: Transaction) -> int:
    n = select(literal(1).label("i")).cte("n", recursive=True)
    n = n.union_all(select(n.c.i + 1).where(n.c.i < MANY))
    return len(tx.tuples(select(n.c.i)))


def test_a_read_ends_when_its_caller_cancels(executor: Executor) -> None:
    hasty = Wavering()
    with pytest.raises(Cancelled), executor.snapshot(SERVICE.until(hasty)) as tx:
        count(tx)
    assert hasty.looks


def test_the_next_one_over_the_same_connection_is_read_to_its_end(executor: Executor) -> None:
    hasty = Wavering()
    with pytest.raises(Cancelled), executor.snapshot(SERVICE.until(hasty)) as tx:
        count(tx)
    looks = hasty.looks
    with executor.snapshot(SERVICE) as tx:
        assert count(tx) == MANY
    assert hasty.looks == looks


def test_who_has_cancelled_before_reads_nothing(executor: Executor) -> None:
    token = CancelToken()
    with executor.snapshot(SERVICE.until(token)) as tx:
        assert count(tx) == MANY
    token.cancel()
    with pytest.raises(Cancelled), executor.snapshot(SERVICE.until(token)):
        pytest.fail("nothing may be read")


def test_what_is_made_for_all_is_made_to_its_end(executor: Executor) -> None:
    with executor.snapshot(SERVICE.until(Wavering())) as tx:
        with tx.seen_through():
            assert count(tx) == MANY
        with pytest.raises(sqlite3.OperationalError, match="interrupted"):
            count(tx)


def test_what_is_made_for_all_in_another_name_changes_nothing_for_the_rest(executor: Executor) -> None:
    with executor.snapshot(SERVICE.until(Wavering())) as tx:
        with tx.as_caller(RlsContext.service()).seen_through():
            assert count(tx) == MANY
        with pytest.raises(sqlite3.OperationalError, match="interrupted"):
            count(tx)
    with executor.transaction(SERVICE.until(Wavering())) as tx:
        with tx.seen_through():
            assert count(tx) == MANY
        assert count(tx) == MANY


def test_what_is_written_is_written_to_its_end(executor: Executor) -> None:
    with executor.transaction(SERVICE.until(Wavering())) as tx:
        assert count(tx) == MANY


def test_who_cancels_waits_for_no_lock() -> None:
    lock, token = Lock(), CancelToken()
    with held(lock, token):
        assert lock.locked()
        token.cancel()
        with pytest.raises(Cancelled), held(lock, token):
            pytest.fail("it is held")
        assert lock.locked()
    assert not lock.locked()
