"""Files of many kinds, made here so that no one has to trust them."""

from __future__ import annotations

import io
import struct
import zlib

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF
from PySide6.QtGui import QColor, QImage, QPainter, QPdfWriter


def image(width: int, height: int, colour: str = "red", kind: str = "png") -> bytes:
    """Return a picture file of one colour."""
    made = QImage(width, height, QImage.Format.Format_RGB32)
    made.fill(QColor(colour))
    held = QByteArray()
    buffer = QBuffer(held)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    assert made.save(buffer, kind)
    return bytes(held.data())


def png(width: int, height: int, pixels: bytes) -> bytes:
    """Return a PNG of grey pixels that says of itself what one likes."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def bomb() -> bytes:
    """Return a small PNG that unpacks to 900 million pixels."""
    packer, packed = zlib.compressobj(9), io.BytesIO()
    for _ in range(30):
        packed.write(packer.compress(bytes(1_000_000)))
    return png(30_000, 30_000, packed.getvalue() + packer.flush())


def turned(jpeg: bytes, orientation: int) -> bytes:
    """Return a JPEG with an EXIF orientation."""
    entry = struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    tiff = b"MM\0*\0\0\0\x08" + struct.pack(">H", 1) + entry + bytes(4)
    exif = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:]


def gif(*colours: tuple[int, int, int], delay_cs: int = 5) -> bytes:
    """Return a GIF of one pixel that shows colours one after another."""
    frames = b"".join(
        b"\x21\xf9\x04\0" + struct.pack("<H", delay_cs) + b"\0\0" + b"\x2c" + bytes(4) + b"\1\0\1\0" + b"\x80"
        + bytes(colour) + b"\xff\xff\xff" + b"\x02\x02\x44\x01\0"
        for colour in colours
    )  # fmt: skip
    loop = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
    return b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff" + loop + frames + b";"


def moving_png(*parts: tuple[str, tuple[int, int, int, int], int, int], size: tuple[int, int] = (4, 2)) -> bytes:
    """Return a PNG whose frames have a colour, a place (left, top, width, height), a disposal and a blending each."""
    head = struct.pack(">IIBBBBB", *size, 8, 6, 0, 0, 0)
    made = _chunk(b"IHDR", head) + _chunk(b"acTL", struct.pack(">II", len(parts), 0))
    number = 0
    for index, (colour, (left, top, width, height), dispose, blend) in enumerate(parts):
        control = struct.pack(">IIIIIHHBB", number, width, height, left, top, 3, 100, dispose, blend)
        row = b"\0" + bytes(QColor(colour).getRgb()) * width
        pixels = zlib.compress(row * height)
        made += _chunk(b"fcTL", control)
        made += _chunk(b"fdAT", struct.pack(">I", number + 1) + pixels) if index else _chunk(b"IDAT", pixels)
        number += 2
    return b"\x89PNG\r\n\x1a\n" + made + _chunk(b"IEND", b"")


def box(kind: bytes, body: bytes, length: int | None = None) -> bytes:
    """Return a box of an MP4."""
    return struct.pack(">I", 8 + len(body) if length is None else length) + kind + body


def mp4(width: int = 640, height: int = 360, seconds: int = 75) -> bytes:
    """Return what an MP4 says of itself, without any film."""
    movie = box(b"mvhd", bytes(12) + struct.pack(">II", 1000, seconds * 1000) + bytes(80))
    track = box(b"tkhd", bytes(76) + struct.pack(">II", width << 16, height << 16))
    sample = box(b"stsd", bytes(8) + struct.pack(">I", 86) + b"avc1" + bytes(78))
    inner = box(b"mdia", box(b"minf", box(b"stbl", sample)))
    name = box(b"\xa9nam", box(b"data", bytes(8) + b"Ein Fest"))
    tags = box(b"udta", box(b"meta", bytes(4) + box(b"ilst", name)))
    return box(b"ftyp", b"isom\0\0\2\0isom") + box(b"moov", movie + box(b"trak", track + inner) + tags)


def wav(seconds: int = 2) -> bytes:
    """Return a silent WAV."""
    form = struct.pack("<HHIIHH", 1, 2, 8000, 32_000, 4, 16)
    data = bytes(32_000 * seconds)
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def pdf(*colours: str) -> bytes:
    """Return a document of a page a colour, each with a white margin."""
    held = QBuffer()
    held.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(held)
    writer.setPageMargins(QMarginsF(20, 20, 20, 20))
    painter = QPainter(writer)
    for number, colour in enumerate(colours):
        if number:
            writer.newPage()
        painter.fillRect(0, 0, writer.width(), writer.height(), QColor(colour))
    painter.end()
    return bytes(held.data().data())
