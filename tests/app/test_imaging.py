"""Pictures of strangers: right way up, small enough, and never more than what is bearable."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace

import pytest
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize
from PySide6.QtGui import QColor, QImage, QImageWriter

from app.imaging import LIMITS, decode, is_picture_type

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'


def encoded(width: int, height: int, form: str = "PNG") -> bytes:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor("teal"))
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, form.encode()).write(image)
    return bytes(data.data())


def turned_jpeg(width: int, height: int) -> bytes:
    """Return a JPEG whose EXIF says that its right side is up."""
    plain = encoded(width, height, "JPEG")
    tiff = b"II*\0\x08\0\0\0" + struct.pack("<H", 1) + struct.pack("<HHII", 0x0112, 3, 1, 6) + b"\0\0\0\0"
    exif = b"Exif\0\0" + tiff
    return plain[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + plain[2:]


def bomb(width: int, height: int) -> bytes:
    """Return a PNG that promises many pixels in few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("form", ["PNG", "JPEG", "BMP", "WEBP"])
def test_pictures_are_scaled_to_fit(form: str) -> None:
    picture = decode(encoded(400, 100, form), 100)
    assert picture is not None
    assert (picture.image.size(), picture.full_size) == (QSize(100, 25), QSize(400, 100))


def test_small_ones_stay_as_they_are() -> None:
    picture = decode(encoded(20, 10), 100)
    assert picture is not None
    assert picture.image.size() == QSize(20, 10)


def test_a_camera_held_upright_is_shown_upright() -> None:
    picture = decode(turned_jpeg(400, 100), 100)
    assert picture is not None
    assert (picture.image.size(), picture.full_size) == (QSize(25, 100), QSize(100, 400))


@pytest.mark.parametrize(
    "data", [b"", b"no picture", SVG, encoded(9, 9)[:40], bomb(30_000, 30_000), bomb(5, 90_000)],
    ids=["nothing", "text", "a drawing that is a program", "cut off", "many pixels", "very high"],
)  # fmt: skip
def test_what_is_none_or_too_much_is_no_picture(data: bytes) -> None:
    assert decode(data, 100) is None


def test_each_limit_counts() -> None:
    data = encoded(100, 100)
    assert decode(data, 50) is not None
    assert decode(data, 50, replace(LIMITS, file_bytes=len(data) - 1)) is None
    assert decode(data, 50, replace(LIMITS, pixels=9_999)) is None
    assert decode(data, 50, replace(LIMITS, time_s=-1.0)) is None


def test_thin_pictures_keep_a_pixel() -> None:
    picture = decode(encoded(2_000, 1), 100)
    assert picture is not None
    assert picture.image.size() == QSize(100, 1)


def test_drawings_are_not_asked_for() -> None:
    assert [is_picture_type(kind) for kind in ("image/png", "image/svg+xml", "text/plain")] == [True, False, False]
