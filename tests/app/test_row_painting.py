"""Rows are painted whole: once asked for each, with one band from the first column that is seen to the last."""

from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.location import Location
from app.look import Look
from app.models.folder_model import Column, FolderModel
from app.models.rows import Row
from app.models.sources import View
from app.views.folder_table import FolderTable
from tests.app.helpers import FakeSource


class Counting(FolderModel):
    """Counts how often each row is asked for."""

    def __init__(self, source: FakeSource) -> None:
        super().__init__(source)
        self.asked: Counter[int] = Counter()

    def shown(self, number: int) -> Row | None:
        self.asked[number] += 1
        return super().shown(number)


@pytest.fixture
def table(look: Look, qtbot: QtBot) -> FolderTable:
    source = FakeSource([f"n{i:06}" for i in range(10_000)])
    model = Counting(source)
    table = FolderTable(look, model, lambda _: None)
    qtbot.addWidget(table)
    table.resize(900, 500)
    model.open(View(Location("photos")))
    source.deliver()
    table.show()
    QApplication.processEvents()
    return table


def test_a_row_is_asked_for_once_a_painting(table: FolderTable) -> None:
    asked = _asked_for(table)
    assert set(asked.values()) == {1}
    assert sorted(asked) == list(range(len(asked)))
    assert len(asked) >= table.viewport().height() // table.rowHeight(0)


def test_what_is_painted_again_is_what_was_asked_for(table: FolderTable) -> None:
    assert _asked_for(table, table.visualRect(table.model().index(3, 0))) == {3: 1}


def test_a_band_ends_with_the_last_column_though_others_are_hidden(table: FolderTable) -> None:
    """Counted by their number, not by where they stand, the last two columns had an end each."""
    table.horizontalHeader().hideSection(Column.SIZE)
    table.horizontalHeader().hideSection(Column.OWNER)
    table.selectRow(2)
    image = table.viewport().grab().toImage()
    rect = table.visualRect(table.model().index(2, Column.TYPE))
    assert _colours(image, rect.right() - 12, rect.right() + 12, rect.top() + 2) == 1


def test_a_painting_that_fails_is_over(table: FolderTable, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was raised holds the painter, and Qt ended the program when it painted the next time."""
    painters: list[QPainter] = []

    def fail(painter: QPainter, _: object) -> None:
        painters.append(painter)
        raise ZeroDivisionError

    monkeypatch.setattr(table._delegate, "paint_rows", fail)
    with pytest.raises(ZeroDivisionError):
        table.viewport().grab()
    assert [painter.isActive() for painter in painters] == [False]


def _asked_for(table: FolderTable, area: QRect | None = None) -> Counter[int]:
    """Paint, and return how often each row was asked for meanwhile."""
    model = table.folder_model
    assert isinstance(model, Counting)
    model.asked.clear()
    table.viewport().grab(area or table.viewport().rect())
    return model.asked


def _colours(image: QImage, left: int, right: int, y: int) -> int:
    return len({image.pixel(x, y) for x in range(left, right)})
