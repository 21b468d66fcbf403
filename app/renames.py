"""New names for many things, made by rule. Pure functions, safe in any thread.

Regular expressions are PCRE2's, which gives up on those that run away: the number of steps is bounded for each name,
and the first that is over it ends the whole attempt.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Final

from PySide6.QtCore import QRegularExpression, QRegularExpressionMatch

from app.i18n import translate
from engine.transfers.naming import split_suffix

_STEPS_MAX: Final = "(*LIMIT_MATCH=200000)"
_DIGITS_MAX: Final = 12
_TOKEN: Final = re.compile(r"\[(name|ext|date|n)(?::(\d{1,2}))?\]")
_BACK_REFERENCE: Final = re.compile(r"\\([0-9\\])")
_UTF_16: Final = "utf-16-le"
_HIGH_SURROGATES: Final = (b"\xd8", b"\xd9", b"\xda", b"\xdb")


class Case(Enum):
    """What becomes of capital letters."""

    KEEP = auto()
    LOWER = auto()
    UPPER = auto()
    TITLE = auto()


@dataclass(frozen=True, slots=True)
class Item:
    """Something to be renamed.

    Attributes:
        path: Full path; a folder's ends with `/`.
        changed_at: When it was changed, for `[date]`, or None.
        id: The object's id, or nothing for a folder.
    """

    path: str
    changed_at: datetime | None = None
    id: str = ""

    @property
    def name(self) -> str:
        """Return the last segment."""
        return self.path.rstrip("/").rpartition("/")[2]

    @property
    def is_folder(self) -> bool:
        """Return whether it is a folder, whose dots are no suffix."""
        return self.path.endswith("/")

    def renamed(self, name: str) -> str:
        """Return its path with another name."""
        folder = self.path[: len(self.path.rstrip("/")) - len(self.name)]
        return f"{folder}{name}/" if self.is_folder else folder + name


@dataclass(frozen=True, slots=True)
class Recipe:
    r"""How names are made. Applied in this order.

    Attributes:
        find: Text or expression that is replaced everywhere; empty for none.
        replacement: What by; with an expression, `\1` is its first group.
        is_expression: Whether `find` is a regular expression.
        template: `[name]` is what came out so far, `[ext]` the suffix without its dot, `[n]` a number (`[n:03]` with at
            least three digits), `[date]` the day of the last change. Empty means `[name]`.
        case: What becomes of capital letters.
        before, after: What is put around it.
        start: The first number.
        with_suffix: Whether all that applies to the suffix as well; else it stays as it is.
    """

    find: str = ""
    replacement: str = ""
    is_expression: bool = False
    template: str = ""
    case: Case = Case.KEEP
    before: str = ""
    after: str = ""
    start: int = 1
    with_suffix: bool = False


class BadRecipe(Exception):
    """The recipe makes no names; the message says why, for people."""


def new_names(items: Sequence[Item], recipe: Recipe) -> list[str]:
    """Return the new name of each item.

    Raises:
        BadRecipe: The expression is none, or takes too long.
    """
    finder = _finder(recipe)
    return [_new_name(item, recipe, finder, recipe.start + place) for place, item in enumerate(items)]


def _finder(recipe: Recipe) -> QRegularExpression | None:
    if not recipe.find or not recipe.is_expression:
        return None
    plain = QRegularExpression(recipe.find)
    if not plain.isValid():
        text = translate("Renames", "This is no regular expression: {reason}, at character {place}.")
        raise BadRecipe(text.format(reason=plain.errorString(), place=plain.patternErrorOffset() + 1))
    return QRegularExpression(_STEPS_MAX + recipe.find)


def _new_name(item: Item, recipe: Recipe, finder: QRegularExpression | None, number: int) -> str:
    stem, suffix = (item.name, "") if item.is_folder else split_suffix(item.name)
    text = stem + suffix if recipe.with_suffix else stem
    if finder is not None:
        text = _replaced(text, finder, recipe.replacement)
    elif recipe.find:
        text = text.replace(recipe.find, recipe.replacement)
    if recipe.template:
        text = _filled(recipe.template, text, suffix, item, number)
    text = recipe.before + _cased(text, recipe.case) + recipe.after
    return text if recipe.with_suffix else text + suffix


def _replaced(text: str, finder: QRegularExpression, replacement: str) -> str:
    """Replace every match; places are counted as Qt counts, in UTF-16."""
    raw, parts, at, look = text.encode(_UTF_16, "surrogatepass"), [], 0, 0
    while 2 * look <= len(raw):
        match = finder.match(text, look)
        if not match.isValid():
            raise BadRecipe(translate("Renames", "This expression takes too long. Make it simpler."))
        if not match.hasMatch():
            break
        parts += [raw[2 * at : 2 * match.capturedStart()], _expanded(replacement, match)]
        at = match.capturedEnd()
        beyond = 2 if raw[2 * at + 1 : 2 * at + 2] in _HIGH_SURROGATES else 1  # never into the middle of a character
        look = at if match.capturedLength() else at + beyond
    return b"".join([*parts, raw[2 * at :]]).decode(_UTF_16, "surrogatepass")


def _expanded(replacement: str, match: QRegularExpressionMatch) -> bytes:
    def group(found: re.Match[str]) -> str:
        return "\\" if found[1] == "\\" else match.captured(int(found[1]))

    return _BACK_REFERENCE.sub(group, replacement).encode(_UTF_16, "surrogatepass")


def _filled(template: str, name: str, suffix: str, item: Item, number: int) -> str:
    def value(token: re.Match[str]) -> str:
        if token[1] == "n":
            return str(number).zfill(min(int(token[2] or 1), _DIGITS_MAX))
        if token[1] == "date":
            return f"{item.changed_at.astimezone():%Y-%m-%d}" if item.changed_at is not None else ""
        return name if token[1] == "name" else suffix.removeprefix(".")

    return _TOKEN.sub(value, template)


def _cased(text: str, case: Case) -> str:
    if case is Case.LOWER:
        return text.lower()
    if case is Case.UPPER:
        return text.upper()
    if case is Case.TITLE:
        return re.sub(r"[^\W\d_]+", lambda word: word[0][:1].upper() + word[0][1:].lower(), text)
    return text
