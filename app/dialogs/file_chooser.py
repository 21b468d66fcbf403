"""The system's own file dialog where there is one; where Qt has to draw it, one that looks like the rest of Holdall."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QFileInfo, QSize, QStandardPaths, Qt, QUrl
from PySide6.QtGui import QAbstractFileIconProvider, QIcon
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialogButtonBox,
    QFileDialog,
    QListView,
    QToolButton,
    QTreeView,
    QWidget,
)

from app import kinds
from app.i18n import translate
from app.look import Look, restyle

_SIZE: Final = QSize(860, 560)
_HEADER_PX: Final = 28
_COLUMN_WIDTHS: Final = (320, 90, 110, 150)


@dataclass(frozen=True, slots=True)
class Ask:
    """What a file dialog asks.

    Attributes:
        title: What the files are for.
        verb: What the button says.
        start: Folder to begin in, as text; empty for home.
    """

    title: str
    verb: str
    start: str = ""


def choose_files(look: Look, parent: QWidget, ask: Ask, then: Callable[[list[Path]], None]) -> QFileDialog:
    """Ask for one or more files.

    Args:
        look: Theme and icons.
        parent: The window.
        ask: What to ask.
        then: Gets the files; not called when the person cancels.

    Returns:
        The open dialog.
    """
    dialog = _dialog(look, parent, ask, then)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
    dialog.open()
    return dialog


def choose_folder(look: Look, parent: QWidget, ask: Ask, then: Callable[[Path], None]) -> QFileDialog:
    """Ask for one folder; see `choose_files`."""
    dialog = _dialog(look, parent, ask, lambda paths: then(paths[0]))
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    dialog.open()
    return dialog


def choose_target(look: Look, parent: QWidget, ask: Ask, name: str, then: Callable[[Path], None]) -> QFileDialog:
    """Ask for a file to write; see `choose_files`. One that is there is asked about.

    Args:
        look: Theme and icons.
        parent: The window.
        ask: What to ask.
        name: Name to begin with; its ending is added where somebody leaves it out.
        then: Gets the file; not called when the person cancels.

    Returns:
        The open dialog.
    """
    dialog = _dialog(look, parent, ask, lambda paths: then(paths[0]))
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setLabelText(QFileDialog.DialogLabel.Accept, ask.verb)
    dialog.setFileMode(QFileDialog.FileMode.AnyFile)
    dialog.setDefaultSuffix(name.rpartition(".")[2])
    dialog.selectFile(name)
    dialog.open()
    return dialog


def _dialog(look: Look, parent: QWidget, ask: Ask, then: Callable[[list[Path]], None]) -> QFileDialog:
    home = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.HomeLocation)
    dialog = QFileDialog(parent, ask.title, ask.start if Path(ask.start).is_dir() else home)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setAccessibleName(ask.title)
    dialog.setLabelText(QFileDialog.DialogLabel.Accept, ask.verb)
    dialog.filesSelected.connect(lambda names: then([Path(name) for name in names]))
    if dialog.findChild(QToolButton, "backButton") is not None:
        _dress(look, dialog)
    return dialog


def _dress(look: Look, dialog: QFileDialog) -> None:
    """Give Qt's own dialog our icons, names for screen readers, and room."""
    dialog.resize(_SIZE)
    dialog.setViewMode(QFileDialog.ViewMode.Detail)
    dialog.setIconProvider(_Provider(look))
    dialog.setSidebarUrls([QUrl.fromLocalFile(path) for path in _places()])
    for name, icon, text in (
        ("backButton", "arrow-left", translate("FileChooser", "Back")),
        ("forwardButton", "arrow-right", translate("FileChooser", "Forward")),
        ("toParentButton", "arrow-up", translate("FileChooser", "To the folder above")),
        ("newFolderButton", "folder-plus", translate("FileChooser", "New folder")),
        ("listModeButton", "list", translate("FileChooser", "List")),
        ("detailModeButton", "list-bullets", translate("FileChooser", "Details")),
    ):
        button = dialog.findChild(QToolButton, name)
        if button is not None:
            button.setIcon(look.icons.icon(icon))
            button.setAccessibleName(text)
            button.setToolTip(text)
    for name, text in (
        ("sidebar", translate("FileChooser", "Places")),
        ("listView", translate("FileChooser", "Files")),
        ("treeView", translate("FileChooser", "Files")),
    ):
        view = dialog.findChild(QAbstractItemView, name)
        if view is not None:
            _dress_view(look, view, text)
    for name, text in (
        ("lookInCombo", translate("FileChooser", "Folder")),
        ("fileNameEdit", translate("FileChooser", "File name")),
        ("fileTypeCombo", translate("FileChooser", "Files of type")),
    ):
        field = dialog.findChild(QWidget, name)
        if field is not None:
            field.setAccessibleName(text)
    box = dialog.findChild(QDialogButtonBox)
    for choice in box.buttons() if box is not None else ():
        choice.setIcon(QIcon())


def _dress_view(look: Look, view: QAbstractItemView, name: str) -> None:
    view.setAccessibleName(name)
    restyle(view, place="chooser")
    view.setIconSize(QSize(look.theme.size("icon_small"), look.theme.size("icon_small")))
    if isinstance(view, QTreeView):
        view.header().setAccessibleName(name)
        view.header().setFixedHeight(_HEADER_PX)
        for column, width in enumerate(_COLUMN_WIDTHS):
            view.header().resizeSection(column, width)
    elif isinstance(view, QListView):
        view.setMinimumWidth(150)


def _places() -> list[str]:
    """Return the folders that people keep files in, those that exist."""
    kind = QStandardPaths.StandardLocation
    wanted = (
        kind.HomeLocation,
        kind.DesktopLocation,
        kind.DocumentsLocation,
        kind.DownloadLocation,
        kind.PicturesLocation,
        kind.MusicLocation,
        kind.MoviesLocation,
    )
    found = [QStandardPaths.writableLocation(location) for location in wanted]
    return [path for path in dict.fromkeys(found) if path and Path(path).is_dir()]


class _Provider(QAbstractFileIconProvider):
    """Our icons for files, by their name alone: nothing is opened."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look

    def icon(self, what: QAbstractFileIconProvider.IconType | QFileInfo) -> QIcon:
        """Qt's hook: the icon of a file or of a kind of place."""
        if isinstance(what, QFileInfo):
            family = kinds.FOLDER if what.isDir() else kinds.family("", what.fileName())
            return self._look.icons.icon(family.icon, family.tone)
        kind = QAbstractFileIconProvider.IconType
        if what in (kind.Computer, kind.Drive, kind.Network):
            return self._look.icons.icon("hard-drives", "muted")
        return self._look.icons.icon(kinds.FOLDER.icon, kinds.FOLDER.tone)
