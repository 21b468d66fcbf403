"""What the tests of background jobs share: a workspace whose clock stands still until it is moved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.config import load_settings
from engine.secrets import FixedSecrets
from engine.workspace import Workspace, open_workspace


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def workspace(data_dir: Path, clock: Clock) -> Iterator[Workspace]:
    """Open a workspace by the test's clock."""
    with open_workspace(load_settings(data_dir, environ={}), FixedSecrets(), clock=clock) as opened:
        yield opened
