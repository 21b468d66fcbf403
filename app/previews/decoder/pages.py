"""Pages in the decoder: those of a PDF, drawn by PDFium."""

from __future__ import annotations

import contextlib
from typing import Any

from pypdfium2 import PdfDocument
from pypdfium2.raw import FPDFBitmap_BGRx
from PySide6.QtGui import QImage

from app.previews.decoder.pictures import pixels_of


def pdf(data: bytes, *, page: int, edge_px: int) -> tuple[dict[str, Any], list[bytes]]:
    """Draw a page of a PDF. PDFium is built without scripts here: nothing in a document runs.

    Args:
        data: The whole file.
        page: Which, from 0.
        edge_px: Longest side of the picture.

    Returns:
        As `pictures.picture`, and `pages`.

    Raises:
        PdfiumError: It cannot be read.
        ValueError: It has no pages, or one without a size.
    """
    with contextlib.closing(PdfDocument(data)) as document:
        if not len(document):
            raise ValueError("no pages")
        shown = document[max(0, min(page, len(document) - 1))]
        width, height = shown.get_size()
        if min(width, height) <= 0:
            raise ValueError("a page without a size")
        bitmap = shown.render(scale=edge_px / max(width, height), force_bitmap_format=FPDFBitmap_BGRx)
        # Qt does not keep what it draws from: a copy outlives the page.
        image = QImage(bitmap.buffer, bitmap.width, bitmap.height, bitmap.stride, QImage.Format.Format_RGB32).copy()
        head, blob = pixels_of(image)
        told = {"width": round(width), "height": round(height), "format": "pdf", "pages": len(document)}
        return {**told, "frames": [{**head, "shown_ms": 0}]}, [blob]
