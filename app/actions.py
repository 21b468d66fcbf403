"""Every command once: text, glyph, shortcut, when it makes sense. Menus, toolbar and context menus are built from this.

The table is data; `action_set.Actions` turns it into QActions and refuses to leave one without a handler.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Final

from app.i18n import QT_TRANSLATE_NOOP
from app.situation import Situation


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
    DELETE_FOR_GOOD = auto()
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
    TRASH = auto()
    AS_IT_WAS = auto()
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
class Wording:
    """What else a command is called.

    Attributes:
        text: As `Spec.text`.
        tip: As `Spec.tip`.
        holds: Whether it is called so in a situation.
    """

    text: str
    tip: str
    holds: Callable[[Situation], bool]


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
        otherwise: Another text and tip, and when they hold.
    """

    id: ActionId
    text: str
    glyph: str
    keys: tuple[str, ...]
    tip: str
    enabled: Callable[[Situation], bool] = _always
    checkable: bool = False
    group: str = ""
    otherwise: Wording | None = None


SPECS: Final[tuple[Spec, ...]] = (
    Spec(
        ActionId.NEW_BUCKET,
        QT_TRANSLATE_NOOP("Actions", "New &bucket…"),
        "archive",
        ("Ctrl+N",),
        QT_TRANSLATE_NOOP("Actions", "Make a bucket"),
    ),
    Spec(
        ActionId.NEW_FOLDER,
        QT_TRANSLATE_NOOP("Actions", "New &folder…"),
        "folder-plus",
        ("Ctrl+Shift+N",),
        QT_TRANSLATE_NOOP("Actions", "Make a folder here"),
        lambda now: now.can_change,
    ),
    Spec(
        ActionId.UPLOAD_FILES,
        QT_TRANSLATE_NOOP("Actions", "&Upload files…"),
        "upload-simple",
        ("Ctrl+U",),
        QT_TRANSLATE_NOOP("Actions", "Choose files and upload them here"),
        lambda now: now.can_change,
    ),
    Spec(
        ActionId.UPLOAD_FOLDER,
        QT_TRANSLATE_NOOP("Actions", "Upload f&older…"),
        "folder-simple-plus",
        ("Ctrl+Shift+U",),
        QT_TRANSLATE_NOOP("Actions", "Choose a folder and upload it here with everything in it"),
        lambda now: now.can_change,
    ),
    Spec(
        ActionId.DOWNLOAD,
        QT_TRANSLATE_NOOP("Actions", "&Download…"),
        "download-simple",
        ("Ctrl+D",),
        QT_TRANSLATE_NOOP("Actions", "Download what is selected"),
        lambda now: now.has_target,
    ),
    Spec(
        ActionId.QUIT,
        QT_TRANSLATE_NOOP("Actions", "&Quit"),
        "sign-out",
        ("Ctrl+Q",),
        QT_TRANSLATE_NOOP("Actions", "Close the window"),
    ),
    Spec(
        ActionId.COPY,
        QT_TRANSLATE_NOOP("Actions", "&Copy files"),
        "copy-simple",
        ("Ctrl+C",),
        QT_TRANSLATE_NOOP("Actions", "Copy what is selected as files, to paste in a file manager or another folder"),
        lambda now: now.has_target,
    ),
    Spec(
        ActionId.PASTE,
        QT_TRANSLATE_NOOP("Actions", "&Paste files"),
        "clipboard",
        ("Ctrl+V",),
        QT_TRANSLATE_NOOP("Actions", "Upload the files that are in the clipboard"),
        lambda now: now.can_change and now.can_paste,
    ),
    Spec(
        ActionId.RENAME,
        QT_TRANSLATE_NOOP("Actions", "&Rename"),
        "pencil-simple",
        ("F2",),
        QT_TRANSLATE_NOOP("Actions", "Give it another name"),
        lambda now: now.one_target and now.moment is None,
    ),
    Spec(
        ActionId.DELETE,
        QT_TRANSLATE_NOOP("Actions", "D&elete…"),
        "trash",
        ("Del",),
        QT_TRANSLATE_NOOP("Actions", "Delete what is selected, after asking"),
        lambda now: now.can_change_target,
        otherwise=Wording(
            QT_TRANSLATE_NOOP("Actions", "Mov&e to trash"),
            QT_TRANSLATE_NOOP("Actions", "Move what is selected to the trash, where it can be taken back"),
            lambda now: now.has_trash,
        ),
    ),
    Spec(
        ActionId.DELETE_FOR_GOOD,
        QT_TRANSLATE_NOOP("Actions", "Delete for &good…"),
        "x-circle",
        ("Shift+Del",),
        QT_TRANSLATE_NOOP("Actions", "Delete what is selected for good, past the trash, after asking"),
        lambda now: now.can_change_target,
    ),
    Spec(
        ActionId.SELECT_ALL,
        QT_TRANSLATE_NOOP("Actions", "Select &all"),
        "selection-all",
        ("Ctrl+A",),
        QT_TRANSLATE_NOOP("Actions", "Select everything in this folder"),
        lambda now: now.place is not None,
    ),
    Spec(
        ActionId.INVERT_SELECTION,
        QT_TRANSLATE_NOOP("Actions", "&Invert selection"),
        "selection-inverse",
        ("Ctrl+Shift+I",),
        QT_TRANSLATE_NOOP("Actions", "Select what is not selected instead"),
        lambda now: now.place is not None,
    ),
    Spec(
        ActionId.BACK,
        QT_TRANSLATE_NOOP("Actions", "&Back"),
        "arrow-left",
        ("Alt+Left",),
        QT_TRANSLATE_NOOP("Actions", "Back"),
        lambda now: now.can_back,
    ),
    Spec(
        ActionId.FORWARD,
        QT_TRANSLATE_NOOP("Actions", "&Forward"),
        "arrow-right",
        ("Alt+Right",),
        QT_TRANSLATE_NOOP("Actions", "Forward"),
        lambda now: now.can_forward,
    ),
    Spec(
        ActionId.UP,
        QT_TRANSLATE_NOOP("Actions", "&Up"),
        "arrow-up",
        ("Alt+Up",),
        QT_TRANSLATE_NOOP("Actions", "To the folder above"),
        lambda now: now.place is not None and now.place.parent is not None,
    ),
    Spec(
        ActionId.EDIT_PATH,
        QT_TRANSLATE_NOOP("Actions", "Type a &path"),
        "cursor",
        ("Ctrl+L",),
        QT_TRANSLATE_NOOP("Actions", "Type where to go"),
    ),
    Spec(
        ActionId.REFRESH,
        QT_TRANSLATE_NOOP("Actions", "&Refresh"),
        "arrows-clockwise",
        ("F5",),
        QT_TRANSLATE_NOOP("Actions", "Read the folder again"),
    ),
    Spec(
        ActionId.OPEN,
        QT_TRANSLATE_NOOP("Actions", "&Open"),
        "arrow-square-out",
        (),
        QT_TRANSLATE_NOOP("Actions", "Go into the folder, or open a copy of the object with its program"),
        lambda now: now.one_target,
    ),
    Spec(
        ActionId.COPY_LINK,
        QT_TRANSLATE_NOOP("Actions", "Copy &link"),
        "link-simple",
        ("Ctrl+Shift+C",),
        QT_TRANSLATE_NOOP("Actions", "Copy a signed link that anybody can open until it expires"),
        lambda now: now.only_objects,
    ),
    Spec(
        ActionId.LINK_DIALOG,
        QT_TRANSLATE_NOOP("Actions", "S&hare link…"),
        "share-network",
        ("Ctrl+Shift+L",),
        QT_TRANSLATE_NOOP("Actions", "Make a signed link: choose how long it works, show it as a QR code"),
        lambda now: now.only_objects and now.selected == 1,
    ),
    Spec(
        ActionId.COPY_PUBLIC_LINK,
        QT_TRANSLATE_NOOP("Actions", "Copy p&ublic link"),
        "globe-simple",
        (),
        QT_TRANSLATE_NOOP("Actions", "Copy the address that always works, because the bucket is public"),
        lambda now: now.only_objects and now.selected == 1 and now.bucket is not None and now.bucket.public,
    ),
    Spec(
        ActionId.PROPERTIES,
        QT_TRANSLATE_NOOP("Actions", "&Properties"),
        "info",
        ("Alt+Return",),
        QT_TRANSLATE_NOOP("Actions", "Show what is known about it"),
        lambda now: now.one_target,
    ),
    Spec(
        ActionId.BUCKET_PROPERTIES,
        QT_TRANSLATE_NOOP("Actions", "Bucket &settings…"),
        "gear",
        (),
        QT_TRANSLATE_NOOP("Actions", "Who may read the bucket, and what it takes"),
        lambda now: now.target_bucket is not None,
    ),
    Spec(
        ActionId.TRASH,
        QT_TRANSLATE_NOOP("Actions", "&Trash…"),
        "trash-simple",
        ("Ctrl+Shift+T",),
        QT_TRANSLATE_NOOP("Actions", "See what was deleted from the bucket, and take it back"),
        lambda now: now.target_bucket is not None,
    ),
    Spec(
        ActionId.AS_IT_WAS,
        QT_TRANSLATE_NOOP("Actions", "&As it was…"),
        "clock-counter-clockwise",
        (),
        QT_TRANSLATE_NOOP("Actions", "Show the bucket as it was at a moment, as far back as it keeps old versions"),
        lambda now: now.target_bucket is not None,
    ),
    Spec(
        ActionId.EMPTY_BUCKET,
        QT_TRANSLATE_NOOP("Actions", "&Empty bucket…"),
        "eraser",
        (),
        QT_TRANSLATE_NOOP("Actions", "Delete every object of the bucket, after asking"),
        lambda now: now.target_bucket is not None and now.moment is None,
    ),
    Spec(
        ActionId.DELETE_BUCKET,
        QT_TRANSLATE_NOOP("Actions", "&Delete bucket…"),
        "trash",
        (),
        QT_TRANSLATE_NOOP("Actions", "Delete the bucket with everything in it, after asking"),
        lambda now: now.target_bucket is not None and now.moment is None,
    ),
    Spec(
        ActionId.INSPECTOR,
        QT_TRANSLATE_NOOP("Actions", "&Inspector"),
        "info",
        ("F9",),
        QT_TRANSLATE_NOOP("Actions", "Show or hide the inspector"),
        checkable=True,
    ),
    Spec(
        ActionId.TRANSFERS,
        QT_TRANSLATE_NOOP("Actions", "&Transfers"),
        "arrows-down-up",
        ("Ctrl+J",),
        QT_TRANSLATE_NOOP("Actions", "Show or hide transfers"),
        checkable=True,
    ),
    Spec(
        ActionId.THEME_SYSTEM,
        QT_TRANSLATE_NOOP("Actions", "As the &system"),
        "desktop",
        (),
        QT_TRANSLATE_NOOP("Actions", "Light or dark, as the system is"),
        checkable=True,
        group="theme",
    ),
    Spec(
        ActionId.THEME_LIGHT,
        QT_TRANSLATE_NOOP("Actions", "&Light"),
        "sun",
        (),
        QT_TRANSLATE_NOOP("Actions", "Light"),
        checkable=True,
        group="theme",
    ),
    Spec(
        ActionId.THEME_DARK,
        QT_TRANSLATE_NOOP("Actions", "&Dark"),
        "moon",
        (),
        QT_TRANSLATE_NOOP("Actions", "Dark"),
        checkable=True,
        group="theme",
    ),
    Spec(
        ActionId.SERVER,
        QT_TRANSLATE_NOOP("Actions", "&Share on the network…"),
        "broadcast",
        ("Ctrl+Shift+S",),
        QT_TRANSLATE_NOOP("Actions", "Choose address and port, start or stop the server that signed links need"),
    ),
    Spec(
        ActionId.SERVER_SWITCH,
        QT_TRANSLATE_NOOP("Actions", "S&tart or stop the server"),
        "power",
        (),
        QT_TRANSLATE_NOOP("Actions", "Start the server with the settings used last, or stop it"),
        checkable=True,
    ),
    Spec(
        ActionId.ABOUT,
        QT_TRANSLATE_NOOP("Actions", "&About Holdall"),
        "info",
        (),
        QT_TRANSLATE_NOOP("Actions", "Version and data folder"),
    ),
)
