"""One run of the server: a thread, its event loop, and the way to its end.

uvicorn's protocol answers the connections, its `Server` is not used: that one takes over signals, logs at will,
and gives a download in flight no time and no end. Here the end has three steps: no new connections and no more
requests; a moment for what is in flight; then every connection is cut, which lets each handler undo what it began.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final, cast

from uvicorn.config import Config
from uvicorn.server import ServerState

from engine.server import bounds
from engine.server.app import StorageApp
from engine.server.connection import Connection
from engine.server.event_feed import EventFeed
from engine.server.open_objects import OpenObjects
from engine.server.tus_finishing import Finishings
from engine.server.workers import Workers

_logger = logging.getLogger(__name__)
_SHARE_FINISHING: Final = 0.5
_SHARE_UNDOING: Final = 0.25


class ServerRun:
    """Serves an application on a socket from `start` to `stop`. Any thread; used once.

    Args:
        app: The application.
        listener: Listening socket; closed at the end.
        pools: The application's workers; closed at the end.
        objects: What it keeps open; tidied once a second, closed at the end.
        feed: What streams wait for; closed when the end begins.
        finishings: Uploads that are stored by themselves; taken up when it begins, closed when connections are cut.
    """

    def __init__(
        self,
        app: StorageApp,
        listener: socket.socket,
        pools: Iterable[Workers],
        objects: OpenObjects,
        feed: EventFeed,
        finishings: Finishings,
    ) -> None:
        self._listener = listener
        self._pools = tuple(pools)
        self._objects = objects
        self._feed = feed
        self._finishings = finishings
        self._state = ServerState()
        self._config = _config(app)
        self._lost = asyncio.Event()
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._timeout_s = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="holdall-server", daemon=True)

    @property
    def alive(self) -> bool:
        """Return whether the thread runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Return when connections are being answered.

        Raises:
            OSError: The loop could not be started.
        """
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure

    def stop(self, timeout_s: float) -> None:
        """End the run and join its thread.

        Args:
            timeout_s: Upper bound: half of it for answers in flight, the rest for undoing what was cut.
        """
        loop, stopping = self._loop, self._stopping
        if loop is not None and stopping is not None and self.alive:
            self._timeout_s = timeout_s
            with suppress(RuntimeError):  # it ended by itself at this moment
                loop.call_soon_threadsafe(stopping.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._failure = error
            if self._ready.is_set():
                _logger.exception("The server ended by a fault")
        finally:
            self._listener.close()
            self._close_pools(self._timeout_s * (1 - _SHARE_FINISHING - _SHARE_UNDOING))
            self._ready.set()

    def _close_pools(self, timeout_s: float) -> None:
        deadline_s = time.monotonic() + timeout_s
        ended = [pool.close(max(0.0, deadline_s - time.monotonic())) for pool in self._pools]
        if not all(ended):
            _logger.warning("The server stopped while the storage was still busy with a request")

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        server = await self._loop.create_server(self._connection, sock=self._listener)
        sweeper = asyncio.create_task(self._sweep())
        self._finishings.take_up()
        self._ready.set()
        try:
            await self._stopping.wait()
        finally:
            server.close()
            sweeper.cancel()
            self._feed.close()
        await self._finish()
        self._objects.close()

    def _connection(self) -> Connection:
        return Connection(self._config, self._state, self._lost.set)

    async def _sweep(self) -> None:
        """Cut the connections that wait for nothing, once a second."""
        while True:
            await asyncio.sleep(bounds.SWEEP_INTERVAL_S)
            self._objects.tidy()
            now_s = time.monotonic()
            for connection in self._connections():
                if connection.overdue(now_s):
                    connection.transport.abort()

    async def _finish(self) -> None:
        """Let go of every connection: the idle ones now, the busy ones when done or when their time is over.

        Tasks that still hang on the storage afterwards are cancelled with the loop.
        """
        for connection in self._connections():
            connection.shutdown()
        await self._until_quiet(self._timeout_s * _SHARE_FINISHING)
        for connection in self._connections():
            connection.transport.abort()
        until_s = time.monotonic() + self._timeout_s * _SHARE_UNDOING
        await self._finishings.close(until_s - time.monotonic())
        await self._until_quiet(until_s - time.monotonic())

    async def _until_quiet(self, timeout_s: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self._state.connections:
                    self._lost.clear()
                    await self._lost.wait()
                if self._state.tasks:
                    await asyncio.wait(self._state.tasks)

    def _connections(self) -> list[Connection]:
        return cast("list[Connection]", list(self._state.connections))


def _config(app: StorageApp) -> Config:
    config = Config(
        cast("Any", app),
        http=Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
    config.load()
    return config
