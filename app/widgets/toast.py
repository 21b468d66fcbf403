"""A short word at the bottom of the window after something was done, with at most two things to do about it."""

from __future__ import annotations

from functools import partial
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QEnterEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from app.formats import tip_text
from app.i18n import translate
from app.look import Look, label
from app.widgets.banner import Offer
from app.widgets.glyph import Glyph

_SHOWN_MS: Final = 6_000
_GLYPHS: Final = {
    "info": "info-fill",
    "success": "check-circle-fill",
    "warning": "warning-fill",
    "danger": "warning-circle-fill",
}


class Toast(QFrame):
    """The message that is shown; a new one takes its place. It waits while the pointer or the focus is on it."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        """Args: look, and the widget over whose lower edge it floats."""
        super().__init__(parent)
        self._host = parent
        self._look = look
        self._offers: list[Offer | None] = [None, None]
        self.setProperty("place", "toast")
        row = QHBoxLayout(self)
        space = look.theme.space
        row.setContentsMargins(space("l"), space("s"), space("s"), space("s"))
        row.setSpacing(space("m"))
        self._glyph = Glyph(look, "info-fill", "toast_accent", look.theme.size("icon"))
        self._text = label()
        self._button, self._other = look.push_button(""), look.push_button("")
        self._buttons = (self._button, self._other)
        close = look.tool_button("x", translate("Toast", "Close"), tone="on_toast")
        for which, button in enumerate(self._buttons):
            button.clicked.connect(partial(self._act, which))
        close.clicked.connect(self.hide)
        for part in (self._glyph, self._text, *self._buttons, close):
            row.addWidget(part)
        self._timer = QTimer(self, singleShot=True, interval=_SHOWN_MS)
        self._timer.timeout.connect(self._fade)
        parent.installEventFilter(self)
        self.hide()

    @property
    def text(self) -> str:
        """Return what is shown."""
        return self._text.text()

    def say(
        self, text: str, offer: Offer | None = None, kind: str = "success", *, besides: Offer | None = None
    ) -> None:
        """Show a message.

        Args:
            text: One short sentence.
            offer: A button.
            kind: `info`, `success`, `warning` or `danger`.
            besides: Another button.
        """
        self._offers = [offer, besides]
        self._glyph.set_glyph(_GLYPHS[kind], "toast_accent")
        metrics = self._text.fontMetrics()
        room = max(self._host.width() - 360, 240)
        self._text.setText(metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, room))
        self._text.setToolTip(tip_text(text))
        for button, each in zip(self._buttons, self._offers, strict=True):
            button.setVisible(each is not None)
            if each is not None:
                button.setText(each.text)
                button.setAccessibleName(each.text)
        self.show()
        self._place()
        self.raise_()
        self._timer.start()
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt's hook: stay at the lower edge when the window changes its size."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Qt's hook: the pointer is here; stay."""
        self._timer.stop()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Qt's hook: the pointer left."""
        self._timer.start()
        super().leaveEvent(event)

    def _fade(self) -> None:
        if any(button.hasFocus() for button in self._buttons):
            self._timer.start()
        else:
            self.hide()

    def _act(self, which: int, _checked: object = None) -> None:
        offer = self._offers[which]
        self.hide()
        if offer is not None:
            offer.act()

    def _place(self) -> None:
        self.adjustSize()
        host = self._host
        self.move((host.width() - self.width()) // 2, host.height() - self.height() - self._look.theme.space("xl"))
