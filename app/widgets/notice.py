"""A quiet box inside a dialog: something to know before going on, with an optional way to mend it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from app.look import Look, announce, label, restyle
from app.widgets.glyph import Glyph

_GLYPHS: Final = {"warning": "warning-fill", "danger": "warning-circle-fill", "success": "check-circle-fill"}


class Notice(QFrame):
    """See the module.

    Signals:
        accepted: The button was pressed.
    """

    accepted = Signal()

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        """Args: look, Qt's owner. Hidden until `say`."""
        super().__init__(parent)
        self.setProperty("place", "notice")
        row = QHBoxLayout(self)
        space = look.theme.space
        row.setContentsMargins(space("m"), space("s"), space("m"), space("s"))
        row.setSpacing(space("m"))
        self._glyph = Glyph(look, "warning-fill", "warning", look.theme.size("icon"))
        row.addWidget(self._glyph, 0, Qt.AlignmentFlag.AlignVCenter)
        self._text = label(wrap=True)
        row.addWidget(self._text, 1)
        self._button = look.push_button("")
        self._button.setAutoDefault(False)
        self._button.clicked.connect(self.accepted)
        row.addWidget(self._button)
        self.hide()

    @property
    def text(self) -> str:
        """Return what is said, or nothing while hidden."""
        return "" if self.isHidden() else self._text.text()

    def say(self, text: str, offer: str = "", tone: str = "warning") -> None:
        """Show a sentence and a button; an empty sentence hides the box.

        Args:
            text: The sentence.
            offer: Text of the button, if there is one.
            tone: `warning`, `danger` or `success`.
        """
        self._glyph.set_glyph(_GLYPHS[tone], tone)
        restyle(self, tone=tone)
        self._text.setText(text)
        self._button.setText(offer)
        self._button.setAccessibleName(offer)
        self._button.setVisible(bool(offer))
        self.setVisible(bool(text))
        announce(self, text)
