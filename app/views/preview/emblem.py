"""What stands where there is nothing to look into: a large glyph, and below it what is known all the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.look import Look, label
from app.previews.shapes import Fact
from app.views.fact_list import FactList
from app.widgets.glyph import Glyph

_HERO_PX: Final = 96
_FACTS_PX: Final = 360


class Emblem(QWidget):
    """See the module."""

    def __init__(self, look: Look) -> None:
        """Args: look."""
        super().__init__()
        self._glyph = Glyph(look, "folder-fill", "kind_folder", _HERO_PX)
        self.words = label(tone="muted", wrap=True)
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.words.setFixedWidth(_FACTS_PX)
        self.facts = FactList(look)
        self.facts.setFixedWidth(_FACTS_PX)
        column = QVBoxLayout(self)
        column.setSpacing(look.theme.space("l"))
        column.addStretch()
        for part in (self._glyph, self.words, self.facts):
            column.addWidget(part, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch()

    def show_kind(self, icon: str, tone: str, facts: Sequence[Fact] = (), text: str = "") -> None:
        """Show a kind of thing.

        Args:
            icon: Its glyph.
            tone: Colour of that.
            facts: What is known.
            text: A sentence about why there is nothing to see.
        """
        self._glyph.set_glyph(icon, tone)
        self.words.setText(text)
        self.words.setVisible(bool(text))
        self.facts.clear()
        for name, value in facts:
            self.facts.add(name, value)
