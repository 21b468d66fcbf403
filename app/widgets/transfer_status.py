"""All transfers in the status bar: a short text and a thin bar; a click shows or hides the panel."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QToolButton, QWidget

from app.bridge.transfers import TransferBridge
from app.delegates.transfers import paint_bar
from app.i18n import translate
from app.look import Look
from app.models.transfer_rows import summary_text
from engine.transfers import QueueSummary

_BAR_PX: Final = 3


class TransferStatus(QToolButton):
    """See the module. Hidden as long as there is nothing to say.

    Args:
        bridge: Tells of the jobs.
        look: Theme and icons.
        parent: Qt's owner.
    """

    def __init__(self, bridge: TransferBridge, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._summary = bridge.summary
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setIconSize(QSize(look.theme.size("icon_small"), look.theme.size("icon_small")))
        self.setToolTip(translate("TransferStatus", "Show or hide transfers"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        bridge.summary_changed.connect(self._take)
        self._take(bridge.summary)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's hook: the button, and the bar under its text."""
        super().paintEvent(event)
        if not self._moving:
            return
        theme = self._look.theme
        side = theme.space("s")
        place = QRectF(side, self.height() - _BAR_PX - 1, self.width() - 2 * side, _BAR_PX)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            paint_bar(painter, place, self._summary.fraction, theme.color("pressed"), theme.color("accent"))

    @property
    def _moving(self) -> bool:
        return self._summary.running + self._summary.queued > 0

    def _take(self, summary: QueueSummary) -> None:
        self._summary = summary
        text = summary_text(summary)
        percent = translate("TransferStatus", "{percent} percent").format(percent=int(summary.fraction * 100))
        self.setVisible(bool(text))
        self.setText(text)
        self.setAccessibleName(f"{text}, {percent}" if self._moving else text)
        self.setIcon(self._look.icons.icon(*_glyph(summary)))
        self.update()


def _glyph(summary: QueueSummary) -> tuple[str, str]:
    if summary.running or summary.queued:
        return "arrows-down-up", "accent"
    if summary.waiting:
        return "question", "warning"
    if summary.failed:
        return "warning-circle", "danger"
    return ("prohibit", "muted") if summary.cancelled else ("check-circle", "success")
