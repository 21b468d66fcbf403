"""The command palette and the sheet of keys."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon

from app.action_set import SPECS
from app.actions import ActionId
from app.dialogs.palette import Entry, Palette, found
from app.dialogs.shortcuts_dialog import ShortcutsDialog
from app.fuzzy import match
from app.location import Location
from tests.app.helpers import Desk

DOCUMENTED = {
    "F2": ActionId.RENAME, "Del": ActionId.DELETE, "Shift+Del": ActionId.DELETE_FOR_GOOD, "Ctrl+C": ActionId.COPY,
    "Ctrl+V": ActionId.PASTE, "Ctrl+A": ActionId.SELECT_ALL, "Ctrl+Shift+I": ActionId.INVERT_SELECTION,
    "Ctrl+L": ActionId.EDIT_PATH, "Alt+Left": ActionId.BACK, "Alt+Right": ActionId.FORWARD, "Alt+Up": ActionId.UP,
    "F5": ActionId.REFRESH, "Ctrl+Shift+N": ActionId.NEW_FOLDER, "Ctrl+N": ActionId.NEW_BUCKET,
    "Ctrl+U": ActionId.UPLOAD_FILES, "Ctrl+D": ActionId.DOWNLOAD, "Ctrl+Shift+C": ActionId.COPY_LINK,
    "Alt+Return": ActionId.PROPERTIES, "Ctrl+T": ActionId.NEW_TAB, "Ctrl+W": ActionId.CLOSE_TAB,
    "Ctrl+K": ActionId.PALETTE, "Ctrl+?": ActionId.SHORTCUTS,
}  # fmt: skip
"""The keys that the window's description promises."""


def entry(title: str, key: str = "", *, enabled: bool = True) -> Entry:
    return Entry(key or title, title, "", "", QIcon(), enabled, lambda: None)


def titles(typed: str, *names: str) -> list[str]:
    return [one.title for one in found(tuple(entry(name) for name in names), typed, ())]


@pytest.mark.parametrize(("key", "action"), DOCUMENTED.items())
def test_every_key_that_is_promised_does_what_it_should(key: str, action: ActionId) -> None:
    assert [spec.id for spec in SPECS if key in spec.keys] == [action]


def test_beginnings_of_words_come_before_letters_in_between() -> None:
    assert titles("nf", "Open folder", "New folder…", "Back")[0] == "New folder…"
    assert titles("ref", "Prefer other", "Refresh") == ["Refresh", "Prefer other"]


def test_letters_must_be_there_in_their_order() -> None:
    assert match("xyz", "Refresh") is None
    assert match("hr", "Refresh") is None
    assert match("R f", "Refresh").places == (0, 2)
    assert match("", "Refresh").places == ()


def test_the_best_way_to_find_letters_is_marked_not_the_first() -> None:
    assert match("fol", "Of folders").places == (3, 4, 5)


@pytest.mark.parametrize("typed", ["refrehs", "reffresh", "erfresh", "Re frehs"])
def test_a_slip_of_the_finger_is_forgiven(typed: str) -> None:
    assert titles(typed, "Open folder", "Refresh") == ["Refresh"]


def test_what_is_typed_well_comes_alone() -> None:
    assert titles("refer", "Refresh", "Prefer other") == ["Prefer other"]


def test_little_is_taken_as_it_is() -> None:
    assert titles("rfx", "Refresh") == []


def test_recent_ones_come_first_and_those_that_are_off_last() -> None:
    entries = (entry("Back"), entry("Copy"), entry("Delete", enabled=False), entry("Open"))
    assert [one.title for one in found(entries, "", ("Open", "Delete"))] == ["Open", "Back", "Copy", "Delete"]


def test_a_command_is_found_and_done_by_keyboard_alone(desk: Desk) -> None:
    desk.bucket()
    desk.put("a/x.txt")
    desk.select("a")
    desk.session.actions[ActionId.PALETTE].trigger()
    palette = desk.dialog(Palette)
    desk.qtbot.keyClicks(palette.edit, "selall")
    assert palette.list.currentItem().text() == "Select all"
    desk.qtbot.keyClicks(palette.edit, "zzz")
    assert palette.list.isHidden()
    palette.edit.setText("open in new")
    desk.qtbot.keyClick(palette.edit, Qt.Key.Key_Return)
    desk.until(lambda: desk.session._ways.tabs.places == (Location("photos"), Location("photos", "a/")))


def test_a_command_is_about_what_had_the_keyboard_before(desk: Desk) -> None:
    desk.bucket()
    desk.storage.create_folder("photos", "a/", desk.me)
    desk.until(lambda: desk.tree.model().index_of(Location("photos")).isValid())
    desk.tree.setFocus()
    desk.tree.setCurrentIndex(desk.tree.model().index_of(Location("photos")))
    desk.session.actions[ActionId.PALETTE].trigger()
    palette = desk.dialog(Palette)
    palette.edit.setText("open in new tab")
    desk.qtbot.keyClick(palette.edit, Qt.Key.Key_Return)
    desk.until(lambda: len(desk.session._ways.tabs.places) == 2)
    desk.session.actions[ActionId.PALETTE].trigger()
    assert desk.dialog(Palette).list.item(0).text() == "Open in new tab"


def test_what_is_off_is_shown_and_does_nothing(desk: Desk) -> None:
    desk.bucket()
    desk.session.actions[ActionId.PALETTE].trigger()
    palette = desk.dialog(Palette)
    palette.edit.setText("rename")
    assert "Makes no sense here" in palette.list.item(0).toolTip()
    desk.qtbot.keyClick(palette.edit, Qt.Key.Key_Return)
    assert palette.isVisible()
    desk.qtbot.keyClick(palette.edit, Qt.Key.Key_Escape)
    desk.until(lambda: not desk.shell.findChildren(Palette))


def test_places_are_found_too(desk: Desk) -> None:
    desk.bucket("music")
    desk.bucket("photos")
    desk.session.actions[ActionId.PALETTE].trigger()
    palette = desk.dialog(Palette)
    palette.edit.setText("music")
    desk.qtbot.keyClick(palette.edit, Qt.Key.Key_Return)
    desk.until(lambda: desk.model.view.location == Location("music"))


def test_the_sheet_cuts_no_key_off(desk: Desk) -> None:
    desk.session.actions[ActionId.SHORTCUTS].trigger()
    sheet = desk.dialog(ShortcutsDialog)
    assert sheet.list.columnWidth(1) >= sheet.list.sizeHintForColumn(1) > 0
    assert sheet.list.columnWidth(0) >= sheet.list.sizeHintForColumn(0)
    sheet.reject()


def test_the_sheet_names_every_key_and_finds_one(desk: Desk) -> None:
    desk.bucket()
    desk.session.actions[ActionId.SHORTCUTS].trigger()
    sheet = desk.dialog(ShortcutsDialog)
    groups = [sheet.list.topLevelItem(i) for i in range(sheet.list.topLevelItemCount())]
    lines = [group.child(j) for group in groups for j in range(group.childCount())]
    shown = {key for line in lines for key in line.text(1).split(", ")}
    assert {key for spec in SPECS for key in spec.keys} <= shown
    sheet.search.setText("ctrl+shift+n")
    assert [line.text(0) for line in lines if not line.isHidden()] == ["New folder…"]
