"""A labelled field whose mistakes are explained right below it."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QLabel, QVBoxLayout, QWidget

from app.look import label, restyle


class Field(QWidget):
    """Label, control, and below it a hint that turns into the reason why the entry is refused."""

    def __init__(self, title: str, control: QWidget, hint: str = "") -> None:
        """Args: what is asked; the control, which gets the title as its accessible name; help below it."""
        super().__init__()
        self.control = control
        self._hint_text = hint
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self._caption = QLabel()
        self._caption.setBuddy(control)
        self.name_it(title)
        self._note = label(hint, size="caption", tone="muted", wrap=True)
        self._note.setVisible(bool(hint))
        for part in (self._caption, control, self._note):
            column.addWidget(part)

    def name_it(self, title: str) -> None:
        """Ask for something; `&` stands before the access key."""
        self._caption.setText(title)
        plain = title.replace("&", "")
        self.control.setAccessibleName(plain)
        if isinstance(self.control, QComboBox):
            self.control.view().setAccessibleName(plain)
            if (line := self.control.lineEdit()) is not None:
                line.setAccessibleName(plain)

    def explain(self, hint: str) -> None:
        """Say something else below the field."""
        self._hint_text = hint
        self.refuse("")

    @property
    def problem(self) -> str:
        """Return the reason that is shown, or nothing."""
        return "" if self._note.text() == self._hint_text else self._note.text()

    def refuse(self, reason: str) -> None:
        """Explain what is wrong; an empty reason brings the hint back."""
        self._note.setText(reason or self._hint_text)
        self._note.setVisible(bool(reason or self._hint_text))
        restyle(self._note, tone="danger" if reason else "muted")
        restyle(self.control, invalid=bool(reason))
        self.control.setAccessibleDescription(reason)
