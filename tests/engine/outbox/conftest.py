"""A workspace, and what its outbox says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.access_types import PolicyCommand, PolicySpec
from engine.backends.memory import MemoryBackend
from engine.config import load_settings
from engine.outbox import EventFilter, RecordedEvent, Wanted
from engine.permissions.rows import PolicyTable
from engine.secrets import FixedSecrets
from engine.types import Bucket, RlsContext
from engine.workspace import Workspace, open_workspace
from tests.policies import let_owners

Listen = Callable[..., list[RecordedEvent]]


@pytest.fixture
def workspace(begun_dir: Path) -> Iterator[Workspace]:
    """Open a new workspace whose bytes are in memory."""
    with open_workspace(load_settings(begun_dir, environ={}), FixedSecrets(bytes(32)), MemoryBackend()) as opened:
        yield opened


@pytest.fixture
def photos(workspace: Workspace) -> Bucket:
    """Make a bucket in which owners may do everything with their own."""
    made = workspace.storage.create_bucket("photos", RlsContext.service())
    let_owners(workspace.storage, "photos")
    return made


@pytest.fixture
def listen(told: Listen) -> Listen:
    """Return a function that returns every change of buckets and objects that a caller is told after a number."""

    def changes(*asked: object, **wanted: object) -> list[RecordedEvent]:
        return [event for event in told(*asked, **wanted) if event.access is None]

    return changes


@pytest.fixture
def resets(told: Listen) -> Callable[..., list[tuple[str, str]]]:
    """Return a function that returns when a caller is told to read anew: what, and in which bucket."""

    def changes(*asked: object, **wanted: object) -> list[tuple[str, str]]:
        events = told(*asked, **wanted)
        return [(event.access.types, event.bucket) for event in events if event.access is not None]

    return changes


@pytest.fixture
def told(workspace: Workspace) -> Listen:
    """Return a function that returns everything that a caller is told after a number, page by page."""

    def told(context: RlsContext, after: int = 0, **wanted: object) -> list[RecordedEvent]:
        events: list[RecordedEvent] = []
        more = True
        while more:
            (page,) = workspace.storage.outbox.read([Wanted(after, context, EventFilter(**wanted))])  # type: ignore[arg-type]
            assert not page.reset
            assert page.last_id > after or not page.more
            events += page.events
            after, more = page.last_id, page.more
        return events

    return told


def let(workspace: Workspace, using: str, *, restrictive: bool = False, table: str = "objects") -> str:
    """Let everybody see some rows, or hold others back, and return the policy's id."""
    spec = PolicySpec(
        f"{using} {table}",
        PolicyTable(table),
        PolicyCommand.SELECT,
        ("public",),
        using=using,
        permissive=not restrictive,
    )
    return workspace.storage.policies.create(spec, RlsContext.service()).id
