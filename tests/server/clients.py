"""Clients for the tests of the server."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import jwt

from engine.config import Settings
from engine.secrets import FixedSecrets
from engine.server import StorageServer
from engine.types import RlsContext
from engine.workspace import Workspace, open_workspace

TIMEOUT_S = 20.0
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Never used; given to clients so that each does not load the system's certificates anew, which takes 50 ms."""


ALICE = "a11ce000-0000-4000-8000-000000000001"
BOB = "b0b00000-0000-4000-8000-000000000002"


@dataclass(frozen=True)
class Served:
    """A workspace that is served, for tests that share one server."""

    workspace: Workspace
    server: StorageServer

    @property
    def url(self) -> str:
        """Return the address of the API."""
        return f"{self.server.url}/storage/v1"

    @property
    def service_key(self) -> str:
        """Return the key that may do everything."""
        return self.workspace.keys.service_role

    @property
    def anon_key(self) -> str:
        """Return the key of people who have not signed in."""
        return self.workspace.keys.anon

    def user_token(self, user_id: str = ALICE, **claims: Any) -> str:
        """Return the token of a signed-in user."""
        payload = {"role": "authenticated", "sub": user_id, **claims}
        return jwt.encode(payload, self.workspace.jwt_secret, algorithm="HS256")

    def apply(self, statements: str) -> None:
        """Create policies, written in SQL."""
        self.workspace.storage.policies.apply(statements, RlsContext.service())


@contextlib.contextmanager
def served(data_dir: Path) -> Iterator[Served]:
    """Serve a new workspace on a free port."""
    with open_workspace(Settings(data_dir), FixedSecrets(b"\x07" * 32)) as workspace:
        server = StorageServer(workspace)
        server.start()
        try:
            yield Served(workspace, server)
        finally:
            server.stop()


def api_client(server: StorageServer, token: str | None = None) -> httpx.Client:
    """Return a client of the API with a bearer token, or without one."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return httpx.Client(base_url=f"{server.url}/storage/v1", headers=headers, timeout=TIMEOUT_S, verify=PLAIN)


def fetch(url: str, method: str = "GET", **options: Any) -> httpx.Response:
    """Send one request to an absolute address."""
    return httpx.request(method, url, timeout=TIMEOUT_S, verify=PLAIN, **options)


def error_of(response: httpx.Response) -> tuple[int, str, str, str]:
    """Return status, error, code and message of an error, having checked its form."""
    body = response.json()
    assert body.keys() == {"statusCode", "error", "code", "message"}
    assert body["statusCode"] == str(response.status_code)
    assert response.headers["x-request-id"]
    return response.status_code, body["error"], body["code"], body["message"]


def eventually(holds: Callable[[], Any]) -> None:
    """Wait until something holds that another thread is about to do."""
    deadline_s = time.monotonic() + TIMEOUT_S
    while not holds():
        assert time.monotonic() < deadline_s, "it never came to hold"
        time.sleep(0.01)


@dataclass(frozen=True)
class RawAnswer:
    """One answer as it came."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body, read as JSON."""
        return json.loads(self.body)


class RawClient:
    """A connection that sends exactly what it is told."""

    def __init__(self, host: str, port: int) -> None:
        self._host = f"{host}:{port}"
        self.socket = socket.create_connection((host, port), timeout=TIMEOUT_S)
        self._file = self.socket.makefile("rb")

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self.socket.sendall(data)

    def head(self, line: str, *fields: str, token: str | None = None) -> None:
        """Send a request's line and fields, and the empty line."""
        lines = [f"{line} HTTP/1.1", f"Host: {self._host}", *fields]
        if token:
            lines.append(f"Authorization: Bearer {token}")
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))

    def answer(self, *, has_body: bool = True) -> RawAnswer:
        """Read one answer with a Content-Length."""
        status, headers = self.answer_head()
        body = self._file.read(int(headers.get("content-length", "0"))) if has_body else b""
        return RawAnswer(status, headers, body)

    def answer_head(self) -> tuple[int, dict[str, str]]:
        """Read an answer's line and fields."""
        line = self._file.readline()
        headers = {}
        while (field := self._file.readline().strip()) != b"":
            name, _, value = field.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        return int(line.split()[1]), headers

    def read(self, count: int) -> bytes:
        """Read some bytes of a body."""
        return self._file.read(count)

    def is_closed(self) -> bool:
        """Return whether the server has closed the connection and sent nothing more."""
        try:
            return self._file.read(1) == b""
        except ConnectionError:
            return True

    def close(self) -> None:
        """Close the connection."""
        with contextlib.suppress(OSError):
            self._file.close()
        self.socket.close()
