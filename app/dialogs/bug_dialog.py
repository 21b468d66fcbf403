"""An error with all that is known about it, ready to be copied into a report: our own fault, or the machine's."""

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


class DetailsDialog(Dialog):
    """Shows the details of an exception, and blames nobody."""

    def __init__(self, look: Look, parent: QWidget, error: Exception, title: str = "", explanation: str = "") -> None:
        """Args: look; the window; what was raised; a title and a sentence of its own."""
        super().__init__(look, parent, title or translate("DetailsDialog", "Details of the error"), 560)
        explanation = explanation or translate("DetailsDialog", "{error}. The details below help to find out why.")
        explanation = explanation.format(error=str(error).rstrip("."))
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


class BugDialog(DetailsDialog):
    """The same for an exception that nobody expected: the fault is ours."""

    def __init__(self, look: Look, parent: QWidget, error: Exception) -> None:
        """Args: look; the window; what was raised."""
        explanation = translate(
            "BugDialog",
            "This is a fault of the program, not yours. Your files are not affected; what you were doing may not "
            "have been finished. The details below help to mend it.",
        )
        super().__init__(look, parent, error, translate("BugDialog", "Something went wrong in Holdall"), explanation)


def details(error: Exception) -> str:
    """Return versions and traceback as text, for a report."""
    where = f"Holdall {__version__}, Python {platform.python_version()}, Qt {qVersion()}, {platform.platform()}"
    return f"{where}\n\n{''.join(traceback.format_exception(error))}"
