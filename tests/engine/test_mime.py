"""Sniffing: real samples made by their own libraries or by hand, names that lie, and bytes that are nothing."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import py_compile
import random
import sqlite3
import struct
import sys
import tarfile
import wave
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import limits
from engine.mime import sniff

OCTETS = "application/octet-stream"
OOXML = "application/vnd.openxmlformats-officedocument"
ODF = "application/vnd.oasis.opendocument"


def png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0\xff\0\0")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def bmp() -> bytes:
    return (
        b"BM"
        + struct.pack("<IHHI", 58, 0, 0, 54)
        + struct.pack("<IiiHHIIiiII", 40, 1, 1, 1, 24, 0, 4, 0, 0, 0, 0)
        + b"\0" * 4
    )


def wav() -> bytes:
    with io.BytesIO() as out:
        with wave.open(out, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes(bytes(64))
        return out.getvalue()


def a_zip(*entries: tuple[str, bytes], stored: bool = False) -> bytes:
    with io.BytesIO() as out:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as archive:
            for name, data in entries:
                archive.writestr(name, data)
        return out.getvalue()


def open_document(kind: str) -> bytes:
    return a_zip(("mimetype", kind.encode()), ("content.xml", b"<office/>"), stored=True)


def office(folder: str) -> bytes:
    return a_zip(("[Content_Types].xml", b"<Types/>"), ("_rels/.rels", b"<r/>"), (f"{folder}/document.xml", b"<d/>"))


def tar() -> bytes:
    with io.BytesIO() as out:
        with tarfile.open(fileobj=out, mode="w") as archive:
            archive.addfile(tarfile.TarInfo("a.txt"))
        return out.getvalue()


def sqlite(folder: Path) -> bytes:
    path = folder / "sample.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE a (b)")
    connection.commit()
    connection.close()
    return path.read_bytes()


def mpeg_audio(frames: int = 3) -> bytes:
    return (b"\xff\xfb\x90\x00" + bytes(413)) * frames


def adts(frames: int = 3) -> bytes:
    frame_bytes = 32
    header = bytes(
        (0xFF, 0xF1, 0x50, 0x80 | frame_bytes >> 11, frame_bytes >> 3 & 0xFF, (frame_bytes & 7) << 5 | 0x1F, 0xFC)
    )
    return (header + bytes(frame_bytes - 7)) * frames


def bmff(major: bytes, *compatible: bytes) -> bytes:
    body = major + b"\0\0\0\0" + b"".join(compatible)
    return struct.pack(">I", 8 + len(body)) + b"ftyp" + body + struct.pack(">I", 16) + b"mdat" + bytes(8)


def ogg(codec: bytes) -> bytes:
    return b"OggS\0\2" + bytes(20) + b"\1\x1e" + codec + bytes(24)


def elf(kind: int, order: str = "<") -> bytes:
    return (
        b"\x7fELF\2"
        + (b"\1" if order == "<" else b"\2")
        + b"\1"
        + bytes(9)
        + struct.pack(order + "HHI", kind, 62, 1)
        + bytes(40)
    )


def pe() -> bytes:
    return b"MZ\x90\0" + bytes(56) + struct.pack("<I", 64) + b"PE\0\0" + bytes(20)


def ttf() -> bytes:
    return b"\0\1\0\0" + struct.pack(">HHHH", 2, 32, 1, 0) + b"cmap" + bytes(12) + b"glyf" + bytes(12)


def ebml(kind: bytes) -> bytes:
    return (
        b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82"
        + bytes((0x80 | len(kind),))
        + kind
        + bytes(40)
    )


JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0" + bytes(32)
GIF = b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\4\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
ASF = b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\0\xaa\0\x62\xce\x6c" + bytes(16)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'
XML = b'<?xml version="1.0" encoding="UTF-8"?>\n'
TS_PACKETS = (b"G\x40\x11\x10" + bytes(184)) * 4
JAVA = b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(24)
FAT_MACH = b"\xca\xfe\xba\xbe\0\0\0\2" + bytes(24)
PALM = b"book".ljust(60, b"\0") + b"BOOKMOBI" + bytes(32)
DICOM = bytes(128) + b"DICM\2\0\0\0UL\4\0"

BY_CONTENT = [
    (png(), "image/png"),
    (JPEG, "image/jpeg"),
    (GIF, "image/gif"),
    (GIF.replace(b"89a", b"87a"), "image/gif"),
    (bmp(), "image/bmp"),
    (b"\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0" + bytes(32), "image/vnd.microsoft.icon"),
    (b"II*\0\x08\0\0\0" + bytes(32), "image/tiff"),
    (b"MM\0*\0\0\0\x08" + bytes(32), "image/tiff"),
    (b"8BPS\0\1" + bytes(32), "image/vnd.adobe.photoshop"),
    (b"RIFF\x24\0\0\0WEBPVP8L" + bytes(24), "image/webp"),
    (bmff(b"avif", b"mif1"), "image/avif"),
    (bmff(b"mif1", b"mif1", b"avif"), "image/avif"),
    (bmff(b"mif1", b"heic"), "image/heif"),
    (bmff(b"heic", b"mif1"), "image/heic"),
    (bmff(b"crx "), "image/x-canon-cr3"),
    (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(16), "image/jxl"),
    (b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(16), "image/jp2"),
    (bmff(b"isom", b"mp41"), "video/mp4"),
    (bmff(b"mp42"), "video/mp4"),
    (bmff(b"M4V "), "video/mp4"),
    (bmff(b"M4A "), "audio/mp4"),
    (bmff(b"qt  "), "video/quicktime"),
    (bmff(b"3gp5"), "video/3gpp"),
    (bmff(b"3g2a"), "video/3gpp2"),
    (struct.pack(">I", 64) + b"moov" + bytes(56), "video/quicktime"),
    (ebml(b"webm"), "video/webm"),
    (ebml(b"matroska"), "video/x-matroska"),
    (b"RIFF\x24\0\0\0AVI LIST" + bytes(24), "video/x-msvideo"),
    (b"FLV\1\5\0\0\0\x09" + bytes(16), "video/x-flv"),
    (b"\0\0\1\xba\x44\0\4" + bytes(32), "video/mpeg"),
    (TS_PACKETS, "video/mp2t"),
    (ASF, "video/x-ms-asf"),
    (wav(), "audio/wav"),
    (b"FORM\0\0\0\x2eAIFFCOMM" + bytes(24), "audio/aiff"),
    (b"ID3\4\0\0\0\0\0\0" + bytes(32), "audio/mpeg"),
    (mpeg_audio(), "audio/mpeg"),
    (adts(), "audio/aac"),
    (b"fLaC\0\0\0\x22" + bytes(34), "audio/flac"),
    (ogg(b"\x01vorbis"), "audio/ogg"),
    (ogg(b"OpusHead\1\2"), "audio/ogg"),
    (ogg(b"\x80theora\3\2"), "video/ogg"),
    (ogg(b"unknown"), "application/ogg"),
    (b"MThd\0\0\0\6\0\1\0\2\0\x60", "audio/midi"),
    (b"#!AMR\n\x3c\x91\x17", "audio/amr"),
    (PDF, "application/pdf"),
    (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n", "application/postscript"),
    (b"{\\rtf1\\ansi hello}", "application/rtf"),
    (a_zip(("a.txt", b"hello")), "application/zip"),
    (a_zip(), "application/zip"),
    (office("word"), f"{OOXML}.wordprocessingml.document"),
    (office("xl"), f"{OOXML}.spreadsheetml.sheet"),
    (office("ppt"), f"{OOXML}.presentationml.presentation"),
    (open_document(f"{ODF}.text"), f"{ODF}.text"),
    (open_document(f"{ODF}.spreadsheet"), f"{ODF}.spreadsheet"),
    (open_document("application/epub+zip"), "application/epub+zip"),
    (a_zip(("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0\n")), "application/java-archive"),
    (OLE, "application/x-ole-storage"),
    (gzip.compress(b"hello"), "application/gzip"),
    (bz2.compress(b"hello"), "application/x-bzip2"),
    (bz2.compress(b""), "application/x-bzip2"),
    (lzma.compress(b"hello"), "application/x-xz"),
    (b"\x28\xb5\x2f\xfd\x04\x00\x29\0\0hello", "application/zstd"),
    (b"\4\x22\x4d\x18\x64\x40\xa7\0\0\0\0", "application/x-lz4"),
    (b"7z\xbc\xaf\x27\x1c\0\4" + bytes(24), "application/x-7z-compressed"),
    (b"Rar!\x1a\x07\x01\0" + bytes(24), "application/vnd.rar"),
    (tar(), "application/x-tar"),
    (b"!<arch>\ndebian-binary   1700000000  0     0     100644  4", "application/vnd.debian.binary-package"),
    (b"!<arch>\nlib.o/          0           0     0     100644  4         `\n\0\0\0\0", "application/x-archive"),
    (b"\xed\xab\xee\xdb\3\0\0\0" + bytes(32), "application/x-rpm"),
    (b"PAR1\x15\4\x15" + bytes(16), "application/vnd.apache.parquet"),
    (b"\x89HDF\r\n\x1a\n\0\0" + bytes(16), "application/x-hdf5"),
    (elf(1), "application/x-object"),
    (elf(2), "application/x-executable"),
    (elf(3), "application/x-sharedlib"),
    (elf(2, ">"), "application/x-executable"),
    (pe(), "application/vnd.microsoft.portable-executable"),
    (b"\xcf\xfa\xed\xfe\x07\0\0\1" + bytes(24), "application/x-mach-binary"),
    (JAVA, "application/java-vm"),
    (FAT_MACH, "application/x-mach-binary"),
    (b"\0asm\1\0\0\0", "application/wasm"),
    (ttf(), "font/ttf"),
    (b"OTTO\0\x0b\0\x80" + bytes(24), "font/otf"),
    (b"wOF2\0\1\0\0" + bytes(24), "font/woff2"),
    (b"glTF\2\0\0\0" + bytes(16), "model/gltf-binary"),
    (b"bplist00\xd1\1\2" + bytes(8), "application/x-plist"),
    (b"BEGIN:VCARD\r\nVERSION:3.0\r\n", "text/vcard"),
    (b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", "text/calendar"),
    (b"WEBVTT\n\n00:00.000 --> 00:01.000\nhi\n", "text/vtt"),
    (DICOM, "application/dicom"),
    (PALM, "application/x-mobipocket-ebook"),
    (b"\x1a\xffgimp xcf file\0"[2:] + bytes(32), "image/x-xcf"),
    (b"hsqs\7\0\0\0" + bytes(32), "application/vnd.squashfs"),
    (b"\x20\x30-lh5-" + bytes(24), "application/x-lha"),
    (b"<!DOCTYPE html>\n<html><body>hi</body></html>", "text/html"),
    (b"  \r\n\t<HTML>", "text/html"),
    (b"<script>alert(1)</script>", "text/html"),
    (b"<!-- made by hand -->\n<body onload=x>", "text/html"),
    (b"\xef\xbb\xbf<!doctype html>", "text/html"),
    ("\ufeff<!doctype html>".encode("utf-16-le"), "text/html"),
    ("\ufeff<script>".encode("utf-16-be"), "text/html"),
    (b"<iframe src=x>", "text/html"),
    (b"<script>\0\xff\xfe binary after all", "text/html"),
    (SVG, "image/svg+xml"),
    (XML + SVG, "image/svg+xml"),
    (XML + b"<!-- drawn -->\n<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"x\">\n" + SVG, "image/svg+xml"),
    (b"<svg:svg xmlns:svg='http://www.w3.org/2000/svg'>", "image/svg+xml"),
    (b"<SVG onload=alert(1)>", "image/svg+xml"),
    (XML + b"<note/>", "application/xml"),
    (XML + b"<rss version='2.0'>", "application/rss+xml"),
    (XML + b'<html xmlns="http://www.w3.org/1999/xhtml">', "application/xhtml+xml"),
    (b"<!DOCTYPE plist PUBLIC x>\n<plist>", "application/x-plist"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "mime_type"), BY_CONTENT, ids=[f"{n}-{kind}" for n, (_, kind) in enumerate(BY_CONTENT)]
)
def test_content_is_known_without_a_name_and_under_lying_ones(content: bytes, mime_type: str) -> None:
    seen = {
        name: sniff(content, name) for name in ("sample", "sample.bin", "sample.png", "notes.txt", "a.b/no extension")
    }

    assert seen == dict.fromkeys(seen, mime_type)


NAMED = [
    (a_zip(("x", b"")), "a.docx", f"{OOXML}.wordprocessingml.document"),
    (a_zip(("x", b"")), "a.xlsx", f"{OOXML}.spreadsheetml.sheet"),
    (a_zip(("x", b"")), "a.odt", f"{ODF}.text"),
    (a_zip(("x", b"")), "a.epub", "application/epub+zip"),
    (a_zip(("x", b"")), "a.JAR", "application/java-archive"),
    (a_zip(("META-INF/MANIFEST.MF", b"")), "a.apk", "application/vnd.android.package-archive"),
    (office("visio"), "a.xlsx", f"{OOXML}.spreadsheetml.sheet"),
    (office("visio"), "a.vsdx", "application/zip"),
    (a_zip(("x", b"")), "a.whl", "application/zip"),
    (office("xl"), "really-a-sheet.docx", f"{OOXML}.spreadsheetml.sheet"),
    (office("word"), "a.docm", "application/vnd.ms-word.document.macroenabled.12"),
    (a_zip(("mimetype", b"text/html"), stored=True), "a.zip", "application/zip"),
    (OLE, "a.doc", "application/msword"),
    (OLE, "a.XLS", "application/vnd.ms-excel"),
    (OLE, "a.ppt", "application/vnd.ms-powerpoint"),
    (ASF, "a.wma", "audio/x-ms-wma"),
    (ASF, "a.wmv", "video/x-ms-wmv"),
    (ogg(b"unknown"), "a.ogv", "video/ogg"),
    (ebml(b"webm"), "a.weba", "audio/webm"),
    (ebml(b"matroska"), "a.mka", "audio/x-matroska"),
    (bmff(b"isom"), "a.m4a", "audio/mp4"),
    (b"ID3\4\0\0\0\0\0\0" + bytes(32), "a.aac", "audio/aac"),
    (b"II*\0\x08\0\0\0", "a.dng", "image/x-adobe-dng"),
    (PALM, "a.azw3", "application/vnd.amazon.mobi8-ebook"),
    (b"MZ" + bytes(30), "a.com", "application/vnd.microsoft.portable-executable"),
    (b"plain words\n", "a.txt", "text/plain"),
    (b"import os\n", "a.py", "text/x-python"),
    (b"a,b\n1,2\n", "a.csv", "text/csv"),
    (b'{"a": 1}', "a.json", "application/json"),
    (b"# Title\n", "README.md", "text/markdown"),
    (b"body { color: red }", "a.css", "text/css"),
    (b"export default 1", "a.js", "text/javascript"),
    (b"export default 1", "a.mjs", "text/javascript"),
    (b"const a: number = 1", "a.ts", "text/x-typescript"),
    (b"a: 1\n", "a.yaml", "application/yaml"),
    (b"a = 1\n", "pyproject.toml", "application/toml"),
    (b"select 1;", "a.sql", "application/sql"),
    (b"#!/bin/sh\n", "a.sh", "application/x-sh"),
    (b"hello", "page.html", "text/html"),
    (b"<note/>", "a.xml", "application/xml"),
    (b"<a/>", "a.xml", "application/xml"),
    (XML + b"<xsl:stylesheet/>", "a.xsl", "application/xslt+xml"),
    (XML + b"<!DOCTYPE html PUBLIC x>", "old.html", "text/html"),
    (b"<p align='center'>logo</p>\n\n# Title", "README.md", "text/markdown"),
    (b"<script setup>\n", "App.vue", "text/plain"),
    (b"<html>", "README.md", "text/html"),
    (b"<a,b\n", "a.csv", "text/csv"),
    (b"<div>", "part.txt", "text/html"),
    (b"<!-- a comment that never ends", "part", "text/html"),
    (b"<5 items", "a.txt", "text/plain"),
    (b"<script>", "a.js", "text/html"),
    (b"<?php echo 1;", "a.php", "application/x-httpd-php"),
    ("naïve café\n".encode("latin-1"), "a.txt", "text/plain"),
    ("naïve café, mostly ASCII\n".encode("latin-1"), "notes", "text/plain"),
    ("x;ü\n".encode("cp1252"), "a.csv", "text/csv"),
    ("\ufeffhi".encode("utf-16"), "notes", "text/plain"),
    ("\ufeffa;b".encode("utf-16-be"), "a.csv", "text/csv"),
    ("\ufeffhi".encode("utf-32"), "notes", "text/plain"),
    ("日本語だけ".encode(), "notes", "text/plain"),
    (b"hello", "photo.png", "text/plain"),
    (b"hello", "archive.zip", "text/plain"),
    (b"hello", "Makefile", "text/plain"),
    (b"hello", ".bashrc", "text/plain"),
    (b"{}", ".json", "text/plain"),
    (b"hello", "folder.json/file", "text/plain"),
    (b"hello", "a.unknown-extension", "text/plain"),
    (b"#!/usr/bin/env python3\nprint()\n", "tool", "text/x-python"),
    (b"#!/bin/bash\n", "tool", "application/x-sh"),
    (b"#!/usr/bin/env node\n", "tool", "text/javascript"),
    (b"#!/opt/odd\npython\n", "tool", "text/plain"),
    (b"BM is how this text begins", "a", "text/plain"),
    (b"MZ is how this text begins", "a", "text/plain"),
    (b"RIFFraff", "a", "text/plain"),
    (b"FORM letter to all", "a", "text/plain"),
    (b"BZh is no archive", "a", "text/plain"),
    (b"PK is no archive", "a", "text/plain"),
    (b"Good\n", "a", "text/plain"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "name", "mime_type"), NAMED, ids=[f"{n}-{name}" for n, (_, name, _) in enumerate(NAMED)]
)
def test_a_name_refines_what_content_allows(content: bytes, name: str, mime_type: str) -> None:
    assert sniff(content, name) == mime_type


@pytest.mark.parametrize(
    ("name", "mime_type"),
    [
        ("a.txt", "text/plain"),
        ("__init__.py", "text/x-python"),
        ("a.PNG", "image/png"),
        ("a/b.c/photo.JPeG", "image/jpeg"),
        ("a.webp", "image/webp"),
        ("a.tar.gz", "application/gzip"),
        ("a.md", "text/markdown"),
        ("noextension", OCTETS),
        ("folder.txt/", OCTETS),
        (".txt", OCTETS),
        ("..txt", OCTETS),
        ("a.", OCTETS),
        ("", OCTETS),
    ],
)
def test_empty_content_goes_by_its_name(name: str, mime_type: str) -> None:
    assert sniff(b"", name) == mime_type


@pytest.mark.parametrize(
    "name", ["a", "a.bin", "a.txt", "a.html", "a.png", "a.pdf", "a.docx", "a.zip", "a.sqlite", "a.json", "a.dat"]
)
def test_random_bytes_are_nothing_whatever_they_are_called(name: str) -> None:
    source = random.Random(name)
    seen = {sniff(source.randbytes(source.choice((64, 100, 1000, limits.SNIFF_BYTES))), name) for _ in range(300)}

    assert seen == {OCTETS}


def test_bytes_that_are_no_text_may_be_what_their_name_says_if_its_kind_has_no_signature() -> None:
    noise = bytes(range(256))

    assert sniff(noise, "disc.iso") == "application/x-iso9660-image"
    assert sniff(noise, "song.mp3") == "audio/mpeg"


@pytest.mark.parametrize(
    "content",
    [
        mpeg_audio(1),
        adts(1),
        b"\xff\xfb\x90\x00",
        b"\xff\xf1",
        b"\xff\xff\xff\xff" * 99,
        b"\xff\xfb\xf0\0" * 99,
        b"\xff\xfb\x9c\0" * 99,
        b"\xff\xeb\x90\0" * 999,
        b"G" + bytes(999),
        bmp()[:14] + bytes(99),
        b"\0\0\1\0" + bytes(99),
        b"\0\1\0\0" * 99,
        b"MZ" + bytes(99),
        b"RIFF\0\0\0\0what" + bytes(99),
        b"FORM\0\0\0\0what" + bytes(99),
        b"BZh9" + bytes(99),
    ],
)
def test_half_a_signature_proves_nothing(content: bytes) -> None:
    assert sniff(content, "sample") == OCTETS


@pytest.mark.parametrize(
    "layer", [b"\xff\xfb\x90\x00", b"\xff\xfd\x80\x00", b"\xff\xff\x50\x00", b"\xff\xf3\x80\x00", b"\xff\xe3\x80\x00"]
)
def test_every_layer_of_mpeg_audio_is_known_by_its_second_frame(layer: bytes) -> None:
    sizes_bytes = {b"\xff\xfb": 417, b"\xff\xfd": 417, b"\xff\xff": 172, b"\xff\xf3": 208, b"\xff\xe3": 417}
    frame = layer + bytes(sizes_bytes[layer[:2]] - 4)

    assert sniff(frame * 2, "sample") == "audio/mpeg"
    assert sniff((frame + b"\0") * 2, "sample") == OCTETS


def test_real_files_of_this_python(tmp_path: Path) -> None:
    compiled = py_compile.compile(__file__, cfile=str(tmp_path / "a.pyc"))
    assert compiled is not None

    assert sniff(Path(compiled).read_bytes()[:4096], "a.pyc") == "application/x-python-code"
    assert sniff(sqlite(tmp_path), "anything.txt") == "application/vnd.sqlite3"
    assert sniff(Path(random.__file__).read_bytes(), "random.py") == "text/x-python"
    assert sniff(Path(sys.executable).resolve().read_bytes()[:4096], "python").startswith("application/")


def test_a_character_cut_off_at_the_end_of_the_head_is_still_text() -> None:
    content = ("x" + "é" * 5000).encode()

    assert sniff(content, "a.txt") == "text/plain"
    assert sniff(content[:100], "notes") == "text/plain"


def test_only_the_head_counts() -> None:
    assert sniff(b"x" * limits.SNIFF_BYTES + b"\0" * 100, "a.txt") == "text/plain"


@given(st.binary(max_size=600), st.text(max_size=20))
def test_anything_gets_one_well_formed_type(content: bytes, name: str) -> None:
    kind, slash, subtype = sniff(content, name).partition("/")

    assert slash
    assert kind.isascii()
    assert subtype.isascii()
    assert " " not in kind + subtype
    assert ";" not in subtype
    assert sniff(content, name) == sniff(bytearray(content), name)


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=300))
def test_unicode_text_is_never_a_picture_an_archive_or_a_sound_by_its_name(text: str) -> None:
    for name in ("a.png", "a.zip", "a.mp3", "a.pdf", "a.exe"):
        assert not sniff(text.encode(), name).startswith(("image/png", "application/zip", "audio/", "application/pdf"))
