"""What kind of look an object gets: its bytes decide, never the type that is stored with it.

A name only tells texts apart, for of them the bytes say no more than that they are texts.
"""

from __future__ import annotations

from enum import StrEnum, auto
from typing import Final

from app.previews.encodings import looks_like_text
from engine.mime import sniff

HEAD_BYTES: Final = 64 * 1024


class Kind(StrEnum):
    """The kinds."""

    EMPTY = auto()
    PICTURE = auto()
    DRAWING = auto()
    TEXT = auto()
    JSON = auto()
    MARKDOWN = auto()
    TABLE = auto()
    PDF = auto()
    MEDIA = auto()
    ARCHIVE = auto()
    BYTES = auto()


_PACKED: Final = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00")
_ZIP: Final = b"PK\x03\x04"
_EMPTY_ZIP: Final = b"PK\x05\x06"
_BITMAP: Final = b"BM"
_BITMAP_HEAD_BYTES: Final = 26
_TAR_MARK: Final = slice(257, 262)
_BY_EXTENSION: Final = {
    "json": Kind.JSON, "geojson": Kind.JSON, "webmanifest": Kind.JSON, "ipynb": Kind.JSON,
    "md": Kind.MARKDOWN, "markdown": Kind.MARKDOWN, "mdown": Kind.MARKDOWN,
    "csv": Kind.TABLE, "tsv": Kind.TABLE, "tab": Kind.TABLE,
}  # fmt: skip


def kind_of(head: bytes, name: str) -> Kind:
    """Return what kind of look a content gets.

    Args:
        head: Its first bytes, `HEAD_BYTES` at most.
        name: Last segment of its path.
    """
    if not head:
        return Kind.EMPTY
    found = _by_signature(head)
    if found is not None:
        return found
    if not looks_like_text(head):
        return Kind.BYTES
    extension = name.rpartition(".")[2].lower()
    return _BY_EXTENSION.get(extension) or (Kind.JSON if _begins_as_json(head) else Kind.TEXT)


def _by_signature(head: bytes) -> Kind | None:
    """Return the kind that the first bytes tell, if they do."""
    if head.startswith((_ZIP, _EMPTY_ZIP, *_PACKED)) or head[_TAR_MARK] == b"ustar":
        return Kind.ARCHIVE
    if head.startswith(_BITMAP) and head[6:10] == bytes(4) and len(head) >= _BITMAP_HEAD_BYTES:
        return Kind.PICTURE
    mime_type = sniff(head, "")
    if mime_type == "application/pdf":
        return Kind.PDF
    if mime_type.startswith("image/svg"):
        return Kind.DRAWING
    families = {"image": Kind.PICTURE, "audio": Kind.MEDIA, "video": Kind.MEDIA}
    return Kind.MEDIA if mime_type == "application/ogg" else families.get(mime_type.partition("/")[0])


def _begins_as_json(head: bytes) -> bool:
    begin = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:64]
    return begin.startswith(b'{"') or (begin[:1] in b"{[" and begin[1:].lstrip()[:1] in (b'"', b"{", b"["))
