"""All that can be done, at a glance: the command palette and the shortcut sheet, both from the action table."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QApplication

from app.action_set import Actions
from app.actions import ActionId as A
from app.controllers.favourites import Favourites
from app.controllers.navigation import Navigator
from app.controllers.tabs import Tabs
from app.i18n import QT_TRANSLATE_NOOP, translate
from app.location import Location
from app.look import Look
from app.menus import MENUS
from app.models.tree_model import TreeModel
from app.views.shell import Shell

if TYPE_CHECKING:
    from app.dialogs.palette import Entry

_RECENT_MAX = 20

_OTHER_KEYS = (
    (QT_TRANSLATE_NOOP("Overview", "Open a folder or an object"), "Return"),
    (QT_TRANSLATE_NOOP("Overview", "To the folder above"), "Backspace"),
    (QT_TRANSLATE_NOOP("Overview", "First or last row"), "Home, End"),
    (QT_TRANSLATE_NOOP("Overview", "Add a row to the selection"), "Ctrl+Space"),
    (QT_TRANSLATE_NOOP("Overview", "Select further rows"), "Shift+Up, Shift+Down"),
    (QT_TRANSLATE_NOOP("Overview", "Go to a name that begins so"), "A…Z"),
    (QT_TRANSLATE_NOOP("Overview", "Open or close a node of the tree"), "Right, Left"),
    (QT_TRANSLATE_NOOP("Overview", "Context menu"), "Shift+F10, Menu"),
    (QT_TRANSLATE_NOOP("Overview", "Drop the selection, end typing"), "Escape"),
)


class Overview(QObject):
    """See the module."""

    def __init__(
        self, look: Look, shell: Shell, actions: Actions, navigator: Navigator, tabs: Tabs, favourites: Favourites,
        buckets: TreeModel, look_again: Callable[[], None],
    ) -> None:  # fmt: skip
        """Args: look; the window; the commands; navigator; tabs; favourites; buckets; brings commands up to date."""
        super().__init__(shell)
        self._look = look
        self._shell = shell
        self._actions = actions
        self._navigator = navigator
        self._tabs = tabs
        self._favourites = favourites
        self._buckets = buckets
        self._look_again = look_again
        self._recent: tuple[str, ...] = ()

    def open_palette(self) -> None:
        """Let somebody type what they want to do or where they want to go."""
        from app.dialogs.palette import Palette  # when it is wanted: no start waits for a dialog

        self._look_again()
        before = QApplication.focusWidget()
        palette = Palette(self._look, self._shell, (*self._commands(), *self._places()), self._recent)

        def run() -> None:
            entry = palette.picked
            if before is not None:
                before.setFocus()
            if entry is not None:
                self._recent = (entry.key, *(key for key in self._recent if key != entry.key))[:_RECENT_MAX]
                self._look_again()
                entry.run()

        palette.accepted.connect(run)
        palette.open()
        palette.edit.setFocus()

    def open_sheet(self) -> None:
        """Show every key."""
        from app.dialogs.shortcuts_dialog import (  # when it is wanted: no start waits for a dialog
            Shortcut,
            ShortcutsDialog,
        )

        lines = [
            Shortcut(_plain(translate("Menus", title)), _plain(action.text()), _keys(action))
            for title, entries in MENUS
            for action in (self._actions[name] for name in entries if name is not None)
            if action.shortcuts()
        ]
        elsewhere = translate("Overview", "In lists and trees")
        lines += [Shortcut(elsewhere, translate("Overview", title), keys) for title, keys in _OTHER_KEYS]
        ShortcutsDialog(self._look, self._shell, tuple(lines)).open()

    def _commands(self) -> list[Entry]:
        return [
            self._command(name, _plain(translate("Menus", title)))
            for title, entries in MENUS
            for name in entries
            if name is not None and name is not A.PALETTE
        ]

    def _command(self, name: A, menu: str) -> Entry:
        from app.dialogs.palette import Entry  # when it is wanted: no start waits for a dialog

        action = self._actions[name]
        title = _plain(action.text())
        return Entry(name.value, title, menu, _keys(action), action.icon(), action.isEnabled(), action.trigger)

    def _places(self) -> list[Entry]:
        """Return the tabs that are not shown, the favourites, and the buckets."""
        tabs = [
            self._place(place, translate("Overview", "Tab"), "browsers", partial(self._tabs.show, number))
            for number, place in enumerate(self._tabs.places)
            if place is not None and number != self._tabs.active
        ]
        pinned = translate("Overview", "Favourite")
        tabs += [
            self._place(place, pinned, "star", partial(self._favourites.go, place)) for place in self._favourites.places
        ]
        buckets = [Location(bucket.name) for bucket in self._buckets.buckets]
        kind = translate("Overview", "Bucket")
        return [*tabs, *(self._place(place, kind, "archive", partial(self._navigator.go, place)) for place in buckets)]

    def _place(self, place: Location, kind: str, glyph: str, run: Callable[[], None]) -> Entry:
        from app.dialogs.palette import Entry  # when it is wanted: no start waits for a dialog

        icon = self._look.icons.icon(glyph)
        return Entry(f"{glyph} {place.text}", place.text.rstrip("/"), kind, "", icon, enabled=True, run=run)


def _plain(text: str) -> str:
    return text.replace("&", "")


def _keys(action: QAction) -> str:
    return ", ".join(keys.toString(QKeySequence.SequenceFormat.NativeText) for keys in action.shortcuts())
