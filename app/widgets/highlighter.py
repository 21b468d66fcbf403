"""Colours for text that is code, by the tokens of its language."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from PySide6.QtCore import QObject
from PySide6.QtGui import QColor, QFont, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from app.theme import Theme

_CHARS_MAX: Final = 50_000
"""Longer texts stay plain: they are looked at once, and every key would cut them into tokens again."""

_TONES: Final = {
    "keyword": "code_keyword",
    "function": "code_function",
    "string": "code_string",
    "number": "code_number",
    "comment": "code_comment",
    "error": "danger",
}


class Token(Protocol):
    """A piece of a text."""

    @property
    def kind(self) -> str:
        """Return what it is, such as `keyword`."""

    @property
    def start(self) -> int:
        """Return where it begins, in characters."""

    @property
    def length(self) -> int:
        """Return how long it is, in characters."""


Lexer = Callable[[str], Sequence[Token]]
"""Cuts a text into tokens; never raises."""


def units(text: str, chars: int) -> int:
    """Return how many of Qt's UTF-16 units the first characters of a text take."""
    return chars if text.isascii() else len(text[:chars].encode("utf-16-le", "surrogatepass")) // 2


class Highlighter(QSyntaxHighlighter):
    """Colours a document. The whole text is cut into tokens at each change, so that comments may span lines."""

    def __init__(self, document: QTextDocument, lexer: Lexer, theme: Theme, owner: QObject) -> None:
        """Args: the document; what cuts it; the colours, now and after every switch; Qt's owner."""
        super().__init__(owner)
        self._lexer = lexer
        self._theme = theme
        self._is_stale = True
        self._spans: list[tuple[int, int, str]] = []
        self._starts: list[int] = []
        document.contentsChange.connect(self._forget)  # before Qt's own listener, which asks for colours at once
        self.setDocument(document)
        theme.changed.connect(self.rehighlight)

    def highlightBlock(self, text: str) -> None:
        """Qt's hook: colour one line."""
        self._cut()
        begin = self.currentBlock().position()
        end = begin + len(text.encode("utf-16-le", "surrogatepass")) // 2
        state = 0
        for start, stop, kind in self._spans[max(bisect_right(self._starts, begin) - 1, 0) :]:
            if start > end:
                break
            if stop > begin:
                self.setFormat(max(start, begin) - begin, min(stop, end) - max(start, begin), self._format(kind))
            if stop > end:
                state = 1 + list(_TONES).index(kind) if kind in _TONES else 0
        self.setCurrentBlockState(state)

    def _forget(self) -> None:
        self._is_stale = True

    def _cut(self) -> None:
        """Cut the text into tokens, unless it is the same as before."""
        if not self._is_stale:
            return
        self._is_stale = False
        text = self.document().toPlainText()
        tokens = self._lexer(text) if len(text) <= _CHARS_MAX else ()
        self._spans = [
            (units(text, token.start), units(text, token.start + token.length), str(token.kind)) for token in tokens
        ]
        self._starts = [start for start, _, _ in self._spans]

    def _format(self, kind: str) -> QTextCharFormat:
        made = QTextCharFormat()
        if kind in _TONES:
            made.setForeground(QColor(self._theme.color(_TONES[kind])))
        if kind == "keyword":
            made.setFontWeight(QFont.Weight.DemiBold)
        return made
