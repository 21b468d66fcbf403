"""Where the window looks: a bucket and a folder in it, and the way there and back. Plain values, no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_HISTORY_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Location:
    """A folder of a bucket.

    Attributes:
        bucket: The bucket's name.
        prefix: `""` for its top, else the folder's path with a trailing `/`.
    """

    bucket: str
    prefix: str = ""

    @property
    def name(self) -> str:
        """Return what a person calls the place: the last folder, or the bucket."""
        return self.prefix[:-1].rpartition("/")[2] if self.prefix else self.bucket

    @property
    def text(self) -> str:
        """Return the place as one line, which `parse` reads back."""
        return f"{self.bucket}/{self.prefix}"

    @property
    def parent(self) -> Location | None:
        """Return the folder above, or None at the top of the bucket."""
        if not self.prefix:
            return None
        above = self.prefix[:-1].rpartition("/")
        return Location(self.bucket, above[0] + above[1])

    @property
    def trail(self) -> tuple[Location, ...]:
        """Return the places from the bucket down to here, this one last."""
        place: Location | None = self
        steps = []
        while place is not None:
            steps.append(place)
            place = place.parent
        return tuple(reversed(steps))

    def child(self, name: str) -> Location:
        """Return the folder of that name inside this one."""
        return Location(self.bucket, f"{self.prefix}{name}/")

    def contains(self, other: Location) -> bool:
        """Return whether `other` is this place or lies below it."""
        return self.bucket == other.bucket and other.prefix.startswith(self.prefix)

    @classmethod
    def parse(cls, text: str) -> Location | None:
        """Read a place from what a person typed: `bucket`, `bucket/folder` or `/bucket/folder/`.

        Returns:
            The place, or None when no bucket is named.
        """
        bucket, _, rest = text.strip().lstrip("/").partition("/")
        rest = rest.rstrip("/")
        return cls(bucket, f"{rest}/" if rest else "") if bucket else None


class History:
    """The places visited, with a position; the same as in a web browser."""

    def __init__(self) -> None:
        """Start nowhere."""
        self._places: list[Location] = []
        self._position = -1

    @property
    def current(self) -> Location | None:
        """Return the place at the position."""
        return self._places[self._position] if self._places else None

    @property
    def can_go_back(self) -> bool:
        """Return whether a place was visited before."""
        return self._position > 0

    @property
    def can_go_forward(self) -> bool:
        """Return whether going back left a place ahead."""
        return self._position < len(self._places) - 1

    def visit(self, place: Location) -> None:
        """Go somewhere new; what lay ahead is forgotten. Staying where one is adds nothing."""
        if place == self.current:
            return
        self._places = [*self._places[: self._position + 1], place][-_HISTORY_MAX:]
        self._position = len(self._places) - 1

    def back(self) -> Location:
        """Step back and return the place; only when `can_go_back`."""
        self._position -= 1
        return self._places[self._position]

    def forward(self) -> Location:
        """Step forward and return the place; only when `can_go_forward`."""
        self._position += 1
        return self._places[self._position]

    def forget(self, gone: Location) -> None:
        """Drop every place in or below one that no longer exists."""
        current = self.current
        kept = [place for place in self._places if not gone.contains(place)]
        self._places = [place for i, place in enumerate(kept) if i == 0 or place != kept[i - 1]]
        self._position = self._places.index(current) if current in self._places else len(self._places) - 1
