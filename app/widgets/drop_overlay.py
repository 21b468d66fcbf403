"""The frame over the table while files hang above it: where they would go."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.look import Look

_SHEET_ALPHA = 96


class DropOverlay(QWidget):
    """A tinted sheet with a dashed edge and one line of text. Lets the pointer through."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        """Args: look, and the widget that it covers."""
        super().__init__(parent)
        self._covered = parent
        self._look = look
        self._text = ""
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    @property
    def text(self) -> str:
        """Return the line that is shown."""
        return self._text

    def announce(self, text: str) -> None:
        """Cover the parent and say where a drop would go."""
        self._text = text
        self.setGeometry(self._covered.rect())
        self.show()
        self.raise_()
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Qt's hook: sheet, edge, label."""
        inset = self._look.theme.space("s")
        frame = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_sheet(painter, frame)
            self._paint_label(painter, frame)

    def _paint_sheet(self, painter: QPainter, frame: QRectF) -> None:
        theme = self._look.theme
        sheet = theme.color("accent_soft")
        sheet.setAlpha(_SHEET_ALPHA)
        painter.setBrush(sheet)
        painter.setPen(QPen(theme.color("accent"), 2, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(frame, 10, 10)

    def _paint_label(self, painter: QPainter, frame: QRectF) -> None:
        theme = self._look.theme
        painter.setFont(theme.font("body", bold=True))
        metrics = painter.fontMetrics()
        gap, icon = theme.space("m"), theme.size("icon")
        text = metrics.elidedText(self._text, Qt.TextElideMode.ElideMiddle, int(frame.width()) - 8 * gap)
        width = metrics.horizontalAdvance(text) + icon + gap * 3 - gap // 2
        pill = QRectF(0, 0, width, theme.size("control") + theme.space("xs"))
        pill.moveCenter(frame.center())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("accent"))
        painter.drawRoundedRect(pill, pill.height() / 2, pill.height() / 2)
        glyph = QRectF(pill.left() + gap, pill.center().y() - icon / 2, icon, icon)
        self._look.icons.paint(painter, "upload-simple-bold", "on_accent", glyph)
        painter.setPen(theme.color("on_accent"))
        painter.drawText(pill.adjusted(gap + icon + gap / 2, 0, -gap, 0), Qt.AlignmentFlag.AlignVCenter, text)
