"""Ten things of every kind done, taken back and done again, in a row: each leaves what it left the first time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from app.actions import ActionId
from app.cargo import Cargo, Load, Motion
from app.location import Location
from engine.errors import DatabaseLocked
from engine.types import Retention
from tests.app.helpers import Desk
from tests.app.test_carrying import held, undo
from tests.app.test_window import trigger


def carry(desk: Desk, path: str, place: Location, motion: Motion, bucket: str = "photos") -> None:
    load = Load(bucket, 1)
    load.settle(Cargo(bucket, (path,)))
    desk.session.controllers.carrying.drop_objects(load, place, motion)


def everything(desk: Desk) -> dict[str, bytes]:
    return {f"{name}/{path}": content for name in ("photos", "other") for path, content in held(desk, name).items()}


def delete(desk: Desk, name: str) -> None:
    desk.select(name)
    trigger(desk, ActionId.DELETE)


def duplicate(desk: Desk, name: str) -> None:
    desk.select(name)
    trigger(desk, ActionId.DUPLICATE)


def steps(desk: Desk) -> list[Callable[[], None]]:
    edit, photos, other = desk.session.controllers.editing, Location("photos"), Location("other")
    return [
        lambda: edit.rename_row(desk.model.row(desk.model.find("a")), "a2"),
        lambda: carry(desk, "b", photos.child("d"), Motion.MOVE),
        lambda: carry(desk, "d/", other, Motion.COPY),
        lambda: carry(desk, "d/", photos.child("e"), Motion.MOVE),
        lambda: carry(desk, "e/d/", other.child("q"), Motion.MOVE),
        lambda: delete(desk, "a2"),
        lambda: carry(desk, "q/d/b", photos, Motion.COPY, "other"),
        lambda: edit.rename_place(photos.child("e"), "f"),
        lambda: carry(desk, "q/", photos, Motion.MOVE, "other"),
        lambda: duplicate(desk, "b"),
    ]


def test_ten_steps_are_taken_back_and_done_again_as_often_as_one_likes(desk: Desk) -> None:
    for name in ("other", "photos"):
        desk.bucket(name, retention=Retention(trash_days=30))
    for path in ("a", "b", "d/x", "d/y", "e/z"):
        desk.put(path, path.encode())
    control = desk.session.controllers.undo

    def settle() -> None:
        desk.until(lambda: not desk.session._tasks.under_way and not control._is_busy)

    states = [everything(desk)]
    for step in steps(desk):
        step()
        desk.until(lambda: len(control._done) == len(states))
        settle()
        states.append(everything(desk))
    for _ in range(2):
        for before in reversed(states[:-1]):
            undo(desk)
            settle()
            assert everything(desk) == before, desk.toast.text
        for after in states[1:]:
            undo(desk, ActionId.REDO)
            settle()
            assert everything(desk) == after, desk.toast.text


@pytest.fixture
def bin_desk(desk: Desk) -> Desk:
    """Return the window on a bucket with a trash and three objects."""
    desk.bucket("photos", retention=Retention(trash_days=30))
    for path in ("a", "d/x", "d/y"):
        desk.put(path, path.encode())
    desk.until(lambda: desk.names == ["d", "a"])
    return desk


def test_where_undoing_brought_nothing_back_there_is_nothing_to_be_deleted_again(bin_desk: Desk) -> None:
    desk, control = bin_desk, bin_desk.session.controllers.undo
    delete(desk, "a")
    desk.until(lambda: control.undo_name != "")
    desk.put("a", b"theirs")
    undo(desk)
    desk.until(lambda: "something else is at a" in desk.toast.text)
    assert control.redo_name == ""
    assert not desk.session.actions[ActionId.REDO].isEnabled()


def test_undoing_a_deletion_that_is_stopped_says_so_and_is_gone_on_with(
    bin_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, control = bin_desk, bin_desk.session.controllers.undo
    delete(desk, "d")
    desk.until(lambda: control.undo_name != "")
    trash = desk.storage.trash
    restore = trash.restore

    def first(*args: Any) -> Any:
        monkeypatch.setattr(trash, "restore", fails)
        return restore(*args)

    def fails(*_: Any) -> Any:
        raise DatabaseLocked("locked")

    monkeypatch.setattr(trash, "list", partial(trash.list, limit=1))
    monkeypatch.setattr(trash, "restore", first)
    undo(desk)
    desk.until(lambda: "not all of it: the rest can be tried again" in desk.toast.text)
    monkeypatch.setattr(trash, "restore", restore)
    undo(desk)
    desk.until(lambda: sorted(held(desk)) == ["a", "d/x", "d/y"] and not control._is_busy)
    for left in (2, 1):
        undo(desk, ActionId.REDO)
        desk.until(lambda left=left: len(held(desk)) == left and not control._is_busy)
    assert sorted(held(desk)) == ["a"]


def test_where_what_came_back_cannot_be_named_nothing_that_was_done_later_is_done_again_either(
    bin_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.bridge.trashings.WEIGHT_MAX", 1)
    desk, control = bin_desk, bin_desk.session.controllers.undo
    delete(desk, "d")
    desk.until(lambda: control.undo_name != "")
    carry(desk, "a", Location("photos", "e/"), Motion.MOVE)
    desk.until(lambda: len(control._done) == 2 and not control._is_busy)
    undo(desk)
    desk.until(lambda: control.redo_name != "")
    undo(desk)
    desk.until(lambda: desk.toast.text == "2 objects restored")
    assert control.redo_name == ""
