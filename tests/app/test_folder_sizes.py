"""Sizes of folders, counted on demand in the real window."""

from __future__ import annotations

from app.actions import ActionId
from app.location import Location
from tests.app.helpers import Desk
from tests.app.test_window import trigger


def test_folders_in_sight_say_what_they_weigh_and_follow_changes(desk: Desk) -> None:
    desk.bucket()
    sizes = desk.session.controllers.sizes
    for path in ("a/1", "a/b/2", "ab/3", "a.txt"):
        desk.put(path, b"12345")
    desk.until(lambda: desk.names == ["a", "ab", "a.txt"])
    desk.table.viewport().repaint()
    assert sizes.text(Location("photos", "a/")) == ""
    trigger(desk, ActionId.FOLDER_SIZES)
    desk.until(lambda: Location("photos", "ab/") in sizes._known and Location("photos", "a/") in sizes._known)
    assert sizes.text(Location("photos", "a/")) == "10 bytes"
    assert sizes.text(Location("photos", "ab/")) == "5 bytes"
    desk.storage.upload("photos", "a/b/4", b"1234567890", desk.me)
    desk.until(lambda: sizes.text(Location("photos", "a/")) == "20 bytes")
    trigger(desk, ActionId.FOLDER_SIZES)
    assert sizes.text(Location("photos", "a/")) == ""


def test_what_goes_while_it_is_counted_holds_up_nothing(desk: Desk) -> None:
    desk.bucket()
    desk.put("a/1")
    sizes = desk.session.controllers.sizes
    sizes.show(True)
    sizes.text(Location("photos", "a/"))
    sizes.text(Location("nowhere", "x/"))
    desk.until(lambda: sizes.text(Location("nowhere", "x/")) == "—")
    desk.until(lambda: sizes.text(Location("photos", "a/")) == "1 byte")
