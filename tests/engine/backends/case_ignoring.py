"""A file system that takes `Photo` and `photo`, and both spellings of `é`, for one name, as those of macOS do."""

from __future__ import annotations

import os
from pathlib import Path

from engine.backends.folders import Folder, PathFolder
from engine.backends.names import folded


class CaseIgnoringFolder(PathFolder):
    """Finds what is there under any spelling of its name, and keeps the spelling that it was made with."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._folder_path = path

    def child(self, name: str, *, create: bool = False) -> CaseIgnoringFolder:
        super().child(self._spelled(name), create=create)
        return CaseIgnoringFolder(self._folder_path / self._spelled(name))

    def open(self, name: str, flags: int, mode: int = 0o644) -> int:
        return super().open(self._spelled(name), flags, mode)

    def stat(self, name: str) -> os.stat_result | None:
        return super().stat(self._spelled(name))

    def rename(self, name: str, target: Folder, target_name: str, *, replace: bool) -> None:
        assert isinstance(target, CaseIgnoringFolder)
        super().rename(self._spelled(name), target, target._spelled(target_name), replace=replace)

    def unlink(self, name: str) -> None:
        super().unlink(self._spelled(name))

    def rmdir(self, name: str) -> None:
        super().rmdir(self._spelled(name))

    def _spelled(self, name: str) -> str:
        """Return how the name is spelled on disk, or as it is where there is nothing of the kind."""
        wanted = folded(name)
        return next((found for found, _ in self.names() if folded(found) == wanted), name)
