"""The top-level window: banners at the top, one page below them, a toast over everything."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QContextMenuEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QStackedLayout, QVBoxLayout, QWidget

from app.icons import program_icon
from app.look import Look, presses
from app.widgets.banner import BannerArea
from app.widgets.toast import Toast

_SIZE = (1200, 760)


class Shell(QMainWindow):
    """Owns nothing but the frame; what to show is set from outside.

    Signals:
        close_asked: The person wants to close; only `leave` does it.
        left: The window is closed.
        escape_wanted: Escape was pressed, and nothing that has the keyboard had a use for it.
    """

    close_asked = Signal()
    left = Signal()
    escape_wanted = Signal()

    def __init__(self, look: Look) -> None:
        """Args: look."""
        super().__init__()
        self._may_close = False
        self.setWindowTitle("Holdall")
        self.setWindowIcon(program_icon())
        self.resize(*_SIZE)
        self.setMinimumSize(720, 420)
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.banners = BannerArea(look)
        holder = QWidget()
        self._stack = QStackedLayout(holder)
        column.addWidget(self.banners)
        column.addWidget(holder, 1)
        self.setCentralWidget(centre)
        self.toast = Toast(look, centre)

    def show_page(self, page: QWidget) -> None:
        """Show a page in the middle, adding it the first time."""
        if self._stack.indexOf(page) < 0:
            self._stack.addWidget(page)
        self._stack.setCurrentWidget(page)

    def leave(self) -> None:
        """Close without asking again."""
        self._may_close = True
        self.close()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt's hook: gets the keys that whatever has the keyboard left alone."""
        if event.key() == Qt.Key.Key_Escape:
            self.escape_wanted.emit()
        elif presses(event):
            return
        elif event.key() == Qt.Key.Key_F10 and event.modifiers() == Qt.KeyboardModifier.ShiftModifier:
            self._ask_for_menu()
        else:
            super().keyPressEvent(event)

    def _ask_for_menu(self) -> None:
        """Ask what has the keyboard for its context menu: Qt itself does so for the menu key alone."""
        widget = QApplication.focusWidget()
        if widget is not None:
            middle = widget.rect().center()
            asked = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, middle, widget.mapToGlobal(middle))
            QApplication.sendEvent(widget, asked)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Qt's hook: somebody else decides whether it may close now."""
        if self._may_close:
            event.accept()
            self.left.emit()
        else:
            event.ignore()
            self.close_asked.emit()
