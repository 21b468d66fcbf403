"""What the tree says of itself: which of its nodes are open."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QModelIndex
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


def test_names_are_read_however_deep_they_lie(look: Look, source: FakeSource, qapp: QApplication, qtbot: QtBot) -> None:
    """Deep in a narrow tree a row was empty, and a click on it was taken for one on its arrow."""
    place, path = PHOTOS, "photos/"
    places: list[Location] = []
    for number in range(12):
        source.folders[path] = [f"level-{number}"]
        places.append(place)
        place, path = place.child(f"level-{number}"), f"{path}level-{number}/"
    model = TreeModel(source, qapp)
    tree = FolderTree(look, model, (lambda _: None, lambda _: None))
    qtbot.addWidget(tree)
    tree.resize(160, 600)
    tree.show()
    model.reload_buckets()
    source.deliver()
    model.reach(place, lambda: [tree.expand(model.index_of(one)) for one in places])
    for _ in places:
        source.deliver()
    rect = tree.visualRect(model.index_of(place))
    assert rect.height() > 0
    assert rect.left() + 60 < tree.viewport().width()
    image = tree.viewport().grab(rect.adjusted(30, 4, -4, -4)).toImage()
    assert len({image.pixel(x, y) for x in range(image.width()) for y in range(image.height())}) > 4
