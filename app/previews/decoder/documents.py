"""Documents in the decoder: a rehearsal of Markdown before the window lays it out itself."""

from __future__ import annotations

import time
from typing import Any, Final

from PySide6.QtGui import QImage, QTextDocument

from app.previews.decoder.drawings import ready_to_draw

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
