"""Typing in a folder: in one that is held whole at once, in a large one by asking."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTableView
from pytestqt.qtbot import QtBot

from app.location import Location
from app.models.folder_model import FolderModel
from app.models.sources import View
from app.views.type_ahead import TypeAhead
from tests.app.helpers import Desk, FakeSource


class Typing:
    """A view, and a clock that a test moves."""

    def __init__(self, qapp: QApplication, qtbot: QtBot, names: list[str]) -> None:
        self.source, self.now_s = FakeSource(names), 100.0
        self.model, self.view = FolderModel(self.source, qapp), QTableView()
        qtbot.addWidget(self.view)
        self.view.setModel(self.model)
        self.model.open(View(Location("photos")))
        self.source.deliver()
        self.ahead = TypeAhead(self.view, self.model, lambda: self.now_s)

    def type(self, text: str, after_s: float = 0.1) -> str:
        for letter in text:
            self.now_s += after_s
            self.ahead.type(letter)
            self.source.deliver()
        return str(self.view.currentIndex().data())


@pytest.fixture
def few(qapp: QApplication, qtbot: QtBot) -> Iterator[Typing]:
    typing = Typing(qapp, qtbot, ["Alpha", "beta", "bravo", "bridge", "Zeta"])
    yield typing
    typing.model.deleteLater()


def test_letters_in_a_row_are_one_beginning(few: Typing) -> None:
    assert [few.type("b"), few.type("r"), few.type("i")] == ["beta", "bravo", "bridge"]


def test_accents_make_no_difference(qapp: QApplication, qtbot: QtBot) -> None:
    typing = Typing(qapp, qtbot, ["rest", "Re\u0301sume\u0301", "résidence"])
    assert typing.type("resu") == "Re\u0301sume\u0301"
    typing.now_s += 60.0
    assert typing.type("RÉSI") == "résidence"


def test_after_a_while_it_begins_anew(few: Typing) -> None:
    few.type("br")
    assert few.type("z", after_s=60.0) == "Zeta"


def test_the_same_letter_leads_to_the_next_row_and_around(few: Typing) -> None:
    assert [few.type("b"), few.type("b"), few.type("b"), few.type("b")] == ["beta", "bravo", "bridge", "beta"]


def test_what_is_not_there_changes_nothing(few: Typing) -> None:
    few.type("br")
    assert few.type("x", after_s=60.0) == "bravo"


def test_a_large_folder_is_asked(qapp: QApplication, qtbot: QtBot) -> None:
    typing = Typing(qapp, qtbot, [f"{i:06}" for i in range(100_000)])
    typing.type("07")
    assert typing.source.sought == [("0", "", False), ("07", "000000", False)]
    assert typing.view.currentIndex().row() == 70_000
    assert not typing.source.page_loads[1:]


def test_a_row_that_is_still_being_counted_is_gone_to_then(qapp: QApplication, qtbot: QtBot) -> None:
    typing = Typing(qapp, qtbot, [f"{i:06}" for i in range(100_000)])
    typing.source.shown_first = 512
    typing.model.open(View(Location("other")))
    typing.source.pending.pop(0).deliver()
    typing.ahead.type("07")
    typing.source.pending.pop().deliver()
    assert typing.view.currentIndex().row() != 70_000
    typing.source.deliver()
    assert typing.view.currentIndex().row() == 70_000


def test_in_the_window_by_keys(desk: Desk) -> None:
    desk.bucket("photos")
    for name in ("alpha.txt", "beta.txt", "bravo.txt"):
        desk.put(name)
    desk.table.setFocus()
    QTest.keyClicks(desk.table, "br")
    assert desk.table.currentIndex().data() == "bravo.txt"
    QTest.keyClick(desk.table, Qt.Key.Key_Home)
    assert desk.table.currentIndex().data() == "alpha.txt"
