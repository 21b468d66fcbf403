"""Repaints that are spared while a text grows below what is seen of it: Qt would paint all that is seen, each time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPlainTextEdit


@contextmanager
def sparing_repaints(view: QPlainTextEdit) -> Iterator[None]:
    """Add to the end of a text of unwrapped lines, painted only where that end is in view.

    Args:
        view: What shows the text.
    """
    viewport = view.viewport()
    is_spared = _ends_below(view) and viewport.updatesEnabled()
    if is_spared:
        viewport.setAttribute(Qt.WidgetAttribute.WA_UpdatesDisabled)  # setUpdatesEnabled(True) would paint at once
    try:
        yield
    finally:
        if is_spared:
            viewport.setAttribute(Qt.WidgetAttribute.WA_UpdatesDisabled, False)


def _ends_below(view: QPlainTextEdit) -> bool:
    """Return whether the last line is below what is seen; no line is lower than this font's."""
    seen = view.viewport().height() // max(view.fontMetrics().lineSpacing(), 1) + 2
    return view.blockCount() > view.verticalScrollBar().value() + seen
