"""An engine that the model is held against: a workspace in a folder of its own, with a calendar that is ours."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from engine.backends.memory import MemoryBackend
from engine.config import Settings
from engine.errors import IoError
from engine.housekeeping import Housekeeping
from engine.jobs.cleanup import Cleanup
from engine.jobs.expiry import Expiry
from engine.metadata.executor import Executor
from engine.secrets import FixedSecrets
from engine.storage import FileStorage
from engine.times import now_us
from engine.workspace import Workspace, open_workspace
from tests.policies import let_owners

_DAY_US = 24 * 3600 * 1_000_000
_TICK_US = 10


class Calendar:
    """Microseconds since 1970, another with every look; days pass when they are told to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now_us = now_us()

    def __call__(self) -> int:
        with self._lock:
            self._now_us += _TICK_US
            return self._now_us

    def pass_days(self, days: int) -> None:
        with self._lock:
            self._now_us += days * _DAY_US


class Workbench:
    """Opens and closes the workspace, and lets its disk refuse."""

    def __init__(self, database: bytes, *, in_memory: bool) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="holdall-model-"))
        (self.folder / "holdall.db").write_bytes(database)
        self.calendar = Calendar()
        self.refusing = False
        self._kept = MemoryBackend() if in_memory else None
        self._time = mock.patch("engine.files.mutations.now_us", self.calendar)
        self._time.start()
        self.workspace = self._open()
        let_owners(self.storage)

    def _open(self) -> Workspace:
        # Jobs have their turn when an operation says so.
        return open_workspace(Settings(self.folder), FixedSecrets(b"\x01" * 32), self._kept, clock=lambda: 0.0)

    @property
    def storage(self) -> FileStorage:
        return self.workspace.storage

    @property
    def executor(self) -> Executor:
        return self.workspace._core.executor

    @property
    def expiry(self) -> Expiry:
        return Expiry(self.executor, self.workspace._core.mutations, self.calendar)

    @property
    def cleanup(self) -> Cleanup:
        return Housekeeping(self.workspace.settings, self.workspace.housekeeping.premises, self.calendar).cleanup

    def reopen(self) -> None:
        self.workspace.close()
        self.workspace = self._open()

    def refuse(self) -> None:
        """Let files follow no commit from now on."""

        def changes() -> None:
            raise IoError("The disk refuses")

        self.workspace._core.backend.changes = changes
        self.refusing = True

    def obey(self) -> None:
        """Let files follow again: with the next change of the same objects, or at the next start."""
        if self.refusing:
            del self.workspace._core.backend.changes
            self.refusing = False

    def staged(self) -> list[str]:
        """Return the names of all staged bytes, of whichever lease."""
        if self._kept is not None:
            return sorted(self._kept._staged)
        return sorted(path.name for path in self._staging.glob("*/*") if path.name != ".lock")

    @property
    def _staging(self) -> Path:
        return self.folder / "storage" / ".staging"

    def close(self, *, failed: bool) -> None:
        """Close the workspace; unless something failed before, it leaves no lease and no open file behind."""
        try:
            self.workspace.close()
            left = [*map(str, self._staging.glob("*")), *self._open_files()]
            assert failed or not left, f"left behind: {left}"
        finally:
            self._time.stop()
            shutil.rmtree(self.folder)

    def _open_files(self) -> Iterator[str]:
        """Yield this process's open files inside the folder; none where /proc is missing."""
        for link in Path("/proc/self/fd").glob("*"):
            with contextlib.suppress(OSError):
                target = str(link.readlink())
                if target.startswith(f"{self.folder}/"):
                    yield target
