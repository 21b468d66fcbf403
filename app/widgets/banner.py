"""A strip across the top of the window for faults of the machine: what happened, what to do, until dismissed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import translate
from app.look import Look, label
from app.widgets.glyph import Glyph

_BANNERS_MAX = 3


@dataclass(frozen=True, slots=True)
class Offer:
    """A button that mends or goes on.

    Attributes:
        text: What it does.
        act: Called when pressed.
    """

    text: str
    act: Callable[[], None]


class Banner(QFrame):
    """One message with an optional hint and an optional offer.

    Signals:
        dismissed: It is gone.
    """

    dismissed = Signal()

    def __init__(self, look: Look, message: str, hint: str, offer: Offer | None, tone: str = "danger") -> None:
        """Args: look; one sentence; what to do; a button; `danger`, `warning` or `info`."""
        super().__init__()
        self.message = message
        self.setProperty("place", "banner")
        self.setProperty("tone", tone)
        row = QHBoxLayout(self)
        space = look.theme.space
        row.setContentsMargins(space("l"), space("s"), space("s"), space("s"))
        row.setSpacing(space("m"))
        row.addWidget(_glyph(look, tone), 0, Qt.AlignmentFlag.AlignVCenter)
        row.addLayout(_texts(message, hint), 1)
        if offer is not None:
            button = look.push_button(offer.text)
            button.clicked.connect(offer.act)
            button.clicked.connect(self.dismiss)
            row.addWidget(button)
        close = look.tool_button("x", translate("Banner", "Dismiss this message"))
        close.clicked.connect(self.dismiss)
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignVCenter)
        self.setAccessibleName(f"{message} {hint}".strip())

    def dismiss(self) -> None:
        """Take the banner away."""
        self.hide()
        self.deleteLater()
        self.dismissed.emit()


class BannerArea(QWidget):
    """Holds the banners, the newest on top; the same message is never shown twice."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        """Args: look, and Qt's owner."""
        super().__init__(parent)
        self._look = look
        self._shown: list[Banner] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)

    @property
    def banners(self) -> list[Banner]:
        """Return what is shown, from top to bottom."""
        return list(self._shown)

    def show_message(self, message: str, hint: str = "", offer: Offer | None = None, tone: str = "danger") -> None:
        """Show a message, replacing an equal one.

        Args:
            message: One sentence.
            hint: What a person can do about it.
            offer: A button.
            tone: `danger`, `warning` or `info`.
        """
        for old in self.banners:
            if old.message == message:
                old.dismiss()
        for surplus in self.banners[_BANNERS_MAX - 1 :]:
            surplus.dismiss()
        banner = Banner(self._look, message, hint, offer, tone)
        banner.dismissed.connect(lambda: self._shown.remove(banner))
        self._shown.insert(0, banner)
        self._column.insertWidget(0, banner)
        banner.show()
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, f"{message} {hint}".strip()))


def _texts(message: str, hint: str) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(2)
    title = label(message, wrap=True, selectable=True)
    font = title.font()
    font.setBold(True)
    title.setFont(font)
    column.addWidget(title)
    if hint:
        column.addWidget(label(hint, wrap=True, selectable=True))
    return column


def _glyph(look: Look, tone: str) -> QWidget:
    name = {"danger": "warning-circle-fill", "warning": "warning-fill"}.get(tone, "info-fill")
    return Glyph(look, name, "accent" if tone == "info" else tone, look.theme.size("icon"))
