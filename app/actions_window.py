"""The commands about the window itself, where it goes, and what it serves."""

from __future__ import annotations

from typing import Final

from app.actions import ActionId, Spec, Wording
from app.i18n import QT_TRANSLATE_NOOP
from app.situation import Situation

_CLOSED: Final = QT_TRANSLATE_NOOP("Actions", "Not while you act as somebody: stop that first")


def _as_oneself(now: Situation) -> bool:
    return not now.acting


def _closed(text: str) -> Wording:
    """Return the same command with the reason why it is off while the window works in another name."""
    return Wording(text, _CLOSED, lambda now: now.acting)


WINDOW_SPECS: Final[tuple[Spec, ...]] = (
    Spec(
        ActionId.QUIT,
        QT_TRANSLATE_NOOP("Actions", "&Quit"),
        "sign-out",
        ("Ctrl+Q",),
        QT_TRANSLATE_NOOP("Actions", "Close the window"),
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
        ActionId.USERS,
        QT_TRANSLATE_NOOP("Actions", "Use&rs and tokens…"),
        "users-three",
        (),
        QT_TRANSLATE_NOOP("Actions", "Who is known here, their tokens, and the keys of this workspace"),
        _as_oneself,
        otherwise=_closed("Use&rs and tokens…"),
    ),
    Spec(
        ActionId.ALL_POLICIES,
        QT_TRANSLATE_NOOP("Actions", "Po&licies of all buckets…"),
        "shield-check",
        (),
        QT_TRANSLATE_NOOP("Actions", "See and change every policy, also those about buckets and those of no bucket"),
        _as_oneself,
        otherwise=_closed("Po&licies of all buckets…"),
    ),
    Spec(
        ActionId.AUDIT,
        QT_TRANSLATE_NOOP("Actions", "&Audit…"),
        "clipboard-text",
        (),
        QT_TRANSLATE_NOOP("Actions", "See who did what here and what was denied, and export it"),
        _as_oneself,
        otherwise=_closed("&Audit…"),
    ),
    Spec(
        ActionId.ACT_AS,
        QT_TRANSLATE_NOOP("Actions", "&Act as…"),
        "user-focus",
        ("Ctrl+Shift+A",),
        QT_TRANSLATE_NOOP("Actions", "See and do in this window only what a visitor or a user may"),
    ),
    Spec(
        ActionId.STOP_ACTING,
        QT_TRANSLATE_NOOP("Actions", "St&op acting"),
        "user-circle",
        (),
        QT_TRANSLATE_NOOP("Actions", "See and do everything again, as the person at this computer"),
        lambda now: now.acting,
    ),
    Spec(
        ActionId.DETAILS,
        QT_TRANSLATE_NOOP("Actions", "&Details"),
        "list",
        ("Ctrl+1",),
        QT_TRANSLATE_NOOP("Actions", "Show rows with their details"),
        checkable=True,
        group="view",
    ),
    Spec(
        ActionId.ICONS,
        QT_TRANSLATE_NOOP("Actions", "I&cons"),
        "squares-four",
        ("Ctrl+2",),
        QT_TRANSLATE_NOOP("Actions", "Show icons, and thumbnails of pictures"),
        checkable=True,
        group="view",
    ),
    Spec(
        ActionId.ZOOM_IN,
        QT_TRANSLATE_NOOP("Actions", "&Larger icons"),
        "magnifying-glass-plus",
        ("Ctrl++", "Ctrl+="),
        QT_TRANSLATE_NOOP("Actions", "Make icons larger"),
        lambda now: now.as_icons,
    ),
    Spec(
        ActionId.ZOOM_OUT,
        QT_TRANSLATE_NOOP("Actions", "S&maller icons"),
        "magnifying-glass-minus",
        ("Ctrl+-",),
        QT_TRANSLATE_NOOP("Actions", "Make icons smaller"),
        lambda now: now.as_icons,
    ),
    Spec(
        ActionId.ZOOM_RESET,
        QT_TRANSLATE_NOOP("Actions", "Us&ual size"),
        "magnifying-glass",
        ("Ctrl+0",),
        QT_TRANSLATE_NOOP("Actions", "Show icons in their usual size"),
        lambda now: now.as_icons,
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
        ActionId.FOLDER_SIZES,
        QT_TRANSLATE_NOOP("Actions", "&Folder sizes"),
        "scales",
        (),
        QT_TRANSLATE_NOOP("Actions", "Count what is in the folders in sight, with everything below them"),
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
        _as_oneself,
        otherwise=_closed("&Share on the network…"),
    ),
    Spec(
        ActionId.SERVER_SWITCH,
        QT_TRANSLATE_NOOP("Actions", "S&tart or stop the server"),
        "power",
        (),
        QT_TRANSLATE_NOOP("Actions", "Start the server with the settings used last, or stop it"),
        _as_oneself,
        checkable=True,
        otherwise=_closed("S&tart or stop the server"),
    ),
    Spec(
        ActionId.LOG,
        QT_TRANSLATE_NOOP("Actions", "Show &log"),
        "folder-open",
        (),
        QT_TRANSLATE_NOOP("Actions", "Open the folder that holds the log: what was done, refused, and went wrong"),
    ),
    Spec(
        ActionId.ABOUT,
        QT_TRANSLATE_NOOP("Actions", "&About Holdall"),
        "info",
        (),
        QT_TRANSLATE_NOOP("Actions", "Version and data folder"),
    ),
)
