"""ClamAV's daemon as a scanner: each content is sent to it over a socket of its own.

Source: clamd(8), INSTREAM: `zINSTREAM`, a NUL, chunks of four bytes of length (network order) and as many bytes, a
length of zero; the answer is a line `stream: OK` or `stream: NAME FOUND`, or an error, ended by a NUL.
"""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

from engine.errors import InvalidRequest
from engine.scanning.errors import ScannerUnavailable, TooLargeToScan
from engine.scanning.scanner import Check, unchecked

T = TypeVar("T")

_ANSWER_MAX_BYTES: Final = 4096
_CONNECT_S: Final = 10.0
"""How long a connection may take at most, which cannot be given up half way."""

_STEP_S: Final = 0.1
"""How long is waited before it is looked again whether anybody still wants to know."""

_ANSWER: Final = re.compile(r"[^:]*: (?:(?P<clean>OK)|(?P<found>.+) FOUND)", re.DOTALL)
_TOO_LARGE: Final = "size limit exceeded"
_TCP: Final = re.compile(r"(?:tcp://)?(?:\[(?P<six>[0-9a-fA-F:.%]+)\]|(?P<host>[^\s:/\[\]]+)):(?P<port>\d{1,5})")
_UNFIT: Final = re.compile(r"[^\x21-\x7e]")
_HINT: Final = "See whether clamd runs, and where it listens."


@dataclass(frozen=True, slots=True)
class ClamdAddress:
    """Where clamd listens: on a socket of the file system, or at a port.

    Attributes:
        socket_path: Of the socket, or `""`.
        host: Name or address.
        port: TCP port.
    """

    socket_path: str = ""
    host: str = ""
    port: int = 0

    @classmethod
    def parse(cls, text: str) -> ClamdAddress:
        """Read an address.

        Args:
            text: `/path/of/socket`, `unix:/path/of/socket`, `host:port` or `tcp://host:port`.

        Raises:
            InvalidRequest: It is none.
        """
        path = text.removeprefix("unix://").removeprefix("unix:")
        if path.startswith("/"):
            return cls(socket_path=path)
        found = _TCP.fullmatch(text)
        if found is None or not 0 < int(found["port"]) <= 65_535:
            raise InvalidRequest(f"{text!r} is no address of clamd", hint="Write /path/of/socket or host:port.")
        return cls(host=found["six"] or found["host"], port=int(found["port"]))

    def __str__(self) -> str:
        """Return the address as people write it."""
        return self.socket_path or f"{self.host}:{self.port}"


class Clamd:
    """Scans by clamd. Any thread.

    Args:
        address: Where it listens.
        timeout_s: How long it may say and take nothing at all.
    """

    name: Final = "clamd"

    def __init__(self, address: ClamdAddress, timeout_s: float) -> None:
        self._address = address
        self._timeout_s = timeout_s

    def scan(self, parts: Iterator[bytes], check: Check = unchecked) -> str | None:
        """Send a content and return what was found in it."""
        try:
            with contextlib.closing(self._connected()) as connection:
                talk = _Talk(connection, self._timeout_s, check)
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    # It may have heard enough and left; then it has said why.
                    talk.send(parts)
                return self._verdict(talk.answer())
        except TimeoutError as error:
            raise self._unavailable(f"did not answer for {self._timeout_s:g} seconds") from error
        except OSError as error:
            raise self._unavailable(f"cannot be reached ({error.strerror or error})") from error

    def _connected(self) -> socket.socket:
        address = self._address
        timeout_s = min(self._timeout_s, _CONNECT_S)
        if not address.socket_path:
            return socket.create_connection((address.host, address.port), timeout_s)
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(timeout_s)
            connection.connect(address.socket_path)
        except BaseException:
            connection.close()
            raise
        return connection

    def _verdict(self, answer: bytes) -> str | None:
        text = answer.rstrip(b"\0\n").decode("utf-8", "replace")
        if _TOO_LARGE in text:
            raise TooLargeToScan("The virus scanner does not take a content of this size")
        found = _ANSWER.fullmatch(text) if answer.endswith(b"\0") else None
        if found is None:
            raise self._unavailable(f"answered {text[:200]!r}")
        return None if found["clean"] else _UNFIT.sub("?", found["found"])[:200]

    def _unavailable(self, what: str) -> ScannerUnavailable:
        return ScannerUnavailable(f"The virus scanner {what}", path=str(self._address), hint=_HINT)


class _Talk:
    """One connection's conversation, which can be given up at any moment.

    Args:
        connection: Open.
        timeout_s: How long the other side may say and take nothing.
        check: Says when to stop.
    """

    def __init__(self, connection: socket.socket, timeout_s: float, check: Check) -> None:
        connection.settimeout(min(_STEP_S, timeout_s))
        self._connection = connection
        self._timeout_s = timeout_s
        self._check = check

    def send(self, parts: Iterator[bytes]) -> None:
        """Send a content."""
        self._send_all(b"zINSTREAM\0")
        for part in parts:
            if part:
                self._send_all(struct.pack("!L", len(part)) + part)
        self._send_all(struct.pack("!L", 0))

    def answer(self) -> bytes:
        """Return the answer, up to its end or that of the connection."""
        answer = b""
        while not answer.endswith(b"\0") and len(answer) < _ANSWER_MAX_BYTES:
            part = self._waited(lambda: self._connection.recv(_ANSWER_MAX_BYTES))
            if not part:
                break
            answer += part
        return answer

    def _send_all(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            left = left[self._waited(partial(self._connection.send, left)) :]

    def _waited(self, step: Callable[[], T]) -> T:
        """Do what may have to wait for the other side.

        Raises:
            TimeoutError: It has waited long enough.
        """
        until_s = time.monotonic() + self._timeout_s
        while True:
            self._check()
            try:
                return step()
            except TimeoutError:
                if time.monotonic() >= until_s:
                    raise
