"""Ask before anything is deleted: exactly how much, that it can't be undone, and Cancel under the Enter key."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.dialogs.base import Dialog
from app.formats import count_text, exact_size_text
from app.i18n import translate
from app.look import Look, label
from app.widgets.glyph import Glyph
from engine.types import TreeSize

_NAMES_SHOWN = 4


class DeleteDialog(Dialog):
    """Opens at once; the red button waits until the objects are counted.

    Signals:
        confirmed: The person means it.
    """

    confirmed = Signal()

    def __init__(
        self, look: Look, parent: QWidget, title: str, names: Sequence[str], verb: str, warning: str = "",
        *, grave: bool = True,
    ) -> None:  # fmt: skip
        """Make the question.

        Args:
            look: Look.
            parent: The window.
            title: The question.
            names: What it is about.
            verb: What the red button says.
            warning: What becomes of it; by default that it is gone for good.
            grave: Whether the warning is about a loss.
        """
        super().__init__(look, parent, title, 460)
        row = QHBoxLayout()
        row.setSpacing(look.theme.space("l"))
        row.addWidget(Glyph(look, "trash", "danger", 40), 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(look.theme.space("s"))
        self._as_of: int | None = None
        self._count = label(translate("DeleteDialog", "Counting…"), wrap=True)
        font = self._count.font()
        font.setBold(True)
        self._count.setFont(font)
        self._warning = label(
            warning or translate("DeleteDialog", "What is deleted is gone for good. This can't be undone."),
            tone="danger" if grave else "muted",
            wrap=True,
        )
        column.addWidget(label(_listed(names), wrap=True))
        column.addWidget(self._count)
        column.addWidget(self._warning)
        row.addLayout(column, 1)
        self.body.addLayout(row)
        self.cancel = self.add_cancel()
        self.cancel.setDefault(True)
        self.confirm = self.add_button(verb, "danger")
        self.confirm.setEnabled(False)
        self.confirm.clicked.connect(self._confirm)
        self.cancel.setFocus()

    @property
    def summary(self) -> str:
        """Return the line that says how much will be gone."""
        return self._count.text()

    @property
    def warning(self) -> str:
        """Return the line that says what becomes of it."""
        return self._warning.text()

    @property
    def as_of(self) -> int | None:
        """Return the mark of the moment that the number shown is about (`TreeSize.as_of`)."""
        return self._as_of

    def show_size(self, size: TreeSize, past: Sequence[str] = ()) -> None:
        """Say how much it is, and let the person decide.

        Args:
            size: What is stored in it.
            past: What it keeps besides and goes with it, a line each.
        """
        self._as_of = size.as_of
        stored = f"{count_text(size.objects)}, {exact_size_text(size.size_bytes)}"
        if size.objects == 0:
            stored = translate("DeleteDialog", "Nothing is stored in it.")
        self._count.setText("\n".join((stored, *past)))
        self._warning.setVisible(bool(size.objects or past))
        self.confirm.setEnabled(True)

    def show_text(self, text: str) -> None:
        """Say what it is about where nothing has to be counted, and let the person decide."""
        self._count.setText(text)
        self.confirm.setEnabled(True)

    def _confirm(self) -> None:
        self.confirmed.emit()
        self.accept()


def _listed(names: Sequence[str]) -> str:
    shown = "\n".join(names[:_NAMES_SHOWN])
    more = len(names) - _NAMES_SHOWN
    return shown if more <= 0 else f"{shown}\n{translate('DeleteDialog', 'and {count} more').format(count=more)}"
