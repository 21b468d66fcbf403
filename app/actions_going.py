"""The commands about tabs, favourites and finding one's way in the window."""

from __future__ import annotations

from typing import Final

from app.actions import ActionId, Spec, Wording
from app.i18n import QT_TRANSLATE_NOOP

GOING_SPECS: Final[tuple[Spec, ...]] = (
    Spec(
        ActionId.NEW_TAB,
        QT_TRANSLATE_NOOP("Actions", "&New tab"),
        "plus",
        ("Ctrl+T",),
        QT_TRANSLATE_NOOP("Actions", "Open another tab at the same place"),
    ),
    Spec(
        ActionId.OPEN_IN_TAB,
        QT_TRANSLATE_NOOP("Actions", "Open in new ta&b"),
        "browsers",
        ("Ctrl+Return",),
        QT_TRANSLATE_NOOP("Actions", "Open the folder in a tab of its own"),
        lambda now: now.going.folder is not None,
    ),
    Spec(
        ActionId.OPEN_ENCLOSING,
        QT_TRANSLATE_NOOP("Actions", "Open the enclo&sing folder"),
        "folder-open",
        ("Ctrl+Shift+O",),
        QT_TRANSLATE_NOOP("Actions", "Show what was found in the folder that it is in"),
        lambda now: now.in_search and now.in_tree is None and now.selected == 1,
    ),
    Spec(
        ActionId.CLOSE_TAB,
        QT_TRANSLATE_NOOP("Actions", "&Close tab"),
        "x-square",
        ("Ctrl+W",),
        QT_TRANSLATE_NOOP("Actions", "Close the tab"),
        lambda now: now.going.tabs > 1,
    ),
    Spec(
        ActionId.CLOSE_OTHER_TABS,
        QT_TRANSLATE_NOOP("Actions", "Close &other tabs"),
        "x-circle",
        (),
        QT_TRANSLATE_NOOP("Actions", "Close all tabs but this one"),
        lambda now: now.going.tabs > 1,
    ),
    Spec(
        ActionId.REOPEN_TAB,
        QT_TRANSLATE_NOOP("Actions", "R&eopen closed tab"),
        "arrow-u-up-left",
        ("Ctrl+Shift+T",),
        QT_TRANSLATE_NOOP("Actions", "Open the tab again that was closed last"),
        lambda now: now.going.can_reopen,
    ),
    Spec(
        ActionId.NEXT_TAB,
        QT_TRANSLATE_NOOP("Actions", "&Next tab"),
        "caret-right",
        ("Ctrl+Tab", "Ctrl+PgDown"),
        QT_TRANSLATE_NOOP("Actions", "Show the tab to the right"),
        lambda now: now.going.tabs > 1,
    ),
    Spec(
        ActionId.PREVIOUS_TAB,
        QT_TRANSLATE_NOOP("Actions", "&Previous tab"),
        "caret-left",
        ("Ctrl+Shift+Tab", "Ctrl+PgUp"),
        QT_TRANSLATE_NOOP("Actions", "Show the tab to the left"),
        lambda now: now.going.tabs > 1,
    ),
    Spec(
        ActionId.FAVOURITE,
        QT_TRANSLATE_NOOP("Actions", "Add to fa&vourites"),
        "star",
        ("Ctrl+B",),
        QT_TRANSLATE_NOOP("Actions", "Pin the folder or bucket above the tree"),
        lambda now: now.going.pinned is not None,
        otherwise=Wording(
            QT_TRANSLATE_NOOP("Actions", "Remove from fa&vourites"),
            QT_TRANSLATE_NOOP("Actions", "Pin the folder or bucket above the tree no longer"),
            lambda now: now.going.is_favourite,
        ),
    ),
    Spec(
        ActionId.REPOINT_FAVOURITE,
        QT_TRANSLATE_NOOP("Actions", "&Lead favourite here"),
        "arrow-bend-down-right",
        (),
        QT_TRANSLATE_NOOP("Actions", "Let a favourite that is not there any more lead to the folder shown"),
        lambda now: now.going.missing is not None and now.place is not None,
    ),
    Spec(
        ActionId.NEXT_PANE,
        QT_TRANSLATE_NOOP("Actions", "Next part of the &window"),
        "arrows-left-right",
        ("F6",),
        QT_TRANSLATE_NOOP("Actions", "Give the keyboard to the next part of the window"),
    ),
    Spec(
        ActionId.PREVIOUS_PANE,
        QT_TRANSLATE_NOOP("Actions", "Previous part of the win&dow"),
        "arrows-left-right",
        ("Shift+F6",),
        QT_TRANSLATE_NOOP("Actions", "Give the keyboard to the part of the window before"),
    ),
    Spec(
        ActionId.PALETTE,
        QT_TRANSLATE_NOOP("Actions", "&Command palette…"),
        "command",
        ("Ctrl+K",),
        QT_TRANSLATE_NOOP("Actions", "Type what to do or where to go"),
    ),
    Spec(
        ActionId.SHORTCUTS,
        QT_TRANSLATE_NOOP("Actions", "&Keys…"),
        "keyboard",
        ("F1", "Ctrl+?"),
        QT_TRANSLATE_NOOP("Actions", "Show every key"),
    ),
)
