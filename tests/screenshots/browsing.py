"""The window itself: buckets, folders, what is chosen, the menus."""

from __future__ import annotations

from PySide6.QtCore import Qt

from app.actions import ActionId
from app.dialogs.folder_dialog import FolderDialog
from engine.errors import DiskFull
from tests.app.helpers import Desk
from tests.screenshots.props import act, furnish


def no_buckets(_: Desk) -> None:
    """A first start."""


def empty_bucket(desk: Desk) -> None:
    desk.bucket("photos")


def folder(desk: Desk) -> None:
    furnish(desk)
    desk.storage.create_bucket("website", desk.me, public=True)
    desk.session.controllers.navigator.refresh()
    desk.until(lambda: len(desk.tree.model().buckets) == 2)


def chosen_with_inspector(desk: Desk) -> None:
    furnish(desk)
    act(desk, ActionId.INSPECTOR)
    desk.select("letter.txt")


def chosen_picture(desk: Desk) -> None:
    furnish(desk)
    act(desk, ActionId.INSPECTOR)
    desk.select("sunset.png")


def several_chosen(desk: Desk) -> None:
    furnish(desk)
    act(desk, ActionId.INSPECTOR)
    desk.select("budget.csv", "letter.txt", "notes.txt")


def object_menu(desk: Desk) -> None:
    furnish(desk)
    desk.select("letter.txt")
    desk.session._table_menu(desk.table.mapToGlobal(desk.table.rect().center()))


def file_menu(desk: Desk) -> None:
    furnish(desk)
    bar = desk.shell.menuBar()
    bar.actions()[0].menu().popup(bar.mapToGlobal(bar.rect().bottomLeft()))


def renaming(desk: Desk) -> None:
    furnish(desk)
    desk.select("letter.txt")
    act(desk, ActionId.RENAME)


def path_being_typed(desk: Desk) -> None:
    furnish(desk)
    act(desk, ActionId.EDIT_PATH)


def drop_announced(desk: Desk) -> None:
    furnish(desk)
    desk.views.pane._announce("2026/")


def new_folder(desk: Desk) -> None:
    furnish(desk)
    act(desk, ActionId.NEW_FOLDER)
    desk.dialog(FolderDialog).edit.setText("holiday")


def new_folder_refused(desk: Desk) -> None:
    furnish(desk)
    act(desk, ActionId.NEW_FOLDER)
    dialog = desk.dialog(FolderDialog)
    dialog.edit.setText("a\\b:c")
    dialog.refuse("A name may not hold “\\”.")


def banner(desk: Desk) -> None:
    furnish(desk)
    desk.session._errors.present(DiskFull("The disk is full"))


def toast(desk: Desk) -> None:
    furnish(desk)
    desk.select("notes.txt", "letter.txt")
    act(desk, ActionId.DELETE)
    desk.until(lambda: "notes.txt" not in desk.names)


def focus_in_tree(desk: Desk) -> None:
    furnish(desk)
    desk.tree.setFocus(Qt.FocusReason.TabFocusReason)


SCENES = (
    no_buckets, empty_bucket, folder, chosen_with_inspector, chosen_picture, several_chosen, object_menu, file_menu,
    renaming, path_being_typed, drop_announced, new_folder, new_folder_refused, banner, toast, focus_in_tree,
)  # fmt: skip
