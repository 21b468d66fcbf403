"""A field for code: one width for all letters, colours, marks at places, and as high as its text within bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QResizeEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from app.look import Look
from app.widgets.highlighter import Highlighter, Lexer, units

_FRAME_PX: Final = 12
"""Border and padding above and below the text, as the style sheet has them."""

NO_COLOURS: Final[Lexer] = lambda _: ()  # noqa: E731 - a value among others


@dataclass(frozen=True, slots=True)
class Mark:
    """A part of the text to be seen.

    Attributes:
        start, length: Where, in characters; of length 0 it is the character there.
        tone: `danger`, `success` or `muted`.
        wave: Underline it with a wave, as mistakes are, instead of colouring its ground.
    """

    start: int
    length: int
    tone: str
    wave: bool = False


class CodeEdit(QPlainTextEdit):
    """See the module. Tab goes on to the next control, as everywhere in a dialog."""

    def __init__(
        self, look: Look, name: str, lexer: Lexer = NO_COLOURS, lines: tuple[int, int] = (3, 9),
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        """Args: look; name for screen readers; what cuts it into tokens; fewest and most lines; Qt's owner."""
        super().__init__(parent)
        self._look = look
        self._lines = lines
        self._marks: tuple[Mark, ...] = ()
        self.setProperty("place", "code")
        self.setAccessibleName(name)
        self.setTabChangesFocus(True)
        self.setFont(look.theme.code_font())
        self.document().setDocumentMargin(3)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._highlighter = Highlighter(self.document(), lexer, look.theme, self)
        look.theme.changed.connect(self._show_marks)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self._fit()

    @property
    def text(self) -> str:
        """Return what is written."""
        return self.toPlainText()

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Return what is marked."""
        return self._marks

    def mark(self, marks: Sequence[Mark]) -> None:
        """Mark parts of the text instead of those marked before."""
        self._marks = tuple(marks)
        self._show_marks()

    def insert(self, text: str) -> None:
        """Put text where the cursor is, in place of what is selected; it can be undone."""
        self.textCursor().insertText(text)
        self.setFocus()

    def set_read_only(self) -> None:
        """Let the text be read, marked and copied alone."""
        self.setReadOnly(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's hook: lines break elsewhere now."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        lines = round(self.document().documentLayout().documentSize().height())
        height_px = max(min(lines, self._lines[1]), self._lines[0]) * self.fontMetrics().lineSpacing()
        self.setFixedHeight(height_px + 2 * round(self.document().documentMargin()) + _FRAME_PX)
        scrolls = lines > self._lines[1]
        policy = Qt.ScrollBarPolicy.ScrollBarAsNeeded if scrolls else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.setVerticalScrollBarPolicy(policy)

    def _show_marks(self) -> None:
        text = self.toPlainText()
        self.setExtraSelections([self._selection(text, mark) for mark in self._marks])

    def _selection(self, text: str, mark: Mark) -> QTextEdit.ExtraSelection:
        start = min(mark.start, max(len(text) - 1, 0))
        stop = min(max(mark.start + mark.length, start + 1), len(text))
        cursor = QTextCursor(self.document())
        cursor.setPosition(units(text, start))
        cursor.setPosition(units(text, stop), QTextCursor.MoveMode.KeepAnchor)
        selection = QTextEdit.ExtraSelection()
        selection.cursor = cursor
        selection.format = self._format(mark)
        return selection

    def _format(self, mark: Mark) -> QTextCharFormat:
        made = QTextCharFormat()
        if mark.wave:
            made.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            made.setUnderlineColor(QColor(self._look.theme.color(mark.tone)))
        else:
            made.setBackground(self._look.theme.color(f"{mark.tone}_soft"))
        return made
