"""What the tree says of itself: which of its nodes are open."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QModelIndex, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.location import Location
from app.look import Look
from app.models.tree_model import TreeModel
from app.views.folder_tree import FolderTree
from tests.app.helpers import FakeSource, make_bucket

PHOTOS, YEAR = Location("photos"), Location("photos", "2024/")


@pytest.fixture
def source() -> FakeSource:
    source = FakeSource()
    source.buckets_shown = [make_bucket("docs"), make_bucket("photos")]
    source.folders = {"photos/": ["2024", *map(str, range(500))], "photos/2024/": ["may"]}
    return source


@pytest.fixture
def tree(look: Look, source: FakeSource, qapp: QApplication, qtbot: QtBot) -> FolderTree:
    """Return the tree with a bucket and a folder in it open, among many that are not."""
    model = TreeModel(source, qapp)
    tree = FolderTree(look, model, (lambda _: None, lambda _: None))
    qtbot.addWidget(tree)
    model.reload_buckets()
    source.deliver()
    model.reach(YEAR.child("may"), lambda: [tree.expand(model.index_of(place)) for place in (YEAR, PHOTOS)])
    source.deliver()
    return tree


def test_what_is_open_is_told_without_looking_at_what_lies_beside_it(
    tree: FolderTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    index = tree.model().index

    def noted(row: int, column: int, parent: QModelIndex = QModelIndex()) -> QModelIndex:
        looked.append(row)
        return index(row, column, parent)

    monkeypatch.setattr(tree.model(), "index", noted)
    assert (list(tree.open_places()), looked) == ([PHOTOS, YEAR], [])


def test_what_is_open_in_a_closed_node_is_not_seen(tree: FolderTree) -> None:
    tree.close_place(PHOTOS)
    assert tree.open_places() == []
    tree.open_place(PHOTOS)
    assert tree.open_places() == [PHOTOS, YEAR]


def test_what_is_gone_is_open_no_more(tree: FolderTree, source: FakeSource) -> None:
    source.folders = {"photos/": ["1"]}
    tree.model().reload([PHOTOS])
    source.deliver()
    assert tree.open_places() == [PHOTOS]


@pytest.fixture
def deep(look: Look, source: FakeSource, qapp: QApplication, qtbot: QtBot) -> FolderTree:
    """Return a narrow tree that is open down to the twelfth level, which holds one more folder."""
    path, model = "photos/", TreeModel(source, qapp)
    for number in range(14):
        source.folders[path] = [f"level-{number}"]
        path = f"{path}level-{number}/"
    tree = FolderTree(look, model, (lambda _: None, lambda _: None))
    qtbot.addWidget(tree)
    tree.resize(160, 600)
    tree.show()
    model.reload_buckets()
    source.deliver()
    model.reach(level(12), lambda: [tree.expand(model.index_of(level(number))) for number in range(12)])
    for _ in range(14):
        source.deliver()
    return tree


def level(depth: int) -> Location:
    """Return the place that lies so deep below the bucket."""
    return Location("photos", "".join(f"level-{number}/" for number in range(depth)))


def test_names_are_read_however_deep_they_lie(deep: FolderTree) -> None:
    """Deep in a narrow tree a row was empty, and a click on it was taken for one on its arrow."""
    rect = deep.visualRect(deep.model().index_of(level(12)))
    assert rect.height() > 0
    assert rect.left() + 60 < deep.viewport().width()
    image = deep.viewport().grab(rect.adjusted(30, 4, -4, -4)).toImage()
    assert len({image.pixel(x, y) for x in range(image.width()) for y in range(image.height())}) > 4


@pytest.mark.parametrize("depth", [1, 2, 5, 6, 8, 11])
def test_a_click_on_the_arrow_closes_and_opens_however_deep_it_lies(
    deep: FolderTree, source: FakeSource, depth: int
) -> None:
    chosen: list[Location] = []
    deep.place_chosen.connect(chosen.append)
    index = deep.model().index_of(level(depth))
    rect = deep.visualRect(index)
    arrow = QPoint(rect.left() - 10, rect.center().y())
    told = []
    for _ in range(2):
        QTest.mouseClick(deep.viewport(), Qt.MouseButton.LeftButton, pos=arrow)
        told.append(deep.isExpanded(index))
    assert (told, chosen) == ([False, True], [])


@pytest.mark.parametrize("depth", [1, 4, 6, 11])
def test_a_click_on_a_name_leads_there_and_nothing_else_however_deep_it_lies(deep: FolderTree, depth: int) -> None:
    chosen: list[Location] = []
    deep.place_chosen.connect(chosen.append)
    index = deep.model().index_of(level(depth))
    rect = deep.visualRect(index)
    for x in range(rect.left(), rect.right(), 8):
        deep.setCurrentIndex(QModelIndex())
        QTest.mouseClick(deep.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(x, rect.center().y()))
        assert (chosen, deep.isExpanded(index), deep.currentIndex()) == ([level(depth)], True, index)
        chosen.clear()


@pytest.mark.parametrize("depth", [1, 11])
def test_a_double_click_closes_or_opens_once_by_name_and_arrow(deep: FolderTree, depth: int) -> None:
    index = deep.model().index_of(level(depth))
    rect = deep.visualRect(index)
    told = []
    for place in (QPoint(rect.left() + 20, rect.center().y()), QPoint(rect.left() - 10, rect.center().y())):
        QTest.mouseClick(deep.viewport(), Qt.MouseButton.LeftButton, pos=place)
        send(deep, QEvent.Type.MouseButtonDblClick, place)
        QTest.mouseRelease(deep.viewport(), Qt.MouseButton.LeftButton, pos=place)
        told.append(deep.isExpanded(index))
    assert told == [False, True]


def send(tree: FolderTree, kind: QEvent.Type, place: QPoint) -> None:
    """Send what a mouse does while its left button is down."""
    left, there = Qt.MouseButton.LeftButton, QPointF(place)
    button = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseMove else left
    event = QMouseEvent(kind, there, tree.viewport().mapToGlobal(there), button, left, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(tree.viewport(), event)


def test_nothing_is_dragged_by_an_arrow(deep: FolderTree, monkeypatch: pytest.MonkeyPatch) -> None:
    dragged: list[object] = []
    monkeypatch.setattr(deep, "startDrag", dragged.append)
    rect = deep.visualRect(deep.model().index_of(level(8)))
    name, arrow = QPoint(rect.left() + 20, rect.center().y()), QPoint(rect.left() - 10, rect.center().y())
    for start, times in ((name, 1), (arrow, 1)):
        QTest.mouseClick(deep.viewport(), Qt.MouseButton.LeftButton, pos=name)
        QTest.mousePress(deep.viewport(), Qt.MouseButton.LeftButton, pos=start)
        for step in range(1, 6):
            send(deep, QEvent.Type.MouseMove, start + QPoint(0, 10 * step))
        QTest.mouseRelease(deep.viewport(), Qt.MouseButton.LeftButton, pos=start)
        assert len(dragged) == times, start
