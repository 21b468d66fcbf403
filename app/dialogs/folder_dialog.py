"""Ask for the name of a new folder."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from app.delegates.name_editor import NameCheck
from app.dialogs.base import Dialog
from app.i18n import translate
from app.look import Look
from app.widgets.form import Field


class FolderDialog(Dialog):
    """Stays open until the folder is made, so that a refusal stands beside the name.

    Signals:
        submitted: Carries the name, which keeps the rules.
    """

    submitted = Signal(str)

    def __init__(self, look: Look, parent: QWidget, where: str, check: NameCheck) -> None:
        """Args: look; the window; the place it will be in, for people; what is wrong with a name, if anything."""
        super().__init__(look, parent, translate("FolderDialog", "New folder"))
        self._check = check
        self.edit = QLineEdit()
        self.edit.setPlaceholderText(translate("FolderDialog", "Photos"))
        hint = translate("FolderDialog", "It will be in {place}.").format(place=where)
        self.field = Field(translate("FolderDialog", "&Name"), self.edit, hint)
        self.body.addWidget(self.field)
        self.add_cancel()
        self.confirm = self.add_button(translate("FolderDialog", "Create"), "primary")
        self.confirm.setDefault(True)
        self.confirm.setEnabled(False)
        self.confirm.clicked.connect(self._submit)
        self.edit.textChanged.connect(self._judge)
        self.edit.setFocus()

    def refuse(self, reason: str) -> None:
        """Show why the folder could not be made, and let the person try another name."""
        self.field.refuse(reason)
        self.confirm.setEnabled(True)
        self.edit.setFocus()

    def _judge(self, text: str) -> None:
        problem = self._check(text.strip())
        self.field.refuse((problem or "") if text else "")
        self.confirm.setEnabled(problem is None)

    def _submit(self) -> None:
        self.confirm.setEnabled(False)
        self.submitted.emit(self.edit.text().strip())
