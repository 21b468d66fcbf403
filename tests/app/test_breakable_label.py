"""Names of any length in a narrow place: none is cut off, and what is copied is the name."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.formats import breakable, unbroken
from app.widgets.breakable_label import BreakableLabel

LONG = "photos/2026-11/Geschwindigkeitsbegrenzungsschilder_neu.jpeg"


def test_what_is_copied_is_what_it_says(qtbot: QtBot, qapp: QGuiApplication) -> None:
    """What makes it break, and is seen by nobody, came along: the path led nowhere."""
    label = BreakableLabel(LONG)
    qtbot.addWidget(label)
    label.show()
    label.setFocus()
    label.setSelection(0, len(label.text()))
    QTest.keyClick(label, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert qapp.clipboard().text() == LONG


def test_a_long_word_is_not_cut_off(qtbot: QtBot) -> None:
    label = BreakableLabel("Geschwindigkeitsbegrenzungsschilder")
    qtbot.addWidget(label)
    assert label.heightForWidth(120) >= 2 * label.fontMetrics().height()


@pytest.mark.parametrize("text", ["short.txt", "Wörterbuchverlage", LONG, "x" * 200])
def test_nothing_else_is_changed(text: str) -> None:
    assert unbroken(breakable(text)) == text


@pytest.mark.parametrize("text", ["عبدالرحمنالكواكبيالحلبي", "e\u0301" * 20, "👩\u200d👩\u200d👧" * 9])
def test_letters_that_hang_together_stay_so(text: str) -> None:
    assert breakable(text) == text
