"""What the parsers of one file gather."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

_TEXT_MAX_CHARS: Final = 200
_COVER_MAX_BYTES: Final = 2 * 1024 * 1024


@dataclass(slots=True)
class Found:
    """Grows while a file is read.

    Attributes:
        container: What holds the streams.
        duration_s: How long it plays, or 0 where that is not known.
        is_estimate: The length follows from the size alone.
        width, height: Of the picture, 0 where there is none.
        codecs: In the order in which they were found.
        sample_rate_hz, channels: Of the sound.
        bit_rate: In bits a second.
        tags: `title`, `artist`, `album`, `year`.
        cover: A picture file.
    """

    container: str = ""
    duration_s: float = 0.0
    is_estimate: bool = False
    width: int = 0
    height: int = 0
    codecs: list[str] = field(default_factory=list)
    sample_rate_hz: int = 0
    channels: int = 0
    bit_rate: int = 0
    tags: dict[str, str] = field(default_factory=dict)
    cover: bytes = b""

    def codec(self, name: str) -> None:
        """Add a codec, once."""
        if name and name not in self.codecs and len(self.codecs) < 8:
            self.codecs.append(name)

    def tag(self, name: str, text: str) -> None:
        """Add a tag; the first of a name counts."""
        shown = "".join(letter if letter.isprintable() else " " for letter in text).strip()
        if shown:
            self.tags.setdefault(name, shown[:_TEXT_MAX_CHARS])

    def picture(self, data: bytes) -> None:
        """Add a cover; the first counts."""
        if not self.cover and len(data) <= _COVER_MAX_BYTES:
            self.cover = data
