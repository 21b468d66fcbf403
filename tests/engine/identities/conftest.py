"""What the tests of identities share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import insert

from engine.config import Settings
from engine.ids import new_id
from engine.metadata.tables import storage_policies
from engine.secrets import FixedSecrets
from engine.types import RlsContext
from engine.workspace import Workspace, open_workspace

MASTER = b"\x07" * 32


@pytest.fixture
def workspace(begun_dir) -> Iterator[Workspace]:
    """Open a new workspace whose keys every process can have."""
    with open_workspace(Settings(begun_dir), FixedSecrets(MASTER)) as opened:
        yield opened


@pytest.fixture
def neighbour(workspace: Workspace) -> Iterator[Workspace]:
    """Open the same workspace a second time, as another process would."""
    with open_workspace(workspace.settings, FixedSecrets(MASTER)) as opened:
        yield opened


@pytest.fixture
def policy_for(workspace: Workspace, service: RlsContext) -> Callable[[str], None]:
    """Return a function that writes a policy which names a role."""
    from engine.permissions.generation import raise_generation

    def write(role: str) -> None:
        values = {
            "id": new_id(), "name": f"for {role}", "table_name": "objects", "command": "SELECT", "permissive": True,
            "roles": [role, "public"], "using_text": "true", "enabled": True, "created_at": 0, "updated_at": 0,
        }  # fmt: skip
        with workspace._core.executor.transaction(service) as tx:
            tx.execute(insert(storage_policies).values(values))
            raise_generation(tx)

    return write
