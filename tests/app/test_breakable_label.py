"""Names of any length in a narrow place: none is cut off, and what is copied is the name."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from app.formats import breakable, breakable_part, utf16_length
from app.widgets.breakable_label import BreakableLabel

LONG = "photos/2026-11/Geschwindigkeitsbegrenzungsschilder_neu.jpeg"


@pytest.fixture
def label(qtbot: QtBot) -> BreakableLabel:
    label = BreakableLabel()
    qtbot.addWidget(label)
    label.show()
    label.setFocus()
    return label


def copied(label: BreakableLabel) -> str:
    QTest.keyClick(label, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    return QGuiApplication.clipboard().text()


def select_all(label: BreakableLabel) -> None:
    """Choose "Select all" in its menu."""
    middle = label.rect().center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, middle, label.mapToGlobal(middle))
    QApplication.sendEvent(label, event)
    menu = label.findChild(QMenu)
    assert menu is not None
    menu.actions()[-1].trigger()
    menu.close()


@pytest.mark.parametrize(
    "text",
    [
        LONG,
        "\N{CAMERA}" * 4 + " holiday.png",
        "one line\nand another, of x-y",
        "a\u200bb/\u200bc\u200b",
        "\u200b/\u200b\u200b-x" + "\u200b" * 30,
        "\u200b" * 30 + "x" * 30,
    ],
)
def test_what_is_copied_is_what_it_says(label: BreakableLabel, text: str) -> None:
    """What makes it break, and is seen by nobody, came along: the path led nowhere. So did what was left out."""
    label.show_text(text)
    select_all(label)
    assert copied(label) == text


def test_line_breaks_are_copied_as_such_wherever_they_come_from(label: BreakableLabel) -> None:
    label.show_text("one\r\ntwo\rthree.txt")
    select_all(label)
    assert copied(label) == "one\ntwo\nthree.txt"


@pytest.mark.parametrize(
    ("before", "part", "rest"),
    [
        ("\N{CAMERA}\N{CAMERA}/", "may", "-day.txt"),
        ("\N{CAMERA}/may-", "day.", "txt"),
        ("may.", "\u200bone", "two"),
        ("a/\N{CAMERA}", "\N{CAMERA}\N{CAMERA}", "\N{CAMERA}"),
        ("a.\r\n", "b-c\nd", "\r\ne"),
    ],
)
def test_a_part_is_copied_as_it_is(label: BreakableLabel, before: str, part: str, rest: str) -> None:
    label.show_text(before + part + rest)
    ahead = breakable(before.replace("\r\n", "\n"))
    label.setSelection(utf16_length(ahead), utf16_length(breakable(part)))
    assert copied(label) == part


def test_a_long_word_is_not_cut_off(qtbot: QtBot) -> None:
    label = BreakableLabel("Geschwindigkeitsbegrenzungsschilder")
    qtbot.addWidget(label)
    assert label.heightForWidth(120) >= 2 * label.fontMetrics().height()


@pytest.mark.parametrize("text", ["short.txt", "Wörterbuchverlage", LONG, "x" * 200])
def test_nothing_else_is_changed(text: str) -> None:
    assert breakable_part(text, 0, utf16_length(breakable(text))) == text


@pytest.mark.parametrize("text", ["عبدالرحمنالكواكبيالحلبي", "e\u0301" * 20, "👩\u200d👩\u200d👧" * 9])
def test_letters_that_hang_together_stay_so(text: str) -> None:
    assert breakable(text) == text
