"""Finding what lies in dropped files and folders, folder by folder, while the first of it is moved already.

Hidden files count like others, empty folders are reported, links to files are followed, links to folders are
not (they may loop), and what is no file (sockets, pipes, devices) is left out with its reason, never opened.
A folder that was named itself is followed even if it is a link: somebody chose it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.os_errors import from_os_error
from engine.transfers.naming import free_name
from engine.transfers.values import ItemNote, NoteKind, printable

FolderId = tuple[int, int]

_LINK_TO_FOLDER: Final = "A link to a folder is not followed."
_SPECIAL: Final = "Not a regular file (a socket, a pipe or a device)."
_OWN_DATA: Final = "Holdall keeps its own data here; uploading it into itself would never end."
_BROKEN_LINK: Final = "The link points to nothing."


@dataclass(frozen=True, slots=True)
class Item:
    """One file to be moved.

    Attributes:
        path: Path in the bucket.
        local: File on this computer; the source of an upload, the target of a download.
        size_bytes: Length when it was found.
        modified_s: Modification time in seconds since the epoch, or None when unknown.
    """

    path: str
    local: Path
    size_bytes: int
    modified_s: float | None


@dataclass(frozen=True, slots=True)
class Root:
    """Where a scan begins: a file or folder and the path it will have in the bucket (no trailing `/`)."""

    local: Path
    path: str


@dataclass(frozen=True, slots=True)
class FolderScan:
    """The files of one folder.

    Attributes:
        folder: Its path in the bucket, `""` or with a trailing `/`.
        items: Files to move, by name.
        notes: What will not be moved.
        empty: The folder itself if nothing in it will make it exist in the bucket, else None.
    """

    folder: str
    items: tuple[Item, ...]
    notes: tuple[ItemNote, ...] = ()
    empty: Root | None = None


def roots_of(sources: Sequence[Path], prefix: str) -> tuple[Root, ...]:
    """Give every source its name in the bucket.

    Args:
        sources: Files and folders.
        prefix: Folder in the bucket, `""` or with a trailing `/`.

    Returns:
        One root a source, in order; two sources of one name get different names, so neither is lost.
    """
    names: list[str] = []
    for source in sources:
        name = _name_of(source)
        names.append(free_name(name, names.__contains__) if name in names else name)
    return tuple(Root(source, prefix + name) for source, name in zip(sources, names, strict=True))


def scan(roots: Sequence[Root], keep_out: frozenset[FolderId], stopped: Callable[[], bool]) -> Iterator[FolderScan]:
    """Walk the roots: their own files first, then folder by folder, each before the folders in it.

    Args:
        roots: Where to begin.
        keep_out: Folders that are never entered, by `folder_id`.
        stopped: Asked before every folder; True ends the walk.

    Yields:
        One value for each folder, also for empty ones.
    """
    folders = []
    for folder, members in _by_folder(roots).items():
        found = _Folder(folder, keep_out)
        for root in members:
            found.add_root(root)
        folders += found.folders
        yield found.result()
    folders.reverse()
    while folders and not stopped():
        root = folders.pop()
        found = _scan_folder(root, keep_out)
        folders += reversed(found.folders)
        yield found.result(root)


def folder_id(folder: Path) -> FolderId | None:
    """Return what tells a folder apart from all others whatever its name, or None if it cannot be looked at."""
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def item_at(path: str, local: Path) -> Item:
    """Return an item for a file as it is now; one that is gone has no size and no time."""
    try:
        status = local.stat()
    except OSError:
        return Item(path, local, 0, None)
    return Item(path, local, status.st_size, status.st_mtime)


class _Folder:
    """Collects one folder's content."""

    def __init__(self, folder: str, keep_out: frozenset[FolderId]) -> None:
        self._folder = folder
        self._keep_out = keep_out
        self._items: list[Item] = []
        self._notes: list[ItemNote] = []
        self._unreadable = False
        self.folders: list[Root] = []

    def result(self, root: Root | None = None) -> FolderScan:
        holds_something = self._items or self.folders or self._unreadable
        return FolderScan(self._folder, tuple(self._items), tuple(self._notes), None if holds_something else root)

    def add_root(self, root: Root) -> None:
        try:
            status = root.local.stat()
        except OSError as error:
            self.fail(root, error)
        else:
            self._sort_in(root, status)

    def add_entry(self, entry: os.DirEntry[str]) -> None:
        root = Root(Path(entry.path), self._folder + entry.name)
        try:
            if entry.is_symlink():
                self._add_link(root)
            else:
                self._sort_in(root, entry.stat(follow_symlinks=False))
        except OSError as error:
            self.fail(root, error)

    def fail(self, root: Root, error: OSError) -> None:
        fault = from_os_error(error)
        reason = _BROKEN_LINK if root.local.is_symlink() and isinstance(error, FileNotFoundError) else fault.message
        self._notes.append(ItemNote(NoteKind.FAILED, root.path, str(root.local), reason, fault.hint))

    def fail_whole(self, root: Root, error: OSError) -> None:
        self._unreadable = True
        self.fail(root, error)

    def _add_link(self, root: Root) -> None:
        status = root.local.stat()
        if stat.S_ISDIR(status.st_mode):
            self._leave_out(root, _LINK_TO_FOLDER)
        else:
            self._sort_in(root, status)

    def _sort_in(self, root: Root, status: os.stat_result) -> None:
        if stat.S_ISREG(status.st_mode):
            self._items.append(Item(root.path, root.local, status.st_size, status.st_mtime))
        elif not stat.S_ISDIR(status.st_mode):
            self._leave_out(root, _SPECIAL)
        elif (status.st_dev, status.st_ino) in self._keep_out:
            self._leave_out(root, _OWN_DATA)
        else:
            self.folders.append(root)

    def _leave_out(self, root: Root, reason: str) -> None:
        self._notes.append(ItemNote(NoteKind.LEFT_OUT, root.path, str(root.local), reason))


def _scan_folder(root: Root, keep_out: frozenset[FolderId]) -> _Folder:
    found = _Folder(root.path + "/", keep_out)
    try:
        with os.scandir(root.local) as entries:
            names = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        found.fail_whole(root, error)
        return found
    for entry in names:
        found.add_entry(entry)
    return found


def _by_folder(roots: Sequence[Root]) -> dict[str, list[Root]]:
    grouped: dict[str, list[Root]] = {}
    for root in roots:
        folder = root.path[: root.path.rfind("/") + 1]
        grouped.setdefault(folder, []).append(root)
    return grouped


def _name_of(source: Path) -> str:
    absolute = Path(os.path.abspath(source))  # noqa: PTH100 - resolve() would follow a link and change its name
    return absolute.name or printable(absolute.drive.rstrip(":")) or "root"
