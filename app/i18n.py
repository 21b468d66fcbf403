"""Text for people: every visible sentence goes through `translate`, with the English text as its source.

`translate` has the name and the order of arguments of Qt's own function, because Qt's extraction tool reads the calls:
context and text must be literals there. It takes counted texts for plain ones; those with `%Ln` have plural forms.
Texts that stand in a table and are translated later are marked with `QT_TRANSLATE_NOOP`.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QCoreApplication, QLocale

_QT_MOST: Final = 2**31 - 1
"""What Qt counts to. Beyond it a number stands in that has the same plural form, in every language that has them."""

_ROUND: Final = 1_000_000
_ENGLISH_PLURALS: Final = (("(s)", "", "s"), ("(es)", "", "es"), ("(y)", "y", "ies"))


def translate(context: str, text: str, disambiguation: str | None = None, count: int = -1) -> str:
    """Return `text` in the language of the program.

    Args:
        context: The class or room the text belongs to; groups the texts for translators.
        text: The English source. For counted things it carries `%Ln` for the number, written with the language's
            grouping, and `(s)`, `(es)` or `(y)` after what is counted, in the way of Qt: "%Ln object(s)",
            "%Ln entr(y)".
        disambiguation: A word for translators where the same text means two things.
        count: How many, 0 or more; -1 where nothing is counted.
    """
    counted = count if count <= _QT_MOST else _ROUND + count % _ROUND
    shown = QCoreApplication.translate(context, text, disambiguation, counted)
    if counted != count:
        shown = shown.replace(QLocale().toString(counted), QLocale().toString(count))
    if count >= 0:
        for mark, one, many in _ENGLISH_PLURALS:
            shown = shown.replace(mark, one if count == 1 else many)
    return shown


def QT_TRANSLATE_NOOP(_context: str, text: str) -> str:
    """Mark a text for translation without translating it yet.

    Args:
        _context: As in `translate`; read by the extraction tool alone.
        text: As in `translate`.

    Returns:
        `text`.
    """
    return text
