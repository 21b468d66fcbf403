"""The tree of buckets and folders: lazy levels, exact changes, no pointers that dangle."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QModelIndex, QPersistentModelIndex
from PySide6.QtWidgets import QApplication

from app.location import Location
from app.models.tree_model import BUCKET_ROLE, LOCATION_ROLE, TreeModel
from tests.app.helpers import FakeSource, make_bucket


@pytest.fixture
def source() -> FakeSource:
    source = FakeSource()
    source.buckets_shown = [make_bucket("docs"), make_bucket("photos", public=True)]
    source.folders = {"photos/": ["2023", "2024"], "photos/2024/": ["may", "june"]}
    return source


@pytest.fixture
def model(source: FakeSource, qapp: QApplication) -> TreeModel:
    model = TreeModel(source, qapp)
    model.reload_buckets()
    source.deliver()
    return model


def children(model: TreeModel, parent: QModelIndex) -> list[str]:
    return [model.index(i, 0, parent).data() for i in range(model.rowCount(parent))]


def test_is_a_sound_model(model: TreeModel, source: FakeSource, qtmodeltester) -> None:
    model.reach(Location("photos", "2024/may/"), lambda: None)
    source.deliver()
    qtmodeltester.check(model, force_py=True)


def test_levels_are_loaded_when_opened(model: TreeModel, source: FakeSource) -> None:
    photos = model.index_of(Location("photos"))
    assert children(model, photos) == []
    assert model.canFetchMore(photos)
    model.fetchMore(photos)
    assert not model.canFetchMore(photos)
    source.deliver()
    assert children(model, photos) == ["2023", "2024"]


def test_an_arrow_is_shown_only_where_there_are_folders(model: TreeModel, source: FakeSource) -> None:
    assert model.hasChildren(model.index_of(Location("photos")))
    assert not model.hasChildren(model.index_of(Location("docs")))
    model.reach(Location("photos", "2023/"), lambda: None)
    source.deliver()
    assert not model.hasChildren(model.index_of(Location("photos", "2023/")))
    assert model.hasChildren(model.index_of(Location("photos", "2024/")))


def test_reaching_a_deep_place_loads_the_way_there(model: TreeModel, source: FakeSource) -> None:
    reached = []
    model.reach(Location("photos", "2024/may/"), lambda: reached.append(1))
    source.deliver()
    assert reached == [1]
    index = model.index_of(Location("photos", "2024/may/"))
    assert index.data(LOCATION_ROLE) == Location("photos", "2024/may/")
    assert index.parent().data() == "2024"


def test_a_place_that_is_not_there_is_never_reached(model: TreeModel, source: FakeSource) -> None:
    model.reach(Location("photos", "nowhere/"), lambda: pytest.fail("reached"))
    source.deliver()


def test_a_new_folder_appears_without_closing_the_others(model: TreeModel, source: FakeSource) -> None:
    model.reach(Location("photos", "2024/may/"), lambda: None)
    source.deliver()
    kept = QPersistentModelIndex(model.index_of(Location("photos", "2024/may/")))
    source.folders["photos/"].append("2022")
    model.reload([Location("photos")])
    source.deliver()
    assert children(model, model.index_of(Location("photos"))) == ["2022", "2023", "2024"]
    assert kept.isValid()
    assert kept.data() == "may"


def test_the_first_folder_of_an_empty_bucket_brings_its_arrow(model: TreeModel, source: FakeSource) -> None:
    source.folders["docs/"] = ["letters"]
    model.reload([Location("docs")])
    source.deliver()
    assert model.hasChildren(model.index_of(Location("docs")))


def test_deleted_nodes_leave_invalid_indexes(model: TreeModel, source: FakeSource) -> None:
    model.reach(Location("photos", "2024/may/"), lambda: None)
    source.deliver()
    stale = model.index_of(Location("photos", "2024/may/"))
    source.folders["photos/"] = ["2023"]
    model.reload([Location("photos")])
    source.deliver()
    assert model.data(stale) is None
    assert not model.parent(stale).isValid()


def test_a_renamed_bucket_keeps_its_node_and_its_open_folders(model: TreeModel, source: FakeSource) -> None:
    model.reach(Location("photos", "2024/"), lambda: None)
    source.deliver()
    kept = QPersistentModelIndex(model.index_of(Location("photos", "2024/")))
    before = source.buckets_shown[1]
    source.buckets_shown[1] = type(before)(
        before.id, "pictures", None, True, None, (), before.created_at, before.updated_at
    )
    model.reload_buckets()
    source.deliver()
    assert kept.data(LOCATION_ROLE) == Location("pictures", "2024/")


def test_buckets_tell_who_may_read_them(model: TreeModel) -> None:
    assert model.index_of(Location("photos")).data(BUCKET_ROLE).public
    assert not model.index_of(Location("docs")).data(BUCKET_ROLE).public


def test_ten_thousand_folders_are_one_insertion(model: TreeModel, source: FakeSource) -> None:
    source.folders["docs/"] = [f"{i:05}" for i in range(10_000)]
    told = []
    model.rowsInserted.connect(lambda _parent, first, last: told.append((first, last)))
    model.reload([Location("docs")])
    source.deliver()
    assert told == [(0, 9_999)]


def test_an_older_reading_of_the_buckets_never_replaces_a_newer_one(model: TreeModel, source: FakeSource) -> None:
    told = []
    model.buckets_changed.connect(lambda: told.append([bucket.name for bucket in model.buckets]))
    model.reload_buckets()
    older, _ = source.pending.pop(), source.buckets_shown.append(make_bucket("zoo"))
    held = tuple(source.buckets_shown[:2])
    model.reload_buckets()
    source.deliver()
    source.buckets_shown[:] = held
    older.deliver()
    assert told == [["docs", "photos", "zoo"]]
    assert (model.asked, model.answered) == (3, 3)


def test_a_place_that_an_older_reading_does_not_know_is_looked_for_in_the_next(
    model: TreeModel, source: FakeSource
) -> None:
    reached: list[str] = []
    model.reach(Location("photos", "2024/"), lambda: reached.append("2024"))
    older = source.pending.pop()
    model.reach(Location("photos", "2025/"), lambda: reached.append("2025"))
    older.deliver()
    source.folders["photos/"].append("2025")
    source.deliver()
    assert reached == ["2024", "2025"]


def test_a_folder_that_came_since_a_level_was_read_is_reached(model: TreeModel, source: FakeSource) -> None:
    model.reach(Location("photos", "2024/"), lambda: None)
    source.deliver()
    source.folders["photos/"].append("2025")
    reached: list[bool] = []
    model.reach(Location("photos", "2025/"), lambda: reached.append(True))
    source.deliver()
    assert reached == [True]


def test_places_that_are_not_there_cost_one_more_reading_however_many_they_are(
    model: TreeModel, source: FakeSource
) -> None:
    model.reach(Location("photos", "2024/"), lambda: None)
    for number in range(20):
        model.reach(Location("photos", f"gone {number}/"), lambda: pytest.fail("reached"))
    readings = 0
    while source.pending:
        source.pending.pop(0).deliver()
        readings += 1
    assert readings == 2
    assert not model.is_reaching


def test_a_level_that_changes_while_it_is_first_read_is_read_again(model: TreeModel, source: FakeSource) -> None:
    photos = model.index_of(Location("photos"))
    model.fetchMore(photos)
    older = source.pending.pop()
    model.reload([Location("photos")])
    older.deliver()
    source.folders["photos/"].append("2025")
    source.deliver()
    assert children(model, photos) == ["2023", "2024", "2025"]


def test_a_place_in_a_bucket_that_was_just_made_is_reached(model: TreeModel, source: FakeSource) -> None:
    reached: list[bool] = []
    model.reload_buckets()
    older = source.pending.pop()
    model.reach(Location("new", "a/"), lambda: reached.append(True))
    older.deliver()
    source.buckets_shown.append(make_bucket("new"))
    source.folders["new/"] = ["a"]
    source.deliver()
    assert reached == [True]


def test_a_bucket_that_is_not_there_is_looked_for_once(model: TreeModel, source: FakeSource) -> None:
    model.reach(Location("nowhere"), lambda: pytest.fail("reached"))
    assert model.is_reaching
    source.deliver()
    assert (model.asked, model.is_reaching) == (2, False)
