"""The columns of a folder's rows, and what stands in their cells."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any, Final

from PySide6.QtCore import Qt

from app.formats import tip_text
from app.i18n import translate
from app.models.rows import Row
from app.models.sources import View
from engine.types import SortColumn


class Column(IntEnum):
    """The columns, in their natural order."""

    NAME = 0
    SIZE = 1
    TYPE = 2
    MODIFIED = 3
    OWNER = 4


SORTS: Final[dict[Column, SortColumn]] = {
    Column.NAME: SortColumn.NAME,
    Column.SIZE: SortColumn.SIZE,
    Column.TYPE: SortColumn.TYPE,
    Column.MODIFIED: SortColumn.TIME,
}
"""The columns that a person can sort by."""

ROW_ROLE: Final = Qt.ItemDataRole.UserRole
"""`data` role that gives the `Row`, or None while its page is on its way."""


def column_titles() -> tuple[str, ...]:
    """Return the titles of the columns, in their natural order."""
    return (
        translate("FolderModel", "Name"),
        translate("FolderModel", "Size"),
        translate("FolderModel", "Type"),
        translate("FolderModel", "Modified"),
        translate("FolderModel", "Owner"),
    )


def title_of(column: Column, view: View | None) -> str:
    """Return a column's title, with an arrow where it sorts: a right-aligned title leaves no room for Qt's own."""
    title = column_titles()[column]
    if view is None or SORTS.get(column) is not view.sort:
        return title
    return f"{title} {'↓' if view.descending else '↑'}"


def spoken_title(column: Column, view: View | None) -> str:
    """Return what screen readers say of a column: its title, and the order where it sorts."""
    title = column_titles()[column]
    if view is None or SORTS.get(column) is not view.sort:
        return title
    if view.descending:
        return translate("FolderModel", "{title}, sorted descending").format(title=title)
    return translate("FolderModel", "{title}, sorted ascending").format(title=title)


def header_datum(column: Column, role: int, view: View | None) -> Any:
    """Return what the head of a column has for a role of Qt's; None for those it knows nothing of."""
    if role == Qt.ItemDataRole.TextAlignmentRole:
        return alignment(column)
    if role == Qt.ItemDataRole.AccessibleTextRole:
        return spoken_title(column, view)
    return title_of(column, view) if role == Qt.ItemDataRole.DisplayRole else None


def alignment(column: int) -> Qt.AlignmentFlag:
    """Return how a column and its title are aligned."""
    side = Qt.AlignmentFlag.AlignRight if column == Column.SIZE else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def datum(row: Row, column: int, role: int, folder_size: Callable[[Row], str]) -> Any:
    """Return what a cell has for a role; None for those it knows nothing of.

    Args:
        row: The row.
        column: The column.
        role: Qt's.
        folder_size: What the Size column says of a folder.
    """
    if role == ROW_ROLE:
        return row
    if role == Qt.ItemDataRole.EditRole:
        return row.name
    if role == Qt.ItemDataRole.ToolTipRole:
        return tip_text(row.tips()[column])
    if role == Qt.ItemDataRole.AccessibleTextRole and column == Column.NAME:
        return row.spoken_name
    if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
        return text_of(row, column, folder_size)
    return None


def text_of(row: Row, column: int, folder_size: Callable[[Row], str], now: datetime | None = None) -> str:
    """Return what a column says of a row; `now` is what times are relative to."""
    if column == Column.SIZE and row.is_folder:
        return folder_size(row) or row.size
    return row.time(now or datetime.now(UTC)) if column == Column.MODIFIED else _texts(row)[column]


def _texts(row: Row) -> tuple[str, str, str, str, str]:
    return (row.label, row.size, row.type, "", row.owner)
