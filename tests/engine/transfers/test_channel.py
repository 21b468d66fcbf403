"""The channel between finding and moving."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from engine.transfers.channel import Channel


def test_everything_put_comes_out_in_order() -> None:
    channel: Channel[int] = Channel(4)

    def produce() -> None:
        for at in range(0, 100, 5):
            assert channel.put(range(at, at + 5))
        channel.close()

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(produce)
        assert list(channel.items()) == list(range(100))
        done.result()


def test_a_producer_that_waits_is_released_by_closing() -> None:
    channel: Channel[int] = Channel(1)
    assert channel.put([1])
    waiting = threading.Event()

    def produce() -> bool:
        waiting.set()
        return channel.put([2])

    with ThreadPoolExecutor(1) as pool:
        refused = pool.submit(produce)
        waiting.wait()
        channel.close()
        assert refused.result() is False
    assert list(channel.items()) == [1]


def test_a_consumer_that_waits_is_released_by_closing() -> None:
    channel: Channel[int] = Channel(1)
    with ThreadPoolExecutor(1) as pool:
        empty = pool.submit(lambda: list(channel.items()))
        channel.close()
        assert empty.result() == []
