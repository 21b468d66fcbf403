"""SVG in the decoder: drawn once, standing still, without anything that runs or is fetched.

What is drawn is not the file but what is left of it: elements and attributes that only draw. Scripts, foreign content,
handlers, references to anything outside the file and definitions of entities are gone before Qt sees it.
"""

from __future__ import annotations

import re
import xml.parsers.expat
import zlib
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

from app.previews.decoder.pictures import pixels_of

_ELEMENTS_MAX: Final = 50_000
_DEPTH_MAX: Final = 200
_PLAIN_MAX_BYTES: Final = 16 * 1024 * 1024
_LEAST_EDGE_PX: Final = 256
_LEFT_OUT: Final = frozenset({
    "script", "foreignobject", "iframe", "object", "embed", "audio", "video", "handler", "listener",
    "animate", "animatetransform", "animatemotion", "animatecolor", "set", "mpath",
})  # fmt: skip
_INSIDE: Final = re.compile(r"#|data:image/(png|jpe?g|gif|webp)[;,]", re.IGNORECASE)
_OUTSIDE: Final = re.compile(r"url\s*\(\s*['\"]?\s*(?!#)|@import|expression\s*\(|javascript:", re.IGNORECASE)


def svg(data: bytes, *, edge_px: int) -> tuple[dict[str, Any], list[bytes]]:
    """Draw an SVG file.

    Args:
        data: The whole file, perhaps compressed.
        edge_px: Longest side of the picture.

    Returns:
        As `pictures.picture`; `left_out` says whether something of the file is not drawn.

    Raises:
        ValueError: It cannot be drawn.
    """
    ready_to_draw()
    cleaner = _Cleaner()
    renderer = QSvgRenderer(QByteArray(cleaner.clean(_plain(data))))
    if not renderer.isValid():
        raise ValueError("not an SVG that can be drawn")
    renderer.setAspectRatioMode(Qt.AspectRatioMode.KeepAspectRatio)
    full = renderer.defaultSize()
    size = full.scaled(edge_px, edge_px, Qt.AspectRatioMode.KeepAspectRatio)
    if max(full.width(), full.height()) < _LEAST_EDGE_PX:
        size = full.scaled(_LEAST_EDGE_PX, _LEAST_EDGE_PX, Qt.AspectRatioMode.KeepAspectRatio)
    image = QImage(size.expandedTo(QSize(1, 1)), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    with QPainter(image) as painter:
        renderer.render(painter)
    head, blob = pixels_of(image)
    told = {"width": full.width(), "height": full.height(), "format": "svg", "left_out": cleaner.left_out}
    return {**told, "frames": [{**head, "shown_ms": 0}]}, [blob]


def ready_to_draw() -> None:
    """Make sure that text can be drawn."""
    if QGuiApplication.instance() is None:
        ready_to_draw.application = QGuiApplication(["decoder", "-platform", "offscreen"])  # type: ignore[attr-defined]


def _plain(data: bytes) -> bytes:
    if data[:2] != b"\x1f\x8b":
        return data
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    plain = unpacker.decompress(data, _PLAIN_MAX_BYTES)
    if unpacker.unconsumed_tail:
        raise ValueError("unpacks to too much")
    return plain


class _Cleaner:
    """Writes an SVG file again without what it must not have."""

    def __init__(self) -> None:
        self.left_out = False
        self._parts: list[str] = []
        self._skipping = 0
        self._depth = 0
        self._elements = 0
        self._in_style = False

    def clean(self, data: bytes) -> bytes:
        """Return what is left.

        Raises:
            ValueError: It is no XML, is nested too deeply, or has too many elements.
        """
        parser = xml.parsers.expat.ParserCreate()
        parser.SetParamEntityParsing(xml.parsers.expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.EntityDeclHandler = self._entity
        try:
            parser.Parse(data, True)
        except xml.parsers.expat.ExpatError as error:
            raise ValueError(str(error)) from error
        return "".join(self._parts).encode()

    def _entity(self, *_: object) -> None:
        raise ValueError("defines entities")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth > _DEPTH_MAX or self._elements > _ELEMENTS_MAX:
            raise ValueError("too many elements")
        local = name.rpartition(":")[2].lower()
        if self._skipping or local in _LEFT_OUT:
            self._skipping += 1
            self.left_out = True
            return
        self._in_style = local == "style"
        kept = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items() if self._may_stay(key, value))
        self._parts.append(f"<{name}{kept}>")

    def _may_stay(self, key: str, value: str) -> bool:
        local = key.rpartition(":")[2].lower()
        if key.startswith("xmlns"):
            return True
        outside = local == "href" and not _INSIDE.match(value.strip())
        stays = not (outside or local.startswith("on") or local in ("base", "src") or _OUTSIDE.search(value))
        self.left_out |= not stays
        return stays

    def _end(self, name: str) -> None:
        self._depth -= 1
        if self._skipping:
            self._skipping -= 1
            return
        self._in_style = False
        self._parts.append(f"</{name}>")

    def _text(self, text: str) -> None:
        if self._skipping:
            return
        if self._in_style and _OUTSIDE.search(text):
            self.left_out = True
            return
        self._parts.append(escape(text))
