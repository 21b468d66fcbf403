"""The table of one folder: a windowed model that never holds more than a few pages of it.

The number of rows comes from the database; rows are loaded by page when a view asks for them, newest wish first, and
kept in a bounded cache. Until a page arrives its cells are empty placeholders. A refresh changes what is shown as
narrowly as it can: a small folder by exact insertions and removals, so that selection and scroll position stay with
their objects; a large one page by page, announced by `shifting` and `settled` because rows may have moved. What was
there before stays on the screen until its page has come again. How many rows a large folder has may take longer to
count than its first rows take to come: these are shown at once, and the rest follows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal

from app.models.cells import ROW_ROLE, SORTS, Column, alignment, column_titles, datum, header_datum
from app.models.pace import Pace
from app.models.pages import PAGE_ROWS, Insertion, PageCache, Removal, few_edits
from app.models.rows import Row
from app.models.sources import WHOLE_MAX, Cancellable, FolderSource, Snapshot, View
from engine.folding import fold
from engine.types import FolderCount

__all__ = ["ROW_ROLE", "SORTS", "Column", "FolderModel", "column_titles"]

AnyIndex = QModelIndex | QPersistentModelIndex

_WISHES_MAX: Final = 6
_CLOCK_MS: Final = 30_000
_STEPS_MAX: Final = 64
_KEPT_MAX: Final = 4

_CELL_FLAGS: Final = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsDragEnabled
_NAME_FLAGS: Final = _CELL_FLAGS | Qt.ItemFlag.ItemIsEditable


class FolderModel(QAbstractTableModel):
    """See the module. What its Size column says of folders is `folder_size`.

    Signals:
        opened: Another folder is shown.
        refreshed: The same folder was read again.
        failed: The folder could not be read; carries the exception.
        shifting: Rows of a large folder are about to change places.
        settled: They have, and the visible pages are loaded.
        rename_wanted: A person gave a row another name; carries the row and the name.
    """

    opened = Signal()
    refreshed = Signal()
    failed = Signal(object)
    shifting = Signal()
    settled = Signal()
    rename_wanted = Signal(object, str)

    def __init__(
        self, source: FolderSource, parent: QObject | None = None, cache: PageCache[Row] | None = None
    ) -> None:
        """Show nothing yet.

        Args:
            source: Loads pages.
            parent: Qt's owner.
            cache: The window; of the usual size by default.
        """
        super().__init__(parent)
        self._source = source
        self.folder_size: Callable[[Row], str] = lambda _: ""
        self._cache: PageCache[Row] = cache or PageCache()
        self._view: View | None = None
        self._count = FolderCount(0, 0)
        self._total = 0
        self._is_counted = True
        self._visible = range(0)
        self._kept: frozenset[int] = frozenset()
        self._loading: dict[int, Cancellable] = {}
        self._outdated: set[int] = set()
        self._wishes: list[int] = []
        self._opening: Cancellable | None = None
        self._refreshing: Cancellable | None = None
        self._counting: Cancellable | None = None
        self._seeking: Cancellable | None = None
        self._stale = False
        self._pace = Pace(self)
        self._pace.rested.connect(self.refresh)
        self._dispatch = QTimer(self, singleShot=True, interval=0)
        self._dispatch.timeout.connect(self._load_wishes)
        self._clock = QTimer(self, interval=_CLOCK_MS)
        self._clock.timeout.connect(self._age)
        self._clock.start()

    @property
    def view(self) -> View | None:
        """Return what is shown."""
        return self._view

    @property
    def count(self) -> FolderCount:
        """Return how many folders and objects there are, or have come until they are counted."""
        return self._count

    @property
    def is_counted(self) -> bool:
        """Return whether it is known how many rows there are; until then there are more than are shown."""
        return self._is_counted

    @property
    def is_whole(self) -> bool:
        """Return whether every row is in the window."""
        is_few = self._is_counted and self._total <= len(self._cache) * PAGE_ROWS
        return is_few and all(number in self._cache for number in range(-(-self._total // PAGE_ROWS)))

    @property
    def held_pages(self) -> int:
        """Return how many pages are in memory."""
        return len(self._cache)

    def open(self, view: View) -> None:
        """Show a folder. What was shown stays until the new one can be painted.

        Args:
            view: Which folder, and how it is sorted.
        """
        self._forget_loads()
        self._opening = self._source.look(view, lambda snapshot: self._show(view, snapshot), self._fail)

    def clear(self) -> None:
        """Show nothing."""
        self._forget_loads()
        self.beginResetModel()
        self._view, self._count, self._total, self._is_counted = None, FolderCount(0, 0), 0, True
        self._cache.clear()
        self.endResetModel()
        self.opened.emit()

    def refresh(self) -> None:
        """Read the same folder again and change what changed. Wishes during a refresh make one more.

        A folder that takes long is not read all the time, however often it changes.
        """
        if self._opening is not None or self._refreshing is not None or self._counting is not None:
            self._stale = True
        elif self._view is not None and self._pace.is_resting:
            self._pace.wait()
        elif self._view is not None:
            self._pace.begin()
            self._refreshing = self._source.snapshot(self._view, self._pages_wanted, self._apply_refresh, self._fail)

    def set_visible(self, rows: range) -> None:
        """Tell which rows are on the screen: a refresh reads these, and those that will be next come beforehand."""
        forward = rows.start >= self._visible.start
        self._visible = rows
        ahead = rows.stop + PAGE_ROWS // 2 if forward else rows.start - PAGE_ROWS // 2
        if 0 <= ahead < self._total:
            self._wish(ahead // PAGE_ROWS, soon=False)

    def set_selected(self, ranges: Sequence[range]) -> None:
        """Tell which rows are selected: if they are few, a refresh reads these too, so that they stay selected."""
        pages = {row // PAGE_ROWS for span in ranges[:_KEPT_MAX] for row in (span.start, span.stop - 1)}
        few = len(ranges) <= _KEPT_MAX and all(len(span) <= PAGE_ROWS for span in ranges)
        self._kept = frozenset(pages) if few and len(pages) <= _KEPT_MAX else frozenset()

    def row(self, number: int) -> Row | None:
        """Return a row if it is in the window, without asking for it."""
        return self._cache.row(number)

    def shown(self, number: int) -> Row | None:
        """Return a row if it is in the window; asking for a missing page orders it."""
        row = self._cache.row(number)
        if row is None or self._cache.is_stale(number):
            self._wish(number // PAGE_ROWS)
        return row

    def rows(self, ranges: Sequence[range]) -> list[Row] | None:
        """Return the rows of a selection if all are in the window, else None."""
        if sum(len(span) for span in ranges) > len(self._cache) * PAGE_ROWS:
            return None
        found = [self._cache.row(number) for span in ranges for number in span]
        known = [row for row in found if row is not None]
        return known if len(known) == len(found) else None

    def find(self, key: str) -> int | None:
        """Return the place of a row by its key, if it is in the window."""
        return next((number for number, row in self._cache.items() if row.key == key), None)

    def find_all(self, keys: frozenset[str]) -> list[int]:
        """Return the places of rows by their keys, as far as they are in the window, in one pass."""
        return [number for number, row in self._cache.items() if row.key in keys]

    def find_name(self, start: int, typed: str) -> int | None:
        """Return the next row in the window, from `start` on and around, whose name begins with `typed`."""
        wanted = fold(typed)
        hits = [number for number, row in self._cache.items() if fold(row.name).startswith(wanted)]
        return min(hits, key=lambda number: (number < start, number), default=None)

    def seek(self, start: int, typed: str, then: Callable[[int], None], *, beyond: bool) -> None:
        """Find the next row, from `start` on and around, whose name begins with `typed`; its folder may be any size.

        Args:
            start: Where to begin; negative for the first row.
            typed: How the name begins.
            then: Gets the row's place, if there is one.
            beyond: Whether `start` itself does not count.
        """
        if self._seeking is not None:
            self._seeking.cancel()
        known = self.find_name(max(start, 0) + (1 if beyond else 0), typed)
        row = self._cache.row(start) if start >= 0 else None
        if self._view is None or self.is_whole or self._view.moment is not None or self._view.search.is_narrow:
            if known is not None:
                then(known)
        else:
            path = "" if row is None else row.path
            self._seeking = self._source.find(self._view, typed, path, then, beyond=beyond and row is not None)

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:
        """Qt's hook: rows of the folder, known from the database."""
        return 0 if parent.isValid() else self._total

    def columnCount(self, parent: AnyIndex = QModelIndex()) -> int:
        """Qt's hook: the named columns."""
        return 0 if parent.isValid() else len(Column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt's hook: column titles."""
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(Column):
            return None
        return header_datum(Column(section), role, self._view)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt's hook: texts made ready with the page; asking for a missing page orders it."""
        if role == Qt.ItemDataRole.TextAlignmentRole and index.isValid():
            return alignment(index.column())
        row = self.shown(index.row()) if index.isValid() else None
        return None if row is None else datum(row, index.column(), role, self.folder_size)

    def setData(self, index: AnyIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Qt's hook: a new name is passed on; the row changes when the engine has done it."""
        row = self._cache.row(index.row()) if index.isValid() else None
        if row is None or role != Qt.ItemDataRole.EditRole or index.column() != Column.NAME:
            return False
        name = str(value)
        if name and name != row.name:
            self.rename_wanted.emit(row, name)
        return True

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """Qt's hook: rows can be selected and dragged, names edited."""
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        return _NAME_FLAGS if index.column() == Column.NAME else _CELL_FLAGS

    @property
    def _pages_wanted(self) -> Sequence[int]:
        """Return the pages that a refresh has to read: none for all of a small folder."""
        if self._total <= WHOLE_MAX or self.is_whole:
            return ()
        return sorted({row // PAGE_ROWS for row in (self._visible.start, self._visible.stop)} | self._kept)

    def _forget_loads(self) -> None:
        self._pace.stop()
        for load in (self._opening, self._refreshing, self._counting, self._seeking, *self._loading.values()):
            if load is not None:
                load.cancel()
        self._opening = self._refreshing = self._counting = None
        self._stale = False
        self._loading.clear()
        self._outdated.clear()
        self._wishes.clear()

    def _show(self, view: View, snapshot: Snapshot) -> None:
        self._opening = None
        self.beginResetModel()
        self._view, self._count, self._total = view, snapshot.count, snapshot.count.total
        self._cache.clear()
        for number, rows in snapshot.pages.items():
            self._cache.put(number, rows)
        self._visible, self._kept, self._is_counted = range(0), frozenset(), snapshot.is_counted
        self.endResetModel()
        self.opened.emit()
        if not snapshot.is_counted:
            self._counting = self._source.count(view, self._take_count, self._fail)
        self._refresh_if_stale()

    def _take_count(self, count: FolderCount) -> None:
        """Let the rows follow that there are beyond those which came at once."""
        self._counting = None
        self._count = count
        self._set_total(max(count.total, self._total))
        self._is_counted = True
        if count.total <= WHOLE_MAX:
            self._stale = True
        self.refreshed.emit()
        self._refresh_if_stale()

    def _apply_refresh(self, snapshot: Snapshot) -> None:
        self._refreshing = None
        self._pace.end()
        old = [self._cache.row(number) for number in range(self._total)] if self.is_whole else None
        new = snapshot.whole
        steps = few_edits([row.key for row in old or () if row], [row.key for row in new or ()], _STEPS_MAX)
        if old is not None and new is not None and steps is not None:
            self._edit([row for row in old if row is not None], new, steps)
        else:
            self._replace(snapshot)
        self._count = snapshot.count
        self.refreshed.emit()
        self._refresh_if_stale()

    def _refresh_if_stale(self) -> None:
        if self._stale:
            self._stale = False
            self.refresh()

    def _edit(self, rows: list[Row], new: list[Row], steps: Sequence[Removal | Insertion]) -> None:
        for step in steps:
            if isinstance(step, Removal):
                self.beginRemoveRows(QModelIndex(), step.first, step.last)
                del rows[step.first : step.last + 1]
            else:
                self.beginInsertRows(QModelIndex(), step.first, step.last)
                rows[step.first : step.first] = new[step.first : step.last + 1]
            self._total = len(rows)
            self._cache.fill(rows)
            (self.endRemoveRows if isinstance(step, Removal) else self.endInsertRows)()
        changed = [number for number, row in enumerate(rows) if row != new[number]]
        self._cache.fill(new)
        if changed:
            self._tell_changed(changed[0], changed[-1])

    def _replace(self, snapshot: Snapshot) -> None:
        self.shifting.emit()
        total = snapshot.count.total
        self._cache.age()
        self._outdated.update(self._loading)  # these may have been read before the snapshot was
        self._set_total(total)
        for number, rows in snapshot.pages.items():
            self._cache.put(number, rows)
        if total:
            self._tell_changed(0, total - 1)
        self.settled.emit()

    def _set_total(self, total: int) -> None:
        """Let rows come or go at the end."""
        if total > self._total:
            self.beginInsertRows(QModelIndex(), self._total, total - 1)
            self._total = total
            self.endInsertRows()
        elif total < self._total:
            self.beginRemoveRows(QModelIndex(), total, self._total - 1)
            self._total = total
            self.endRemoveRows()

    def _tell_changed(self, first: int, last: int) -> None:
        self.dataChanged.emit(self.index(first, 0), self.index(last, len(Column) - 1))

    def _age(self) -> None:
        """Let the relative times on the screen grow older."""
        last = min(self._visible.stop, self._total - 1)
        if last >= 0:
            first = self.index(min(self._visible.start, last), Column.MODIFIED)
            self.dataChanged.emit(first, self.index(last, Column.MODIFIED), [Qt.ItemDataRole.DisplayRole])

    def _wish(self, number: int, *, soon: bool = True) -> None:
        if number in self._loading or number in self._cache or self._opening is not None:
            return
        if number in self._wishes:
            if not soon:
                return
            self._wishes.remove(number)
        self._wishes.insert(len(self._wishes) if soon else 0, number)
        del self._wishes[:-_WISHES_MAX]
        self._dispatch.start()

    def _load_wishes(self) -> None:
        while self._wishes and (view := self._view) is not None:
            number = self._wishes.pop()
            self._loading[number] = self._source.page(
                view, number, partial(self._take, number), self._fail, among=self._count if self._is_counted else None
            )

    def _take(self, number: int, rows: Sequence[Row]) -> None:
        self._loading.pop(number, None)
        self._cache.put(number, rows, aged=number in self._outdated)
        self._outdated.discard(number)
        first = number * PAGE_ROWS
        last = min(first + len(rows), self._total) - 1
        if last >= first:
            self._tell_changed(first, last)
        if self._is_counted and len(rows) != min(PAGE_ROWS, self._total - first):
            self.refresh()

    def _fail(self, error: Exception) -> None:
        self._forget_loads()
        self.failed.emit(error)
