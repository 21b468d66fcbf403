"""Replace the keys of a workspace: for how long the old ones still count, and what ends when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QWidget

from app.dialogs.base import Dialog
from app.formats import full_time_text
from app.i18n import translate
from app.look import Look, label, restyle
from app.settings import DAY_S, HOUR_S, WEEK_S
from app.widgets.notice import Notice

_AT_ONCE: Final = 0


class KeysDialog(Dialog):
    """Stays open until the keys are replaced.

    Signals:
        submitted: Carries the overlap in seconds.
    """

    submitted = Signal(int)

    def __init__(self, look: Look, parent: QWidget) -> None:
        """Args: look; the window."""
        super().__init__(look, parent, translate("KeysDialog", "Replace keys"), 540)
        self.choices = QButtonGroup(self)
        self.notice = Notice(look)
        self._new = label(wrap=True)
        self._old = label(wrap=True)
        explanation = translate(
            "KeysDialog", "New keys sign from now on: tokens, both API keys and links. The old ones stay valid for"
        )
        self.body.addWidget(label(explanation, tone="muted", wrap=True))
        self.body.addLayout(self._chips())
        self.body.addWidget(self._old)
        self.body.addWidget(self._new)
        self.body.addWidget(self.notice)
        self.cancel = self.add_cancel()
        self.confirm = self.add_button(translate("KeysDialog", "Replace keys"), "primary")
        self.confirm.clicked.connect(self._submit)
        self.cancel.setDefault(True)
        self._judge()
        self.choices.button(WEEK_S).setFocus()

    @property
    def overlap_s(self) -> int:
        """Return for how many seconds the old keys still count."""
        return self.choices.checkedId()

    @property
    def sentence(self) -> str:
        """Return what is said of the old keys."""
        return self._old.text()

    def refuse(self, reason: str) -> None:
        """Say why they could not be replaced."""
        self.notice.say(reason)
        self.confirm.setEnabled(True)

    def _chips(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(self.look.theme.space("s"))
        for seconds, text in (
            (_AT_ONCE, translate("KeysDialog", "End now")),
            (HOUR_S, translate("KeysDialog", "1 hour")),
            (DAY_S, translate("KeysDialog", "1 day")),
            (WEEK_S, translate("KeysDialog", "7 days")),
            (30 * DAY_S, translate("KeysDialog", "30 days")),
        ):
            chip = QPushButton(text)
            chip.setProperty("kind", "chip")
            chip.setAccessibleName(text)
            chip.setCheckable(True)
            chip.setAutoDefault(False)
            self.choices.addButton(chip, seconds)
            row.addWidget(chip)
        row.addStretch()
        self.choices.button(WEEK_S).setChecked(True)
        self.choices.idClicked.connect(lambda _: self._judge())
        return row

    def _judge(self) -> None:
        at_once = self.overlap_s == _AT_ONCE
        old = translate(
            "KeysDialog", "Every token, both API keys and every signed link that was handed out end at once."
        )
        if not at_once:
            until = datetime.now(UTC) + timedelta(seconds=self.overlap_s)
            old = translate(
                "KeysDialog",
                "Until {time} everything goes on: tokens, both API keys and signed links that were handed out. Then "
                "all of them end.",
            ).format(time=full_time_text(until))
        self._old.setText(old)
        restyle(self._old, tone="danger" if at_once else "")
        self._new.setText(
            translate(
                "KeysDialog", "Hand out the new API keys to programs that use them, and new tokens and links to people."
            )
        )
        restyle(self.confirm, kind="danger" if at_once else "primary")

    def _submit(self) -> None:
        self.confirm.setEnabled(False)
        self.notice.say("")
        self.submitted.emit(self.overlap_s)
