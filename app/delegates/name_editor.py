"""The field in which a row is renamed: the stem preselected, a wrong name explained and never sent."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QTimer
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QLineEdit, QToolTip, QWidget

from app.formats import tip_text, utf16_length
from app.look import restyle
from engine.transfers.naming import split_suffix

NameCheck = Callable[[str], str | None]


class NameEditor(QLineEdit):
    """A line edit in a cell. Enter does nothing while the name is wrong."""

    def __init__(self, parent: QWidget, check: NameCheck, accessible_name: str) -> None:
        """Args: the view's viewport; what is wrong with a name, if anything; what screen readers say."""
        super().__init__(parent)
        self._check = check
        self.setProperty("place", "cell")
        self.setAccessibleName(accessible_name)
        self.setValidator(_NameValidator(check, self))
        self.textEdited.connect(self._judge)

    def begin(self, name: str, *, keep_extension: bool) -> None:
        """Show a name and preselect what people change of it.

        Args:
            name: The present one.
            keep_extension: Leave the file ending out of the selection.
        """
        self.setText(name)
        stem = stem_length(name) if keep_extension else utf16_length(name)
        # The view selects everything right after this call; ours has to come later.
        QTimer.singleShot(0, self, lambda: self.setSelection(0, stem))

    def _judge(self, text: str) -> None:
        problem = self._check(text)
        restyle(self, invalid=problem is not None)
        if problem is None:
            QToolTip.hideText()
        else:
            QToolTip.showText(self.mapToGlobal(QPoint(0, self.height())), tip_text(problem), self)


class _NameValidator(QValidator):
    def __init__(self, check: NameCheck, parent: QWidget) -> None:
        super().__init__(parent)
        self._check = check

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Qt's hook: anything may be typed, only right names are accepted."""
        right = self._check(text) is None
        return (QValidator.State.Acceptable if right else QValidator.State.Intermediate), text, position


def stem_length(name: str) -> int:
    """Return how many characters, as Qt counts them, come before a file's ending: all of `README` and `.profile`."""
    return utf16_length(split_suffix(name)[0])
