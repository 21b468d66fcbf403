"""The strip above the table that shows only what has some words in its name, as one types."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLineEdit, QToolButton

from app.i18n import translate
from app.look import Look, label
from app.models.sources import Scope
from app.widgets.glyph import Glyph

_PAUSE_MS = 60
"""How long one waits for the next letter: shorter than people type, longer than a key repeats."""


class FilterField(QLineEdit):
    """The field: Escape empties it, then leaves it; Enter and Down go to what was found.

    Signals:
        left: To the rows.
        given_up: Escape in the empty field.
    """

    left = Signal()
    given_up = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt's hook: see the class."""
        if event.key() == Qt.Key.Key_Escape:
            if self.text():
                self.clear()
            else:
                self.given_up.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Down):
            self.left.emit()
        else:
            super().keyPressEvent(event)


class FilterBar(QFrame):
    """See the module.

    Signals:
        changed: Carries the text, a moment after the last letter.
        scope_chosen: The same text is to be looked for elsewhere.
        left: The keyboard is to go to the rows.
        closed: The strip was put away.
    """

    changed = Signal(str)
    scope_chosen = Signal()
    left = Signal()
    closed = Signal()

    def __init__(self, look: Look) -> None:
        """Args: look. Hidden until somebody wants it."""
        super().__init__()
        self.setProperty("place", "banner")
        space = look.theme.space
        row = QHBoxLayout(self)
        row.setContentsMargins(space("m"), space("s"), space("s"), space("s"))
        row.setSpacing(space("s"))
        self.field = FilterField()
        self.field.setAccessibleName(translate("FilterBar", "Part of a name"))
        self.field.setPlaceholderText(translate("FilterBar", "Part of a name"))
        self.field.setClearButtonEnabled(True)
        for button in self.field.findChildren(QToolButton):
            button.setAccessibleName(translate("FilterBar", "Empty the field"))
            button.setToolTip(button.accessibleName())
        self.scope = QComboBox()
        self.scope.setAccessibleName(translate("FilterBar", "Where to look"))
        self.scope.setToolTip(translate("FilterBar", "Where to look"))
        for scope, text in (
            (Scope.FOLDER, translate("FilterBar", "This folder")),
            (Scope.BELOW, translate("FilterBar", "This folder and below")),
            (Scope.BUCKET, translate("FilterBar", "The whole bucket")),
        ):
            self.scope.addItem(text, scope)
        self.scope.activated.connect(self.scope_chosen)
        self.count = label(tone="muted")
        self.close_button = look.tool_button("x", translate("FilterBar", "Close the filter"))
        row.addWidget(Glyph(look, "funnel", "muted", look.theme.size("icon_small")))
        row.addWidget(self.field, 1)
        row.addWidget(self.count)
        row.addWidget(self.scope)
        row.addWidget(self.close_button)
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(lambda: self.changed.emit(self.field.text()))
        self.field.textChanged.connect(self._typed)
        self.field.left.connect(self.left)
        self.field.given_up.connect(self.put_away)
        self.close_button.clicked.connect(self.put_away)
        self.hide()

    @property
    def is_waiting(self) -> bool:
        """Return whether letters were typed that nobody was told of yet."""
        return self._pause.isActive()

    @property
    def chosen(self) -> Scope:
        """Return where to look."""
        return Scope(self.scope.currentData())

    def begin(self, scope: Scope) -> None:
        """Take the keyboard, with what was typed before selected.

        Args:
            scope: Where to look.
        """
        self.scope.setCurrentIndex(self.scope.findData(scope))
        self.show()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def clear(self) -> None:
        """Show everything again; the strip stays."""
        self.field.clear()

    def put_away(self) -> None:
        """Show everything again, without the strip."""
        self.clear()
        self.forget()
        self.hide()
        self.closed.emit()

    def dismiss(self) -> bool:
        """Put the strip away, and return whether it was there."""
        was_there = self.isVisible()
        if was_there:
            self.put_away()
        return was_there

    def forget(self) -> None:
        """Forget what was typed without telling anybody: something else is shown."""
        self.field.blockSignals(True)
        self.field.clear()
        self.field.blockSignals(False)
        self._pause.stop()
        self.count.clear()

    def say(self, text: str) -> None:
        """Say how much is shown."""
        self.count.setText(text)

    def _typed(self, text: str) -> None:
        """Wait for the next letter; an empty field has nothing to wait for."""
        if text:
            self._pause.start()
        else:
            self._pause.stop()
            self.changed.emit("")
