"""Menu bar, toolbar and context menus: which commands, in which order. Built from the action table."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtWidgets import QMenu, QMenuBar, QSizePolicy, QToolBar, QToolButton, QWidget

from app.action_set import Actions
from app.actions import ActionId as A
from app.i18n import QT_TRANSLATE_NOOP, translate
from app.look import Look

Entries = tuple[A | None, ...]
"""Commands of a menu; None is a separator."""

MENUS: Final[tuple[tuple[str, Entries], ...]] = (
    (
        QT_TRANSLATE_NOOP("Menus", "&File"),
        (
            A.NEW_TAB,
            A.NEW_BUCKET,
            A.NEW_FOLDER,
            None,
            A.UPLOAD_FILES,
            A.UPLOAD_FOLDER,
            A.DOWNLOAD,
            None,
            A.OPEN,
            A.PREVIEW,
            A.OPEN_IN_TAB,
            A.OPEN_ENCLOSING,
            A.PROPERTIES,
            None,
            A.ALL_POLICIES,
            A.USERS,
            A.AUDIT,
            None,
            A.CLOSE_TAB,
            A.QUIT,
        ),
    ),
    (
        QT_TRANSLATE_NOOP("Menus", "&Edit"),
        (
            A.UNDO,
            A.REDO,
            None,
            A.CUT,
            A.COPY,
            A.PASTE,
            A.DUPLICATE,
            None,
            A.RENAME,
            A.DELETE,
            A.DELETE_FOR_GOOD,
            None,
            A.SELECT_ALL,
            A.INVERT_SELECTION,
            None,
            A.FILTER,
            A.SEARCH,
        ),
    ),
    (
        QT_TRANSLATE_NOOP("Menus", "&Bucket"),
        (
            A.BUCKET_PROPERTIES,
            A.POLICIES,
            A.TEST_ACCESS,
            None,
            A.TRASH,
            A.AS_IT_WAS,
            None,
            A.EMPTY_BUCKET,
            A.DELETE_BUCKET,
        ),
    ),
    (
        QT_TRANSLATE_NOOP("Menus", "&Go"),
        (
            A.BACK,
            A.FORWARD,
            A.UP,
            None,
            A.EDIT_PATH,
            A.REFRESH,
            A.FAVOURITE,
            A.REPOINT_FAVOURITE,
            None,
            A.NEXT_TAB,
            A.PREVIOUS_TAB,
            A.REOPEN_TAB,
            A.CLOSE_OTHER_TABS,
            None,
            A.NEXT_PANE,
            A.PREVIOUS_PANE,
        ),
    ),
    (
        QT_TRANSLATE_NOOP("Menus", "&Share"),
        (A.COPY_LINK, A.LINK_DIALOG, A.COPY_PUBLIC_LINK, None, A.SERVER, A.SERVER_SWITCH),
    ),
    (
        QT_TRANSLATE_NOOP("Menus", "&View"),
        (
            A.DETAILS,
            A.ICONS,
            A.ZOOM_IN,
            A.ZOOM_OUT,
            A.ZOOM_RESET,
            None,
            A.SORT_NAME,
            A.SORT_SIZE,
            A.SORT_TYPE,
            A.SORT_TIME,
            A.REVERSE_ORDER,
            A.COLUMNS,
            None,
            A.ACT_AS,
            A.STOP_ACTING,
            None,
            A.INSPECTOR,
            A.TRANSFERS,
            A.FOLDER_SIZES,
            None,
            A.THEME_SYSTEM,
            A.THEME_LIGHT,
            A.THEME_DARK,
        ),
    ),
    (QT_TRANSLATE_NOOP("Menus", "&Help"), (A.PALETTE, A.SHORTCUTS, None, A.LOG, A.ABOUT)),
)

OBJECT_MENU: Final[Entries] = (
    A.OPEN, A.OPEN_IN_TAB, A.OPEN_ENCLOSING, A.PREVIEW, A.DOWNLOAD, A.FAVOURITE, None, A.CUT, A.COPY, A.DUPLICATE, None,
    A.COPY_LINK, A.LINK_DIALOG, A.COPY_PUBLIC_LINK, None,
    A.RENAME, A.DELETE, A.DELETE_FOR_GOOD, None, A.TEST_ACCESS, A.PROPERTIES,
)  # fmt: skip
FOLDER_MENU: Final[Entries] = (
    A.NEW_FOLDER, A.UPLOAD_FILES, A.UPLOAD_FOLDER, A.PASTE, None, A.SELECT_ALL, A.REFRESH, A.FAVOURITE, None,
    A.TRASH, A.AS_IT_WAS, None, A.POLICIES, A.BUCKET_PROPERTIES,
)  # fmt: skip
TREE_BUCKET_MENU: Final[Entries] = (
    A.OPEN, A.OPEN_IN_TAB, A.DOWNLOAD, A.FAVOURITE, None, A.TRASH, A.AS_IT_WAS, None,
    A.RENAME, A.EMPTY_BUCKET, A.DELETE_BUCKET, None, A.POLICIES, A.TEST_ACCESS, A.BUCKET_PROPERTIES,
)  # fmt: skip
TREE_FOLDER_MENU: Final[Entries] = (
    A.OPEN, A.OPEN_IN_TAB, A.DOWNLOAD, A.FAVOURITE, None, A.CUT, A.COPY, A.DUPLICATE, None,
    A.RENAME, A.DELETE, A.DELETE_FOR_GOOD, None, A.POLICIES, A.PROPERTIES,
)  # fmt: skip
TAB_MENU: Final[Entries] = (A.NEW_TAB, A.REOPEN_TAB, None, A.CLOSE_TAB, A.CLOSE_OTHER_TABS)
PLACE_MENU: Final[Entries] = (A.OPEN_IN_TAB, A.FAVOURITE)
MISSING_MENU: Final[Entries] = (A.REPOINT_FAVOURITE, A.FAVOURITE)
TREE_MENU: Final[Entries] = (A.NEW_BUCKET, None, A.ALL_POLICIES, None, A.REFRESH)

UPLOAD_MENU: Final[Entries] = (A.UPLOAD_FILES, A.UPLOAD_FOLDER, A.PASTE, None, A.NEW_FOLDER)
_TOOLS: Final[Entries] = (
    A.NEW_FOLDER, A.DOWNLOAD, A.COPY_LINK, A.DELETE, None, A.DETAILS, A.ICONS, None, A.INSPECTOR,
)  # fmt: skip


def fill_menu(menu: QMenu, actions: Actions, entries: Entries) -> QMenu:
    """Put commands into a menu and return it."""
    for entry in entries:
        if entry is None:
            menu.addSeparator()
        else:
            menu.addAction(actions[entry])
    return menu


def fill_menu_bar(bar: QMenuBar, actions: Actions, outside: QMenu) -> None:
    """Build the menu bar.

    Args:
        bar: Empty.
        actions: The commands.
        outside: The choice that is about the whole workspace; above the end of the first menu.
    """
    bar.setAccessibleName(translate("Menus", "Menu bar"))
    menus = [fill_menu(bar.addMenu(translate("Menus", title)), actions, entries) for title, entries in MENUS]
    menus[0].insertMenu(actions[A.QUIT], outside)
    menus[0].insertSeparator(actions[A.QUIT])


def popup_menu(parent: QWidget, actions: Actions, entries: Entries, position: QPoint) -> QMenu:
    """Show a context menu of the commands that make sense, and return it; it deletes itself when closed.

    Args:
        parent: Qt's owner.
        actions: The commands.
        entries: Which; those disabled now are left out.
        position: Where, on the screen.
    """
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.setSeparatorsCollapsible(True)
    fill_menu(menu, actions, tuple(entry for entry in entries if entry is None or actions[entry].isEnabled()))
    menu.popup(position)
    return menu


def build_toolbar(actions: Actions, path_bar: QWidget, look: Look) -> QToolBar:
    """Build the one toolbar: history, path, then the commands used most.

    Args:
        actions: The commands.
        path_bar: Takes the room in the middle.
        look: Theme and icons.
    """
    bar = QToolBar(translate("Menus", "Toolbar"))
    bar.setObjectName("toolbar")
    bar.setAccessibleName(translate("Menus", "Toolbar"))
    bar.setMovable(False)
    bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
    bar.setIconSize(QSize(look.theme.size("icon"), look.theme.size("icon")))
    for name in (A.BACK, A.FORWARD, A.UP):
        _add(bar, actions, name)
    bar.addWidget(_gap(look.theme.space("xs")))
    bar.addWidget(path_bar)
    bar.addWidget(_gap(look.theme.space("xs")))
    bar.addWidget(_upload_button(bar, actions))
    for entry in _TOOLS:
        if entry is None:
            bar.addSeparator()
        else:
            _add(bar, actions, entry)
    return bar


def _add(bar: QToolBar, actions: Actions, name: A) -> None:
    bar.addAction(actions[name])
    button = bar.widgetForAction(actions[name])
    button.setAccessibleName(actions[name].text().replace("&", "").replace("…", ""))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)


def _upload_button(bar: QToolBar, actions: Actions) -> QToolButton:
    button = QToolButton(bar)
    button.setObjectName("upload")
    button.setText(translate("Menus", "Upload"))
    button.setIcon(actions[A.UPLOAD_FILES].icon())
    button.setToolTip(translate("Menus", "Upload files or a folder"))
    button.setAccessibleName(translate("Menus", "Upload"))
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setMenu(fill_menu(QMenu(button), actions, UPLOAD_MENU))
    button.setEnabled(False)
    actions[A.UPLOAD_FILES].enabledChanged.connect(button.setEnabled)
    return button


def _gap(width_px: int) -> QWidget:
    gap = QWidget()
    gap.setFixedWidth(width_px)
    gap.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
    return gap
