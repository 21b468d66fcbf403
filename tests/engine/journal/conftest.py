"""A workspace over each backend, the same folder opened as by the next process, and failures in mid-work."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from engine.backends.base import StorageBackend
from engine.backends.local import LocalBackend
from engine.backends.memory import MemoryBackend
from engine.config import load_settings
from engine.errors import IoError
from engine.secrets import FixedSecrets
from engine.storage import FileStorage
from engine.workspace import Workspace, open_workspace
from tests.engine.journal.helpers import Reopen


@pytest.fixture
def data_dir(begun_dir: Path) -> Path:
    """Return a data folder with an empty database."""
    return begun_dir


@pytest.fixture(params=["local", "memory"])
def backend(request: pytest.FixtureRequest, data_dir: Path) -> StorageBackend:
    """Return the bytes of a workspace; those in memory outlive the workspace."""
    return MemoryBackend() if request.param == "memory" else LocalBackend(data_dir / "storage")


@pytest.fixture
def workspace(data_dir: Path, backend: StorageBackend) -> Iterator[Workspace]:
    """Open a new workspace over each backend."""
    with open_workspace(load_settings(data_dir, environ={}), FixedSecrets(bytes(32)), backend) as opened:
        yield opened


@pytest.fixture
def reopened(workspace: Workspace, data_dir: Path, backend: StorageBackend) -> Iterator[Reopen]:
    """Return a function that opens the same data folder as another process would, after this one died."""
    with contextlib.ExitStack() as opened:

        def reopen() -> FileStorage:
            another = backend if isinstance(backend, MemoryBackend) else LocalBackend(data_dir / "storage")
            settings = load_settings(data_dir, environ={})
            return opened.enter_context(open_workspace(settings, FixedSecrets(bytes(32)), another)).storage

        yield reopen


@pytest.fixture
def crash(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Callable[[type, str], object]:
    """Return a context in which a method fails after it did its work, as if the process died there."""
    caplog.set_level(logging.CRITICAL)

    @contextlib.contextmanager
    def crashing(owner: type, method: str, *, before: bool = False, at: int = 1) -> Iterator[None]:
        real, calls = getattr(owner, method), count(1)

        def dying(*arguments: object, **options: object) -> object:
            if next(calls) < at:
                return real(*arguments, **options)
            if not before:
                real(*arguments, **options)
            raise IoError("the process dies here")

        with monkeypatch.context() as patched:
            patched.setattr(owner, method, dying)
            yield

    return crashing
