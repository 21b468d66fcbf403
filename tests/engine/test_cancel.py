"""Cancellation: seen by everybody, for good."""

from __future__ import annotations

import threading

import pytest

from engine.cancel import CancelToken
from engine.errors import Cancelled


def test_a_fresh_token_lets_work_go_on() -> None:
    token = CancelToken()

    token.raise_if_cancelled()

    assert not token.cancelled


def test_a_cancelled_token_stops_work_and_stays_cancelled() -> None:
    token = CancelToken()
    token.cancel()
    token.cancel()

    for _ in range(2):
        with pytest.raises(Cancelled) as raised:
            token.raise_if_cancelled()
        assert raised.value.code == "Cancelled"
    assert token.cancelled


def test_another_thread_sees_the_wish() -> None:
    token = CancelToken()
    stopped = threading.Event()

    def work() -> None:
        while not stopped.is_set():
            try:
                token.raise_if_cancelled()
            except Cancelled:
                stopped.set()

    worker = threading.Thread(target=work)
    worker.start()
    token.cancel()
    worker.join(timeout=30)

    assert stopped.is_set()
    assert not worker.is_alive()
