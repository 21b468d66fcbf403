"""The box that says in plain language what something written means."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout

from app.i18n import translate
from app.look import Look, label, restyle
from app.widgets.glyph import Glyph


class Meaning(QFrame):
    """See the module."""

    def __init__(self, look: Look) -> None:
        """Args: look."""
        super().__init__()
        self.setProperty("place", "notice")
        self.setProperty("tone", "info")
        row = QHBoxLayout(self)
        space = look.theme.space
        row.setContentsMargins(space("m"), space("s"), space("m"), space("s"))
        row.setSpacing(space("m"))
        self._glyph = Glyph(look, "quotes-fill", "accent", look.theme.size("icon"))
        row.addWidget(self._glyph, 0, Qt.AlignmentFlag.AlignTop)
        self._text = label(wrap=True, selectable=True)
        self._text.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._text.setAccessibleName(translate("Meaning", "What it means"))
        row.addWidget(self._text, 1)

    @property
    def text(self) -> str:
        """Return what is said."""
        return self._text.text()

    def say(self, sentence: str) -> None:
        """Say what it means."""
        self._show(sentence, "accent", "")

    def say_nothing(self, hint: str) -> None:
        """Say that there is no meaning yet, and why."""
        self._show(hint, "faint", "muted")

    def _show(self, text: str, glyph_tone: str, tone: str) -> None:
        self._glyph.set_glyph("quotes-fill", glyph_tone)
        self._text.setText(text)
        self._text.setAccessibleDescription(text)
        restyle(self._text, tone=tone)
