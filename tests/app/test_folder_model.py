"""The windowed table model: pages, bounds, refreshes that leave people where they are."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QItemSelection, QItemSelectionModel, Qt
from PySide6.QtWidgets import QApplication, QTableView
from pytestqt.qtbot import QtBot

from app.location import Location
from app.models import pace
from app.models.folder_model import ROW_ROLE, Column, FolderModel
from app.models.pages import PAGE_ROWS, PAGES_MAX
from app.models.sources import View
from app.views.steady import Steady
from tests.app.helpers import FakeSource, row

HERE = View(Location("photos"))
MANY = 100_000


def opened(source: FakeSource, qapp: QApplication) -> FolderModel:
    model = FolderModel(source, qapp)
    model.open(HERE)
    source.deliver()
    return model


def look_at(model: FolderModel, source: FakeSource, number: int) -> object:
    model.index(number, 0).data()
    model._load_wishes()
    source.deliver()
    return model.index(number, 0).data()


@pytest.fixture
def source() -> FakeSource:
    return FakeSource([f"n{i:03}" for i in range(10)])


def test_is_a_sound_model(source: FakeSource, qapp: QApplication, qtmodeltester) -> None:
    qtmodeltester.check(opened(source, qapp), force_py=True)


def test_row_count_is_known_before_any_row(qapp: QApplication) -> None:
    source = FakeSource([f"{i:06}" for i in range(MANY)])
    model = opened(source, qapp)
    assert model.rowCount() == MANY
    assert model.held_pages == 1
    assert model.index(MANY - 1, 0).data() is None


def test_pages_come_when_they_are_looked_at(qapp: QApplication) -> None:
    source = FakeSource([f"{i:06}" for i in range(MANY)])
    model = opened(source, qapp)
    assert look_at(model, source, 70_000) == "070000"
    assert source.page_loads == [70_000 // PAGE_ROWS]


def test_memory_is_bounded_however_far_one_scrolls(qapp: QApplication) -> None:
    source = FakeSource([f"{i:06}" for i in range(MANY)])
    model = opened(source, qapp)
    for number in range(0, MANY, PAGE_ROWS):
        look_at(model, source, number)
    assert model.held_pages == PAGES_MAX


def test_scrolling_past_pages_does_not_load_them_all(qapp: QApplication) -> None:
    source = FakeSource([f"{i:06}" for i in range(MANY)])
    model = opened(source, qapp)
    for number in range(0, MANY, PAGE_ROWS):
        model.index(number, 0).data()
    model._load_wishes()
    assert len(source.page_loads) <= 6
    assert source.page_loads[0] == (MANY - 1) // PAGE_ROWS


def test_old_rows_stay_until_the_new_folder_can_be_painted(source: FakeSource, qapp: QApplication) -> None:
    model = opened(source, qapp)
    source.names = ["other"]
    model.open(View(Location("photos", "x/")))
    assert model.rowCount() == 10
    source.deliver()
    assert [model.index(0, 0).data(), model.rowCount()] == ["other", 1]


def test_an_answer_for_a_folder_that_was_left_is_dropped(source: FakeSource, qapp: QApplication) -> None:
    model = opened(source, qapp)
    model.open(View(Location("photos", "slow/")))
    slow = source.pending.pop()
    model.open(View(Location("photos", "quick/")))
    source.deliver()
    slow.deliver()
    assert model.view == View(Location("photos", "quick/"))


def test_refresh_inserts_and_removes_exactly(source: FakeSource, qapp: QApplication, qtbot: QtBot) -> None:
    model = opened(source, qapp)
    inserted, removed, resets = [], [], []
    model.rowsInserted.connect(lambda _parent, first, last: inserted.append((first, last)))
    model.rowsRemoved.connect(lambda _parent, first, last: removed.append((first, last)))
    model.modelReset.connect(lambda: resets.append(1))
    source.names = ["aaa", *source.names[:4], *source.names[5:]]
    model.refresh()
    source.deliver()
    assert (inserted, removed, resets) == ([(0, 0)], [(4, 4)], [])
    assert [model.index(i, 0).data() for i in range(3)] == ["aaa", "n000", "n001"]


def test_selection_stays_with_its_object_through_a_refresh(
    source: FakeSource, qapp: QApplication, qtbot: QtBot
) -> None:
    model = opened(source, qapp)
    view = QTableView()
    qtbot.addWidget(view)
    view.setModel(model)
    view.selectionModel().select(
        model.index(5, 0), QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
    )
    source.names = ["aaa", "aab", *source.names]
    model.refresh()
    source.deliver()
    assert [index.data() for index in view.selectionModel().selectedRows()] == ["n005"]


def test_refresh_of_a_large_folder_announces_that_rows_shift(qapp: QApplication) -> None:
    source = FakeSource([f"{i:06}" for i in range(MANY)])
    model = opened(source, qapp)
    told = []
    model.shifting.connect(lambda: told.append("shifting"))
    model.settled.connect(lambda: told.append("settled"))
    source.names.insert(0, "!first")
    model.refresh()
    source.deliver()
    assert told == ["shifting", "settled"]
    assert (model.rowCount(), model.index(0, 0).data()) == (MANY + 1, "!first")


def test_changes_during_a_refresh_make_one_more(source: FakeSource, qapp: QApplication) -> None:
    model = opened(source, qapp)
    model.refresh()
    source.pending.pop().deliver()
    model.refresh()
    model.refresh()
    model.refresh()
    assert len(source.pending) == 1
    source.names.append("zzz")
    source.deliver()
    assert model.rowCount() == 11


def test_changed_details_are_told_narrowly(source: FakeSource, qapp: QApplication) -> None:
    model = opened(source, qapp)
    told = []
    model.dataChanged.connect(lambda first, last, *_: told.append((first.row(), last.row())))
    page = source._page
    source._page = lambda number: tuple(row(r.name, "9 GB") if r.name == "n003" else r for r in page(number))
    model.refresh()
    source.deliver()
    assert told == [(3, 3)]
    assert model.index(3, Column.SIZE).data() == "9 GB"


def test_a_page_that_came_short_reads_the_count_again(qapp: QApplication) -> None:
    source = FakeSource([f"{i:06}" for i in range(3_000)])
    model = opened(source, qapp)
    del source.names[2_900:]
    look_at(model, source, 2_999)
    source.deliver()
    assert model.rowCount() == 2_900


def test_sizes_are_right_aligned_and_rows_editable_by_name(source: FakeSource, qapp: QApplication) -> None:
    model = opened(source, qapp)
    assert model.index(0, Column.SIZE).data(Qt.ItemDataRole.TextAlignmentRole) & Qt.AlignmentFlag.AlignRight
    assert model.flags(model.index(0, Column.NAME)) & Qt.ItemFlag.ItemIsEditable
    assert not model.flags(model.index(0, Column.SIZE)) & Qt.ItemFlag.ItemIsEditable
    assert model.index(0, 0).data(ROW_ROLE).path == "n000"


def test_editing_asks_and_does_not_change(source: FakeSource, qapp: QApplication) -> None:
    model = opened(source, qapp)
    wanted = []
    model.rename_wanted.connect(lambda renamed, name: wanted.append((renamed.path, name)))
    model.setData(model.index(1, 0), "other")
    model.setData(model.index(1, 0), "n001")
    assert wanted == [("n001", "other")]
    assert model.index(1, 0).data() == "n001"


def test_rows_of_a_selection_that_is_not_in_the_window_are_not_known(qapp: QApplication) -> None:
    source = FakeSource([f"{i:06}" for i in range(MANY)])
    model = opened(source, qapp)
    assert model.rows([range(MANY)]) is None
    assert [known.name for known in model.rows([range(2)]) or []] == ["000000", "000001"]


def test_type_ahead_goes_on_from_where_one_is(source: FakeSource, qapp: QApplication) -> None:
    model = opened(source, qapp)
    assert model.find_name(0, "N00") == 0
    assert model.find_name(4, "n00") == 4
    assert model.find_name(0, "zzz") is None


def test_a_change_while_a_folder_opens_is_not_lost(source: FakeSource, qapp: QApplication) -> None:
    model = FolderModel(source, qapp)
    model.open(HERE)
    opening = source.pending.pop()
    model.refresh()
    opening.deliver()
    source.names.append("zzz")
    source.deliver()
    assert model.rowCount() == 11


def uncounted(source: FakeSource, qapp: QApplication) -> FolderModel:
    """Return a model whose first rows have come, and whose count is on its way."""
    source.shown_first = 3 * PAGE_ROWS
    model = FolderModel(source, qapp)
    model.open(HERE)
    source.pending.pop(0).deliver()
    return model


def test_first_rows_are_there_before_all_are_counted(qapp: QApplication) -> None:
    source = FakeSource([f"{i:06}" for i in range(MANY)])
    model = uncounted(source, qapp)
    assert (model.rowCount(), model.is_counted, model.index(700, 0).data()) == (3 * PAGE_ROWS, False, "000700")
    source.deliver()
    assert (model.rowCount(), model.is_counted, model.count.total) == (MANY, True, MANY)


def test_a_folder_that_turns_out_small_is_read_whole(qapp: QApplication) -> None:
    source = FakeSource([f"{i:06}" for i in range(1_000)])
    model = uncounted(source, qapp)
    source.deliver()
    assert model.rowCount() == 1_000
    assert model.rows([range(1_000)]) is not None


def test_all_selected_before_the_count_is_all_after_it(qapp: QApplication, qtbot: QtBot) -> None:
    source = FakeSource([f"{i:06}" for i in range(MANY)])
    model = uncounted(source, qapp)
    view = QTableView()
    qtbot.addWidget(view)
    view.setModel(model)
    Steady(view, model, lambda: [range(part.top(), part.bottom() + 1) for part in view.selectionModel().selection()])
    view.selectAll()
    source.deliver()
    assert [(part.top(), part.bottom()) for part in view.selectionModel().selection()] == [(0, MANY - 1)]


def test_pages_near_the_end_are_asked_for_with_the_count(qapp: QApplication) -> None:
    source = FakeSource([f"{i:06}" for i in range(MANY)])
    model = opened(source, qapp)
    look_at(model, source, MANY - 1)
    assert source.counts_known[-1] == model.count


def test_the_next_page_comes_before_it_is_looked_at(qapp: QApplication) -> None:
    source = FakeSource([f"{i:06}" for i in range(MANY)])
    model = opened(source, qapp)
    model.set_visible(range(150, 180))
    model._load_wishes()
    assert source.page_loads == [1]
    model.set_visible(range(70_000, 70_030))
    model.set_visible(range(69_900, 69_930))
    model._load_wishes()
    assert 272 in source.page_loads


def test_old_rows_stay_on_the_screen_until_their_page_has_come_again(qapp: QApplication) -> None:
    source = FakeSource([f"{i:06}" for i in range(MANY)])
    model = opened(source, qapp)
    look_at(model, source, 5_000)
    source.names = ["+new", *source.names]
    model.refresh()
    source.deliver()
    assert model.index(5_000, 0).data() == "005000"
    assert model.find("005000") is None
    model._load_wishes()
    source.deliver()
    assert model.index(5_000, 0).data() == "004999"


def test_what_takes_long_to_read_is_not_read_all_the_time(
    qapp: QApplication, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = FakeSource([f"{i:06}" for i in range(MANY)])
    model = opened(source, qapp)
    clock = [100.0]
    monkeypatch.setattr(pace.time, "monotonic", lambda: clock[0])
    model.refresh()
    clock[0] += 0.1
    source.deliver()
    model.refresh()
    model.refresh()
    assert not source.pending
    qtbot.waitUntil(lambda: len(source.pending) == 1)


class Shown:
    """A view on a folder of many rows, and what is done to it."""

    def __init__(self, source: FakeSource, qapp: QApplication, qtbot: QtBot, first: int = 1_000) -> None:
        self.source, self.model, self.view = source, opened(source, qapp), QTableView()
        qtbot.addWidget(self.view)
        self.view.setModel(self.model)
        self.view.resize(400, 300)
        self.view.show()
        Steady(self.view, self.model, self.ranges)
        self.view.verticalScrollBar().setValue(first)
        self.model.set_visible(range(first, first + 12))
        look_at(self.model, source, first)

    def ranges(self) -> list[range]:
        return [range(part.top(), part.bottom() + 1) for part in self.view.selectionModel().selection()]

    def change(self, names: list[str]) -> None:
        self.source.names = names
        self.model.refresh()
        self.source.deliver()
        self.model._load_wishes()
        self.source.deliver()

    @property
    def top(self) -> object:
        return self.view.indexAt(self.view.viewport().rect().topLeft()).data()


def test_a_large_folder_stays_where_it_is_while_rows_come_above(qapp: QApplication, qtbot: QtBot) -> None:
    shown = Shown(FakeSource([f"{i:06}" for i in range(MANY)]), qapp, qtbot)
    row_flag = QItemSelectionModel.SelectionFlag.Rows | QItemSelectionModel.SelectionFlag.ClearAndSelect
    shown.view.selectionModel().setCurrentIndex(shown.model.index(1_003, 0), row_flag)
    shown.model.set_selected(shown.ranges())
    shown.change(["+1", "+2", *shown.source.names])
    assert (shown.top, shown.ranges(), shown.view.currentIndex().data()) == ("001000", [range(1_005, 1_006)], "001003")


def test_few_rows_selected_far_away_stay_selected(qapp: QApplication, qtbot: QtBot) -> None:
    shown = Shown(FakeSource([f"{i:06}" for i in range(MANY)]), qapp, qtbot)
    look_at(shown.model, shown.source, 60_000)
    row_flag = QItemSelectionModel.SelectionFlag.Rows | QItemSelectionModel.SelectionFlag.Select
    shown.view.selectionModel().select(shown.model.index(60_000, 0), row_flag)
    shown.model.set_selected(shown.ranges())
    shown.change(["+1", *shown.source.names])
    assert shown.ranges() == [range(60_001, 60_002)]


def test_all_rows_stay_all_rows(qapp: QApplication, qtbot: QtBot) -> None:
    shown = Shown(FakeSource([f"{i:06}" for i in range(MANY)]), qapp, qtbot)
    shown.view.selectAll()
    shown.change(["+1", *shown.source.names])
    assert shown.ranges() == [range(MANY + 1)]


def test_all_rows_of_a_small_folder_are_those_that_were_there(qapp: QApplication, qtbot: QtBot) -> None:
    shown = Shown(FakeSource([f"{i:06}" for i in range(200)]), qapp, qtbot, first=0)
    shown.view.selectAll()
    names = shown.source.names
    shown.change(sorted([*names, *(f"{name}+" for name in names[:100])]))  # more steps than are taken one by one
    chosen = [shown.model.row(number).name for span in shown.ranges() for number in span]
    assert sorted(chosen) == names


def test_a_selection_whose_objects_are_not_known_is_given_up(qapp: QApplication, qtbot: QtBot) -> None:
    shown = Shown(FakeSource([f"{i:06}" for i in range(MANY)]), qapp, qtbot)
    flags = QItemSelectionModel.SelectionFlag.Rows | QItemSelectionModel.SelectionFlag.Select
    span = QItemSelection(shown.model.index(10, 0), shown.model.index(50_000, 0))
    shown.view.selectionModel().select(span, flags)
    shown.change(["+1", *shown.source.names])
    assert shown.ranges() == []


def test_a_page_that_was_read_before_the_folder_changed_is_read_once_more(qapp: QApplication) -> None:
    source = FakeSource([f"{i:06}" for i in range(MANY)])
    model = opened(source, qapp)
    model.index(5_000, 0).data()
    model._load_wishes()
    earlier, rows = source.pending.pop(), source._page(5_000 // PAGE_ROWS)
    source.names = ["+new", *source.names]
    model.refresh()
    source.deliver()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "_page", lambda _: rows)
        earlier.deliver()
    assert model.index(5_000, 0).data() == "005000", "shown meanwhile"
    model._load_wishes()
    source.deliver()
    assert model.index(5_000, 0).data() == "004999"


@pytest.mark.parametrize("per_item", [False, True])
def test_a_small_folder_stays_where_it_is_while_rows_come_and_go_above(
    qapp: QApplication, qtbot: QtBot, per_item: bool
) -> None:
    shown = Shown(FakeSource([f"{i:06}" for i in range(200)]), qapp, qtbot, first=0)
    modes = QTableView.ScrollMode
    shown.view.setVerticalScrollMode(modes.ScrollPerItem if per_item else modes.ScrollPerPixel)
    bar = shown.view.verticalScrollBar()
    bar.setValue(100 if per_item else 2_345)
    top, offset = shown.top, shown.view.visualRect(shown.view.indexAt(shown.view.viewport().rect().topLeft())).top()
    shown.change(["+1", "+2", *shown.source.names])
    shown.change([*shown.source.names[5:], "end"])
    assert shown.top == top
    assert shown.view.visualRect(shown.view.indexAt(shown.view.viewport().rect().topLeft())).top() == offset


def test_what_comes_at_the_top_of_a_small_folder_is_seen_by_whoever_is_there(qapp: QApplication, qtbot: QtBot) -> None:
    shown = Shown(FakeSource([f"{i:06}" for i in range(200)]), qapp, qtbot, first=0)
    shown.change(["+1", *shown.source.names])
    assert shown.top == "+1"


def test_the_end_of_a_small_folder_stays_in_sight_while_rows_come_above(qapp: QApplication, qtbot: QtBot) -> None:
    shown = Shown(FakeSource([f"{i:06}" for i in range(200)]), qapp, qtbot, first=0)
    shown.view.scrollToBottom()
    top = shown.top
    shown.change(["+1", "+2", "+3", *shown.source.names])
    assert shown.top == top
