"""Pictures, decoded within limits: how many bytes, how many pixels, for how long, and in which forms.

For worker threads. A picture is scaled down while it is read where its form allows that (JPEG); the others have to be
unpacked whole, and so may have fewer pixels. Forms that are programs of a kind (SVG) are not read at all. The time is
looked at whenever more of the file is asked for; what a decoder does between two reads is bounded by the pixels.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QIODevice, QSize, Qt
from PySide6.QtGui import QImage, QImageIOHandler, QImageReader

_FORMS: Final = frozenset({b"bmp", b"gif", b"ico", b"jfif", b"jpeg", b"jpg", b"png", b"tif", b"tiff", b"webp"})
_SCALED_WHILE_READ: Final = frozenset({b"jfif", b"jpeg", b"jpg"})
_CHUNK_BYTES: Final = 64 * 1024
_SIDE_MAX: Final = 65_500


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """What is too much.

    Attributes:
        file_bytes: A file larger than this is not looked at.
        pixels: Of a picture that has to be unpacked whole.
        scaled_pixels: Of one that is scaled down while it is read.
        memory_mb: What one decoder may take.
        time_s: How long reading may go on.
    """

    file_bytes: int = 32 * 1024 * 1024
    pixels: int = 32_000_000
    scaled_pixels: int = 400_000_000
    memory_mb: int = 160
    time_s: float = 5.0


LIMITS: Final = ImageLimits()


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was read.

    Attributes:
        image: Turned the right way up, no larger than asked for.
        full_size: Its true width and height, the right way up.
    """

    image: QImage
    full_size: QSize


def is_picture_type(mime_type: str) -> bool:
    """Return whether an object of that type may be a picture that `decode` reads."""
    return mime_type.startswith("image/") and not mime_type.startswith("image/svg")


def decode(data: bytes, edge_px: int, limits: ImageLimits = LIMITS) -> Picture | None:
    """Return a picture scaled to fit a square, or None where it is none, is damaged, or is too much.

    Args:
        data: The whole file.
        edge_px: Side of the square; smaller pictures stay as they are.
        limits: What is too much.
    """
    if not data or len(data) > limits.file_bytes:
        return None
    device = _TimedFile(data, limits.time_s)
    device.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(device)
    reader.setDecideFormatFromContent(True)
    full = reader.size() if bytes(reader.format().data()) in _FORMS else QSize()
    if not _is_bearable(full, bytes(reader.format().data()), limits):
        return None
    QImageReader.setAllocationLimit(limits.memory_mb)
    reader.setAutoTransform(True)
    if max(full.width(), full.height()) > edge_px:
        reader.setScaledSize(_fitted(full, edge_px))
    image = reader.read()
    if image.isNull() or device.is_late:
        return None
    is_turned = bool(reader.transformation() & QImageIOHandler.Transformation.TransformationRotate90)
    return Picture(image, full.transposed() if is_turned else full)


class _TimedFile(QIODevice):
    """A file in memory that ends when the time is over."""

    def __init__(self, data: bytes, time_s: float) -> None:
        super().__init__()
        self._data = data
        self._at = 0
        self._until_s = time.monotonic() + time_s

    @property
    def is_late(self) -> bool:
        """Return whether the time is over."""
        return time.monotonic() > self._until_s

    def size(self) -> int:
        """Qt's hook: bytes there are."""
        return len(self._data)

    def seek(self, position: int) -> bool:
        """Qt's hook: go on elsewhere."""
        self._at = position
        return super().seek(position)

    def readData(self, most: int) -> object:
        """Qt's hook: the next bytes, in parts, so that the time is looked at often enough."""
        part = b"" if self.is_late else self._data[self._at : self._at + min(most, _CHUNK_BYTES)]
        self._at += len(part)
        return part

    def writeData(self, _data: object, _length: int) -> int:
        """Qt's hook: nothing is written."""
        return -1


def _is_bearable(size: QSize, form: bytes, limits: ImageLimits) -> bool:
    """Return whether a picture of that size may be read."""
    if not size.isValid() or size.isEmpty() or max(size.width(), size.height()) > _SIDE_MAX:
        return False
    return size.width() * size.height() <= (limits.scaled_pixels if form in _SCALED_WHILE_READ else limits.pixels)


def _fitted(size: QSize, edge_px: int) -> QSize:
    """Return a size that fits the square, no side of it nothing."""
    return size.scaled(edge_px, edge_px, Qt.AspectRatioMode.KeepAspectRatio).expandedTo(QSize(1, 1))
