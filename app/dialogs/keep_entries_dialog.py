"""For how long entries of the audit are kept."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSpinBox, QWidget

from app.dialogs.base import SPIN_MARGINS, Dialog
from app.formats import number_text
from app.i18n import translate
from app.look import Look, label
from app.widgets.form import Field
from engine import limits


class KeepEntriesDialog(Dialog):
    """Stays open until the engine has agreed.

    Signals:
        submitted: Carries the days.
    """

    submitted = Signal(int)

    def __init__(self, look: Look, parent: QWidget, days: int) -> None:
        """Args: look; the window; for how long they are kept now."""
        super().__init__(look, parent, translate("KeepEntriesDialog", "Keep entries"), 440)
        self._before = days
        self.days = QSpinBox()
        self.days.setRange(1, limits.RETENTION_MAX)
        self.days.setValue(days)
        self.days.setGroupSeparatorShown(True)
        self.days.lineEdit().setTextMargins(*SPIN_MARGINS)
        self.field = Field(translate("KeepEntriesDialog", "&Days"), self.days)
        self._loss = label(tone="danger", wrap=True)
        rule = translate(
            "KeepEntriesDialog", "Older entries are removed by themselves; the newest {count} stay in any case."
        )
        self.body.addWidget(self.field)
        kept = rule.format(count=number_text(limits.AUDIT_KEPT_MIN))
        self.body.addWidget(label(kept, size="caption", tone="muted", wrap=True))
        self.body.addWidget(self._loss)
        self.add_cancel()
        self.save = self.add_button(translate("KeepEntriesDialog", "Save"), "primary")
        self.save.setDefault(True)
        self.save.clicked.connect(self._submit)
        self.days.valueChanged.connect(lambda _: self._judge())
        self._judge()
        self.days.setFocus()
        self.days.selectAll()

    def refuse(self, reason: str) -> None:
        """Say why it could not be changed."""
        self.field.refuse(reason)
        self.save.setEnabled(True)

    def _judge(self) -> None:
        days = self.days.value()
        self.field.refuse("")
        self.save.setEnabled(days != self._before)
        text = translate("KeepEntriesDialog", "Entries older than %Ln day(s) will soon be gone for good.", None, days)
        self._loss.setText(text if days < self._before else "")
        self._loss.setVisible(days < self._before)

    def _submit(self) -> None:
        self.save.setEnabled(False)
        self.submitted.emit(self.days.value())
