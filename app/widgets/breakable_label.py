"""A label for names and paths of any length: it breaks them where it must, and copies them as they are."""

from __future__ import annotations

import re

from PySide6.QtCore import Qt
from PySide6.QtGui import QClipboard, QContextMenuEvent, QGuiApplication, QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QLabel, QMenu

from app.formats import breakable, breakable_part, utf16_length
from app.i18n import translate


class BreakableLabel(QLabel):
    """Plain text that can be selected. What makes it break is seen by nobody, and does not come along in a copy."""

    def __init__(self, text: str = "", *, size: str = "") -> None:
        """Args: what it says; its size, as in `look.label`."""
        super().__init__()
        self._told = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setMinimumWidth(1)  # 0 would mean: as wide as its longest word
        flags = Qt.TextInteractionFlag
        self.setTextInteractionFlags(flags.TextSelectableByMouse | flags.TextSelectableByKeyboard)
        if size:
            self.setProperty("textSize", size)
        self.show_text(text)

    def show_text(self, text: str) -> None:
        """Say something else."""
        self._told = re.sub("\r\n?", "\n", text)  # two characters would count as one where they are shown
        self.setText(breakable(self._told))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt's hook: what is copied is what it says."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self._copy(QClipboard.Mode.Clipboard)
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Qt's hook: on some desktops what is selected is copied at once, for the middle button."""
        super().mouseReleaseEvent(event)
        if QGuiApplication.clipboard().supportsSelection():
            self._copy(QClipboard.Mode.Selection)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Qt's hook: its own menu would copy everything that is in the text."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        copy = menu.addAction(translate("BreakableLabel", "&Copy"))
        copy.setEnabled(self.hasSelectedText())
        copy.triggered.connect(lambda: self._copy(QClipboard.Mode.Clipboard))
        every = menu.addAction(translate("BreakableLabel", "Select &all"))
        every.triggered.connect(lambda: self.setSelection(0, utf16_length(self.text())))
        menu.popup(event.globalPos())

    def _copy(self, where: QClipboard.Mode) -> None:
        if self.hasSelectedText():
            start, length = self.selectionStart(), utf16_length(self.selectedText())
            QGuiApplication.clipboard().setText(breakable_part(self._told, start, start + length), where)
