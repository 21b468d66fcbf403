"""Documents in the decoder: pages of a PDF, and a rehearsal of Markdown before the window lays it out itself."""

from __future__ import annotations

import importlib
import time
from typing import Any, Final

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QTextDocument

from app.previews.decoder.drawings import ready_to_draw
from app.previews.decoder.pictures import pixels_of

_PAGE_WIDTH_PX: Final = 600
_BLANK: Final = QImage(1, 1, QImage.Format.Format_ARGB32_Premultiplied)


class _Closed(QTextDocument):
    """A document that loads nothing."""

    def loadResource(self, _kind: int, _name: object) -> QImage:
        """Qt's hook: a blank picture, for where none comes Qt would look for a file of that name itself."""
        return _BLANK


def markdown(data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """Lay a Markdown text out and throw it away: what takes too long, or crashes, does so here.

    Args:
        data: The text, UTF-8.

    Returns:
        `took_ms`.
    """
    ready_to_draw()
    document = _Closed()
    begin = time.monotonic()
    document.setMarkdown(data.decode("utf-8", "replace"), QTextDocument.MarkdownFeature.MarkdownNoHTML)
    document.setTextWidth(_PAGE_WIDTH_PX)
    document.size()
    return {"took_ms": (time.monotonic() - begin) * 1000}, []


def pdf(data: bytes, *, page: int, edge_px: int) -> tuple[dict[str, Any], list[bytes]]:
    """Draw a page of a PDF, where Qt's reader of PDF is installed.

    Args:
        data: The whole file.
        page: Which, from 0.
        edge_px: Longest side of the picture.

    Returns:
        As `pictures.picture`, and `pages`.

    Raises:
        ImportError: That reader is not installed.
        ValueError: It cannot be read.
    """
    reader = importlib.import_module("PySide6.QtPdf")
    ready_to_draw()
    held = QByteArray(data)
    buffer = QBuffer(held)
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    document = reader.QPdfDocument()
    document.load(buffer)
    if document.status() != reader.QPdfDocument.Status.Ready or not document.pageCount():
        raise ValueError(str(document.error()))
    page = max(0, min(page, document.pageCount() - 1))
    points = document.pagePointSize(page)
    full = QSize(round(points.width()), round(points.height()))
    drawn = document.render(page, full.scaled(edge_px, edge_px, Qt.AspectRatioMode.KeepAspectRatio))
    image = QImage(drawn.size(), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.white)  # a page has no ground of its own
    painter = QPainter(image)
    painter.drawImage(0, 0, drawn)
    painter.end()
    head, blob = pixels_of(image)
    told = {"width": full.width(), "height": full.height(), "format": "pdf", "pages": document.pageCount()}
    return {**told, "frames": [{**head, "shown_ms": 0}]}, [blob]
