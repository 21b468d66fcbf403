"""The strip above the table: words that names must have, as one types, and beyond the folder more than that."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLineEdit, QToolButton, QVBoxLayout

from app.i18n import translate
from app.look import Look, label
from app.models.searches import EVERYTHING, Scope, Search
from app.views.search_traits import SearchTraits
from app.widgets.glyph import Glyph

_PAUSE_MS = 60
"""How soon after a letter the next one waits for its own next: shorter than people type, longer than a key repeats."""


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
        changed: Something else is looked for: at once, but of letters in a quick row a moment after the last.
        left: The keyboard is to go to the rows.
        closed: The strip was put away.
    """

    changed = Signal()
    left = Signal()
    closed = Signal()

    def __init__(self, look: Look) -> None:
        """Args: look. Hidden until somebody wants it."""
        super().__init__()
        self.setProperty("place", "banner")
        space = look.theme.space
        column = QVBoxLayout(self)
        column.setContentsMargins(space("m"), space("s"), space("s"), space("s"))
        column.setSpacing(space("s"))
        row = QHBoxLayout()
        row.setSpacing(space("s"))
        column.addLayout(row)
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
            (Scope.EVERYWHERE, translate("FilterBar", "All buckets")),
        ):
            self.scope.addItem(text, scope)
        self.count = label(tone="muted")
        self.close_button = look.tool_button("x", translate("FilterBar", "Close the filter"))
        row.addWidget(Glyph(look, "funnel", "muted", look.theme.size("icon_small")))
        row.addWidget(self.field, 1)
        row.addWidget(self.count)
        row.addWidget(self.scope)
        row.addWidget(self.close_button)
        self.traits = SearchTraits(look)
        self.traits.setContentsMargins(look.theme.size("icon_small") + space("s"), 0, 0, 0)
        column.addWidget(self.traits)
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._tell_late)
        self._is_late = False
        self.scope.activated.connect(self._choose)
        self.traits.chosen.connect(self._choose)
        self.field.textChanged.connect(self._typed)
        self.field.left.connect(self.left)
        self.field.given_up.connect(self.put_away)
        self.close_button.clicked.connect(self.put_away)
        self.hide()

    @property
    def is_waiting(self) -> bool:
        """Return whether letters were typed that nobody was told of yet."""
        return self._is_late

    @property
    def chosen(self) -> Scope:
        """Return where to look."""
        return Scope(self.scope.currentData())

    @property
    def search(self) -> Search:
        """Return what is looked for. In the folder, whose folders have neither size nor age, only names count.

        An asterisk stands for anything, as people are used to, unless something is quoted: then all is taken as it is.
        """
        typed = self.field.text()
        search = Search((typed if '"' in typed else typed.replace("*", " ")).strip(), self.chosen)
        return search if self.chosen is Scope.FOLDER else self.traits.added_to(search)

    def begin(self, scope: Scope) -> None:
        """Take the keyboard, with what was typed before selected.

        Args:
            scope: Where to look.
        """
        self._look_in(scope)
        self.show()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def bring_back(self, search: Search) -> None:
        """Show what is looked for, without telling anybody and without taking the keyboard."""
        self._rest()
        self.field.blockSignals(True)
        self.field.setText(search.text)
        self.field.blockSignals(False)
        self.traits.show_of(search)
        self._look_in(search.scope)
        self.show()

    def clear(self) -> None:
        """Show everything again; the strip stays."""
        self.traits.show_of(EVERYTHING)
        self.field.clear()
        self._choose()

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
        self.traits.show_of(EVERYTHING)
        self._rest()
        self.count.clear()

    def say(self, text: str) -> None:
        """Say how much is shown."""
        self.count.setText(text)

    def _look_in(self, scope: Scope) -> None:
        self.scope.setCurrentIndex(self.scope.findData(scope))
        self.traits.setVisible(scope is not Scope.FOLDER)

    def _typed(self, text: str) -> None:
        """Tell of a letter at once, unless it follows another quickly: each would begin what the next makes useless."""
        if not text:
            self._choose()
            return
        self._is_late = self._pause.isActive()
        self._pause.start()
        if not self._is_late:
            self.changed.emit()

    def _tell_late(self) -> None:
        if self._is_late:
            self._is_late = False
            self.changed.emit()

    def _rest(self) -> None:
        """Wait for nothing any more."""
        self._pause.stop()
        self._is_late = False

    def _choose(self) -> None:
        """Tell at once what is looked for."""
        self._rest()
        self._look_in(self.chosen)
        self.changed.emit()
