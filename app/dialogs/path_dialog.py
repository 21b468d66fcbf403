"""Ask for a path inside a bucket."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from app.bridge.names import path_problem
from app.dialogs.base import Dialog
from app.i18n import translate
from app.look import Look
from app.widgets.form import Field


class PathDialog(Dialog):
    """Stays open until the engine has agreed, so that a refusal stands beside the path.

    Signals:
        submitted: Carries the path, which keeps the rules.
    """

    submitted = Signal(str)

    def __init__(self, look: Look, parent: QWidget, bucket: str, path: str) -> None:
        """Args: look; the window; the bucket, for people; the path to begin with."""
        super().__init__(look, parent, translate("PathDialog", "Restore to another path"), 480)
        self.edit = QLineEdit(path)
        hint = translate("PathDialog", "Folders and name inside {bucket}, with slashes between them.")
        self.field = Field(translate("PathDialog", "&Path"), self.edit, hint.format(bucket=bucket))
        self.body.addWidget(self.field)
        self.add_cancel()
        self.confirm = self.add_button(translate("PathDialog", "Restore"), "primary")
        self.confirm.setDefault(True)
        self.confirm.clicked.connect(self._submit)
        self.edit.textChanged.connect(self._judge)
        self._select_stem(path)
        self.edit.setFocus()

    def refuse(self, reason: str) -> None:
        """Show why the object can't come back there, and let the person try another path."""
        self.field.refuse(reason)
        self.confirm.setEnabled(True)
        self.edit.setFocus()

    def _select_stem(self, path: str) -> None:
        start = path.rfind("/") + 1
        dot = path.rfind(".")
        self.edit.setSelection(start, (dot if dot > start else len(path)) - start)

    def _judge(self, text: str) -> None:
        problem = path_problem(text.strip().strip("/"))
        self.field.refuse((problem or "") if text else "")
        self.confirm.setEnabled(bool(text.strip()) and problem is None)

    def _submit(self) -> None:
        self.confirm.setEnabled(False)
        self.submitted.emit(self.edit.text().strip().strip("/"))
