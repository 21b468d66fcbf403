"""System calls on files below one folder that fail when told to, as on a full or broken disk. Linux only."""

from __future__ import annotations

import contextlib
import errno
import gc
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.backends import folders, local
from engine.backends.folders import POSIX
from engine.workspace import Workspace

SUPPORTED = POSIX and Path("/proc/self/fd").exists()


class FailingCalls:
    """Wraps the calls that the local backend makes.

    Attributes:
        counts: How often each call was made on the folder's files since it was told to fail.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self._monkeypatch = monkeypatch
        self._folder = str(folder)
        self.counts: dict[str, int] = {}

    def fail(self, call: str, number: int, *, after: int = 0) -> None:
        """Let a call fail with an error number, from the `after`-th time on.

        Args:
            call: `create`, `mkdir`, `write`, `fsync`, `syncfs`, `rename`, `replace`, `unlink` or `read`.
            number: Such as `errno.ENOSPC`.
            after: How many times it goes well.
        """
        self.counts[call] = 0
        owner, name, concerns = {
            "create": (os, "open", self._creates),
            "mkdir": (os, "mkdir", self._is_in_folder),
            "write": (os, "write", self._is_of_folder),
            "fsync": (os, "fsync", self._is_of_folder),
            "syncfs": (local, "sync_file_system", self._is_of_folder),
            "rename": (folders, "rename_exclusively", self._is_of_folder),
            "replace": (os, "rename", self._is_in_folder),
            "unlink": (os, "unlink", self._is_in_folder),
            "read": (os, "pread", self._is_of_folder),
        }[call]
        self._wrap(call, owner, name, concerns, OSError(number, os.strerror(number)), after)

    def heal(self) -> None:
        """Let everything work again."""
        self._monkeypatch.undo()

    def _wrap(
        self, call: str, owner: object, name: str, concerns: Callable[..., bool], error: OSError, after: int
    ) -> None:
        """Put a failing call in place of the real one."""
        real = getattr(owner, name)

        def failing(*arguments: object, **options: object) -> object:
            if concerns(*arguments, **options):
                self.counts[call] += 1
                if self.counts[call] > after:
                    raise type(error)(*error.args)
            return real(*arguments, **options)

        self._monkeypatch.setattr(owner, name, failing)

    def _is_of_folder(self, fd: object, *_: object, **__: object) -> bool:
        """Return whether a descriptor is of something below the folder."""
        return isinstance(fd, int) and str(Path(f"/proc/self/fd/{fd}").readlink()).startswith(self._folder)

    def _is_in_folder(self, *_: object, **options: object) -> bool:
        """Return whether a name is resolved against a handle below the folder."""
        return any(self._is_of_folder(options[name]) for name in ("dir_fd", "src_dir_fd") if name in options)

    def _creates(self, _: object, flags: object, *__: object, **options: object) -> bool:
        """Return whether a file is created below the folder."""
        return isinstance(flags, int) and bool(flags & os.O_CREAT) and self._is_in_folder(**options)


def error_named(name: str) -> int:
    """Return an error number by its name."""
    return int(getattr(errno, name))


def open_files() -> list[str]:
    """Return what is held open, but for the connections of the database, which are kept for the next use."""
    gc.collect()
    targets = []
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            targets.append(str(link.readlink()))
    return sorted(target for target in targets if "/holdall.db" not in target and "/proc/" not in target)


def staged(workspace: Workspace) -> list[str]:
    """Return the names of the files that are staged."""
    folder = workspace.settings.storage_dir / ".staging"
    return [path.name for path in folder.rglob("*") if path.is_file() and path.name != ".lock"]
