"""What moving many things at once takes and gives back."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Move:
    """One thing that is to have another path.

    Attributes:
        source: An object, or a folder with a trailing `/`.
        target: What it is to be called; a folder's ends with `/` too, and is `""` for the top of a bucket.
        object_id: The object that is meant, or `""` for whatever stands there: somebody else's is then left alone.
        as_of: Of a folder only what no commit after this mark (`TreeSize.as_of`) has touched; None for all of it.
        ids: Of a folder only these objects, whatever has become of them; empty for all of it.
        versions: Of a folder only these contents; empty for all of it.
    """

    source: str
    target: str
    object_id: str = ""
    as_of: int | None = None
    ids: frozenset[str] = frozenset()
    versions: frozenset[str] = frozenset()

    @property
    def is_whole(self) -> bool:
        """Return whether all is meant that is in the folder by then."""
        return self.as_of is None and not self.ids and not self.versions

    @property
    def whole(self) -> Move:
        """Return it as one of all that is in the folder by then."""
        return Move(self.source, self.target, self.object_id)


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of many moves.

    Attributes:
        objects: How many objects have another path now, folder markers not counted.
        back: The moves that undo it; a folder that came to where nothing was is one of them, and takes along only what
            came with it.
        marks: Folders of the source that were there by their marker alone, and met one of the same name: gone.
        displaced: Paths of what gave way.
    """

    objects: int
    back: tuple[Move, ...]
    marks: tuple[str, ...] = ()
    displaced: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """Where an object is to go.

    Attributes:
        path: Its path there.
        bucket: Name or id of the bucket, or None for the one that it is in.
    """

    path: str
    bucket: str | None = None
