"""The files of `put`: what lies on disk, and what it will be called in the bucket.

Enumeration streams: files are found while earlier ones are already on their way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from engine.cli.totals import sum_of
from engine.errors import SourceUnreadable
from engine.transfers.scan import folder_id, roots_of, scan
from engine.transfers.values import ItemNote, NoteKind
from engine.types import ItemFailure, TreeSize, UploadItem


class SourceWalk:
    """Iterates over the files of the sources once, each with its path in the bucket.

    What it found besides is complete once the iteration has ended.

    Attributes:
        failures: Sources and files that cannot be taken.
        left_out: What lies in a folder but is no file, such as a pipe: nothing to store, and no failure.
        empty_folders: Prefixes of folders without any content, which no object will make appear.
    """

    def __init__(self, sources: Sequence[Path], prefix: str, data_dir: Path) -> None:
        """Remember what to look for; the disk is read by the iteration.

        Args:
            sources: Files and folders; a folder goes up under its own name.
            prefix: Where they go, `""` or with a trailing `/`.
            data_dir: The workspace itself: never uploaded into itself.
        """
        self._roots = roots_of(sources, prefix)
        self._keep_out = frozenset(identity for identity in [folder_id(data_dir)] if identity)
        self._named = {str(source) for source in sources}
        self.failures: list[ItemFailure] = []
        self.left_out: list[ItemFailure] = []
        self.empty_folders: list[str] = []

    def __iter__(self) -> Iterator[UploadItem]:
        """Read the disk, folder by folder."""
        for found in scan(self._roots, self._keep_out, stopped=lambda: False):
            for note in found.notes:
                self._sort_in(note)
            if found.empty and found.folder:
                self.empty_folders.append(found.folder)
            for item in found.items:
                yield UploadItem(item.local, item.path)

    def count(self, stopped: Callable[[], bool]) -> TreeSize:
        """Count what the iteration will find, without touching its results.

        Args:
            stopped: Asked before every folder; True ends the count.

        Returns:
            Files and their bytes.
        """
        found = scan(self._roots, self._keep_out, stopped)
        parts = (TreeSize(len(part.items), sum(item.size_bytes for item in part.items)) for part in found)
        return sum_of(parts, stopped)

    def _sort_in(self, note: ItemNote) -> None:
        reason = SourceUnreadable(note.reason, path=note.local_path, hint=note.hint)
        wanted = note.kind is NoteKind.FAILED or note.local_path in self._named
        (self.failures if wanted else self.left_out).append(ItemFailure(note.path, note.local_path, reason))
