"""Names in up to two lines: broken where they have to be, cut in the last one, laid out once for all paintings."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QApplication

from app.delegates import laid_names
from app.delegates.laid_names import LaidNames

WIDTH = 90


@pytest.fixture
def names(qapp: QApplication) -> LaidNames:
    font = QFont(qapp.font())
    font.setPixelSize(13)
    return LaidNames(font, lines_max=2)


def test_a_short_name_is_one_line(names: LaidNames) -> None:
    (line,) = names.lines("a.txt", WIDTH)
    assert (line.text, line.start, line.shown) == ("a.txt", 0, "a.txt")
    assert line.width == QFontMetrics(names.font).horizontalAdvance("a.txt")


def test_a_long_name_is_broken_between_words_and_cut_in_its_last_line(names: LaidNames) -> None:
    name = "holiday pictures of everybody who was there.jpeg"
    first, last = names.lines(name, WIDTH)
    assert name.startswith(first.text)
    assert first.shown == first.text
    assert name[last.start :] == last.text
    assert "…" in last.shown
    assert last.shown.endswith("jpeg")
    assert max(first.width, last.width) <= WIDTH


def test_line_breaks_are_blanks(names: LaidNames) -> None:
    assert [line.text for line in names.lines("a\nb", WIDTH)] == ["a b"]


def test_a_name_is_laid_out_once_for_each_width(names: LaidNames) -> None:
    once = names.lines("a.txt", WIDTH)
    assert names.lines("a.txt", WIDTH) is once
    assert names.lines("a.txt", WIDTH + 1) is not once


def test_what_was_not_painted_for_longest_is_forgotten_first(names: LaidNames, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(laid_names, "_KEPT", 2)
    seen, other = names.lines("seen", WIDTH), names.lines("other", WIDTH)
    assert names.lines("seen", WIDTH) is seen
    names.lines("new", WIDTH)
    assert names.lines("seen", WIDTH) is seen
    assert names.lines("other", WIDTH) is not other
