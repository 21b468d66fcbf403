"""What can be shown of an object, as values: made in workers, laid out by `views/preview`."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QSize
from PySide6.QtGui import QImage

Fact = tuple[str, str]
"""What it is called, and what it is; both for people."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of several.

    Attributes:
        image: Its pixels.
        shown_ms: How long it stands.
    """

    image: QImage
    shown_ms: int = 0


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture, or one that moves.

    Attributes:
        frames: At least one.
        size: Its true width and height; the frames may be smaller.
        scales: It is drawn anew at any size, so that "actual size" says nothing.
        page: Which page of a document it is, from 0.
        pages: How many there are.
        moves: There are further frames, which take longer.
    """

    frames: tuple[Frame, ...]
    size: QSize
    scales: bool = False
    page: int = 0
    pages: int = 1
    moves: bool = False


Span = tuple[int, int, str]
"""A part of a text that has a colour: start and length in UTF-16 units of the whole text, and what it is.

A plain tuple, for there are tens of thousands of them: Python's garbage collector looks at those no more than once.
"""


@dataclass(frozen=True, slots=True)
class TextPart:
    """A stretch of a text, with its longest lines cut so that they can be laid out.

    Attributes:
        text: What it says.
        folded: Line numbers, counted within this part, that go on with the line above.
        next_offset: Where in the object the text goes on, or None at its end.
        is_turned: Marks that turn it around were replaced by their numbers.
    """

    text: str
    folded: frozenset[int] = frozenset()
    next_offset: int | None = None
    is_turned: bool = False


@dataclass(frozen=True, slots=True)
class TextBody:
    """A text.

    Attributes:
        part: Its beginning.
        codec: What Python calls its encoding; the rest is read in the same.
        spans: What is coloured of it.
        numbered: Whether its lines have numbers.
    """

    part: TextPart
    codec: str = "utf-8"
    spans: tuple[Span, ...] = ()
    numbered: bool = True


@dataclass(frozen=True, slots=True)
class RichBody:
    """Markdown that was laid out once already without harm."""

    markdown: str


@dataclass(frozen=True, slots=True)
class TableBody:
    """Rows of a table, or names in an archive.

    Attributes:
        titles: Of the columns.
        rows: As many cells as there are titles, each.
        numeric: Columns that are written at the right.
    """

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class HexBody:
    """Bytes as they are; the view reads them as it is scrolled.

    Attributes:
        size_bytes: How many there are.
        head: The first of them.
    """

    size_bytes: int
    head: bytes


@dataclass(frozen=True, slots=True)
class EmptyBody:
    """There is nothing to show, and why."""

    text: str


Body = Picture | TextBody | RichBody | TableBody | HexBody | EmptyBody


@dataclass(frozen=True, slots=True)
class Inside:
    """What is shown of an object.

    Attributes:
        body: What is seen first.
        source: What the switch shows instead, such as the text that a table was made of.
        facts: What was found out.
        note: A sentence about what is not shown, and why.
    """

    body: Body
    source: Body | None = None
    facts: tuple[Fact, ...] = ()
    note: str = ""
