"""What painting rows and painting icons have in common: how an entry is renamed in place, and which are marked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QAbstractItemView, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.delegates.name_editor import NameCheck, NameEditor
from app.i18n import translate
from app.models.folder_model import ROW_ROLE
from app.models.rows import Row

AnyIndex = QModelIndex | QPersistentModelIndex

CUT_OPACITY: Final = 0.5
"""How much is seen of what is cut until it is pasted."""


class NamingDelegate(QStyledItemDelegate):
    """See the module.

    Attributes:
        hovered_row: Row under the pointer, or -1.
        drop_row: Folder that a drop would go into, or -1.
    """

    def __init__(self, view: QAbstractItemView, check: NameCheck, is_cut: Callable[[Row], bool]) -> None:
        """Args: the view; what is wrong with a new name, if anything; which rows are painted paler."""
        super().__init__(view)
        self.hovered_row = -1
        self.drop_row = -1
        self._check = check
        self._is_cut = is_cut

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, _index: AnyIndex) -> QWidget:
        """Qt's hook: the rename field."""
        return NameEditor(parent, self._check, translate("RowDelegate", "New name"))

    def setEditorData(self, editor: QWidget, index: AnyIndex) -> None:
        """Qt's hook: the present name, its stem selected."""
        row: Row | None = index.data(ROW_ROLE)
        if isinstance(editor, NameEditor) and row is not None and not editor.isModified():
            editor.begin(row.name, keep_extension=not row.is_folder)

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: AnyIndex) -> None:
        """Qt's hook: pass on the new name if it is one."""
        if isinstance(editor, NameEditor) and editor.hasAcceptableInput():
            model.setData(index, editor.text())

    def _pale_if_cut(self, painter: QPainter, row: Row | None) -> None:
        """Paint what is cut paler until it is pasted."""
        if row is not None and self._is_cut(row):
            painter.setOpacity(CUT_OPACITY)
