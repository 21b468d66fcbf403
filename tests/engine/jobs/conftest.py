"""What the tests of background jobs share: a workspace whose clocks stand still until they are moved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.backends.base import StorageBackend
from engine.config import load_settings
from engine.housekeeping import Housekeeping
from engine.secrets import FixedSecrets
from engine.times import now_us
from engine.types import RlsContext
from engine.workspace import Workspace, open_workspace

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Calendar:
    """Microseconds since 1970 that pass when they are told to."""

    def __init__(self) -> None:
        self.now_us = now_us()

    def __call__(self) -> int:
        return self.now_us

    def pass_hours(self, hours: float) -> None:
        self.now_us += int(hours * HOUR_US)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


@pytest.fixture
def workspace(begun_dir: Path, clock: Clock) -> Iterator[Workspace]:
    """Open a workspace by the test's clock."""
    with open_workspace(load_settings(begun_dir, environ={}), FixedSecrets(bytes(32)), clock=clock) as opened:
        yield opened


@pytest.fixture
def backend(workspace: Workspace) -> StorageBackend:
    """Return where the workspace keeps its bytes."""
    return workspace._core.backend


@pytest.fixture
def house(workspace: Workspace, calendar: Calendar) -> Housekeeping:
    """Return the workspace's housekeeping by the test's calendar."""
    return housekeeping(workspace, calendar)


def housekeeping(workspace: Workspace, calendar: Calendar) -> Housekeeping:
    """Return another housekeeping over a workspace, as another process has it."""
    return Housekeeping(workspace.settings, workspace.housekeeping.premises, calendar)


@pytest.fixture
def anon() -> RlsContext:
    """Return a caller who showed nothing."""
    return RlsContext.anonymous()
