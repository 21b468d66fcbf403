"""A box in the inspector: the bytes of the object are missing or damaged, what that means, and what helps."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from app import problems
from app.look import Look, label
from app.widgets.glyph import Glyph
from engine.files.quarantine import Problem


class ProblemNote(QFrame):
    """See the module. Hidden until there is a problem."""

    def __init__(self, look: Look) -> None:
        """Args: look."""
        super().__init__()
        self.setProperty("place", "notice")
        self.setProperty("tone", "danger")
        space = look.theme.space
        row = QHBoxLayout(self)
        row.setContentsMargins(space("m"), space("s"), space("m"), space("s"))
        row.setSpacing(space("s"))
        self._glyph = Glyph(look, "warning-fill", "danger", look.theme.size("icon"))
        row.addWidget(self._glyph, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(space("xs"))
        row.addLayout(column, 1)
        self._title, self._meaning, self._help = (label(wrap=True, selectable=True) for _ in range(3))
        font = self._title.font()
        font.setBold(True)
        self._title.setFont(font)
        for part in (self._title, self._meaning, self._help):
            column.addWidget(part)
        self.hide()

    @property
    def text(self) -> str:
        """Return all that is said, or nothing while hidden."""
        return "" if self.isHidden() else self.accessibleName()

    def show_problem(self, problem: Problem | None, *, has_older: bool = False) -> None:
        """Show a problem, or hide.

        Args:
            problem: What is wrong, if anything.
            has_older: Whether an older version can be restored.
        """
        if problem is not None:
            mark = problems.mark(problem)
            self._glyph.set_glyph(mark.icon, mark.tone)
            texts = problems.title(problem), problems.meaning(problem), problems.ways_out(has_older=has_older)
            for part, text in zip((self._title, self._meaning, self._help), texts, strict=True):
                part.setText(text)
            self.setAccessibleName(f"{texts[0]}. {texts[1]} {texts[2]}")
        self.setVisible(problem is not None)
