"""A way to the server that breaks when it is told to: what a client with little patience, or a proxy, does."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator


class CuttingProxy:
    """Passes connections on. Threads of its own.

    Args:
        host: Where the server listens.
        port: Likewise.
    """

    def __init__(self, host: str, port: int) -> None:
        self._server = host, port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._lock = threading.Lock()
        self._threads[0].start()

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def cut(self) -> None:
        """Break every connection that there is."""
        with self._lock:
            broken, self._sockets = self._sockets, []
        for one in broken:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End it."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._server)
            with self._lock:
                self._sockets += [client, server]
            self._threads.append(threading.Thread(target=_carry, args=(client, server)))
            self._threads[-1].start()


def _carry(client: socket.socket, server: socket.socket) -> None:
    """Pass on what either side says, until one of them leaves."""
    back = threading.Thread(target=_pass_on, args=(server, client))
    back.start()
    _pass_on(client, server)
    back.join()
    client.close()
    server.close()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
    for one in (source, target):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def cutting_proxy(url: str) -> Iterator[CuttingProxy]:
    """Run one before a server."""
    host, _, port = url.removeprefix("http://").partition(":")
    proxy = CuttingProxy(host, int(port))
    try:
        yield proxy
    finally:
        proxy.close()
