"""What was just made or brought somewhere is selected once it is there, unless a person does something else first."""

from __future__ import annotations

from PySide6.QtTest import QTest

from app.actions import ActionId
from app.controllers.wanted import WantedRows
from app.models.folder_model import Column, FolderModel
from tests.app.helpers import Desk


def wanted(desk: Desk) -> WantedRows:
    return desk.session.controllers.navigator._wanted


def selected(desk: Desk) -> list[str]:
    return [desk.model.row(number).name for span in desk.table.ranges for number in span]


def waits_for(desk: Desk, path: str) -> None:
    desk.bucket()
    desk.put("a.txt")
    desk.put("b.txt")
    desk.session.controllers.navigator.select_when_there(path)


def test_it_is_selected_when_it_comes(desk: Desk) -> None:
    waits_for(desk, "late.txt")
    desk.put("late.txt")
    desk.until(lambda: selected(desk) == ["late.txt"])
    assert not wanted(desk).is_wanted


def test_a_person_who_selects_something_else_keeps_it(desk: Desk) -> None:
    waits_for(desk, "late.txt")
    desk.select("b.txt")
    desk.put("late.txt")
    assert selected(desk) == ["b.txt"]


def test_all_that_was_selected_meanwhile_stays_selected(desk: Desk) -> None:
    waits_for(desk, "late.txt")
    desk.session.actions[ActionId.SELECT_ALL].trigger()
    desk.put("late.txt")
    assert {"a.txt", "b.txt"} <= set(selected(desk))


def test_who_goes_elsewhere_or_looks_for_something_is_not_called_back(desk: Desk) -> None:
    waits_for(desk, "late.txt")
    desk.storage.upload("photos", "d/x", b"x", desk.me)
    desk.until(lambda: "d" in desk.names)
    desk.go("photos", "d/")
    desk.session.controllers.navigator.select_when_there("d/late.txt")
    desk.session.controllers.navigator.back()
    assert not wanted(desk).is_wanted
    desk.session.controllers.navigator.select_when_there("late.txt")
    desk.session.actions[ActionId.FILTER].trigger()
    QTest.keyClicks(desk.views.pane.filter.field, "b")
    desk.until(lambda: desk.names == ["b.txt"])
    assert not wanted(desk).is_wanted


def test_who_sorts_meanwhile_still_gets_it_selected(desk: Desk) -> None:
    waits_for(desk, "late.txt")
    with desk.qtbot.waitSignal(desk.model.opened):
        desk.table.sort_by(Column.SIZE, descending=True)
    desk.put("late.txt")
    desk.until(lambda: selected(desk) == ["late.txt"])


def test_what_is_called_the_same_in_another_bucket_is_not_selected(desk: Desk) -> None:
    for bucket in ("other", "photos"):
        desk.bucket(bucket)
        desk.put("a.txt", bucket=bucket)
    desk.session.controllers.navigator.select_when_there("a.txt", bucket="other")
    with desk.qtbot.waitSignal(desk.model.refreshed):
        desk.model.refresh()
    assert selected(desk) == []


def test_a_large_folder_that_is_read_again_is_nobody_doing_anything(desk: Desk) -> None:
    waits_for(desk, "late.txt")
    model: FolderModel = desk.model
    desk.select("a.txt")
    desk.session.controllers.navigator.select_when_there("late.txt")
    model.shifting.emit()
    model.settled.emit()
    assert selected(desk) == ["a.txt"]
    assert wanted(desk).is_wanted


def test_all_that_come_together_are_selected_also_those_that_come_a_moment_later(desk: Desk) -> None:
    desk.bucket()
    desk.put("a.txt")
    desk.session.controllers.navigator.select_when_there("late.txt", "later.txt", "never.txt")
    desk.put("late.txt")
    desk.until(lambda: selected(desk) == ["late.txt"])
    with desk.qtbot.waitSignal(desk.model.refreshed):
        desk.model.refresh()
    desk.put("later.txt")
    desk.until(lambda: selected(desk) == ["late.txt", "later.txt"])
    desk.table.clearSelection()
    desk.put("never.txt")
    desk.until(lambda: "never.txt" in desk.names)
    assert selected(desk) == []
    assert not wanted(desk).is_wanted
