"""The bounded pool of threads in which a server's blocking calls of the engine run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Workers:
    """Runs engine calls beside the loop.

    Args:
        threads: Calls that run at once; the others wait in order.
    """

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="holdall-http")
        self._unfinished: set[Future[Any]] = set()

    async def run(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a blocking call and return its result. Loop's thread only.

        A cancelled caller no longer waits; a call that has begun goes on to its end.

        Args:
            call: Of the engine.
            *args: Its arguments.
            **kwargs: Its named arguments.
        """
        return await asyncio.wrap_future(self.submit(call, *args, **kwargs))

    def submit(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Start a blocking call and return the promise of its result. Loop's thread only.

        Args:
            call: Of the engine.
            *args: Its arguments.
            **kwargs: Its named arguments.
        """
        promise = self._pool.submit(call, *args, **kwargs)
        self._unfinished.add(promise)
        promise.add_done_callback(self._unfinished.discard)
        return promise

    def close(self, timeout_s: float) -> bool:
        """Take no more calls and wait for those that were promised.

        Args:
            timeout_s: How long; a call that takes longer ends by itself later.

        Returns:
            Whether all have ended.
        """
        self._pool.shutdown(wait=False)
        ended = not wait(list(self._unfinished), timeout_s).not_done
        if ended:
            self._pool.shutdown(wait=True)
        return ended
