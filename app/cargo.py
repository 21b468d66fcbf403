"""What is carried inside the window, by clipboard or drag: plain values, no Qt and no engine call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from app.location import Location


class Motion(Enum):
    """What carrying does to the things where they were."""

    COPY = auto()
    MOVE = auto()


@dataclass(frozen=True, slots=True)
class Cargo:
    """Things of one bucket.

    Attributes:
        bucket: The bucket's name.
        paths: Objects, and folders with a trailing `/`.
    """

    bucket: str
    paths: tuple[str, ...]

    def goes_into(self, place: Location) -> bool:
        """Return whether a place is one of the folders, or lies in one: nothing can be put into itself."""
        return self.bucket == place.bucket and any(
            path.endswith("/") and place.prefix.startswith(path) for path in self.paths
        )

    def is_from(self, place: Location) -> bool:
        """Return whether all of it lies in a place already."""
        return self.bucket == place.bucket and all(_folder_of(path) == place.prefix for path in self.paths)


class Load:
    """Cargo that is known, or is being read while it is already on its way. Lives in the main thread.

    Attributes:
        bucket: Where it comes from; nothing while that is not known either.
        count: How many things it is.
    """

    def __init__(self, bucket: str, count: int) -> None:
        """Args: as the attributes."""
        self.bucket = bucket
        self.count = count
        self._cargo: Cargo | None = None
        self._waiting: list[Callable[[Cargo], object]] = []

    @property
    def cargo(self) -> Cargo | None:
        """Return what it is, or None while that is being read."""
        return self._cargo

    def settle(self, cargo: Cargo) -> None:
        """Say what it is."""
        self._cargo, self.bucket = cargo, cargo.bucket
        waiting, self._waiting = self._waiting, []
        for then in waiting:
            then(cargo)

    def whenever(self, then: Callable[[Cargo], object]) -> None:
        """Call with what it is: at once, or as soon as that is known; never if it cannot be read."""
        if self._cargo is not None:
            then(self._cargo)
        else:
            self._waiting.append(then)


def _folder_of(path: str) -> str:
    above = path.rstrip("/").rpartition("/")
    return above[0] + above[1]
