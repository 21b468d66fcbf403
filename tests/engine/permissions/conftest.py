"""What the tests of policies share: a workspace in memory, a few callers, and policies in a line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.access_types import Policy, PolicyCommand, PolicySpec
from engine.backends.memory import MemoryBackend
from engine.config import load_settings
from engine.context import RlsContext
from engine.permissions.rows import PolicyTable
from engine.secrets import FixedSecrets
from engine.storage import FileStorage
from engine.types import Bucket, Retention
from engine.workspace import Workspace, open_workspace
from tests.engine.storage.conftest import ALICE, BOB

Let = Callable[..., Policy]
"""Makes a policy for a bucket of tests; see `let`."""


@pytest.fixture
def workspace(begun_dir: Path) -> Iterator[Workspace]:
    """Open a new workspace in memory: rights are a matter of rows, wherever the bytes are."""
    with open_workspace(load_settings(begun_dir, environ={}), FixedSecrets(), MemoryBackend()) as opened:
        yield opened


@pytest.fixture
def bucket(storage: FileStorage, service: RlsContext) -> Bucket:
    """Create a bucket that keeps versions and has a trash, and has no policies."""
    return storage.create_bucket("photos", service, retention=Retention(versions=9, trash_days=9))


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
def let(storage: FileStorage, service: RlsContext) -> Let:
    """Return a function that makes a policy: `let("SELECT", "owner_id = ...")`."""
    made = 0

    def make(
        command: str,
        using: str | None = None,
        check: str | None = None,
        *,
        roles: tuple[str, ...] = ("public",),
        permissive: bool = True,
        bucket: str | None = "photos",
        table: PolicyTable = PolicyTable.OBJECTS,
        name: str | None = None,
    ) -> Policy:
        nonlocal made
        made += 1
        spec = PolicySpec(name or f"p{made}", table, PolicyCommand(command), roles, using, check, permissive)
        return storage.policies.create(spec, service, bucket if table is PolicyTable.OBJECTS else None)

    return make
