"""Write a policy: what it lets whom do, on which objects; what it means is said while it is written."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.dialogs.base import Dialog
from app.dialogs.policy_form import PolicyForm
from app.i18n import translate
from app.look import Look, label
from app.policies import Judgement
from app.widgets.fitting_scroll import FittingScroll
from app.widgets.highlighter import Lexer
from app.widgets.meaning import Meaning
from engine.access_types import Policy, PolicySpec

_CALM_MS: Final = 200


class PolicyEditor(Dialog):
    """Stays open until the engine has agreed.

    Signals:
        judge_wanted: Carries a `PolicySpec`; the answer goes to `show_judgement`.
        submitted: Carries the `PolicySpec`, which was judged sound.
    """

    judge_wanted = Signal(object)
    submitted = Signal(object)

    def __init__(
        self, look: Look, parent: QWidget, lexer: Lexer, policy: Policy | None = None, *, everywhere: bool = False
    ) -> None:
        """Show a policy, or an empty form.

        Args:
            look: Look.
            parent: The window.
            lexer: Cuts expressions into tokens.
            policy: Which, or None for a new one.
            everywhere: A new one is to belong to no bucket.
        """
        new = policy is None
        title = translate("PolicyEditor", "New policy") if new else translate("PolicyEditor", "Edit policy")
        super().__init__(look, parent, title, 680)
        self._judgement: Judgement | None = None
        self._is_wanted = False
        everywhere = everywhere if policy is None else policy.bucket is None
        self.form = PolicyForm(look, lexer, everywhere=everywhere)
        self.meaning = Meaning(look)
        if policy is not None:
            self.form.show_spec(policy.spec)
        if policy is not None and policy.bucket is None:
            self.body.addWidget(
                label(
                    translate("PolicyEditor", "It belongs to no bucket: what changes here counts everywhere."),
                    tone="warning",
                )
            )
        self.body.addWidget(FittingScroll(self._make_content()), 1)
        self._column.setStretchFactor(self.body, 1)
        self.add_cancel()
        self.save = self.add_button(
            translate("PolicyEditor", "Create") if new else translate("PolicyEditor", "Save"), "primary"
        )
        self.save.setDefault(True)
        self.save.clicked.connect(self._submit)
        self._calm = QTimer(self, singleShot=True, interval=_CALM_MS)
        self._calm.timeout.connect(self._ask)
        self.form.changed.connect(self._changed)
        self.form.focus()
        QTimer.singleShot(0, self, self._ask)
        begun: PolicySpec = self.form.spec
        self.ask_before_losing(lambda: self.form.spec != begun)

    def _make_content(self) -> QWidget:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(self.look.theme.space("m"))
        column.addWidget(self.form)
        column.addWidget(self.meaning)
        column.addStretch()
        return content

    def show_judgement(self, judgement: Judgement) -> None:
        """Show what a text means, or what is wrong with it; an answer about an earlier text is dropped."""
        if judgement.spec != self.form.spec:
            return
        self._judgement = judgement
        self.form.show_flaws(judgement.using, judgement.check)
        if judgement.is_sound:
            self.meaning.say(judgement.sentence)
        else:
            self.meaning.say_nothing(translate("PolicyEditor", "What it means is said here once it is well written."))
        self._enable()
        if self._is_wanted:
            self._submit()

    def refuse(self, reason: str) -> None:
        """Show why the engine did not agree, and let the person go on."""
        self.form.refuse_name(reason)
        self._enable()

    def _changed(self) -> None:
        self._is_wanted = False
        self._judgement = None
        self.form.refuse_name("")
        self._enable()
        self._calm.start()

    def _ask(self) -> None:
        self._calm.stop()
        spec: PolicySpec = self.form.spec
        if self.form.says_something:
            self.judge_wanted.emit(spec)
        else:
            self.form.show_flaws(None, None)
            self.meaning.say_nothing(translate("PolicyEditor", "Say whom and which objects it is about."))

    def _enable(self) -> None:
        """Let it be saved unless something is known to be wrong: what was not judged yet is judged first."""
        wrong = self._judgement is not None and not self._judgement.is_sound
        self.save.setEnabled(bool(self.form.spec.name) and self.form.says_something and not wrong)

    def _submit(self) -> None:
        judgement = self._judgement
        if judgement is None:
            self._is_wanted = True
            self._ask()
            return
        self._is_wanted = False
        if judgement.is_sound and self.form.spec.name:
            self.save.setEnabled(False)
            self.submitted.emit(judgement.spec)
