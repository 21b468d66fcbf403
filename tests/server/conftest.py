"""What the tests of the server share: a server on a free port, clients of several identities, a raw connection."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from engine.config import Settings
from engine.secrets import FixedSecrets
from engine.server import StorageServer
from engine.signed_url import LinkKey, UrlSigner
from engine.workspace import Workspace, open_workspace
from tests.policies import let_owners
from tests.server.clients import ALICE, BOB, RawClient, api_client


@pytest.fixture
def secrets() -> FixedSecrets:
    """Return the keys of the workspace."""
    return FixedSecrets(b"\x07" * 32)


@pytest.fixture
def workspace(begun_dir: Path, secrets: FixedSecrets) -> Iterator[Workspace]:
    """Open an empty workspace whose keys the test knows."""
    with open_workspace(Settings(begun_dir), secrets) as opened:
        yield opened


@pytest.fixture
def server(workspace: Workspace) -> Iterator[StorageServer]:
    """Start a server on a free port; stopped after the test."""
    running = StorageServer(workspace)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def user_token(workspace: Workspace) -> Callable[..., str]:
    """Return a function that makes the token of a signed-in user."""

    def make(user_id: str = ALICE, **claims: Any) -> str:
        payload = {"role": "authenticated", "sub": user_id, **claims}
        return jwt.encode(payload, workspace.jwt_secret, algorithm="HS256")

    return make


@pytest.fixture
def api(server: StorageServer, workspace: Workspace) -> Iterator[httpx.Client]:
    """Return a client with the service key."""
    with api_client(server, workspace.keys.service_role) as client:
        yield client


@pytest.fixture
def nobody(server: StorageServer) -> Iterator[httpx.Client]:
    """Return a client without a token."""
    with api_client(server) as client:
        yield client


@pytest.fixture
def alice(server: StorageServer, user_token: Callable[..., str]) -> Iterator[httpx.Client]:
    """Return a client of a signed-in user."""
    with api_client(server, user_token(ALICE)) as client:
        yield client


@pytest.fixture
def bob(server: StorageServer, user_token: Callable[..., str]) -> Iterator[httpx.Client]:
    """Return a client of another signed-in user."""
    with api_client(server, user_token(BOB)) as client:
        yield client


@pytest.fixture
def photos(api: httpx.Client, workspace: Workspace) -> str:
    """Make a private bucket in which owners may do everything with their own, and return its name."""
    api.post("/bucket", json={"name": "photos"}).raise_for_status()
    let_owners(workspace.storage, "photos")
    return "photos"


@pytest.fixture
def shared(api: httpx.Client, workspace: Workspace) -> str:
    """Make a public bucket and return its name."""
    api.post("/bucket", json={"name": "shared", "public": True}).raise_for_status()
    let_owners(workspace.storage, "shared")
    return "shared"


@pytest.fixture
def signer_at(secrets: FixedSecrets) -> Callable[[float], UrlSigner]:
    """Return a function that makes the workspace's signer with its clock set off by some seconds."""

    def make(offset_s: float) -> UrlSigner:
        key = LinkKey(secrets.get_or_create("link-signing-key"))
        return UrlSigner(lambda: [key], clock=lambda: time.time() + offset_s)

    return make


@pytest.fixture
def raw(server: StorageServer) -> Iterator[Callable[[], RawClient]]:
    """Return a function that opens raw connections; closed after the test."""
    opened: list[RawClient] = []

    def connect() -> RawClient:
        opened.append(RawClient(server.host, server.port))
        return opened[-1]

    yield connect
    for client in opened:
        client.close()


@pytest.fixture
def staged(workspace: Workspace) -> Callable[[], list[str]]:
    """Return a function that lists what waits for its commit in the storage folder."""
    folder = workspace.settings.storage_dir / ".staging"

    def names() -> list[str]:
        return sorted(path.name for path in folder.rglob("*") if path.is_file() and path.name != ".lock")

    return names
