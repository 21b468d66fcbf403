"""Pictures, still and moving, in the decoder: turned as their camera was held, scaled while they are read."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any, Final

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
from PySide6.QtGui import QImage, QImageIOHandler, QImageReader

from app.previews.content import TooMuch
from app.previews.decoder import apng

_ALLOCATION_MAX_MB: Final = 512
_PIXELS_MAX: Final = 400_000_000
_CERTAIN_PIXELS: Final = 32_000_000
"""So many are decoded in any form: what has more and can't be decoded is more than there is memory for."""

_FRAMES_MAX: Final = 150
_MOVING_EDGE_PX: Final = 800
_MOVING_PIXELS_MAX: Final = 24_000_000
_MOVING_TIME_S: Final = 4.0
_CANVAS_PIXELS_MAX: Final = 16_000_000
_FORMAT: Final = QImage.Format.Format_ARGB32_Premultiplied


def picture(data: bytes, *, edge_px: int, moving: bool) -> tuple[dict[str, Any], list[bytes]]:
    """Decode a picture.

    Args:
        data: The whole file.
        edge_px: Longest side that is wanted; larger ones are scaled down.
        moving: Whether further frames are wanted.

    Returns:
        `width`, `height` and `format` of the picture, and its `frames`; their pixels are the blobs. Where no further
        frames are wanted, `count` says how many there are.

    Raises:
        ValueError: It cannot be decoded.
        TooMuch: It is larger than a preview may be.
    """
    QImageReader.setAllocationLimit(_ALLOCATION_MAX_MB)
    held = QByteArray(data)
    buffer = QBuffer(held)
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)
    reader.setDecideFormatFromContent(True)
    reader.setAutoTransform(True)
    full = reader.size()
    if full.isValid() and full.width() * full.height() > _PIXELS_MAX:
        raise TooMuch
    is_turned = bool(reader.transformation() & QImageIOHandler.Transformation.TransformationRotate90)
    is_moving = moving and reader.supportsAnimation() and reader.imageCount() != 1
    edge_px = min(edge_px, _MOVING_EDGE_PX) if is_moving else edge_px
    if full.isValid() and not is_moving and max(full.width(), full.height()) > edge_px:
        reader.setScaledSize(_fitted(full, edge_px))
    if moving and full.width() * full.height() <= _CANVAS_PIXELS_MAX and apng.moves(data):
        edge = min(edge_px, _MOVING_EDGE_PX)
        with contextlib.suppress(ValueError):  # what is wrong with its frames leaves the picture itself
            return _told(_bounded(apng.frames(data), edge), edge, full, "png")
    first = reader.read()
    if first.isNull():
        raise TooMuch if full.width() * full.height() > _CERTAIN_PIXELS else ValueError(reader.errorString())
    frames = [(first, reader.nextImageDelay())]
    count = 1 if moving else _count_of(reader, data)
    if is_moving:
        frames += _rest(reader, edge_px)
    shown = QSize(full) if full.isValid() else first.size()
    if is_turned:
        shown.transpose()
    told, blobs = _told(frames, edge_px, shown, bytes(reader.format().data()).decode())
    return {**told, "count": count}, blobs


def _count_of(reader: QImageReader, data: bytes) -> int:
    if apng.moves(data):
        return apng.count_of(data)
    return reader.imageCount() if reader.supportsAnimation() else 1


def _rest(reader: QImageReader, edge_px: int) -> list[tuple[QImage, int]]:
    """Return the frames after the first, as many as time and memory allow."""

    def read() -> Iterator[tuple[QImage, int]]:
        while not (image := reader.read()).isNull():
            yield image, reader.nextImageDelay()

    return _bounded(read(), edge_px)


def _bounded(read: Iterator[tuple[QImage, int]], edge_px: int) -> list[tuple[QImage, int]]:
    """Return frames made smaller, as many as time and memory allow."""
    frames: list[tuple[QImage, int]] = []
    until, pixels = time.monotonic() + _MOVING_TIME_S, 0
    for image, shown_ms in read:
        small = _within(image, edge_px)
        pixels += small.width() * small.height()
        frames.append((small, shown_ms))
        if len(frames) >= _FRAMES_MAX or pixels >= _MOVING_PIXELS_MAX or time.monotonic() >= until:
            break
    return frames


def _within(image: QImage, edge_px: int) -> QImage:
    if max(image.width(), image.height()) <= edge_px:
        return image
    size = _fitted(image.size(), edge_px)
    return image.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)


def _fitted(size: QSize, edge_px: int) -> QSize:
    """Return a size that fits the square, no side of it nothing, however long and thin it is."""
    return size.scaled(edge_px, edge_px, Qt.AspectRatioMode.KeepAspectRatio).expandedTo(QSize(1, 1))


def _told(frames: list[tuple[QImage, int]], edge_px: int, full: QSize, kind: str) -> tuple[dict[str, Any], list[bytes]]:
    told: list[dict[str, int]] = []
    blobs: list[bytes] = []
    for image, shown_ms in frames:
        head, blob = pixels_of(_within(image, edge_px))
        told.append({**head, "shown_ms": shown_ms})
        blobs.append(blob)
    return {"width": full.width(), "height": full.height(), "format": kind, "frames": told}, blobs


def pixels_of(image: QImage) -> tuple[dict[str, int], bytes]:
    """Return size and pixels of an image as they go through the pipe."""
    plain = image.convertToFormat(_FORMAT)
    return {"w": plain.width(), "h": plain.height()}, bytes(plain.constBits())[: plain.sizeInBytes()]
