"""Where the window looks: a bucket and a folder in it. Plain values, no Qt."""

from __future__ import annotations

import re
from dataclasses import dataclass
from unicodedata import normalize
from urllib.parse import unquote


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

    def moved(self, old: Location, new: Location) -> Location:
        """Return where this place is after `old` was renamed or moved to `new`: itself, if it does not lie in there."""
        return Location(new.bucket, new.prefix + self.prefix.removeprefix(old.prefix)) if old.contains(self) else self

    @classmethod
    def parse(cls, text: str) -> Location | None:
        """Read a place from what a person typed: `bucket`, `bucket/folder` or `/bucket/folder/`.

        Returns:
            The place, or None when no bucket is named.
        """
        return cls._read(text.strip())

    @classmethod
    def readings(cls, text: str) -> tuple[Location, ...]:
        """Return what a person may have meant by what they typed, as it stands there first.

        Names may end with blanks and may be written with accents as signs of their own, as on a Mac; and what is
        copied from elsewhere may stand in quotes or have percent escapes.
        """
        texts = []
        for read in (text.lstrip(), text.strip()):
            forms = [normalize(form, read) for form in ("NFC", "NFD")]
            texts += [read, *forms, re.sub(r"/+", "/", read), read.strip("\"'“”"), unquote(read)]
        return tuple(dict.fromkeys(place for place in map(cls._read, texts) if place is not None))

    @classmethod
    def _read(cls, text: str) -> Location | None:
        bucket, _, rest = text.lstrip("/").partition("/")
        prefix = rest if rest.endswith("/") or not rest else f"{rest}/"
        return cls(bucket.strip(), prefix) if bucket.strip() else None
