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
