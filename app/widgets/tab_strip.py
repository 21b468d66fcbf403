"""The bar of tabs: names of places, a button to close each, and one to open another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QTabBar, QToolButton, QWidget

from app.formats import tip_text
from app.i18n import translate
from app.location import Location
from app.look import Look
from app.views.drops import carries_files, local_paths
from app.views.hold import Hold
from app.widgets.spring import Spring

_RIGHT = QTabBar.ButtonPosition.RightSide


@dataclass(frozen=True, slots=True)
class TabTitle:
    """What a tab is called.

    Attributes:
        name: The folder's name.
        tip: The whole place.
    """

    name: str
    tip: str


class TabStrip(QWidget):
    """See the module. It shows what it is told; one tab alone needs no bar.

    Signals:
        chosen: Carries the number of a tab to show.
        close_wanted: Carries the number of a tab to close.
        moved: Carries the number of a tab and the one that it has now.
        new_wanted: Another tab is wanted.
        menu_wanted: Carries the number of a tab and the global position.
        dropped: Carries a list of `Path` and the number of a tab.
    """

    chosen = Signal(int)
    close_wanted = Signal(int)
    moved = Signal(int, int)
    new_wanted = Signal()
    menu_wanted = Signal(int, QPoint)
    dropped = Signal(list, int)

    def __init__(self, look: Look, hold: Hold | None = None) -> None:
        """Args: look; what is in hand."""
        super().__init__()
        self._look = look
        self.setProperty("place", "tabs")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.bar = _Bar(look, hold or Hold(self))
        self._plus = look.tool_button("plus", translate("TabStrip", "New tab"))
        row = QHBoxLayout(self)
        row.setContentsMargins(look.theme.space("xs"), look.theme.space("xs"), look.theme.space("xs"), 0)
        row.setSpacing(look.theme.space("xs"))
        row.addWidget(self.bar)
        row.addWidget(self._plus)
        row.addStretch()
        self._plus.clicked.connect(self.new_wanted)
        self.bar.currentChanged.connect(self.chosen)
        self.bar.tabMoved.connect(self._tell_moved)
        self.bar.spring.sprung.connect(lambda number: self.chosen.emit(number))
        self.bar.dropped.connect(self.dropped)
        self.bar.middle_clicked.connect(self.close_wanted)
        self.bar.menu_wanted.connect(self.menu_wanted)
        self.hide()

    def show_tabs(self, titles: tuple[TabTitle, ...], active: int) -> None:
        """Show these tabs.

        Args:
            titles: What they are called, in their order.
            active: The number of the one that is shown.
        """
        self.bar.blockSignals(True)
        while self.bar.count() > len(titles):
            self.bar.removeTab(self.bar.count() - 1)
        while self.bar.count() < len(titles):
            self.bar.setTabButton(self.bar.addTab(""), _RIGHT, self._close_button())
        for number, title in enumerate(titles):
            self._name(number, title)
        self.bar.setCurrentIndex(active)
        self.bar.blockSignals(False)
        self.setVisible(len(titles) > 1)

    def _name(self, number: int, title: TabTitle) -> None:
        self.bar.setTabText(number, title.name.replace("&", "&&"))
        self.bar.setTabToolTip(number, tip_text(title.tip))
        button = self.bar.tabButton(number, _RIGHT)
        said = translate("TabStrip", "Close tab {name}").format(name=title.name)
        button.setAccessibleName(said)
        button.setToolTip(tip_text(said))

    def _close_button(self) -> QToolButton:
        button = self._look.tool_button("x", "")
        button.setProperty("place", "inline")
        button.setIconSize(QSize(12, 12))
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Ctrl+W does it; else every other Tab would end on a cross
        button.clicked.connect(lambda: self.close_wanted.emit(self._number_of(button)))
        return button

    def _number_of(self, button: QToolButton) -> int:
        return next(i for i in range(self.bar.count()) if self.bar.tabButton(i, _RIGHT) is button)

    def _tell_moved(self, target: int, source: int) -> None:
        """Pass on that a tab went from one place to another, which Qt tells the other way round."""
        self.moved.emit(target, source)


class _Bar(QTabBar):
    """The tabs themselves.

    Attributes:
        place_of: What a tab shows.
    """

    middle_clicked = Signal(int)
    menu_wanted = Signal(int, QPoint)
    dropped = Signal(list, int)

    def __init__(self, look: Look, hold: Hold) -> None:
        super().__init__()
        self._look = look
        self._hold = hold
        self.place_of: Callable[[int], Location | None] = lambda _: None
        self._over = -1
        self._lit = True
        self.spring = Spring(self)
        self.spring.pulsed.connect(self._pulse)
        self.setAccessibleName(translate("TabStrip", "Tabs"))
        self.setMovable(True)
        self.setDocumentMode(True)
        self.setDrawBase(False)
        self.setExpanding(False)
        self.setElideMode(Qt.TextElideMode.ElideMiddle)
        self.setUsesScrollButtons(True)
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Qt's hook: the middle button closes."""
        number = self.tabAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.MiddleButton and number >= 0:
            self.middle_clicked.emit(number)
            return
        super().mouseReleaseEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Qt's hook: of the tab under the pointer, or from the keyboard of the one that is shown."""
        keyboard = event.reason() == QContextMenuEvent.Reason.Keyboard
        number = self.currentIndex() if keyboard else self.tabAt(event.pos())
        if number >= 0:
            below = self.mapToGlobal(self.tabRect(number).bottomLeft())
            self.menu_wanted.emit(number, below if keyboard else event.globalPos())

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Qt's hook: whatever is dragged may look for its place in another tab."""
        event.accept()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Qt's hook: mark the tab below, and show it after a while."""
        self._hang(self.tabAt(event.position().toPoint()))
        self._answer(event)

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        """Qt's hook: it went away."""
        self._hold.leave()
        self._hang(-1)

    def dropEvent(self, event: QDropEvent) -> None:
        """Qt's hook: pass the paths on and return at once; the other program is waiting."""
        number = self.tabAt(event.position().toPoint())
        self._hang(-1)
        if self._hold.carries(event.mimeData()):
            self._hold.drop(event, self.place_of(number) if number >= 0 else None)
            return
        self._answer(event)
        if event.isAccepted():
            self.dropped.emit(local_paths(event.mimeData()), number)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's hook: the tabs, and a mark on the one that a drag hangs over."""
        super().paintEvent(event)
        if self._over < 0 or not self._lit:
            return
        theme, rect = self._look.theme, self.tabRect(self._over).adjusted(1, 1, -2, -2)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(theme.color("accent"))
            painter.drawRoundedRect(rect, theme.space("xs"), theme.space("xs"))

    def _answer(self, event: QDropEvent) -> None:
        """Take files from other programs, and what is dragged in this window where a drop does something."""
        number = self.tabAt(event.position().toPoint())
        if self._hold.carries(event.mimeData()):
            if not self._hold.hang(event, self.place_of(number) if number >= 0 else None):
                event.setDropAction(Qt.DropAction.IgnoreAction)
                event.accept()  # else Qt sends no more moves here, and the tab never springs open
            return
        if isinstance(event.source(), QWidget) or not carries_files(event.mimeData()) or number < 0:
            event.ignore()
            return
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()

    def _hang(self, number: int) -> None:
        self._over, self._lit = number, True
        self.spring.hover(None if number in (-1, self.currentIndex()) else number)
        self.update()

    def _pulse(self, lit: bool) -> None:
        self._lit = lit
        self.update()
