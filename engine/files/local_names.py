"""Where downloads arrive: file names that this computer can hold, never outside the target, never over one another.

An object's path may hold what a file system cannot: empty segments, over-long or reserved names, `a` beside `a/b`,
names that differ in case or normalisation alone where the file system takes these for one. Such a name is adapted, or
becomes `name (2).ext`, and the file is still delivered. Existing files are left alone unless replacing was asked for;
files of this very download never give way to one another.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from pathlib import Path
from typing import Final

from engine import limits
from engine.errors import InvalidKey, TargetExists

_WINDOWS_FORBIDDEN: Final = re.compile(r'[<>:"\\|?*\x00-\x1f]|[. ]$')
_WINDOWS_RESERVED: Final = re.compile(r"(?i)^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$| )")
_TRIES: Final = 10_000


def local_name(segment: str, *, portable: bool = os.name == "nt") -> str:
    """Return a file name for one segment of a path: the segment itself wherever possible.

    Args:
        segment: Without `/`; may be empty.
        portable: Whether the name must suit Windows.
    """
    name = segment.replace("\x00", "_").replace("/", "_")
    if portable:
        name = _WINDOWS_RESERVED.sub(r"_\1", _WINDOWS_FORBIDDEN.sub("_", name))
    if name in {"", ".", ".."}:
        return "_" + name
    if len(name.encode()) > limits.SEGMENT_MAX_BYTES:
        return _shortened(name)
    return name


def _shortened(name: str) -> str:
    """Return a name that fits, keeps its extension and is told from its like by a digest."""
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension.encode()) > 16:
        stem, dot, extension = name, "", ""
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    head = stem.encode()[: limits.SEGMENT_MAX_BYTES - 40].decode(errors="ignore")
    return f"{head}~{digest}{dot}{extension}"


def numbered(name: str, number: int) -> str:
    """Return `name (2).ext` and its like."""
    stem, dot, extension = name.rpartition(".")
    if not stem:
        stem, dot, extension = name, "", ""
    return f"{stem} ({number}){dot}{extension}"


class LocalNames:
    """Hands out places for the files of one download.

    Args:
        target_dir: The folder that everything arrives in.
        replace: Whether files that were there before may be replaced.
    """

    def __init__(self, target_dir: Path, *, replace: bool) -> None:
        self._target_dir = target_dir
        self._replace = replace
        self._folders: dict[str, Path] = {"": target_dir}
        self._ours: dict[str, list[Path]] = {}

    def folder(self, prefix: str) -> Path:
        """Return the folder for a prefix (`""` or ending with `/`), which is made.

        Raises:
            OSError: It cannot be made.
        """
        found = self._folders.get(prefix)
        if found is not None:
            return found
        parent, _, name = prefix[:-1].rpartition("/")
        above = self.folder(f"{parent}/" if "/" in prefix[:-1] else "")
        found = self._folders[prefix] = self._make(above, local_name(name))
        return found

    def file(self, path: str) -> Path:
        """Return a free place for an object's file, or the one that it may replace.

        Raises:
            TargetExists: A file of that name was there before, and replacing was not asked for.
            OSError: A folder on the way cannot be made.
        """
        parent, slash, leaf = path.rpartition("/")
        folder = self.folder(parent + slash)
        name = local_name(leaf)
        for number in range(1, _TRIES):
            place = folder / (name if number == 1 else numbered(name, number))
            if self._is_free(place, path):
                self._ours.setdefault(_folded(place), []).append(place)
                return place
        raise TargetExists("Too many files of that name exist", path=str(folder / name))

    def _is_free(self, place: Path, path: str) -> bool:
        """Return whether a file may arrive at `place`; a file of this download is in the way, not a reason to stop."""
        if any(place == other or _is_one_file(place, other) for other in self._ours.get(_folded(place), ())):
            return False
        if not os.path.lexists(place):
            return True
        if place.is_dir() and not place.is_symlink():
            return False
        if not self._replace:
            raise TargetExists("A file of that name exists", path=str(place))
        return True

    def _make(self, above: Path, name: str) -> Path:
        """Make a folder, beside a file or a link of that name if need be: a link could lead anywhere."""
        if self._target_dir not in (above / name).parents:
            raise InvalidKey("Invalid key", path=name)
        for number in range(1, _TRIES):
            place = above / (name if number == 1 else numbered(name, number))
            if place.is_symlink():
                continue
            try:
                place.mkdir(exist_ok=True)
            except FileExistsError:
                continue
            return place
        raise TargetExists("Too many files of that name exist", path=str(above / name))


def _is_one_file(one: Path, other: Path) -> bool:
    """Return whether a file system takes two names for one, or two links lead to one file."""
    try:
        return os.path.samestat(one.lstat(), other.lstat())
    except OSError:
        return False


def _folded(place: Path) -> str:
    """Return what tells a place from others on the least discerning file system."""
    return unicodedata.normalize("NFC", str(place)).casefold()
