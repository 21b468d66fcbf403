"""Getting about and looking closer: tabs, palette, filter, icons, previews, many names at once."""

from __future__ import annotations

from app.actions import ActionId
from app.dialogs.compare_dialog import CompareDialog
from app.dialogs.palette import Palette
from app.dialogs.rename_dialog import RenameDialog
from app.dialogs.shortcuts_dialog import ShortcutsDialog
from app.location import Location
from app.views.preview.large import LargePreview
from engine.types import UploadOptions
from tests.app.helpers import Desk
from tests.screenshots.props import act, furnish, png


def tabs(desk: Desk) -> None:
    furnish(desk)
    act(desk, ActionId.NEW_TAB)
    desk.session.controllers.navigator.go(Location("photos", "2026/summer/"))
    desk.until(lambda: "beach.jpg" in desk.names)
    act(desk, ActionId.NEW_TAB)


def palette(desk: Desk) -> None:
    furnish(desk)
    act(desk, ActionId.PALETTE)
    desk.dialog(Palette).edit.setText("co li")


def shortcuts(desk: Desk) -> None:
    furnish(desk)
    act(desk, ActionId.SHORTCUTS)
    desk.dialog(ShortcutsDialog)


def filtered(desk: Desk) -> None:
    furnish(desk)
    act(desk, ActionId.FILTER)
    desk.views.pane.filter.field.setText("TE")
    desk.until(lambda: len(desk.names) < 6)


def nothing_matches(desk: Desk) -> None:
    furnish(desk)
    act(desk, ActionId.FILTER)
    desk.views.pane.filter.field.setText("zebra")
    desk.until(lambda: not desk.names)


def searched(desk: Desk) -> None:
    furnish(desk)
    act(desk, ActionId.SEARCH)
    desk.views.pane.filter.field.setText("e")
    desk.until(lambda: len(desk.names) > 5)


def as_icons(desk: Desk) -> None:
    furnish(desk)
    for number in range(6):
        picture = png(160 + 40 * number, 240 - 30 * number)
        desk.storage.upload("photos", f"picture {number}.png", picture, desk.me, UploadOptions())
    desk.session.controllers.navigator.refresh()
    desk.until(lambda: "picture 5.png" in desk.names)
    act(desk, ActionId.ICONS)
    desk.select("picture 2.png")
    shown = [desk.model.row(number).object for number in range(desk.model.rowCount())]
    pictures = [item for item in shown if item is not None and item.mime_type == "image/png"]
    desk.until(lambda: all(desk.views.pane.thumbs.image(item.version) is not None for item in pictures))


def json_inspected(desk: Desk) -> None:
    furnish(desk)
    act(desk, ActionId.INSPECTOR)
    desk.select("settings.json")
    desk.until(lambda: desk.views.inspector.preview.inside is not None)


def table_inspected(desk: Desk) -> None:
    furnish(desk)
    act(desk, ActionId.INSPECTOR)
    desk.select("budget.csv")
    desk.until(lambda: desk.views.inspector.preview.inside is not None)


def large_preview(desk: Desk) -> None:
    furnish(desk)
    desk.select("sunset.png")
    act(desk, ActionId.PREVIEW)
    desk.dialog(LargePreview)


def versions_compared(desk: Desk) -> None:
    furnish(desk)
    desk.put("notes.txt", b"Hello\nnew world\nand more\n")
    act(desk, ActionId.INSPECTOR)
    desk.select("notes.txt")
    versions = desk.views.inspector.versions
    desk.until(lambda: versions.list.count() > 0)
    versions.list.setCurrentRow(0)
    versions.compare.click()
    desk.dialog(CompareDialog)


def many_renamed(desk: Desk) -> None:
    furnish(desk)
    desk.select("budget.csv", "letter.txt", "notes.txt")
    act(desk, ActionId.RENAME)
    desk.dialog(RenameDialog)


def folder_sizes(desk: Desk) -> None:
    furnish(desk)
    act(desk, ActionId.FOLDER_SIZES)


def favourites(desk: Desk) -> None:
    furnish(desk)
    for place in (Location("photos"), Location("photos", "2026/summer/"), Location("photos", "long gone/")):
        desk.session._ways.favourites.toggle(place)
    shown = desk.views.favourites.list
    desk.until(lambda: "not there" in shown.item(2).toolTip())
    shown.setFocus()
    shown.setCurrentRow(1)


SCENES = (
    tabs, palette, shortcuts, filtered, nothing_matches, searched, as_icons, json_inspected, table_inspected,
    large_preview, versions_compared, many_renamed, folder_sizes, favourites,
)  # fmt: skip
