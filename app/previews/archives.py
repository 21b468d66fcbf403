"""Archives: what is in them, without unpacking more than their lists of names."""

from __future__ import annotations

import bz2
import io
import lzma
import struct
import tarfile
import zlib
from collections.abc import Iterator
from typing import Final, Protocol

from app.formats import size_text
from app.i18n import translate
from app.previews.content import Content, Ranged, TooMuch
from app.previews.decoder.client import Decoder
from app.previews.shapes import Inside, TableBody

_NAMES_MAX: Final = 2_000
_LIST_MAX_BYTES: Final = 4 * 1024 * 1024
_TAIL_BYTES: Final = 65_557
_READS_MAX: Final = 8_000
_PLAIN_MAX_BYTES: Final = 8 * 1024 * 1024
_PACKED_MAX_BYTES: Final = 8 * 1024 * 1024
_UNPACKING_MEMORY_BYTES: Final = 96 * 1024 * 1024
_END: Final = struct.Struct("<4s4H2LH")
_END_MARK: Final = b"PK\x05\x06"
_ENTRY: Final = struct.Struct("<4s6H3L5H2L")
_ENTRY_MARK: Final = b"PK\x01\x02"
_UTF8_NAMES: Final = 0x800
_ENCRYPTED: Final = 0x1
_WIDE: Final = 0xFFFF_FFFF
_TAR_MARK: Final = slice(257, 262)

Entry = tuple[str, int | None]
"""A name and how many bytes it is, where that is known."""


class NoArchive(Exception):
    """It looks like an archive and is none."""


class _Unpacker(Protocol):
    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...


def archive_of(content: Content, _decoder: Decoder) -> Inside:
    """Return a look at an archive: the names in it.

    Raises:
        NoArchive: It is none, or is broken.
        TooMuch: Its list of names is too large for a look.
    """
    head = content.read_at(0, 512)
    if head.startswith(b"PK"):
        return _zip_of(content)
    if head[_TAR_MARK] == b"ustar":
        entries, is_cut = _tar_entries(Ranged(content, _READS_MAX, _LIST_MAX_BYTES))
        if is_cut and not entries:
            raise NoArchive
        return _listed(entries, "tar", is_cut=is_cut)
    return _packed_of(content, head)


def _zip_of(content: Content) -> Inside:
    tail_at = max(content.size_bytes - _TAIL_BYTES, 0)
    tail = content.read_at(tail_at, _TAIL_BYTES)
    place = tail.rfind(_END_MARK)
    if place < 0 or len(tail) < place + _END.size:
        raise NoArchive
    _, _, _, _, count, length, offset, _ = _END.unpack_from(tail, place)
    if offset == _WIDE or length == _WIDE:
        raise TooMuch
    names = content.read_at(offset, min(length, _LIST_MAX_BYTES))
    entries: list[Entry] = []
    encrypted = False
    for name, size_bytes, flags in _zip_entries(names):
        encrypted |= bool(flags & _ENCRYPTED)
        entries.append((name, size_bytes))
    if count and not entries:
        raise NoArchive
    note = translate("Previews", "What is in it is encrypted.") if encrypted else ""
    return _listed(entries, "zip", is_cut=len(entries) < count, total=count, note=note)


def _zip_entries(names: bytes) -> Iterator[tuple[str, int, int]]:
    """Yield name, size and flags of each entry of a directory, until it ends, breaks off, or is nonsense."""
    place = 0
    for _ in range(_NAMES_MAX):
        if len(names) < place + _ENTRY.size:
            return
        fields = _ENTRY.unpack_from(names, place)
        if fields[0] != _ENTRY_MARK:
            return
        flags, size_bytes, name_length, extra, comment = fields[3], fields[9], fields[10], fields[11], fields[12]
        start = place + _ENTRY.size
        name = names[start : start + name_length]
        yield name.decode("utf-8" if flags & _UTF8_NAMES else "cp437", "replace"), size_bytes, flags
        place = start + name_length + extra + comment


def _tar_entries(file: Ranged | io.BytesIO) -> tuple[list[Entry], bool]:
    """Return the entries of a tar, and whether there may be more."""
    entries: list[Entry] = []
    try:
        with tarfile.open(fileobj=file, mode="r:", errorlevel=0) as archive:
            for member in archive:
                entries.append((member.name + ("/" if member.isdir() else ""), member.size if member.isreg() else None))
                archive.members = []  # type: ignore[attr-defined] # else it keeps them all
                if len(entries) >= _NAMES_MAX:
                    return entries, True
    except (tarfile.TarError, TooMuch, EOFError, OSError, ValueError, RecursionError, MemoryError, OverflowError):
        return entries, True
    return entries, False


def _packed_of(content: Content, head: bytes) -> Inside:
    """Return a look at a file packed by itself: the names in it if it is a tar, else what is known of it."""
    kind, unpacker = _unpacker(head)
    packed = content.read_at(0, _PACKED_MAX_BYTES)
    try:
        plain = unpacker.decompress(packed, _PLAIN_MAX_BYTES)
    except (zlib.error, OSError, lzma.LZMAError, EOFError, ValueError, MemoryError) as error:
        raise NoArchive from error
    if plain[_TAR_MARK] != b"ustar":
        name = content.name.rpartition(".")[0] or content.name
        return _listed([(name, None)], kind, is_cut=False)
    entries, is_cut = _tar_entries(io.BytesIO(plain))
    return _listed(entries, f"tar, {kind}", is_cut=is_cut)


def _unpacker(head: bytes) -> tuple[str, _Unpacker]:
    if head.startswith(b"\x1f\x8b"):
        return "gzip", zlib.decompressobj(zlib.MAX_WBITS | 16)
    if head.startswith(b"BZh"):
        return "bzip2", bz2.BZ2Decompressor()
    return "xz", lzma.LZMADecompressor(memlimit=_UNPACKING_MEMORY_BYTES)


def _listed(entries: list[Entry], kind: str, *, is_cut: bool, total: int | None = None, note: str = "") -> Inside:
    titles = (translate("Previews", "Name"), translate("Previews", "Size"))
    rows = tuple((_shown(name), "" if size is None else size_text(size)) for name, size in entries)
    count = total if total is not None else len(entries)
    facts = [(translate("Previews", "Container"), kind)]
    if is_cut:
        said = translate("Previews", "The first %Ln name(s) are shown.", None, len(entries))
        note = f"{note} {said}".strip()
    if total is not None or not is_cut:
        facts.append((translate("Previews", "Contains"), translate("Previews", "%Ln name(s)", None, count)))
        known = [size for _, size in entries if size is not None]
        if known and not is_cut:
            facts.append((translate("Previews", "Unpacked"), size_text(sum(known))))
    return Inside(TableBody(titles, rows, frozenset({1})), facts=tuple(facts), note=note)


def _shown(name: str) -> str:
    """Return a name without what would break a line or turn the text around."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in name[:500])
