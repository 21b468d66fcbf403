"""What a command is, and the names of them all.

The commands themselves are data in `actions_content`, `actions_going` and `actions_window`: text, glyph, shortcut,
when it makes sense. `action_set.Actions` turns them into QActions and refuses to leave one without a handler; menus,
toolbar and context menus are built from those.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum, auto

from app.situation import Situation


class ActionId(StrEnum):
    """The name of every command."""

    NEW_BUCKET = auto()
    NEW_FOLDER = auto()
    UPLOAD_FILES = auto()
    UPLOAD_FOLDER = auto()
    DOWNLOAD = auto()
    QUIT = auto()
    UNDO = auto()
    REDO = auto()
    CUT = auto()
    COPY = auto()
    PASTE = auto()
    DUPLICATE = auto()
    RENAME = auto()
    DELETE = auto()
    DELETE_FOR_GOOD = auto()
    SELECT_ALL = auto()
    INVERT_SELECTION = auto()
    FILTER = auto()
    SEARCH = auto()
    OPEN_ENCLOSING = auto()
    BACK = auto()
    FORWARD = auto()
    UP = auto()
    EDIT_PATH = auto()
    REFRESH = auto()
    OPEN = auto()
    PREVIEW = auto()
    COPY_LINK = auto()
    LINK_DIALOG = auto()
    COPY_PUBLIC_LINK = auto()
    PROPERTIES = auto()
    BUCKET_PROPERTIES = auto()
    TRASH = auto()
    POLICIES = auto()
    ALL_POLICIES = auto()
    TEST_ACCESS = auto()
    AS_IT_WAS = auto()
    EMPTY_BUCKET = auto()
    DELETE_BUCKET = auto()
    USERS = auto()
    AUDIT = auto()
    ACT_AS = auto()
    STOP_ACTING = auto()
    DETAILS = auto()
    ICONS = auto()
    ZOOM_IN = auto()
    ZOOM_OUT = auto()
    ZOOM_RESET = auto()
    SORT_NAME = auto()
    SORT_SIZE = auto()
    SORT_TYPE = auto()
    SORT_TIME = auto()
    REVERSE_ORDER = auto()
    COLUMNS = auto()
    INSPECTOR = auto()
    TRANSFERS = auto()
    FOLDER_SIZES = auto()
    THEME_SYSTEM = auto()
    THEME_LIGHT = auto()
    THEME_DARK = auto()
    SERVER = auto()
    SERVER_SWITCH = auto()
    LOG = auto()
    ABOUT = auto()
    NEW_TAB = auto()
    OPEN_IN_TAB = auto()
    CLOSE_TAB = auto()
    CLOSE_OTHER_TABS = auto()
    REOPEN_TAB = auto()
    NEXT_TAB = auto()
    PREVIOUS_TAB = auto()
    NEXT_PANE = auto()
    PREVIOUS_PANE = auto()
    PALETTE = auto()
    SHORTCUTS = auto()
    FAVOURITE = auto()
    REPOINT_FAVOURITE = auto()


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
        of_bucket: It is about the whole bucket shown, and names it while things of other buckets are shown too.
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
    of_bucket: bool = False
