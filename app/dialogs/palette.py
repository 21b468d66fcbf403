"""The command palette: every command and many places, found by some of their letters, by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QIcon, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.fuzzy import Match, match, match_nearly
from app.i18n import translate
from app.look import Look, label

_SIZE: Final = QSize(600, 420)
_ENTRY_ROLE: Final = Qt.ItemDataRole.UserRole
_MOVES: Final = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
_ROW_PX: Final = 34

AnyIndex = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that can be done.

    Attributes:
        key: What it is remembered by.
        title: What is typed to find it.
        detail: What it is, in a word or two: a menu, or the kind of place.
        keys: Its shortcut, or nothing.
        icon: Its glyph.
        enabled: Whether it makes sense now.
        run: Does it.
        marks: Which letters of the title were typed.
    """

    key: str
    title: str
    detail: str
    keys: str
    icon: QIcon
    enabled: bool
    run: Callable[[], None]
    marks: tuple[int, ...] = ()


def found(entries: tuple[Entry, ...], typed: str, recent: tuple[str, ...]) -> list[Entry]:
    """Return what is found, the best first: recent ones before others that fit as well, what is off now at the end.

    Args:
        entries: All there are, in the order in which they are shown while nothing is typed.
        typed: What was typed.
        recent: Keys of what was done last, the last one first.
    """
    ranks = {key: rank for rank, key in enumerate(recent)}
    kept = _hits(entries, lambda title: match(typed, title))
    kept = kept or _hits(entries, lambda title: match_nearly(typed, title))
    kept.sort(
        key=lambda pair: (not pair[1].enabled, -pair[0].score if typed else 0, ranks.get(pair[1].key, len(ranks)))
    )
    return [entry for _, entry in kept]


def _hits(entries: tuple[Entry, ...], look: Callable[[str], Match | None]) -> list[tuple[Match, Entry]]:
    hits = [(look(entry.title), entry) for entry in entries]
    return [(hit, replace(entry, marks=hit.places)) for hit, entry in hits if hit is not None]


class Palette(QDialog):
    """See the module. It closes before it does anything, so that what is done finds the window as it was."""

    def __init__(self, look: Look, parent: QWidget, entries: tuple[Entry, ...], recent: tuple[str, ...]) -> None:
        """Args: look; the window; what can be done; keys of what was done last."""
        super().__init__(parent, Qt.WindowType.Dialog | Qt.WindowType.FramelessWindowHint)
        self._entries = entries
        self._recent = recent
        self.picked: Entry | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setWindowTitle(translate("Palette", "Command palette"))
        self.setAccessibleName(self.windowTitle())
        self.setProperty("place", "palette")
        self.edit = QLineEdit()
        self.edit.setPlaceholderText(translate("Palette", "Type a command or a place"))
        self.edit.setAccessibleName(translate("Palette", "Command or place"))
        self.edit.installEventFilter(self)
        self.list = QListWidget()
        self.list.setProperty("place", "palette")
        self.list.setAccessibleName(translate("Palette", "What is found"))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setUniformItemSizes(True)
        self.list.setItemDelegate(_EntryDelegate(look, self.list))
        self._nothing = label(translate("Palette", "Nothing has that name."), tone="muted")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(*(look.theme.space("s"),) * 4)
        column.setSpacing(look.theme.space("s"))
        for part in (self.edit, self.list, self._nothing):
            column.addWidget(part, part is not self.edit)
        self.edit.textChanged.connect(self._show)
        self.list.itemClicked.connect(self._pick)
        self.resize(_SIZE)
        self.move(parent.mapToGlobal(parent.rect().topLeft()) + _top_middle(parent, self))
        self._show("")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt's hook: the keyboard stays in the field while it goes along the list."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in _MOVES:
                self._move(Qt.Key(event.key()))
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._pick(self.list.currentItem())
                return True
        return super().eventFilter(watched, event)

    def _move(self, key: Qt.Key) -> None:
        page = max(self.list.viewport().height() // _ROW_PX - 1, 1)
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -page, Qt.Key.Key_PageDown: page}[key]
        self.list.setCurrentRow(min(max(self.list.currentRow() + steps, 0), self.list.count() - 1))

    def _show(self, typed: str) -> None:
        self.list.clear()
        for entry in found(self._entries, typed, self._recent):
            item = QListWidgetItem(entry.title)
            item.setData(_ENTRY_ROLE, entry)
            said = [entry.title, entry.detail, entry.keys, "" if entry.enabled else _off_text()]
            item.setData(Qt.ItemDataRole.AccessibleTextRole, ", ".join(part for part in said if part))
            item.setToolTip("" if entry.enabled else _off_text())
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self.list.setVisible(self.list.count() > 0)
        self._nothing.setVisible(self.list.count() == 0)

    def _pick(self, item: QListWidgetItem | None) -> None:
        entry: Entry | None = item.data(_ENTRY_ROLE) if item is not None else None
        if entry is not None and entry.enabled:
            self.picked = entry
            self.accept()


class _EntryDelegate(QStyledItemDelegate):
    """Paints an entry: icon, title with the letters that were typed, what it is, its keys."""

    def __init__(self, look: Look, view: QListWidget) -> None:
        super().__init__(view)
        self._look = look

    def sizeHint(self, _option: QStyleOptionViewItem, _index: AnyIndex) -> QSize:
        """Qt's hook: all are equally high."""
        return QSize(200, _ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Qt's hook."""
        entry: Entry = index.data(_ENTRY_ROLE)
        theme, rect = self._look.theme, option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("accent_soft"))
            painter.drawRoundedRect(rect.adjusted(0, 1, 0, -1), 6, 6)
        side, space = theme.size("icon_small"), theme.space("s")
        mode = QIcon.Mode.Normal if entry.enabled else QIcon.Mode.Disabled
        entry.icon.paint(painter, QRect(rect.left() + space, rect.center().y() - side // 2, side, side), mode=mode)
        inner = rect.adjusted(side + 3 * space, 0, -space, 0)
        self._paint_aside(painter, inner, entry)
        self._paint_title(painter, inner, entry)
        painter.restore()

    def _paint_title(self, painter: QPainter, rect: QRect, entry: Entry) -> None:
        theme, left = self._look.theme, rect.left()
        for place, letter in enumerate(entry.title):
            marked = place in entry.marks
            painter.setFont(theme.font("body", bold=marked))
            tone = "accent" if marked and entry.enabled else "text" if entry.enabled else "disabled"
            painter.setPen(theme.color(tone))
            painter.drawText(
                QRect(left, rect.top(), rect.width(), rect.height()), Qt.AlignmentFlag.AlignVCenter, letter
            )
            left += painter.fontMetrics().horizontalAdvance(letter)

    def _paint_aside(self, painter: QPainter, rect: QRect, entry: Entry) -> None:
        theme = self._look.theme
        painter.setFont(theme.font("caption"))
        painter.setPen(theme.color("muted" if entry.enabled else "disabled"))
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        said = entry.detail if entry.enabled else translate("Palette", "Not now")
        painter.drawText(rect, flags, "  ·  ".join(part for part in (said, entry.keys) if part))


def _off_text() -> str:
    return translate("Palette", "Makes no sense here: nothing suitable is selected or open")


def _top_middle(parent: QWidget, dialog: QWidget) -> QPoint:
    return QPoint((parent.width() - dialog.width()) // 2, parent.height() // 8)
