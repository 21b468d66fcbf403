"""The audit as a table: the newest first, read page by page as somebody scrolls, a bounded number of pages held.

Entries are never put in between: a page begins where the one before it ended, by number. So the model remembers for
each page that was read where it begins, forgets the entries themselves when there are many, and reads those again that
come into view once more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from typing import Any, Final, Protocol

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal

from app.audit_words import Names, address_words, operation_words, result_words
from app.formats import brief_time_text, full_time_text
from app.i18n import translate
from app.models.pages import PageCache
from app.models.records import Cell, cell_datum
from app.models.sources import Cancellable, Failed
from engine.access_types import AuditEntry, AuditFilter, AuditPage

AnyIndex = QModelIndex | QPersistentModelIndex

_PAGES_MAX: Final = 25


class AuditColumn(IntEnum):
    """The columns, in their order."""

    TIME = 0
    WHO = 1
    ROLE = 2
    WHAT = 3
    BUCKET = 4
    PATH = 5
    RESULT = 6
    ADDRESS = 7


class AuditSource(Protocol):
    """What entries are read from."""

    def page(
        self,
        wanted: AuditFilter,
        cursor: int | None,
        then: Callable[[AuditPage], None],
        otherwise: Failed | None = None,
        *,
        owner: QObject | None = None,
    ) -> Cancellable:
        """Read the page after an entry, or the first one; the answer is dropped once `owner` is deleted."""
        ...


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An entry with what its cells say."""

    entry: AuditEntry
    cells: tuple[Cell, ...]


class AuditModel(QAbstractTableModel):
    """See the module.

    Signals:
        opened: The first page is there.
        failed: A page could not be read; carries the exception.
    """

    opened = Signal()
    failed = Signal(object)

    def __init__(self, source: AuditSource, page_rows: int, parent: QObject | None = None) -> None:
        """Args: what it reads from; entries of a full page; Qt's owner."""
        super().__init__(parent)
        self._source = source
        self._page_rows = page_rows
        self._cache: PageCache[AuditRow] = PageCache(page_rows, _PAGES_MAX)
        self._wanted = AuditFilter()
        self._names = Names()
        self._begins: list[int | None] = []
        self._first: Sequence[AuditRow] = ()
        self._next: int | None = None
        self._total = 0
        self._loads: dict[int, Cancellable] = {}
        self._wishes: list[int] = []
        self._dispatch = QTimer(self, singleShot=True, interval=0)
        self._dispatch.timeout.connect(self._load_wishes)

    @property
    def wanted(self) -> AuditFilter:
        """Return which entries are shown."""
        return self._wanted

    @property
    def held_pages(self) -> int:
        """Return how many pages are in memory."""
        return len(self._cache)

    @property
    def has_more(self) -> bool:
        """Return whether there are older entries than those that were read."""
        return self._next is not None

    def call(self, names: Names) -> None:
        """Call people by these names from now on."""
        self._names = names

    def open(self, wanted: AuditFilter) -> None:
        """Show other entries; what was shown stays until they are read."""
        self.stop()
        self._wanted = wanted
        self._load(0, None, self._show)

    def stop(self) -> None:
        """Wait for nothing any more."""
        for load in self._loads.values():
            load.cancel()
        self._loads.clear()
        self._wishes.clear()

    def entry(self, row: int) -> AuditEntry | None:
        """Return the entry of a row, if it is in memory."""
        found = self._cache.row(row)
        return found.entry if found is not None else None

    def who(self, entry: AuditEntry) -> str:
        """Return how whoever did something is called."""
        return self._names.who(entry)

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:
        """Qt's hook: entries that were read so far."""
        return 0 if parent.isValid() else self._total

    def columnCount(self, parent: AnyIndex = QModelIndex()) -> int:
        """Qt's hook: the named columns."""
        return 0 if parent.isValid() else len(AuditColumn)

    def canFetchMore(self, parent: AnyIndex) -> bool:
        """Qt's hook: whether there are older entries."""
        return not parent.isValid() and self._next is not None and len(self._begins) not in self._loads

    def fetchMore(self, parent: AnyIndex) -> None:
        """Qt's hook: somebody has scrolled to the end."""
        if self.canFetchMore(parent):
            self._load(len(self._begins), self._next, self._append)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt's hook: column titles."""
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(AuditColumn):
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return _titles()[section] if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt's hook: texts made with the page; asking for a page that is gone orders it."""
        if not index.isValid():
            return None
        row = self._cache.row(index.row())
        if row is None:
            self._wish(index.row() // self._page_rows)
            return None
        return cell_datum(row.cells[index.column()], role)

    def _load(self, number: int, cursor: int | None, take: Callable[[AuditPage], None]) -> None:
        self._loads[number] = self._source.page(self._wanted, cursor, take, partial(self._fail, number), owner=self)

    def _show(self, page: AuditPage) -> None:
        self.beginResetModel()
        self._cache.clear()
        self._begins, self._total = [], 0
        self._keep(None, page)
        self._loads.pop(0, None)
        self.endResetModel()
        self.opened.emit()

    def _append(self, page: AuditPage) -> None:
        number = len(self._begins)
        if not page.entries:
            self._next = None
            self._loads.pop(number, None)
            return
        # it is being loaded until it is there: a view asks for more in the midst of this
        self.beginInsertRows(QModelIndex(), self._total, self._total + len(page.entries) - 1)
        self._keep(self._next, page)
        self._loads.pop(number, None)
        self.endInsertRows()

    def _keep(self, begin: int | None, page: AuditPage) -> None:
        """Take a page in after those that are known."""
        rows = self._rows(page.entries)
        if begin is None:
            self._first = rows  # read again it would begin with what was written since, and move all that follows
        self._cache.put(len(self._begins), rows)
        self._begins.append(begin)
        self._total += len(page.entries)
        # a page that is not full is the last one, whatever comes: the next would not begin at its place
        self._next = page.next_cursor if len(page.entries) == self._page_rows else None

    def _wish(self, number: int) -> None:
        if number not in self._loads and number not in self._cache and number not in self._wishes:
            self._wishes.append(number)
            self._dispatch.start()

    def _load_wishes(self) -> None:
        while self._wishes:
            number = self._wishes.pop()
            if number == 0:
                self._show_again(0, self._first)
                continue
            self._load(number, self._begins[number], partial(self._take_again, number))

    def _take_again(self, number: int, page: AuditPage) -> None:
        self._loads.pop(number, None)
        self._show_again(number, self._rows(page.entries))

    def _show_again(self, number: int, rows: Sequence[AuditRow]) -> None:
        self._cache.put(number, rows)
        first = number * self._page_rows
        last = min(first + self._page_rows, self._total) - 1
        self.dataChanged.emit(self.index(first, 0), self.index(last, len(AuditColumn) - 1))

    def _rows(self, entries: Sequence[AuditEntry]) -> list[AuditRow]:
        return [AuditRow(entry, _cells(entry, self._names)) for entry in entries]

    def _fail(self, number: int, error: Exception) -> None:
        self._loads.pop(number, None)
        self.failed.emit(error)


def _titles() -> tuple[str, ...]:
    return (
        translate("AuditModel", "Time"),
        translate("AuditModel", "Who"),
        translate("AuditModel", "Role"),
        translate("AuditModel", "What"),
        translate("AuditModel", "Bucket"),
        translate("AuditModel", "Path"),
        translate("AuditModel", "Result"),
        translate("AuditModel", "From"),
    )


def _cells(entry: AuditEntry, names: Names) -> tuple[Cell, ...]:
    result, tone = result_words(entry.result)
    return (
        Cell(brief_time_text(entry.at), full_time_text(entry.at)),
        Cell(names.who(entry), entry.actor),
        Cell(entry.role or "", tone="muted"),
        Cell(operation_words(entry.operation), entry.operation),
        Cell(entry.bucket or "", entry.bucket_id or ""),
        Cell(entry.path),
        Cell(result, tone=tone or "muted"),
        Cell(address_words(entry), tone="muted"),
    )
