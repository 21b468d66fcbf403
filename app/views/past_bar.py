"""The strip above the table while a bucket is shown as it was: when that was, and the way back."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout

from app.formats import full_time_text
from app.i18n import translate
from app.look import Look, label
from app.widgets.glyph import Glyph


class PastBar(QFrame):
    """See the module.

    Signals:
        now_wanted: Back to what is there now.
        other_wanted: Another moment.
    """

    now_wanted = Signal()
    other_wanted = Signal()

    def __init__(self, look: Look) -> None:
        """Args: look. Hidden until a moment is shown."""
        super().__init__()
        self.setProperty("place", "banner")
        self.setProperty("tone", "warning")
        space = look.theme.space
        row = QHBoxLayout(self)
        row.setContentsMargins(space("m"), space("s"), space("s"), space("s"))
        row.setSpacing(space("m"))
        self._text = label(wrap=True)
        self._text.setObjectName("moment")
        self._text.setMinimumWidth(1)  # what it says may take a second line, never room from the panels beside it
        self.other = look.push_button(translate("PastBar", "Other time…"))
        self.back = look.push_button(translate("PastBar", "Back to now"), "primary")
        self.other.clicked.connect(self.other_wanted)
        self.back.clicked.connect(self.now_wanted)
        row.addWidget(Glyph(look, "clock-counter-clockwise", "warning", look.theme.size("icon")))
        row.addWidget(self._text, 1)
        row.addWidget(self.other)
        row.addWidget(self.back)
        self.hide()

    @property
    def text(self) -> str:
        """Return what is said, or nothing while hidden."""
        return "" if self.isHidden() else self._text.text()

    def show_moment(self, moment: datetime | None) -> None:
        """Say which moment is shown; None for now hides the strip."""
        if moment is not None:
            text = translate("PastBar", "As it was on {time}, read-only")
            self._text.setText(text.format(time=full_time_text(moment)))
            self.setAccessibleName(self._text.text())
        self.setVisible(moment is not None)
