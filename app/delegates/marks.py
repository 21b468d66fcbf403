"""Where what somebody looks for stands in a name, and how it is marked there."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from PySide6.QtCore import QAbstractItemModel, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from app.models.folder_model import FolderModel
from engine.folding import spans, words_of

Span = tuple[int, int]

_ELLIPSIS: Final = "…"
_ROUND_PX: Final = 3


def words_in(model: QAbstractItemModel) -> tuple[str, ...]:
    """Return the words that are looked for in what a model shows, folded."""
    view = model.view if isinstance(model, FolderModel) else None
    return _words(view.matching) if view is not None and view.matching else ()


@lru_cache(4_096)
def spans_in(name: str, words: tuple[str, ...]) -> tuple[Span, ...]:
    """Return where words stand in a name, as `engine.folding.spans` does; remembered, for repaints."""
    return spans(name, words) if words else ()


def shown_spans(whole: str, shown: str, marked: tuple[Span, ...]) -> tuple[Span, ...]:
    """Return where marked stretches are in what is shown of a text.

    Args:
        whole: The text.
        shown: It, or what is left of it around an ellipsis.
        marked: Stretches of the text; what is left out of it is not marked.
    """
    if shown == whole:
        return marked
    head = shown.find(_ELLIPSIS)
    tail = len(shown) - head - 1
    beyond = len(whole) - len(shown)
    cut = [(start, min(stop, head)) for start, stop in marked if start < head]
    cut += [
        (max(start, len(whole) - tail) - beyond, stop - beyond) for start, stop in marked if stop > len(whole) - tail
    ]
    return tuple(cut)


def paint_marks(painter: QPainter, rect: QRect, shown: str, marked: tuple[Span, ...], color: QColor) -> None:
    """Paint the ground of marked stretches; the text is painted over it.

    Args:
        painter: With the text's font.
        rect: Where the text begins, in the middle of its height.
        shown: The text.
        marked: Stretches of it.
        color: Of the marks.
    """
    metrics = painter.fontMetrics()
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    for start, stop in marked:
        left, right = (rect.left() + metrics.horizontalAdvance(shown[:end]) for end in (start, stop))
        height = metrics.height()
        mark = QRectF(left - 1, rect.center().y() - height / 2 + 0.5, right - left + 2, height)
        painter.drawRoundedRect(mark, _ROUND_PX, _ROUND_PX)
    painter.restore()


@lru_cache(8)
def _words(text: str) -> tuple[str, ...]:
    return words_of(text)
