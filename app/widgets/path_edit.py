"""The field that a path is typed into, with the folders that it may go on with."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QPoint, QStringListModel, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QCompleter, QLineEdit, QListView, QToolTip

from app.formats import tip_text
from app.i18n import translate
from app.look import restyle

_CALM_MS: Final = 60


class PathEdit(QLineEdit):
    """See the module.

    Signals:
        completions_wanted: Somebody types; carries the text.
        left: The keyboard went elsewhere, or Escape was pressed; carries whether it was Escape.
    """

    completions_wanted = Signal(str)
    left = Signal(bool)

    def __init__(self) -> None:
        """Make an empty field."""
        super().__init__()
        self.setProperty("place", "path")
        self.setAccessibleName(translate("Breadcrumb", "Path"))
        self.setPlaceholderText(translate("Breadcrumb", "bucket/folder/…"))
        self._paths = QStringListModel(self)
        self._completer = QCompleter(self._paths, self)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._list = QListView()
        self._completer.setPopup(self._list)
        self._list.setProperty("place", "chooser")
        self._list.setAccessibleName(translate("Breadcrumb", "Folders that begin so"))
        self._completer.activated.connect(lambda _: self._ask())
        self.setCompleter(self._completer)
        self._calm = QTimer(self, singleShot=True, interval=_CALM_MS)
        self._calm.timeout.connect(self._ask)
        self.textEdited.connect(self._edited)

    def begin(self, text: str) -> None:
        """Take the keyboard, with a text that is selected."""
        restyle(self, invalid=False)
        self._paths.setStringList([])
        self.setText(text)
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.selectAll()

    def offer(self, text: str, paths: list[str]) -> None:
        """Show what a text may go on with, unless something else stands there by now."""
        if text != self.text() or not self.hasFocus():
            return
        self._paths.setStringList(paths)
        if paths and paths != [text]:
            self._completer.complete()
        else:
            self._list.hide()

    def refuse(self, reason: str) -> None:
        """Say beside the field why what was typed leads nowhere."""
        restyle(self, invalid=True)
        QToolTip.showText(self.mapToGlobal(QPoint(0, self.height())), tip_text(reason), self)

    def event(self, event: QEvent) -> bool:
        """Qt's hook: Tab takes the first folder that is offered, as in a shell."""
        is_tab = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Tab
        if is_tab and self._paths.rowCount() and self._paths.stringList()[0] != self.text():
            self.setText(self._paths.stringList()[0])
            self._ask()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt's hook: Escape ends the typing."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit(True)
            return
        super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Qt's hook: whoever goes elsewhere has ended the typing; the list of folders is not elsewhere."""
        super().focusOutEvent(event)
        if not self.hasFocus():
            self.left.emit(False)

    def _edited(self, _text: str) -> None:
        restyle(self, invalid=False)
        self._calm.start()

    def _ask(self) -> None:
        self.completions_wanted.emit(self.text())
