"""What is wanted of a picture: its size, how it fills that, its format. Pure values."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

RESIZES: Final = ("cover", "contain", "fill")
"""Fill the size and cut what is over; fit into it whole; take it exactly, whatever becomes of the shape."""

FORMATS: Final = ("origin", "avif", "webp")
"""What can be asked for; `origin` is the picture's own, whatever the client takes."""

EDGE_MAX_PX: Final = 2500
"""Longest side of an answer, in pixels: Supabase's."""

QUALITY_MIN: Final = 20
QUALITY_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Transform:
    """What is wanted of a picture; fields that are None are left to the picture.

    Attributes:
        width: In pixels, 1 to `EDGE_MAX_PX`.
        height: Likewise.
        resize: One of `RESIZES`.
        quality: `QUALITY_MIN` to `QUALITY_MAX`.
        format: One of `FORMATS`.
    """

    width: int | None = None
    height: int | None = None
    resize: str = RESIZES[0]
    quality: int | None = None
    format: str | None = None

    def text(self) -> str:
        """Return the form that tokens carry: `width:100,resize:cover`.

        Source: Supabase Storage, the claim `transformations` of its signed links.
        """
        return ",".join(f"{name}:{value}" for name, value in asdict(self).items() if value is not None)

    @classmethod
    def of_text(cls, text: str) -> Transform:
        """Read what `text` wrote.

        Args:
            text: From a token that was verified.
        """
        said = dict(part.split(":", 1) for part in text.split(",") if ":" in part)
        numbers = {name: int(said[name]) if name in said else None for name in ("width", "height", "quality")}
        return cls(**numbers, resize=said.get("resize", RESIZES[0]), format=said.get("format"))
