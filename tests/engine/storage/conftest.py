"""What the tests of the façade share: a workspace over each backend, a few callers, and what happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.backends.base import StorageBackend
from engine.backends.memory import MemoryBackend
from engine.config import load_settings
from engine.events import StorageEvent
from engine.secrets import FixedSecrets
from engine.storage import FileStorage
from engine.types import Bucket, RlsContext
from engine.workspace import Workspace, open_workspace
from tests.policies import let_owners

ALICE = "a11ce000-0000-4000-8000-000000000001"
BOB = "b0b00000-0000-4000-8000-000000000002"


@pytest.fixture(params=["local", "memory"])
def workspace(request: pytest.FixtureRequest, begun_dir: Path) -> Iterator[Workspace]:
    """Open a new workspace over each backend."""
    backend: StorageBackend | None = MemoryBackend() if request.param == "memory" else None
    with open_workspace(load_settings(begun_dir, environ={}), FixedSecrets(bytes(32)), backend) as opened:
        yield opened


@pytest.fixture
def backend(workspace: Workspace) -> StorageBackend:
    """Return where the workspace keeps its bytes."""
    return workspace._core.backend


@pytest.fixture
def staged(workspace: Workspace, data_dir: Path) -> Callable[[], list[str]]:
    """Return a function that names everything that is staged at the moment."""
    backend = workspace._core.backend

    def names() -> list[str]:
        if isinstance(backend, MemoryBackend):
            return sorted(backend._staged)
        folder = data_dir / "storage" / ".staging" / backend.staging
        return sorted(path.name for path in folder.iterdir() if path.name != ".lock")

    return names


@pytest.fixture
def bucket(storage: FileStorage, service: RlsContext) -> Bucket:
    """Create a private bucket without limits, called `photos`, in which owners may do everything with their own."""
    made = storage.create_bucket("photos", service)
    let_owners(storage, "photos")
    return made


@pytest.fixture
def alice() -> RlsContext:
    """Return a signed-in user."""
    return RlsContext.user(ALICE)


@pytest.fixture
def bob() -> RlsContext:
    """Return another signed-in user."""
    return RlsContext.user(BOB)


@pytest.fixture
def anon() -> RlsContext:
    """Return a caller who showed nothing."""
    return RlsContext.anonymous()


@pytest.fixture
def events(storage: FileStorage) -> Iterator[list[StorageEvent]]:
    """Return the list of events, which grows as they happen."""
    seen: list[StorageEvent] = []
    unsubscribe = storage.events.subscribe(seen.append)
    yield seen
    unsubscribe()
