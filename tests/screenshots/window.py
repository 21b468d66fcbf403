"""Sharing, transfers and the window's own dialogs."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import mkdtemp

from app.actions import ActionId
from app.dialogs.about_dialog import AboutDialog
from app.dialogs.bug_dialog import BugDialog
from app.dialogs.link_dialog import LinkDialog
from app.dialogs.quit_dialog import QuitDialog
from app.dialogs.server_dialog import ServerDialog
from app.location import Location
from app.models.transfers import TRANSFER_ROLE
from app.views.conflict_dialog import ConflictDialog
from app.views.transfer_notes import NotesDialog
from tests.app.helpers import Desk
from tests.screenshots.props import FILES, act, furnish


def _upload(desk: Desk, names: tuple[str, ...]) -> None:
    """Upload files from a folder of their own."""
    folder = Path(mkdtemp())
    for name in names:
        (folder / name).write_bytes(FILES.get(name, bytes(3_000_000)))
    desk.session.controllers.moving.upload(Location("photos"), [folder / name for name in names])


def share_link(desk: Desk) -> None:
    furnish(desk)
    desk.select("letter.txt")
    act(desk, ActionId.LINK_DIALOG)
    dialog = desk.dialog(LinkDialog)
    desk.until(lambda: bool(dialog.link.text()))


def server_settings(desk: Desk) -> None:
    furnish(desk)
    act(desk, ActionId.SERVER)
    desk.dialog(ServerDialog)


def transfers(desk: Desk) -> None:
    furnish(desk)
    _upload(desk, ("film.mov", "song.flac", "scan.tif"))
    desk.until(lambda: "film.mov" in desk.names and not desk.session._side.transfers.active)


def name_taken(desk: Desk) -> None:
    furnish(desk)
    _upload(desk, ("letter.txt", "notes.txt", "film.mov"))
    desk.dialog(ConflictDialog)


def not_transferred(desk: Desk) -> None:
    furnish(desk)
    folder = Path(mkdtemp())
    for name in ("fine.txt", "a:b?.txt", "c\\d.txt"):
        (folder / name).write_bytes(b"text")
    os.mkfifo(folder / "pipe")
    desk.session.controllers.moving.upload(Location("photos"), [folder])
    panel = desk.views.transfers
    desk.until(lambda: panel.view.model().rowCount() > 0 and not desk.session._side.transfers.active)
    panel._show_notes(panel.view.model().index(0, 0).data(TRANSFER_ROLE))
    desk.dialog(NotesDialog)


def quit_while_busy(desk: Desk) -> None:
    furnish(desk)
    QuitDialog(desk.session._look, desk.shell).open()


def about(desk: Desk) -> None:
    furnish(desk)
    act(desk, ActionId.ABOUT)
    desk.dialog(AboutDialog)


def our_own_fault(desk: Desk) -> None:
    furnish(desk)
    try:
        [][1]
    except IndexError as error:
        BugDialog(desk.session._look, desk.shell, error).open()


SCENES = (share_link, server_settings, transfers, name_taken, not_transferred, quit_while_busy, about, our_own_fault)
