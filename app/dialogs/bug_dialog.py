"""Our own fault: what we know about it, ready to be copied into a report."""

from __future__ import annotations

import platform
import traceback

from PySide6.QtCore import qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from app.dialogs.base import Dialog
from app.i18n import translate
from app.look import Look, label
from engine import __version__


class BugDialog(Dialog):
    """Shows the details of an unexpected exception."""

    def __init__(self, look: Look, parent: QWidget, error: Exception) -> None:
        """Args: look; the window; what was raised."""
        super().__init__(look, parent, translate("BugDialog", "Something went wrong in Holdall"), 560)
        explanation = translate(
            "BugDialog",
            "This is a fault of the program, not yours. Your files are not affected; what you were doing may not "
            "have been finished. The details below help to mend it.",
        )
        self.body.addWidget(label(explanation, wrap=True))
        self._details = QPlainTextEdit(details(error))
        self._details.setReadOnly(True)
        self._details.setAccessibleName(translate("BugDialog", "Details"))
        self._details.setMinimumHeight(200)
        self._details.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.body.addWidget(self._details)
        copy = self.add_aside(translate("BugDialog", "Copy details"), "copy-simple")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._details.toPlainText()))
        self.add_close()


def details(error: Exception) -> str:
    """Return versions and traceback as text, for a report."""
    where = f"Holdall {__version__}, Python {platform.python_version()}, Qt {qVersion()}, {platform.platform()}"
    return f"{where}\n\n{''.join(traceback.format_exception(error))}"
