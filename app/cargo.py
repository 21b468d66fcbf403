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

    def parted(self, place: Location) -> tuple[Cargo, Cargo]:
        """Return what of it lies in a place already, and the rest: what was found may do so in part."""
        there = {path for path in self.paths if self.bucket == place.bucket and _folder_of(path) == place.prefix}
        return (
            Cargo(self.bucket, tuple(path for path in self.paths if path in there)),
            Cargo(self.bucket, tuple(path for path in self.paths if path not in there)),
        )


class Load:
    """Cargo that is known, or is being read while it is already on its way. Lives in the main thread.

    Attributes:
        bucket: The one bucket that it comes from; nothing while that is not known, and where there are several.
        count: How many things it is.
    """

    def __init__(self, bucket: str, count: int) -> None:
        """Args: as the attributes."""
        self.bucket = bucket
        self.count = count
        self._cargos: tuple[Cargo, ...] | None = None
        self._waiting: list[Callable[[tuple[Cargo, ...]], object]] = []

    @property
    def cargos(self) -> tuple[Cargo, ...] | None:
        """Return what it is, of each bucket one, or None while that is being read."""
        return self._cargos

    @property
    def has_source(self) -> bool:
        """Return whether it is known where it comes from."""
        return bool(self.bucket) or self._cargos is not None

    def goes_into(self, place: Location) -> bool:
        """Return whether it is known that any of it would go into itself."""
        return any(cargo.goes_into(place) for cargo in self._cargos or ())

    def is_from(self, place: Location) -> bool:
        """Return whether it is known that all of it lies in a place already."""
        return bool(self._cargos) and all(cargo.is_from(place) for cargo in self._cargos or ())

    def settle(self, *cargos: Cargo) -> None:
        """Say what it is, of each bucket one."""
        self._cargos, self.bucket = cargos, cargos[0].bucket if len(cargos) == 1 else ""
        waiting, self._waiting = self._waiting, []
        for then in waiting:
            then(cargos)

    def whenever(self, then: Callable[[tuple[Cargo, ...]], object]) -> None:
        """Call with what it is: at once, or as soon as that is known; never if it cannot be read."""
        if self._cargos is not None:
            then(self._cargos)
        else:
            self._waiting.append(then)


def _folder_of(path: str) -> str:
    above = path.rstrip("/").rpartition("/")
    return above[0] + above[1]
