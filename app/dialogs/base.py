"""What every dialog shares: title, body, a row of buttons, Escape, and never an event loop of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import shiboken6
from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.i18n import translate
from app.look import Look, label, presses

SPIN_MARGINS: Final = (6, 0, 0, 0)
"""Text margins of spin boxes, whose inner field takes no padding from the style sheet."""


_FRAME_PX: Final = 32
"""What the title bar of a desktop takes, about."""


class Dialog(QDialog):
    """Window-modal, deletes itself when closed, lays its parts out on the spacing scale."""

    def __init__(self, look: Look, parent: QWidget, title: str, width_px: int = 440) -> None:
        """Args: look; the window it belongs to; its title; its least width."""
        super().__init__(parent)
        self.look = look
        self._holds_more: Callable[[], bool] | None = None
        self._tell: Callable[[], None] | None = None
        self._why: QPushButton | None = None
        self._outgrown = False
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setMinimumWidth(width_px)
        space = look.theme.space
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(space("xl"), space("xl"), space("xl"), space("l"))
        self._column.setSpacing(space("l"))
        self.body = QVBoxLayout()
        self.body.setSpacing(space("m"))
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(space("s"))
        self._buttons.addStretch()
        self._column.addWidget(label(title, size="title"))
        self._column.addLayout(self.body)
        self._column.addStretch()
        self._column.addLayout(self._buttons)

    @property
    def is_open(self) -> bool:
        """Return whether the person still sees it. Answers may come after it was closed, and so deleted."""
        return shiboken6.isValid(self) and self.isVisible()

    def finish(self) -> None:
        """Close it because what it asked for is done, unless the person closed it meanwhile."""
        if self.is_open:
            self.accept()

    def ask_before_losing(self, holds_more: Callable[[], bool]) -> None:
        """Ask before Escape or the window's cross throw away what was typed; Cancel means it.

        Args:
            holds_more: Whether anything was typed that is nowhere else.
        """
        self._holds_more = holds_more

    def reject(self) -> None:
        """Qt's hook: Escape, or the window's cross."""
        if not self.isVisible() or self._holds_more is None or not self._holds_more():
            self.leave()
            return
        asked = LosingDialog(self.look, self)
        asked.accepted.connect(self.leave)
        asked.open()

    def leave(self) -> None:
        """Close it, and leave everything as it is."""
        super().reject()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt's hook: Return presses the button that has the keyboard, and only then the default one."""
        if not presses(event):
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """Qt's hook: on a small screen, or one that makes everything large, it is no larger than that."""
        super().showEvent(event)
        bounded = self.size().boundedTo(self._room)
        if not event.spontaneous() and self.size() != bounded:
            self.resize(bounded)
        self._stay_on_screen()

    def event(self, event: QEvent) -> bool:
        """Qt's hook: make room for text that comes while it is open; it never shrinks under the pointer."""
        handled = super().event(event)
        if event.type() is QEvent.Type.LayoutRequest and self.isVisible():
            self._outgrown = True
        if self._outgrown and self._is_placed:
            self._outgrown = False
            QTimer.singleShot(0, self, self._grow)  # this event may be its painting
        return handled

    @property
    def _is_placed(self) -> bool:
        """Return whether the desktop has framed it: before it may be wrong about where it is, and resizing moves it."""
        return self.is_open and self.windowHandle().isExposed()

    def _grow(self) -> None:
        needed_px = min(self._column.totalHeightForWidth(self.width()), self._room.height())
        if needed_px > self.height():
            self.resize(self.width(), needed_px)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's hook: what has grown while it is open must not end below the screen."""
        super().resizeEvent(event)
        if self.isVisible() and event.size().height() > event.oldSize().height():
            self._stay_on_screen()

    @property
    def _room(self) -> QSize:
        """Return how large it may be on its screen."""
        return self.screen().availableGeometry().size() - QSize(0, _FRAME_PX)

    def _stay_on_screen(self) -> None:
        """Move up as far as it would be below the screen."""
        screen = self.screen().availableGeometry()
        over_px = self.frameGeometry().bottom() - screen.bottom()
        if over_px > 0:
            self.move(self.x(), max(self.y() - over_px, screen.top()))

    def add_button(self, text: str, kind: str = "", icon: str = "") -> QPushButton:
        """Add a button at the right of the row and return it."""
        button = self.look.push_button(text, kind, icon)
        button.setAutoDefault(False)
        self._buttons.addWidget(button)
        return button

    def add_aside(self, text: str, icon: str = "") -> QPushButton:
        """Add a button at the left of the row and return it."""
        button = self.look.push_button(text, "", icon)
        button.setAutoDefault(False)
        self._buttons.insertWidget(0, button)
        return button

    def offer_reason(self, tell: Callable[[], None] | None) -> None:
        """Offer to tell why what was asked for was refused just now.

        Args:
            tell: Tells it, or None where there is nothing to tell.
        """
        self._tell = tell
        if tell is not None and self._why is None:
            self._why = self.add_aside(translate("Dialog", "Why was it refused?"))
            self._why.clicked.connect(lambda: self._tell() if self._tell is not None else None)
        if self._why is not None:
            self._why.setVisible(tell is not None)

    def add_cancel(self) -> QPushButton:
        """Add the button that leaves everything as it is."""
        button = self.add_button(translate("Dialog", "Cancel"))
        button.clicked.connect(self.leave)
        return button

    def add_close(self) -> QPushButton:
        """Add the button that only closes; it is the default."""
        button = self.add_button(translate("Dialog", "Close"))
        button.clicked.connect(self.accept)
        button.setDefault(True)
        return button


class LosingDialog(Dialog):
    """Asks whether what was typed may go; going on is the default, also for one Escape more."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        """Args: look; the dialog that something was typed into."""
        super().__init__(look, parent, translate("Dialog", "Throw away what you typed?"))
        self.body.addWidget(label(translate("Dialog", "It was not saved yet."), tone="muted", wrap=True))
        keep = self.add_button(translate("Dialog", "Go on typing"))
        keep.clicked.connect(self.leave)
        throw = self.add_button(translate("Dialog", "Throw away"), "danger")
        throw.clicked.connect(self.accept)
        keep.setDefault(True)
        keep.setFocus()
