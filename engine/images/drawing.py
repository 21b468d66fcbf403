"""Decodes a picture, changes its size, and writes it again. In the child process alone.

Formats are named one by one: what Pillow might learn to open is not opened. SVG is none of them, nothing in it runs. Of
moving pictures the first one is drawn. What cameras wrote beside the pixels (places, names, serial numbers) is left
out, but for the way that they were held and the colours' profile.
"""

from __future__ import annotations

import io
from collections.abc import Collection
from typing import Any, Final

from PIL import Image, ImageOps

from engine.images.transform import Transform

PIXELS_MAX: Final = 50_000_000
"""Width times height of what is decoded: Supabase's. It bounds the memory before any pixel is read."""

_READ: Final = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP", "TIFF", "ICO")
_MIME_TYPES: Final = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "AVIF": "image/avif"}
_QUALITY: Final = 80
_PROFILE_MAX_BYTES: Final = 1 << 20
_MODES: Final = ("L", "LA", "RGB", "RGBA")


class TooManyPixels(ValueError):
    """Decoding the picture would take too much memory."""


def get_ready() -> None:
    """Load all that drawing needs, for a process that may open no file afterwards."""
    Image.init()


def draw(data: bytes, transform: Transform, accepted: Collection[str]) -> tuple[str, bytes]:
    """Draw a picture.

    Args:
        data: The whole file.
        transform: What is wanted.
        accepted: MIME types that the client named; counts where no format is asked for.

    Returns:
        MIME type and bytes of the result.

    Raises:
        TooManyPixels: It is too large.
        ValueError: It is no picture, or damaged.
        OSError: Likewise; Pillow's word for it.
    """
    Image.MAX_IMAGE_PIXELS = PIXELS_MAX
    with Image.open(io.BytesIO(data), formats=_READ) as picture:
        if picture.width * picture.height > PIXELS_MAX:
            raise TooManyPixels("it has too many pixels")
        kind = _kind(str(picture.format), transform.format, accepted)
        if picture.format == "JPEG":
            _read_small(picture, transform)
        return _MIME_TYPES[kind], _written(_sized(_plain(picture), transform), kind, transform.quality or _QUALITY)


def _kind(own: str, wanted: str | None, accepted: Collection[str]) -> str:
    """Return the format to write: the one asked for, else WebP if the client takes it, else the picture's own."""
    if wanted in ("avif", "webp"):
        return wanted.upper()
    if wanted is None and "image/webp" in accepted:
        return "WEBP"
    return own if own in _MIME_TYPES else "PNG"


def _read_small(picture: Image.Image, transform: Transform) -> None:
    """Let the decoder of JPEG leave out what a smaller result would not show; both sides stay long enough."""
    edge = max(transform.width or 0, transform.height or 0)
    if edge and (transform.width is None) == (transform.height is None):
        picture.draft(None, (2 * edge, 2 * edge))


def _plain(picture: Image.Image) -> Image.Image:
    """Return a picture the right way up, in a mode that every format takes."""
    profile = picture.info.get("icc_profile")
    turned = ImageOps.exif_transpose(picture)
    keeps = isinstance(profile, bytes) and len(profile) <= _PROFILE_MAX_BYTES and turned.mode in _MODES
    if turned.mode not in _MODES:
        turned = turned.convert("RGBA" if turned.has_transparency_data else "RGB")
    turned.info = {"icc_profile": profile} if keeps else {}
    return turned


def _sized(picture: Image.Image, transform: Transform) -> Image.Image:
    """Return a picture in the size that is wanted; it is never made larger."""
    width, height = picture.size
    wanted_width, wanted_height = transform.width, transform.height
    if wanted_width is None and wanted_height is None:
        return picture
    if transform.resize == "fill" and wanted_width and wanted_height:
        return _resized(picture, min(width, wanted_width), min(height, wanted_height))
    shares = [wanted / has for wanted, has in ((wanted_width, width), (wanted_height, height)) if wanted]
    share = min(1.0, min(shares) if transform.resize == "contain" else max(shares))
    scaled = _resized(picture, max(1, round(width * share)), max(1, round(height * share)))
    if transform.resize == "contain":
        return scaled
    return _cut(
        scaled, min(scaled.width, wanted_width or scaled.width), min(scaled.height, wanted_height or scaled.height)
    )


def _resized(picture: Image.Image, width: int, height: int) -> Image.Image:
    if picture.size == (width, height):
        return picture
    resized = picture.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
    resized.info = picture.info
    return resized


def _cut(picture: Image.Image, width: int, height: int) -> Image.Image:
    """Return the middle of a picture."""
    if picture.size == (width, height):
        return picture
    left, top = (picture.width - width) // 2, (picture.height - height) // 2
    cut = picture.crop((left, top, left + width, top + height))
    cut.info = picture.info
    return cut


def _written(picture: Image.Image, kind: str, quality: int) -> bytes:
    if kind == "JPEG" and picture.mode in ("RGBA", "LA"):
        picture = picture.convert("RGB")
    options: dict[str, Any] = {} if kind == "PNG" else {"quality": quality}
    profile = picture.info.get("icc_profile")
    if profile:
        options["icc_profile"] = profile
    if kind == "AVIF":
        options["speed"] = 8
    target = io.BytesIO()
    picture.save(target, kind, **options)
    return target.getvalue()
