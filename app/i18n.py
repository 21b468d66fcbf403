"""Text for people: every visible sentence goes through `translate`, with the English text as its source.

`translate(context, text)` is Qt's own function under the name that Qt's extraction tool looks for. Counted nouns
use `plural`, whose source text carries `%n`.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QCoreApplication

_ENGLISH_PLURALS: Final = ("(s)", "(es)")


def translate(context: str, text: str) -> str:
    """Return `text` in the language of the program.

    Args:
        context: The class or room the text belongs to; groups the texts for translators.
        text: The English source.
    """
    return QCoreApplication.translate(context, text)


def plural(context: str, text: str, count: int) -> str:
    """Return a text about `count` things.

    Args:
        context: As in `translate`.
        text: English source with `%n` for the number and `(s)` or `(es)` after what is counted, in the way of
            Qt: "%n object(s)".
        count: How many; 0 or more.
    """
    shown = QCoreApplication.translate(context, text, None, count)
    for ending in _ENGLISH_PLURALS:
        shown = shown.replace(ending, "" if count == 1 else ending[1:-1])
    return shown
