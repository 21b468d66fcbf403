"""Every command once: text, glyph, shortcut, when it makes sense. Menus, toolbar and context menus are built from this.

The table is data; `Actions` turns it into QActions. Who carries a command out is wired by `Actions.connect_all`, which
refuses to leave one without a handler: there are no dead controls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Final

from PySide6.QtCore import QT_TRANSLATE_NOOP, QObject
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QWidget

from app.i18n import translate
from app.icons import Icons
from app.situation import Situation

_CONTEXT: Final = "Actions"


class ActionId(StrEnum):
    """The name of every command."""

    NEW_BUCKET = auto()
    NEW_FOLDER = auto()
    UPLOAD_FILES = auto()
    UPLOAD_FOLDER = auto()
    DOWNLOAD = auto()
    QUIT = auto()
    COPY = auto()
    PASTE = auto()
    RENAME = auto()
    DELETE = auto()
    SELECT_ALL = auto()
    INVERT_SELECTION = auto()
    BACK = auto()
    FORWARD = auto()
    UP = auto()
    EDIT_PATH = auto()
    REFRESH = auto()
    OPEN = auto()
    COPY_LINK = auto()
    LINK_DIALOG = auto()
    COPY_PUBLIC_LINK = auto()
    PROPERTIES = auto()
    BUCKET_PROPERTIES = auto()
    EMPTY_BUCKET = auto()
    DELETE_BUCKET = auto()
    INSPECTOR = auto()
    TRANSFERS = auto()
    THEME_SYSTEM = auto()
    THEME_LIGHT = auto()
    THEME_DARK = auto()
    SERVER = auto()
    SERVER_SWITCH = auto()
    ABOUT = auto()


def _always(_: Situation) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Spec:
    """One command.

    Attributes:
        id: Its name.
        text: Menu text with `&` before its access key; English source.
        glyph: Icon.
        keys: Shortcuts, the first one shown; `""` for none.
        tip: What it does, for tool tips and the status bar; English source.
        enabled: Whether it makes sense in a situation.
        checkable: Whether it is a switch.
        group: Switches of one group exclude each other.
    """

    id: ActionId
    text: str
    glyph: str
    keys: tuple[str, ...]
    tip: str
    enabled: Callable[[Situation], bool] = _always
    checkable: bool = False
    group: str = ""


def _n(text: str) -> str:
    """Mark a text for translation; it is translated when its action is made."""
    return str(QT_TRANSLATE_NOOP(_CONTEXT, text))


SPECS: Final[tuple[Spec, ...]] = (
    Spec(ActionId.NEW_BUCKET, _n("New &bucket…"), "archive", ("Ctrl+N",), _n("Make a bucket")),
    Spec(
        ActionId.NEW_FOLDER,
        _n("New &folder…"),
        "folder-plus",
        ("Ctrl+Shift+N",),
        _n("Make a folder here"),
        lambda now: now.place is not None,
    ),
    Spec(
        ActionId.UPLOAD_FILES,
        _n("&Upload files…"),
        "upload-simple",
        ("Ctrl+U",),
        _n("Choose files and upload them here"),
        lambda now: now.place is not None,
    ),
    Spec(
        ActionId.UPLOAD_FOLDER,
        _n("Upload f&older…"),
        "folder-simple-plus",
        ("Ctrl+Shift+U",),
        _n("Choose a folder and upload it here with everything in it"),
        lambda now: now.place is not None,
    ),
    Spec(
        ActionId.DOWNLOAD,
        _n("&Download…"),
        "download-simple",
        ("Ctrl+D",),
        _n("Download what is selected"),
        lambda now: now.has_target,
    ),
    Spec(ActionId.QUIT, _n("&Quit"), "sign-out", ("Ctrl+Q",), _n("Close the window")),
    Spec(
        ActionId.COPY,
        _n("&Copy files"),
        "copy-simple",
        ("Ctrl+C",),
        _n("Copy what is selected as files, to paste in a file manager or another folder"),
        lambda now: now.has_target,
    ),
    Spec(
        ActionId.PASTE,
        _n("&Paste files"),
        "clipboard",
        ("Ctrl+V",),
        _n("Upload the files that are in the clipboard"),
        lambda now: now.place is not None and now.can_paste,
    ),
    Spec(
        ActionId.RENAME,
        _n("&Rename"),
        "pencil-simple",
        ("F2",),
        _n("Give it another name"),
        lambda now: now.one_target,
    ),
    Spec(
        ActionId.DELETE,
        _n("D&elete…"),
        "trash",
        ("Del", "Shift+Del"),
        _n("Delete what is selected, after asking"),
        lambda now: now.has_target,
    ),
    Spec(
        ActionId.SELECT_ALL,
        _n("Select &all"),
        "selection-all",
        ("Ctrl+A",),
        _n("Select everything in this folder"),
        lambda now: now.place is not None,
    ),
    Spec(
        ActionId.INVERT_SELECTION,
        _n("&Invert selection"),
        "selection-inverse",
        ("Ctrl+Shift+I",),
        _n("Select what is not selected instead"),
        lambda now: now.place is not None,
    ),
    Spec(ActionId.BACK, _n("&Back"), "arrow-left", ("Alt+Left",), _n("Back"), lambda now: now.can_back),
    Spec(ActionId.FORWARD, _n("&Forward"), "arrow-right", ("Alt+Right",), _n("Forward"), lambda now: now.can_forward),
    Spec(
        ActionId.UP,
        _n("&Up"),
        "arrow-up",
        ("Alt+Up",),
        _n("To the folder above"),
        lambda now: now.place is not None and now.place.parent is not None,
    ),
    Spec(ActionId.EDIT_PATH, _n("Type a &path"), "cursor", ("Ctrl+L",), _n("Type where to go")),
    Spec(ActionId.REFRESH, _n("&Refresh"), "arrows-clockwise", ("F5",), _n("Read the folder again")),
    Spec(
        ActionId.OPEN,
        _n("&Open"),
        "arrow-square-out",
        (),
        _n("Go into the folder, or open a copy of the object with its program"),
        lambda now: now.one_target,
    ),
    Spec(
        ActionId.COPY_LINK,
        _n("Copy &link"),
        "link-simple",
        ("Ctrl+Shift+C",),
        _n("Copy a signed link that anybody can open until it expires"),
        lambda now: now.only_objects,
    ),
    Spec(
        ActionId.LINK_DIALOG,
        _n("S&hare link…"),
        "share-network",
        ("Ctrl+Shift+L",),
        _n("Make a signed link: choose how long it works, show it as a QR code"),
        lambda now: now.only_objects and now.selected == 1,
    ),
    Spec(
        ActionId.COPY_PUBLIC_LINK,
        _n("Copy p&ublic link"),
        "globe-simple",
        (),
        _n("Copy the address that always works, because the bucket is public"),
        lambda now: now.only_objects and now.selected == 1 and now.bucket is not None and now.bucket.public,
    ),
    Spec(
        ActionId.PROPERTIES,
        _n("&Properties"),
        "info",
        ("Alt+Return",),
        _n("Show what is known about it"),
        lambda now: now.one_target,
    ),
    Spec(
        ActionId.BUCKET_PROPERTIES,
        _n("Bucket &settings…"),
        "gear",
        (),
        _n("Who may read the bucket, and what it takes"),
        lambda now: now.target_bucket is not None,
    ),
    Spec(
        ActionId.EMPTY_BUCKET,
        _n("&Empty bucket…"),
        "eraser",
        (),
        _n("Delete every object of the bucket, after asking"),
        lambda now: now.target_bucket is not None,
    ),
    Spec(
        ActionId.DELETE_BUCKET,
        _n("&Delete bucket…"),
        "trash",
        (),
        _n("Delete the bucket with everything in it, after asking"),
        lambda now: now.target_bucket is not None,
    ),
    Spec(ActionId.INSPECTOR, _n("&Inspector"), "info", ("F9",), _n("Show or hide the inspector"), checkable=True),
    Spec(
        ActionId.TRANSFERS,
        _n("&Transfers"),
        "arrows-down-up",
        ("Ctrl+J",),
        _n("Show or hide transfers"),
        checkable=True,
    ),
    Spec(
        ActionId.THEME_SYSTEM,
        _n("As the &system"),
        "desktop",
        (),
        _n("Light or dark, as the system is"),
        checkable=True,
        group="theme",
    ),
    Spec(ActionId.THEME_LIGHT, _n("&Light"), "sun", (), _n("Light"), checkable=True, group="theme"),
    Spec(ActionId.THEME_DARK, _n("&Dark"), "moon", (), _n("Dark"), checkable=True, group="theme"),
    Spec(
        ActionId.SERVER,
        _n("&Share on the network…"),
        "broadcast",
        ("Ctrl+Shift+S",),
        _n("Choose address and port, start or stop the server that signed links need"),
    ),
    Spec(
        ActionId.SERVER_SWITCH,
        _n("S&tart or stop the server"),
        "power",
        (),
        _n("Start the server with the settings used last, or stop it"),
        checkable=True,
    ),
    Spec(ActionId.ABOUT, _n("&About Holdall"), "info", (), _n("Version and data folder")),
)


class Actions(QObject):
    """The commands as QActions that the window owns."""

    def __init__(self, window: QWidget, icons: Icons) -> None:
        """Make them all, disabled until the first `update`.

        Args:
            window: Where shortcuts work.
            icons: Gives the glyphs.
        """
        super().__init__(window)
        self._specs = {spec.id: spec for spec in SPECS}
        self._groups: dict[str, QActionGroup] = {}
        self._actions = {spec.id: self._make(spec, window, icons) for spec in SPECS}

    def __getitem__(self, name: ActionId) -> QAction:
        """Return the QAction of a command."""
        return self._actions[name]

    def all(self) -> Iterable[QAction]:
        """Return every action, in the order of the table."""
        return self._actions.values()

    def connect_all(self, handlers: Mapping[ActionId, Callable[[], None]]) -> None:
        """Wire the commands.

        Args:
            handlers: One for each command.

        Raises:
            KeyError: A command has no handler.
        """
        for name, action in self._actions.items():
            handler = handlers[name]
            action.triggered.connect(lambda _checked=False, handler=handler: handler())

    def update(self, now: Situation) -> None:
        """Enable what makes sense."""
        for name, action in self._actions.items():
            action.setEnabled(self._specs[name].enabled(now))

    def _make(self, spec: Spec, window: QWidget, icons: Icons) -> QAction:
        action = QAction(icons.icon(spec.glyph), translate(_CONTEXT, spec.text), window)
        tip = translate(_CONTEXT, spec.tip)
        action.setShortcuts([QKeySequence(keys) for keys in spec.keys])
        shown = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{tip} ({shown})" if shown else tip)
        action.setProperty("glyph", spec.glyph)
        action.setCheckable(spec.checkable)
        action.setObjectName(spec.id)
        if spec.group:
            group = self._groups.setdefault(spec.group, QActionGroup(self))
            group.addAction(action)
        window.addAction(action)
        return action
