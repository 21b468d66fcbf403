"""Many listeners in a process of their own: when each event came to each of them.

python -m tests.benchmarks.events_listeners PORT EVENTS < tokens

One listener for each line of standard input, a token. Prints `ready`, and when all have heard of so many events, as a
line of JSON, for each listener the moments of arrival, in nanoseconds of the machine's monotonic clock.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time

_DATA = b"\ndata: "


class _Listener:
    """One connection."""

    def __init__(self, port: int, token: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.sendall(
            b"GET /storage/v1/events?types=storage.object.* HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            b"Authorization: Bearer %b\r\n\r\n" % token.encode()
        )
        begun = b""
        while b"\nid: " not in begun:
            begun += self.socket.recv(65536)
        self.arrived_ns: list[int] = []

    def read(self) -> None:
        now_ns = time.monotonic_ns()
        self.arrived_ns += [now_ns] * self.socket.recv(65536).count(_DATA)


def main(port: int, events: int) -> None:
    """Listen until everything was heard."""
    listeners = [_Listener(port, line.strip()) for line in sys.stdin]
    print("ready", flush=True)
    with selectors.DefaultSelector() as selector:
        for listener in listeners:
            selector.register(listener.socket, selectors.EVENT_READ, listener)
        while any(len(listener.arrived_ns) < events for listener in listeners):
            for key, _ in selector.select():
                key.data.read()
    print(json.dumps([listener.arrived_ns for listener in listeners]))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
