"""Binary formats told by their signatures.

Two tables. The first is our own: the formats that people keep, under the names that browsers and desktops use, each
with what else must hold where the signature is short or shared (a RIFF file is sound, video or a picture). The
second is puremagic's, for everything rarer; of it only signatures count that chance does not produce (at least four
bytes, three of them neither 00 nor ff) and that the own table does not judge better. Both are looked up by their first
bytes, so a call costs microseconds.

Types in `PROVEN` have a signature that every such file begins with: without it, the file is none, whatever it is
called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from engine.mime_frames import frames_type
from engine.mime_names import OCTET_STREAM, is_textual, type_of_extension

_Refine = Callable[[bytes, str], "str | None"]
_Entry = tuple[bytes, "str | _Refine"]

_LEAST_BYTES: Final = 4
_LEAST_TELLING_BYTES: Final = 3
_RARE_OFFSETS: Final = frozenset({0, 2, 4, 60})
"""Where rare signatures are looked for: nearly all begin the file; archives, QuickTime and Palm databases do not."""

_ZIP: Final = "application/zip"
_ZIP_CONTAINERS: Final = frozenset(
    {"3mf", "apk", "cbz", "docm", "docx", "dotx", "epub", "jar", "kmz"}
    | {"odg", "odp", "ods", "odt", "pptx", "ppsx", "war", "xlsm", "xlsx"}
)
_OLE: Final = "application/x-ole-storage"
_OLE_CONTAINERS: Final = frozenset({"doc", "dot", "msg", "msi", "pps", "ppt", "pub", "vsd", "xla", "xls", "xlt"})

_BMFF_BRANDS: Final = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"heim": "image/heic",
    b"heis": "image/heic",
    b"hevc": "image/heic-sequence",
    b"hevx": "image/heic-sequence",
    b"mif1": "image/heif",
    b"msf1": "image/heif-sequence",
    b"crx ": "image/x-canon-cr3",
    b"qt  ": "video/quicktime",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"M4P ": "audio/mp4",
    b"F4A ": "audio/mp4",
}
_RIFF_FORMS: Final = {
    b"WEBP": "image/webp",
    b"WAVE": "audio/wav",
    b"AVI ": "video/x-msvideo",
    b"RMID": "audio/midi",
    b"ACON": "application/x-navi-animation",
}
_ELF_KINDS: Final = {
    1: "application/x-object",
    2: "application/x-executable",
    3: "application/x-sharedlib",
    4: "application/x-coredump",
}
_DIB_HEADER_SIZES: Final = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
_OLDEST_JAVA_MAJOR: Final = 45


def _named_among(extensions: frozenset[str], default: str) -> _Refine:
    def refine(_head: bytes, extension: str) -> str:
        named = type_of_extension(extension) if extension in extensions else None
        return named or default

    return refine


def _zip(head: bytes, extension: str) -> str:
    stored = _stored_mimetype(head)
    if stored:
        return stored
    if b"[Content_Types].xml" in head or b"_rels/" in head:
        for folder, kind in ((b"word/", "docx"), (b"xl/", "xlsx"), (b"ppt/", "pptx")):
            if folder in head:
                exact = extension if extension.startswith(kind[:2]) and extension in _ZIP_CONTAINERS else kind
                return type_of_extension(exact) or _ZIP
    if b"META-INF/" in head[:128] and extension not in _ZIP_CONTAINERS:
        return "application/java-archive"
    return (type_of_extension(extension) if extension in _ZIP_CONTAINERS else None) or _ZIP


def _stored_mimetype(head: bytes) -> str | None:
    """Read the entry `mimetype` that EPUB and OpenDocument files begin with, uncompressed."""
    if head[30:38] != b"mimetype" or head[8:10] != b"\0\0":
        return None
    start = 38 + int.from_bytes(head[28:30], "little")
    kind = head[start : start + int.from_bytes(head[18:22], "little")].decode("latin-1")
    if kind == "application/epub+zip" or kind.startswith("application/vnd.oasis.opendocument."):
        return kind
    return None


def _riff(head: bytes, _extension: str) -> str | None:
    return _RIFF_FORMS.get(head[8:12])


def _iff(head: bytes, _extension: str) -> str | None:
    return "audio/aiff" if head[8:12] in {b"AIFF", b"AIFC"} else None


def _ogg(head: bytes, extension: str) -> str:
    named = type_of_extension(extension)
    if b"\x80theora" in head or b"fishead" in head:
        return "video/ogg"
    if any(codec in head for codec in (b"\x01vorbis", b"OpusHead", b"\x7fFLAC", b"Speex ")):
        return "audio/ogg"
    return named if named in {"audio/ogg", "video/ogg"} else "application/ogg"


def _matroska(head: bytes, extension: str) -> str:
    audio = (type_of_extension(extension) or "").startswith("audio/")
    if b"webm" in head[:64]:
        return "audio/webm" if audio else "video/webm"
    return "audio/x-matroska" if audio else "video/x-matroska"


def _asf(_head: bytes, extension: str) -> str:
    return {"wma": "audio/x-ms-wma", "wmv": "video/x-ms-wmv"}.get(extension, "video/x-ms-asf")


def _id3(_head: bytes, extension: str) -> str:
    named = type_of_extension(extension)
    return named if named is not None and named.startswith("audio/") else "audio/mpeg"


def _tiff(_head: bytes, extension: str) -> str:
    return {"dng": "image/x-adobe-dng", "nef": "image/x-nikon-nef", "cr2": "image/x-canon-cr2"}.get(
        extension, "image/tiff"
    )


def _elf(head: bytes, _extension: str) -> str:
    order: str = "big" if head[5:6] == b"\2" else "little"
    kind = int.from_bytes(head[16:18], "big" if order == "big" else "little")
    return _ELF_KINDS.get(kind, "application/x-executable")


def _java_or_mach(head: bytes, _extension: str) -> str:
    is_java = int.from_bytes(head[4:8], "big") & 0xFFFF >= _OLDEST_JAVA_MAJOR
    return "application/java-vm" if is_java else "application/x-mach-binary"


def _portable_executable(head: bytes, extension: str) -> str | None:
    at = int.from_bytes(head[60:64], "little")
    if head[at : at + 4] == b"PE\0\0" or (b"\0" in head[:64] and extension in {"exe", "dll", "sys", "com", "scr"}):
        return "application/vnd.microsoft.portable-executable"
    return None


def _bitmap(head: bytes, _extension: str) -> str | None:
    return "image/bmp" if int.from_bytes(head[14:18], "little") in _DIB_HEADER_SIZES else None


def _icon(head: bytes, _extension: str) -> str | None:
    count, reserved = int.from_bytes(head[4:6], "little"), head[9:10]
    return "image/vnd.microsoft.icon" if 0 < count < 256 and reserved == b"\0" else None


def _true_type(head: bytes, _extension: str) -> str | None:
    tables, tag = int.from_bytes(head[4:6], "big"), head[12:16]
    return "font/ttf" if 0 < tables < 256 and len(tag) == 4 and tag.isascii() and tag.decode().isprintable() else None


def _bzip2(head: bytes, _extension: str) -> str | None:
    return "application/x-bzip2" if head[3:4] in b"123456789" and head[4:10] in _BZIP2_BLOCKS else None


def _ar(head: bytes, _extension: str) -> str:
    return "application/vnd.debian.binary-package" if head[8:21] == b"debian-binary" else "application/x-archive"


_BZIP2_BLOCKS: Final = frozenset({b"1AY&SY", b"\x17rE8P\x90"})

_OWN: Final[tuple[_Entry, ...]] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", _tiff),
    (b"MM\0*", _tiff),
    (b"8BPS", "image/vnd.adobe.photoshop"),
    (b"BM", _bitmap),
    (b"\0\0\1\0", _icon),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "image/jxl"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "image/jp2"),
    (b"RIFF", _riff),
    (b"FORM", _iff),
    (b"OggS", _ogg),
    (b"fLaC", "audio/flac"),
    (b"ID3", _id3),
    (b"MThd", "audio/midi"),
    (b"caff", "audio/x-caf"),
    (b"#!AMR", "audio/amr"),
    (b"\x1aE\xdf\xa3", _matroska),
    (b"FLV\1", "video/x-flv"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", _asf),
    (b"\0\0\1\xba", "video/mpeg"),
    (b"\0\0\1\xb3", "video/mpeg"),
    (b"%PDF-", "application/pdf"),
    (b"%!PS", "application/postscript"),
    (b"\xc5\xd0\xd3\xc6", "application/postscript"),
    (b"{\\rtf", "application/rtf"),
    (b"PK\3\4", _zip),
    (b"PK\5\6", _zip),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _named_among(_OLE_CONTAINERS, _OLE)),
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"BZh", _bzip2),
    (b"\xfd7zXZ\0", "application/x-xz"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"\4\x22\x4d\x18", "application/x-lz4"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\7", "application/vnd.rar"),
    (b"!<arch>\n", _ar),
    (b"\xed\xab\xee\xdb", "application/x-rpm"),
    (b"MSCF\0\0\0\0", "application/vnd.ms-cab-compressed"),
    (b"SQLite format 3\0", "application/vnd.sqlite3"),
    (b"PAR1", "application/vnd.apache.parquet"),
    (b"\x89HDF\r\n\x1a\n", "application/x-hdf5"),
    (b"\x7fELF", _elf),
    (b"MZ", _portable_executable),
    (b"\xcf\xfa\xed\xfe", "application/x-mach-binary"),
    (b"\xce\xfa\xed\xfe", "application/x-mach-binary"),
    (b"\xca\xfe\xba\xbe", _java_or_mach),
    (b"\0asm", "application/wasm"),
    (b"\0\1\0\0", _true_type),
    (b"OTTO", "font/otf"),
    (b"ttcf", "font/collection"),
    (b"wOFF", "font/woff"),
    (b"wOF2", "font/woff2"),
    (b"glTF", "model/gltf-binary"),
    (b"\xde\x12\4\x95", "application/x-gettext-translation"),
    (b"bplist00", "application/x-plist"),
    (b"BEGIN:VCARD", "text/vcard"),
    (b"BEGIN:VCALENDAR", "text/calendar"),
    (b"WEBVTT", "text/vtt"),
)

PROVEN: Final = frozenset(
    {
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "image/avif",
        "image/heic",
        "application/pdf",
        _ZIP,
        "application/gzip",
        "application/x-xz",
        "application/zstd",
        "application/x-7z-compressed",
        "application/vnd.rar",
        "application/vnd.sqlite3",
        "audio/flac",
        "font/woff",
        "font/woff2",
        "video/webm",
    }
    | {kind for kind in map(type_of_extension, _ZIP_CONTAINERS) if kind}
)
"""Types of which every file begins with a signature of the own table."""


def _by_prefix(entries: tuple[_Entry, ...]) -> Mapping[bytes, tuple[_Entry, ...]]:
    """Group entries by their first two bytes, the longest signature first."""
    index: dict[bytes, list[_Entry]] = {}
    for entry in sorted(entries, key=lambda entry: -len(entry[0])):
        index.setdefault(entry[0][:2], []).append(entry)
    return MappingProxyType({prefix: tuple(group) for prefix, group in index.items()})


_OWN_INDEX: Final = _by_prefix(_OWN)


_RareGroups = Mapping[bytes, tuple[tuple[bytes, str, str], ...]]


@cache
def _rare_index() -> tuple[tuple[int, bytes, _RareGroups], ...]:
    """Arrange puremagic's table by offset and first four bytes, the longest signature first.

    Returns:
        Each offset with 256 flags, which first bytes occur there, and its signatures.
    """
    import puremagic  # when something rare first comes: no start waits for a table that is read then

    index: dict[int, dict[bytes, list[tuple[bytes, str, str]]]] = {}
    for magic in sorted(puremagic.magic_header_array, key=lambda magic: -len(magic.byte_match)):
        if magic.offset in _RARE_OFFSETS and _tells(magic.byte_match) and _is_binary_type(magic.mime_type):
            group = index.setdefault(magic.offset, {}).setdefault(magic.byte_match[:_LEAST_BYTES], [])
            group.append((magic.byte_match, magic.mime_type, magic.extension.removeprefix(".")))
    return tuple(
        (
            offset,
            bytes(any(prefix[0] == byte for prefix in groups) for byte in range(256)),
            {prefix: tuple(group) for prefix, group in groups.items()},
        )
        for offset, groups in index.items()
    )


def _tells(signature: bytes) -> bool:
    """Tell whether a signature of puremagic's counts; some of its entries are unread escapes of other tables."""
    telling = sum(byte not in {0x00, 0xFF} for byte in signature)
    judged = any(signature.startswith(own[0]) or own[0].startswith(signature) for own in _OWN)
    return len(signature) >= _LEAST_BYTES and telling >= _LEAST_TELLING_BYTES and b"\\" not in signature and not judged


def _is_binary_type(mime_type: str) -> bool:
    return "/" in mime_type and mime_type != OCTET_STREAM and not is_textual(mime_type)


def signature_type(head: bytes, extension: str) -> str | None:
    """Tell a common format by its signature.

    Args:
        head: The beginning of the content.
        extension: The file name's extension, lower case; decides between formats that share a signature.

    Returns:
        The MIME type, or None if no signature of the own table is there.
    """
    for signature, kind in _OWN_INDEX.get(head[:2], ()):
        if head.startswith(signature):
            found = kind if isinstance(kind, str) else kind(head, extension)
            if found:
                return found
    if head[4:8] == b"ftyp":
        return _bmff_type(head, extension)
    if head[257:262] == b"ustar":
        return "application/x-tar"
    if head[128:132] == b"DICM":
        return "application/dicom"
    return frames_type(head)


def _bmff_type(head: bytes, extension: str) -> str:
    major, compatible = head[8:12], head[16 : int.from_bytes(head[:4], "big")]
    if major in {b"mif1", b"msf1"} and b"avif" in compatible:
        return "image/avif"
    if major[:3] in {b"3gp", b"3ge", b"3gs", b"3gg"}:
        return "video/3gpp"
    if major[:3] == b"3g2":
        return "video/3gpp2"
    return _BMFF_BRANDS.get(major) or ("audio/mp4" if type_of_extension(extension) == "audio/mp4" else "video/mp4")


def rare_type(head: bytes, extension: str) -> str | None:
    """Tell a rare binary format by puremagic's table.

    Args:
        head: The beginning of the content, known not to be text.
        extension: The file name's extension, lower case; decides between formats that share a signature.

    Returns:
        The MIME type of the longest signature that is there, or None.
    """
    found: list[tuple[bytes, str, str]] = []
    for offset, firsts, groups in _rare_index():
        if offset >= len(head) or not firsts[head[offset]]:
            continue
        candidates = groups.get(head[offset : offset + _LEAST_BYTES], ())
        found += [entry for entry in candidates if head.startswith(entry[0], offset)]
    if not found:
        return None
    longest = max(len(entry[0]) for entry in found)
    best = [entry for entry in found if len(entry[0]) == longest]
    return next((entry[1] for entry in best if entry[2] == extension), best[0][1])
