"""Facts with their names before them, one below the other."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.formats import tip_text
from app.look import Look
from app.widgets.breakable_label import BreakableLabel
from app.widgets.elided_label import ElidedLabel

_LABEL_WIDTH_PX: Final = 76


class FactList(QWidget):
    """See the module."""

    def __init__(self, look: Look) -> None:
        """Args: look."""
        super().__init__()
        self._look = look
        self._told: dict[str, str] = {}
        self._rows: list[QWidget] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(look.theme.space("s"))

    @property
    def told(self) -> dict[str, str]:
        """Return what is shown, by name."""
        return dict(self._told)

    def clear(self) -> None:
        """Take all facts away."""
        self._told.clear()
        for row in self._rows:
            self._column.removeWidget(row)
            row.hide()
            row.setParent(None)
            row.deleteLater()  # not at once: it may be a field of one that asks for this
        self._rows.clear()

    def add(self, name: str, value: str, tip: str = "") -> None:
        """Add a fact, with what else is to be known about it."""
        shown = BreakableLabel(value)
        shown.setAccessibleName(f"{name}: {value}")
        shown.setToolTip(tip_text(tip))
        self.add_widget(name, value, shown)

    def add_widget(self, name: str, value: str, shown: QWidget, *, height_px: int = 0) -> None:
        """Add a fact that a widget shows.

        Args:
            name: What it is called.
            value: What it is.
            shown: Shows it.
            height_px: Height of its first line where buttons make that higher than a line of text; else 0.
        """
        self._told[name] = value
        caption = ElidedLabel(name)
        caption.setProperty("textSize", "caption")
        caption.setFixedWidth(_LABEL_WIDTH_PX)
        if height_px:
            caption.setFixedHeight(height_px)
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(self._look.theme.space("m"))
        row.addWidget(caption, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(shown, 1)
        self._column.addWidget(holder)
        self._rows.append(holder)
