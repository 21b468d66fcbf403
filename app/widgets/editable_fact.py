"""A fact that is changed where it stands: a button turns it into a field, and mistakes are told below it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QToolButton, QVBoxLayout, QWidget

from app.i18n import translate
from app.look import Look, label, restyle
from app.widgets.breakable_label import BreakableLabel

_CELL_PX = 24


class EditableFact(QWidget):
    """See the module.

    Signals:
        submitted: Something else is to be there; carries the text.
        removed: It is to be there no more.
        editing_ended: The field is closed.
    """

    submitted = Signal(str)
    removed = Signal()
    editing_ended = Signal()

    def __init__(self, look: Look, name: str, value: str, *, shown: str = "", removable: bool = False) -> None:
        """Args: look; what the fact is called; what it is; what is shown instead; whether it can be taken away."""
        super().__init__()
        self._name = name
        self._value = value
        self._busy = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(look.theme.space("xs"))
        self._shown = QWidget()
        row = QHBoxLayout(self._shown)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(look.theme.space("xs"))
        self.text = BreakableLabel(shown or value)
        self.text.setAccessibleName(f"{name}: {shown or value}")
        row.addWidget(self.text, 1)
        self.edit_button = self._button(look, "pencil-simple", translate("EditableFact", "Change {name}"))
        self.edit_button.clicked.connect(self.edit)
        row.addWidget(self.edit_button, 0, Qt.AlignmentFlag.AlignTop)
        self.remove_button = self._button(look, "x", translate("EditableFact", "Remove {name}"))
        self.remove_button.clicked.connect(self.removed)
        self.remove_button.setVisible(removable)
        row.addWidget(self.remove_button, 0, Qt.AlignmentFlag.AlignTop)
        self.field = QLineEdit()
        self.field.setProperty("place", "cell")
        self.field.setFixedHeight(_CELL_PX + 4)
        self.field.setMinimumWidth(1)
        self.field.setAccessibleName(name)
        self.field.returnPressed.connect(self._submit)
        self.field.installEventFilter(self)
        self.note = label(size="caption", tone="danger", wrap=True)
        for part in (self._shown, self.field, self.note):
            column.addWidget(part)
        self.field.hide()
        self.note.hide()

    @property
    def line_px(self) -> int:
        """Return how high its first line is, for what stands before it."""
        return self.edit_button.sizeHint().height()

    @property
    def is_editing(self) -> bool:
        """Return whether the field is open."""
        return not self.field.isHidden()

    def edit(self) -> None:
        """Turn it into a field."""
        self.field.setText(self._value)
        self._shown.hide()
        self.field.show()
        self.field.selectAll()
        self.field.setFocus()

    def refuse(self, reason: str) -> None:
        """Say what is wrong, beside the field, which stays open."""
        self._busy = False
        self.field.setReadOnly(False)
        self.note.setText(reason)
        self.note.setVisible(bool(reason))
        restyle(self.field, invalid=bool(reason))
        self.field.setAccessibleDescription(reason)

    def finish(self) -> None:
        """Close the field."""
        if not self.is_editing:
            return
        self.refuse("")
        had_focus = self.field.hasFocus()
        self.field.hide()
        self._shown.show()
        if had_focus:
            self.edit_button.setFocus()
        self.editing_ended.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt's hook: Escape leaves everything as it is; so does going elsewhere, unless something was typed."""
        if event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            self.finish()
            return True
        if event.type() is QEvent.Type.FocusOut and self.field.text() == self._value and not self._busy:
            self.finish()
        return super().eventFilter(watched, event)

    def _button(self, look: Look, icon: str, name: str) -> QToolButton:
        button = look.tool_button(icon, name.format(name=self._name))
        button.setProperty("place", "inline")
        return button

    def _submit(self) -> None:
        if self._busy:
            return
        if self.field.text() == self._value:
            self.finish()
            return
        self._busy = True
        self.field.setReadOnly(True)
        self.submitted.emit(self.field.text())
