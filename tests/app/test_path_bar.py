"""The path bar in the real window: menus of what lies beside, completion, drops; and folders that spring open."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton

from app.bridge.reading import Reader
from app.bridge.tasks import Ticket
from app.location import Location
from app.widgets.crumb import Crumb
from app.widgets.path_edit import PathEdit
from app.widgets.places_menu import PLACES_MAX, PlacesMenu
from tests.app.helpers import Desk

TOP = Location("photos")


@pytest.fixture
def deep(desk: Desk) -> Desk:
    """Return the window two folders deep."""
    desk.bucket()
    for path in ("2025/x", "2026/Summer/x", "2026/spring/x", "2026/winter/y/z"):
        desk.storage.upload("photos", path, b"x", desk.me)
    desk.go("photos", "2026/winter/")
    return desk


def menus(desk: Desk) -> list[PlacesMenu]:
    return [button.menu() for button in desk.views.breadcrumb.findChildren(QToolButton) if is_separator(button)]


def is_separator(button: QToolButton) -> bool:
    return isinstance(button.menu(), PlacesMenu) and button.isVisible()


def read(desk: Desk, menu: PlacesMenu) -> list[str]:
    menu.popup(QPoint(10, 10))
    desk.until(lambda: all(action.isEnabled() for action in menu.actions() if not action.isSeparator()))
    return [action.text() for action in menu.actions() if not action.isSeparator()]


def crumb(desk: Desk, name: str) -> Crumb:
    return next(part for part in desk.views.breadcrumb.findChildren(Crumb) if part.text() == name and part.isVisible())


def files(tmp_path: Path) -> QMimeData:
    (tmp_path / "new.txt").write_text("new")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "new.txt"))])
    return data


def hang(widget, position: QPoint, data: QMimeData) -> None:
    usual = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    widget.dragEnterEvent(QDragEnterEvent(position, *usual))
    widget.dragMoveEvent(QDragMoveEvent(position, *usual))


def let_go(widget, position: QPoint, data: QMimeData) -> None:
    usual = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    widget.dropEvent(QDropEvent(QPointF(position), *usual))


def test_each_separator_lists_what_lies_beside(deep: Desk) -> None:
    bucket, first, second = menus(deep)
    assert read(deep, bucket) == ["photos"]
    assert read(deep, first) == ["2025", "2026"]
    assert read(deep, second) == ["Summer", "spring", "winter"]
    second.actions()[0].trigger()
    deep.until(lambda: deep.model.view.location == Location("photos", "2026/Summer/"))


def test_many_folders_are_cut_short_with_a_way_to_the_rest(deep: Desk) -> None:
    for i in range(PLACES_MAX + 5):
        deep.storage.create_folder("photos", f"2026/0{i:02}/", deep.me)
    names = read(deep, menus(deep)[2])
    assert len(names) == PLACES_MAX + 2
    assert (names[0], names[-1]) == ("winter", "More…")


def test_the_arrow_keys_go_along_the_parts_and_down_into_a_menu(deep: Desk) -> None:
    crumb(deep, "winter").setFocus()
    deep.qtbot.keyClick(crumb(deep, "winter"), Qt.Key.Key_Left)
    button = deep.shell.focusWidget()
    assert button.accessibleName() == "Folders in 2026"
    deep.qtbot.keyClick(button, Qt.Key.Key_Left)
    assert deep.shell.focusWidget() is crumb(deep, "2026")


def test_what_is_typed_is_completed_without_regard_to_case(deep: Desk) -> None:
    deep.views.breadcrumb.edit()
    field = deep.views.breadcrumb.findChild(PathEdit)
    field.clear()
    deep.qtbot.keyClicks(field, "photos/2026/s")
    deep.until(lambda: field._paths.stringList() == ["photos/2026/Summer/", "photos/2026/spring/"])
    deep.until(field._list.isVisible)
    assert deep.views.breadcrumb.editing
    deep.qtbot.keyClick(field._list, Qt.Key.Key_Tab)  # which has the keys while it is open
    assert field.text() == "photos/2026/Summer/"
    assert deep.views.breadcrumb.editing


def test_what_is_typed_is_completed_without_regard_to_accents(deep: Desk) -> None:
    deep.storage.upload("photos", "2026/\N{LATIN CAPITAL LETTER A WITH DIAERESIS}pfel/x", b"x", deep.me)
    deep.storage.upload("photos", "2026/cafe\N{COMBINING ACUTE ACCENT}/x", b"x", deep.me)
    deep.views.breadcrumb.edit()
    field = deep.views.breadcrumb.findChild(PathEdit)
    for typed, name in (
        ("ap", "\N{LATIN CAPITAL LETTER A WITH DIAERESIS}pfel"),
        ("café", "cafe\N{COMBINING ACUTE ACCENT}"),
    ):
        field.setText(f"photos/2026/{typed}")
        field.textEdited.emit(field.text())
        deep.until(lambda name=name: field._paths.stringList() == [f"photos/2026/{name}/"])


def test_buckets_are_completed_too(deep: Desk) -> None:
    deep.views.breadcrumb.edit()
    field = deep.views.breadcrumb.findChild(PathEdit)
    field.clear()
    deep.qtbot.keyClicks(field, "PH")
    deep.until(lambda: field._paths.stringList() == ["photos/"])


def test_what_does_not_fit_is_left_out_in_the_middle(deep: Desk) -> None:
    path = "/".join(f"a-rather-long-folder-name-{i}" for i in range(12))
    deep.storage.create_folder("photos", f"{path}/", deep.me)
    deep.shell.resize(1100, 600)
    deep.go("photos", f"{path}/")
    bar = deep.views.breadcrumb
    assert crumb(deep, "photos").isVisible()
    assert crumb(deep, "a-rather-long-folder-name-11").isVisible()
    left_out = [action.text() for action in bar._more.menu().actions()]
    assert left_out[0] == "a-rather-long-folder-name-0"
    assert len(left_out) + len([step for step in bar._steps if step.isVisible()]) == 13


def test_a_drop_on_a_part_goes_there(deep: Desk, tmp_path: Path) -> None:
    part, data = crumb(deep, "2026"), files(tmp_path)
    hang(part, QPoint(2, 2), data)
    assert deep.views.pane.drop_text == "Upload to photos/2026"
    let_go(part, QPoint(2, 2), data)
    assert not deep.views.pane.drop_text
    deep.until(lambda: deep.storage.exists("photos", "2026/new.txt", deep.me))


def test_a_part_that_files_hang_over_is_shown_after_a_while(deep: Desk, tmp_path: Path) -> None:
    hang(crumb(deep, "2026"), QPoint(2, 2), files(tmp_path))
    assert deep.model.view.location == Location("photos", "2026/winter/")
    deep.until(lambda: deep.model.view.location == Location("photos", "2026/"))


def test_a_folder_of_the_table_opens_below_files_and_so_does_a_tab(deep: Desk, tmp_path: Path) -> None:
    deep.session._ways.tabs.open(TOP, show=False)
    data = files(tmp_path)
    hang(deep.table, deep.table.visualRect(deep.model.index(0, 0)).center(), data)
    deep.until(lambda: deep.model.view.location == Location("photos", "2026/winter/y/"))
    bar = deep.views.tabs.bar
    hang(bar, bar.tabRect(1).center(), data)
    deep.until(lambda: deep.model.view.location == TOP)
    let_go(bar, bar.tabRect(0).center(), data)
    deep.until(lambda: deep.storage.exists("photos", "2026/winter/y/new.txt", deep.me))


def test_a_node_that_only_a_drag_opened_closes_when_it_is_elsewhere(deep: Desk, tmp_path: Path) -> None:
    tree, model, data = deep.tree, deep.tree.model(), files(tmp_path)
    summer = Location("photos", "2026/winter/")
    deep.until(lambda: model.index_of(summer).isValid() and tree.isExpanded(model.index_of(summer.parent)))
    hang(tree, tree.visualRect(model.index_of(summer)).center(), data)
    deep.until(lambda: tree.isExpanded(model.index_of(summer)))
    hang(tree, tree.visualRect(model.index_of(TOP)).center(), data)
    assert not tree.isExpanded(model.index_of(summer))
    assert tree.isExpanded(model.index_of(TOP))


def type_path(desk: Desk, text: str) -> None:
    desk.views.breadcrumb.edit()
    field = desk.views.breadcrumb.findChild(PathEdit)
    field.setText(text)
    QTest.keyClick(field, Qt.Key.Key_Return)


@pytest.mark.parametrize(
    "typed", ["photos/2026/tail ", "photos//2026/tail ", "'photos/2026/it'", "photos/2026/caf%C3%A9"]
)
def test_what_is_typed_leads_where_it_may_mean(deep: Desk, typed: str) -> None:
    names = {"photos/2026/tail ": "tail ", "'photos/2026/it'": "it", "photos/2026/caf%C3%A9": "café"}
    name = names.get(typed, "tail ")
    deep.storage.upload("photos", f"2026/{name}/x.txt", b"x", deep.me)
    type_path(deep, typed)
    deep.until(lambda: deep.table.shown_place == Location("photos", f"2026/{name}/"))


def test_who_goes_elsewhere_is_not_taken_to_what_they_typed_before(deep: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Ticket] = []
    read = Reader.locate_any

    def noted(*args) -> Ticket:
        asked.append(read(*args))
        return asked[-1]

    monkeypatch.setattr(Reader, "locate_any", noted)
    type_path(deep, "photos/2026")
    deep.session.controllers.navigator.go(Location("photos"))
    assert not asked[0].wanted
    type_path(deep, "photos/2026")
    type_path(deep, "photos/2025")
    assert [ticket.wanted for ticket in asked] == [False, False, True]
    deep.until(lambda: deep.table.shown_place == Location("photos", "2025/"))
