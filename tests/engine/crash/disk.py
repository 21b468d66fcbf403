"""A disk that remembers what a power cut would undo, below one folder of the real one. Linux only.

It watches the system calls that the local backend makes. Names and bytes are at risk until their folder, their file, or
the whole file system is synced. A cut takes some of them away, in any order in which a file system may write them:

- Bytes: the file has what it had when it was last synced, a part of what was written, zeros of the same length, or all.
- Names: any of the changes is missing. A rename happens as a whole, and is durable once the folder is synced that the
  file came to. A folder is not removed before what left it has left it, and nothing is in a folder that was not made:
  these three are what journalling file systems promise (ext4, XFS, Btrfs).
"""

from __future__ import annotations

import contextlib
import os
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from engine.backends import folders, local

APPLIED_SHARES = (0.0, 0.3, 0.7, 1.0)


@dataclass(eq=False, slots=True)
class File:
    """A file, and what a power cut would leave of it."""

    durable: bytes = b""
    at_risk: bool = True


@dataclass(eq=False, slots=True)
class Tree:
    """A folder as it is, and as the disk has it."""

    names: dict[str, File | Tree] = field(default_factory=dict)
    durable: dict[str, File | Tree] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, slots=True)
class NameChange:
    """Names that changed at once and are not durable yet.

    Attributes:
        home: Durable once this folder is synced.
        names: Folder, name, and what has the name now, if anything.
        removed: The folder that was removed.
    """

    home: Tree
    names: tuple[tuple[Tree, str, File | Tree | None], ...]
    removed: Tree | None = None


class Disk:
    """Watches the calls of this process while it is a context.

    Args:
        root: What is there is durable.
        before_call: Called before each change of it.
    """

    def __init__(self, root: Path, before_call: Callable[[], None]) -> None:
        self._root = root
        self._before_call = before_call
        self._tree = _durable_tree(root)
        self._at_risk: list[NameChange] = []
        self._lock = threading.RLock()
        self._patches = contextlib.ExitStack()
        self.calls = 0

    def __enter__(self) -> Disk:
        """Watch."""
        self._watch(os, "open", self._opened)
        self._watch(os, "mkdir", self._made)
        self._watch(os, "unlink", self._unlinked)
        self._watch(os, "rmdir", self._unlinked)
        self._watch(os, "rename", self._renamed)
        self._watch(os, "link", self._linked)
        self._watch(os, "write", self._written)
        self._watch(os, "ftruncate", self._written)
        self._watch(os, "fsync", self._synced)
        self._watch(folders, "rename_exclusively", self._renamed_exclusively)
        self._watch(local, "sync_file_system", self._all_synced)
        return self

    def __exit__(self, *_: object) -> None:
        """Watch no longer."""
        self._patches.close()

    def cut(self, target: Path, chance: random.Random) -> None:
        """Write to `target` what a power cut in this moment could leave."""
        with self._lock:
            share = chance.choice(APPLIED_SHARES)
            applied = self._with_needed({change for change in self._at_risk if chance.random() < share})
            names = {id(tree): dict(tree.durable) for tree in self._all_trees()}
            for change in self._at_risk:
                if change in applied:
                    _assign(change, lambda tree: names.setdefault(id(tree), {}))
            self._write(self._tree, names, target, chance)

    def _watch(self, owner: object, name: str, note: Callable[..., None]) -> None:
        """Have a call noted after it was made, unless it fails or is none of ours."""
        real = getattr(owner, name)

        def watched(*arguments: Any, **options: Any) -> Any:
            with self._lock:
                places = [self._place(*place) for place in _places(name, arguments, options)]
                if None in places:
                    return real(*arguments, **options)
                self.calls += 1
                self._before_call()
                result = real(*arguments, **options)
                if result is not False:
                    note(*places, *arguments[1:2])
                return result

        self._patches.enter_context(mock.patch.object(owner, name, watched))

    def _place(self, fd: int | None, name: object) -> tuple[Tree, str] | None:
        """Return the folder and the name of what a call is about, or None where it is not below the root."""
        path = Path() if fd is None else Path(f"/proc/self/fd/{fd}").readlink()
        path /= os.fsdecode(name) if isinstance(name, str | bytes | os.PathLike) else ""
        if path == self._root:
            return self._tree, ""
        if self._root not in path.parents:
            return None
        tree: File | Tree | None = self._tree
        for part in path.relative_to(self._root).parts[:-1]:
            tree = tree.names.get(part) if isinstance(tree, Tree) else None
        return (tree, path.name) if isinstance(tree, Tree) else None

    def _opened(self, place: tuple[Tree, str], flags: int) -> None:
        tree, name = place
        if flags & os.O_CREAT and name not in tree.names:
            self._change(NameChange(tree, ((tree, name, File()),)))

    def _made(self, place: tuple[Tree, str], *_: object) -> None:
        tree, name = place
        self._change(NameChange(tree, ((tree, name, Tree()),)))

    def _unlinked(self, place: tuple[Tree, str], *_: object) -> None:
        tree, name = place
        gone = tree.names[name]
        self._change(NameChange(tree, ((tree, name, None),), gone if isinstance(gone, Tree) else None))

    def _renamed(self, source: tuple[Tree, str], target: tuple[Tree, str], *_: object) -> None:
        moved = source[0].names[source[1]]
        self._change(NameChange(target[0], ((*source, None), (*target, moved))))

    _renamed_exclusively = _renamed

    def _linked(self, source: tuple[Tree, str], target: tuple[Tree, str], *_: object) -> None:
        self._change(NameChange(target[0], ((*target, source[0].names[source[1]]),)))

    def _written(self, place: tuple[Tree, str], *_: object) -> None:
        file = place[0].names.get(place[1])
        if isinstance(file, File):
            file.at_risk = True

    def _synced(self, place: tuple[Tree, str], *_: object) -> None:
        tree, name = place
        found = tree.names.get(name) if name else self._tree
        if isinstance(found, Tree):
            self._make_durable([change for change in self._at_risk if change.home is found])
        elif found is not None:
            self._flush(found, self._paths()[id(found)])

    def _all_synced(self, *_: object) -> None:
        for path, file in self._files(self._tree, self._root):
            self._flush(file, path)
        self._make_durable(list(self._at_risk))

    @staticmethod
    def _flush(file: File, path: Path) -> None:
        """Make a file's bytes durable."""
        if file.at_risk:
            file.durable, file.at_risk = path.read_bytes(), False

    def _change(self, change: NameChange) -> None:
        """Change names."""
        _assign(change, lambda tree: tree.names)
        self._at_risk.append(change)

    def _make_durable(self, changes: list[NameChange]) -> None:
        """Let the disk have some changes; what came before to the same names does not matter any more."""
        for change in changes:
            at = self._at_risk.index(change)
            touched = {(id(tree), name) for tree, name, _ in change.names}
            _assign(change, lambda tree: tree.durable)
            self._at_risk[: at + 1] = [
                earlier
                for earlier in self._at_risk[:at]
                if not touched >= {(id(tree), name) for tree, name, _ in earlier.names}
            ]

    def _with_needed(self, applied: set[NameChange]) -> set[NameChange]:
        """Return changes with those that no file system would leave out while it has them."""
        todo = list(applied)
        while todo:
            change = todo.pop()
            for at, earlier in enumerate(self._at_risk):
                if earlier is change:
                    break
                needed = any(
                    (isinstance(made, Tree) and made is tree) or holder is change.removed
                    for holder, _, made in earlier.names
                    for tree, _, _ in change.names
                )
                if needed and self._at_risk[at] not in applied:
                    applied.add(earlier)
                    todo.append(earlier)
        return applied

    def _all_trees(self) -> list[Tree]:
        """Return every folder that the disk may have."""
        found = [self._tree]
        for tree in found:
            below = [*tree.durable.values(), *tree.names.values()]
            found += [one for one in below if isinstance(one, Tree) and one not in found]
        return found

    def _paths(self) -> dict[int, Path]:
        """Return where each file is."""
        return {id(file): path for path, file in self._files(self._tree, self._root)}

    def _files(self, tree: Tree, path: Path) -> Iterator[tuple[Path, File]]:
        """Yield every file that is there."""
        for name, found in tree.names.items():
            if isinstance(found, Tree):
                yield from self._files(found, path / name)
            else:
                yield path / name, found

    def _write(self, tree: Tree, names: dict[int, dict[str, File | Tree]], target: Path, chance: random.Random) -> None:
        """Write a folder as it is after the cut."""
        paths = self._paths()
        target.mkdir()
        for name, found in names.get(id(tree), {}).items():
            if isinstance(found, Tree):
                self._write(found, names, target / name, chance)
            else:
                (target / name).write_bytes(_left_of(found, paths.get(id(found)), chance))


def _durable_tree(path: Path) -> Tree:
    """Return what is in a folder, all of it durable."""
    names: dict[str, File | Tree] = {
        entry.name: _durable_tree(entry) if entry.is_dir() else File(entry.read_bytes(), at_risk=False)
        for entry in path.iterdir()
    }
    return Tree(names, dict(names))


def _assign(change: NameChange, names_of: Callable[[Tree], dict[str, File | Tree]]) -> None:
    """Make a change in one of the views."""
    for tree, name, found in change.names:
        if found is None:
            names_of(tree).pop(name, None)
        else:
            names_of(tree)[name] = found


def _left_of(file: File, path: Path | None, chance: random.Random) -> bytes:
    """Return what a cut leaves of a file's bytes."""
    if not file.at_risk or path is None:
        return file.durable
    data = path.read_bytes()
    return chance.choice([file.durable, data[: chance.randint(0, len(data))], bytes(len(data)), data])


def _places(call: str, arguments: Any, options: Any) -> list[tuple[int | None, object]]:
    """Return what a call is about: descriptors, and names relative to them."""
    if call in {"rename", "link"}:
        return [(options.get("src_dir_fd"), arguments[0]), (options.get("dst_dir_fd"), arguments[1])]
    if call == "rename_exclusively":
        return [(arguments[0], arguments[1]), (arguments[2], arguments[3])]
    if call in {"write", "ftruncate", "fsync", "sync_file_system"}:
        return [(arguments[0], None)]
    return [(options.get("dir_fd"), arguments[0])]
