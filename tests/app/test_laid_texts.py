"""Texts that are laid out once stand where texts stand that are laid out each time."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFont, QFontMetrics, QImage, QPainter, QStaticText
from PySide6.QtWidgets import QApplication

from app.delegates import laid_texts
from app.delegates.laid_texts import LaidTexts

PLACE = QRect(20, 10, 120, 30)
LONG = "a-name-that-is-too-long-for-any-column-of-this-width.txt"


@pytest.fixture
def texts(qapp: QApplication) -> LaidTexts:
    font = QFont(qapp.font())
    font.setPixelSize(13)
    return LaidTexts(font)


def painted(texts: LaidTexts, text: str, **how: bool) -> QImage:
    image = QImage(200, 50, QImage.Format.Format_Grayscale8)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    texts.paint(painter, PLACE, text, **how)
    painter.end()
    return image


def ink(image: QImage) -> QRect:
    """Return where something is painted."""
    dark = [(x, y) for x in range(image.width()) for y in range(image.height()) if image.pixelColor(x, y).value() < 128]
    left, top = (min(spot[axis] for spot in dark) for axis in (0, 1))
    right, bottom = (max(spot[axis] for spot in dark) for axis in (0, 1))
    return QRect(left, top, right - left + 1, bottom - top + 1)


def test_it_stands_at_its_end_of_the_place(texts: LaidTexts) -> None:
    left, right = ink(painted(texts, "Ham")), ink(painted(texts, "Ham", right=True))
    assert left.left() - PLACE.left() <= 3
    assert PLACE.right() - right.right() <= 3
    assert left.top() == right.top() > PLACE.top()


@pytest.mark.parametrize("middle", [True, False])
@pytest.mark.parametrize("right", [True, False])
def test_a_long_one_is_shortened_to_the_place(texts: LaidTexts, middle: bool, right: bool) -> None:
    where = Qt.TextElideMode.ElideMiddle if middle else Qt.TextElideMode.ElideRight
    shown = QFontMetrics(texts.font).elidedText(LONG, where, PLACE.width())
    image = painted(texts, LONG, middle=middle, right=right)
    assert PLACE.contains(ink(image))
    assert image == painted(texts, shown, middle=middle, right=right)


def test_breaks_and_tabs_are_blanks(texts: LaidTexts) -> None:
    assert painted(texts, "a\nb\tc") == painted(texts, "a b c")


def test_it_is_the_same_the_second_time_however_many_came_between(texts: LaidTexts) -> None:
    first = painted(texts, "<b>Ham</b>")
    assert painted(texts, "<b>Ham</b>") == first
    elsewhere = QImage(first)
    painter = QPainter(elsewhere)
    for number in range(2_100):
        texts.paint(painter, PLACE, str(number))
    painter.end()
    assert painted(texts, "<b>Ham</b>") == first


def test_what_is_painted_again_and_again_is_laid_out_once(texts: LaidTexts, monkeypatch: pytest.MonkeyPatch) -> None:
    laid: list[str] = []
    lay = texts._lay

    def noted(text: str, width: int, middle: bool) -> tuple[QStaticText, int]:
        laid.append(text)
        return lay(text, width, middle)

    monkeypatch.setattr(laid_texts, "_KEPT", 2)
    monkeypatch.setattr(texts, "_lay", noted)
    for text in ("often", "1", "often", "2", "often", "3", "often", "1"):
        painted(texts, text)
    assert laid == ["often", "1", "2", "3", "1"]
