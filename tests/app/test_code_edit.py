"""The field for code: colours at the right letters, marks at places, height, and keys that leave it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.look import Look
from app.theme import ThemeMode
from app.widgets.code_edit import CodeEdit, Mark
from engine.permissions.language import highlight


@dataclass(frozen=True)
class Piece:
    kind: str
    start: int
    length: int


def shown(edit: CodeEdit, position: int) -> str:
    """Return the colour of the letter at a place of Qt's counting."""
    block = edit.document().findBlock(position)
    at = position - block.position()
    for span in block.layout().formats():
        if span.start <= at < span.start + span.length:
            return span.format.foreground().color().name()
    return ""


def made(look: Look, qtbot: QtBot, lexer=highlight, lines: tuple[int, int] = (2, 4)) -> CodeEdit:
    edit = CodeEdit(look, "Condition", lexer, lines)
    qtbot.addWidget(edit)
    edit.resize(400, 100)
    edit.show()
    return edit


def test_words_have_the_colour_of_what_they_are(look: Look, qtbot: QtBot) -> None:
    edit = made(look, qtbot)
    edit.setPlainText("owner_id = 'a' and name is null")
    qtbot.waitUntil(lambda: shown(edit, 15) == look.theme.color("code_keyword").name())
    assert shown(edit, 11) == look.theme.color("code_string").name()
    assert shown(edit, 0) != look.theme.color("code_keyword").name()


def test_colours_count_letters_as_qt_does_after_one_beyond_sixteen_bits(look: Look, qtbot: QtBot) -> None:
    edit = made(look, qtbot)
    edit.setPlainText("name = '😀' and true")
    qtbot.waitUntil(lambda: shown(edit, 12) == look.theme.color("code_keyword").name())
    assert shown(edit, 11) != look.theme.color("code_keyword").name()


def test_a_comment_that_is_opened_colours_the_lines_after_it(look: Look, qtbot: QtBot) -> None:
    edit = made(look, qtbot)
    edit.setPlainText("name\nand true */ and true")
    keyword, comment = (look.theme.color(f"code_{kind}").name() for kind in ("keyword", "comment"))
    qtbot.waitUntil(lambda: shown(edit, 5) == keyword)
    edit.moveCursor(QTextCursor.MoveOperation.Start)
    qtbot.keyClicks(edit, "/* ")
    qtbot.waitUntil(lambda: shown(edit, 8) == comment)
    qtbot.waitUntil(lambda: shown(edit, 20) == keyword)


def test_colours_follow_the_theme(look: Look, qtbot: QtBot) -> None:
    edit = made(look, qtbot)
    edit.setPlainText("true")
    qtbot.waitUntil(lambda: shown(edit, 0) == look.theme.color("code_keyword").name())
    before = shown(edit, 0)
    look.theme.set_mode(ThemeMode.DARK)
    assert shown(edit, 0) == look.theme.color("code_keyword").name() != before


def test_a_very_long_text_stays_plain_and_quick(look: Look, qtbot: QtBot) -> None:
    asked: list[int] = []

    def lexer(text: str) -> Sequence[Piece]:
        asked.append(len(text))
        return ()

    edit = made(look, qtbot, lexer)
    edit.setPlainText("true " * 20_000)
    qtbot.wait(50)
    assert max(asked) < 100_000


def test_a_mark_covers_its_letters(look: Look, qtbot: QtBot) -> None:
    edit = made(look, qtbot)
    edit.setPlainText("'😀' = ownr_id")
    edit.mark([Mark(6, 7, "danger", wave=True)])
    [selection] = edit.extraSelections()
    assert selection.cursor.selectedText() == "ownr_id"
    assert selection.format.underlineColor() == look.theme.color("danger")


@pytest.mark.parametrize(("text", "start", "expected"), [("abc", 3, "c"), ("abc", 99, "c"), ("", 0, "")])
def test_a_mark_at_the_end_is_seen_on_the_last_letter(
    look: Look, qtbot: QtBot, text: str, start: int, expected: str
) -> None:
    edit = made(look, qtbot)
    edit.setPlainText(text)
    edit.mark([Mark(start, 0, "danger", wave=True)])
    assert [selection.cursor.selectedText() for selection in edit.extraSelections()] == [expected]


def test_it_grows_with_its_text_and_then_scrolls(look: Look, qtbot: QtBot) -> None:
    edit = made(look, qtbot)
    low = edit.height()
    edit.setPlainText("a\nb\nc")
    middle = edit.height()
    edit.setPlainText("a\n" * 40)
    high = edit.height()
    assert low < middle < high <= low + 3 * edit.fontMetrics().lineSpacing()
    assert edit.verticalScrollBar().maximum() > 0


def test_tab_goes_on_to_the_next_control(look: Look, qtbot: QtBot) -> None:
    window = QWidget()
    column = QVBoxLayout(window)
    edit, after = CodeEdit(look, "Condition"), QLineEdit()
    column.addWidget(edit)
    column.addWidget(after)
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    edit.setFocus()
    qtbot.waitUntil(edit.hasFocus)
    qtbot.keyClick(edit, Qt.Key.Key_Tab)
    assert after.hasFocus()
    assert edit.text == ""


def test_what_is_inserted_takes_the_place_of_what_is_selected(look: Look, qtbot: QtBot) -> None:
    edit = made(look, qtbot)
    edit.setPlainText("x = 1")
    edit.moveCursor(QTextCursor.MoveOperation.Start)
    edit.moveCursor(QTextCursor.MoveOperation.NextWord, QTextCursor.MoveMode.KeepAnchor)
    edit.insert("owner_id ")
    assert edit.text == "owner_id = 1"
    edit.undo()
    assert edit.text == "x = 1"
