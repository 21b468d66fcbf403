"""The order of a folder by commands: by keyboard alone, and in the icon view, which has no heads of columns."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu

from app.actions import ActionId
from app.models.folder_model import Column
from app.views.folder_header import FolderHeader
from tests.app.helpers import Desk


@pytest.fixture
def sizes(desk: Desk) -> Desk:
    desk.bucket()
    for name, size in (("a.txt", 2), ("b.txt", 3), ("c.txt", 1)):
        desk.put(name, bytes(size))
    desk.select("a.txt")
    return desk


def spoken(desk: Desk, column: Column) -> str:
    return desk.model.headerData(column, Qt.Orientation.Horizontal, Qt.ItemDataRole.AccessibleTextRole)


def test_a_command_sorts_and_another_turns_the_order_round(sizes: Desk) -> None:
    actions = sizes.session.actions
    assert actions[ActionId.SORT_NAME].isChecked()
    actions[ActionId.SORT_SIZE].trigger()
    sizes.until(lambda: sizes.names == ["c.txt", "a.txt", "b.txt"])
    actions[ActionId.REVERSE_ORDER].trigger()
    sizes.until(lambda: sizes.names == ["b.txt", "a.txt", "c.txt"])
    assert actions[ActionId.SORT_SIZE].isChecked()
    assert actions[ActionId.REVERSE_ORDER].isChecked()
    header = sizes.table.horizontalHeader()
    assert (header.sortIndicatorSection(), header.sortIndicatorOrder()) == (Column.SIZE, Qt.SortOrder.DescendingOrder)


def test_the_order_that_holds_already_stays(sizes: Desk) -> None:
    sizes.session.actions[ActionId.SORT_NAME].trigger()
    assert sizes.session.controllers.navigator.outlook.order[1] is False


def test_a_click_on_a_head_shows_in_the_menu(sizes: Desk) -> None:
    sizes.table.horizontalHeader().setSortIndicator(Column.TYPE, Qt.SortOrder.DescendingOrder)
    actions = sizes.session.actions
    sizes.until(actions[ActionId.SORT_TYPE].isChecked)
    assert actions[ActionId.REVERSE_ORDER].isChecked()


def test_screen_readers_hear_the_order(sizes: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr("app.controllers.viewing.announce", lambda _, text: said.append(text))
    assert spoken(sizes, Column.NAME) == "Name, sorted ascending"
    sizes.session.actions[ActionId.SORT_SIZE].trigger()
    sizes.until(lambda: spoken(sizes, Column.SIZE) == "Size, sorted ascending")
    assert spoken(sizes, Column.NAME) == "Name"
    assert said == ["Size, sorted ascending"]


def test_columns_are_chosen_from_a_menu(sizes: Desk) -> None:
    sizes.session.actions[ActionId.COLUMNS].trigger()
    header = sizes.table.horizontalHeader()
    assert isinstance(header, FolderHeader)
    (menu,) = [one for one in header.findChildren(QMenu) if one.isVisible()]
    next(one for one in menu.actions() if one.text() == "Owner").trigger()
    assert header.isSectionHidden(Column.OWNER)
    menu.close()
