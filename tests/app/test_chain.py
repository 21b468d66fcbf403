"""Ten things of every kind done, taken back and done again, in a row: each leaves what it left the first time."""

from __future__ import annotations

from collections.abc import Callable

from app.actions import ActionId
from app.cargo import Cargo, Load, Motion
from app.location import Location
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
