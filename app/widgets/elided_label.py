"""A label for a path: as long as there is room, its middle left out where there is not."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QWidget

from app.formats import tip_text


class ElidedLabel(QLabel):
    """Keeps the whole text for the tool tip and for screen readers.

    Args:
        text: The whole text.
        tone: Tone of the style sheet.
        parent: Qt's owner.
    """

    def __init__(self, text: str, tone: str = "muted", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("tone", tone)
        self.show_text(text)

    @property
    def whole_text(self) -> str:
        """Return the text, whatever of it there is room for."""
        return self._whole

    def show_text(self, text: str) -> None:
        """Show another text."""
        self._whole = text
        self.setToolTip(tip_text(text))
        self.setAccessibleName(text)
        self._fit()

    def sizeHint(self) -> QSize:
        """Qt's hook: it asks for no width and takes what there is."""
        return QSize(24, self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        """Qt's hook: it may be squeezed to almost nothing."""
        return self.sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's hook: fit the text to the width."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.setText(self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideMiddle, self.width()))
