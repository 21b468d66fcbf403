"""Many clients that list, read and write at once, in a process of their own: how long each request took.

python -m tests.benchmarks.http_crowd PORT CLIENTS SECONDS < token

Each client keeps a connection and does one of three things, by chance but the same on every run: list a folder, read an
object of 1 KiB, write one of 4 KiB over what it wrote before or anew. Prints a line of JSON: the milliseconds of each
kind, and every answer that was not what it should be.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time

_LISTED = json.dumps({"prefix": "many", "limit": 100}).encode()
_CONTENT = bytes(range(256)) * 16
_OWN_OBJECTS = 50
_MANY = 1000
_CUT = b"\r\n\r\n"


class _Client:
    """One connection."""

    def __init__(self, number: int, port: int, token: str) -> None:
        self._number = number
        self._port = port
        self._fields = f"Host: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        self._chance = random.Random(number)
        self.took_ms: dict[str, list[float]] = {"list": [], "read": [], "write": []}
        self.errors: list[str] = []

    async def work(self, until_s: float) -> None:
        """Ask until the time is over."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        while time.monotonic() < until_s:
            kind = self._chance.choice(("list", "read", "write"))
            request, wanted = self._request(kind)
            start_s = time.perf_counter()
            writer.write(request)
            status, body = await _answer(reader)
            self.took_ms[kind].append((time.perf_counter() - start_s) * 1000)
            if status != wanted or (kind == "read" and len(body) != 1024):
                self.errors.append(f"{kind}: {status} {body[:200]!r}")
        writer.close()
        await writer.wait_closed()

    def _request(self, kind: str) -> tuple[bytes, int]:
        """Return a request, and the status that it is to have."""
        if kind == "list":
            return self._lines("POST", "object/list/bench", "Content-Type: application/json\r\n", _LISTED), 200
        if kind == "read":
            return self._lines("GET", f"object/bench/many/{self._chance.randrange(_MANY)}"), 200
        path = f"object/bench/crowd/{self._number}/{self._chance.randrange(_OWN_OBJECTS)}"
        return self._lines("PUT", path, "Content-Type: application/octet-stream\r\n", _CONTENT), 201

    def _lines(self, method: str, path: str, fields: str = "", body: bytes = b"") -> bytes:
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        head = f"{method} /storage/v1/{path} HTTP/1.1\r\n{self._fields}{fields}{length}\r\n"
        return head.encode() + body


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(_CUT)).decode("latin-1").lower()
    length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
    return int(head.split(" ", 2)[1]), await reader.readexactly(length)


async def main(port: int, clients: int, duration_s: float, token: str) -> None:
    """Let all work, and tell."""
    crowd = [_Client(number, port, token) for number in range(clients)]
    until_s = time.monotonic() + duration_s
    await asyncio.gather(*(client.work(until_s) for client in crowd))
    told = {kind: [took for client in crowd for took in client.took_ms[kind]] for kind in ("list", "read", "write")}
    print(json.dumps({"ms": told, "errors": [error for client in crowd for error in client.errors]}))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.stdin.readline().strip()))
