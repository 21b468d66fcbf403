"""Take policies from SQL, as a Supabase project has them: what the statements would do is said before they do it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QWidget

from app.dialogs.base import Dialog
from app.dialogs.code_field import CodeField
from app.i18n import translate
from app.look import Look, label
from app.policies import Flaw, Script
from app.widgets.highlighter import Lexer
from app.widgets.meaning import Meaning

_CALM_MS: Final = 200
_LINES: Final = (10, 14)
_SHOWN_MAX: Final = 6
_EXAMPLE: Final = """create policy "Members read" on storage.objects
  for select to authenticated
  using ( bucket_id = 'photos' );"""


class PasteSqlDialog(Dialog):
    """Stays open until the engine has taken all of it; it takes all or nothing.

    Signals:
        read_wanted: Carries the text; the answer goes to `show_script`.
        submitted: Carries the text, which was read without a mistake.
    """

    read_wanted = Signal(str)
    submitted = Signal(str)

    def __init__(self, look: Look, parent: QWidget, lexer: Lexer, text: str) -> None:
        """Args: look; the window; what cuts statements into tokens; the text to begin with."""
        super().__init__(look, parent, translate("PasteSqlDialog", "Policies from SQL"), 760)
        self._script: Script | None = None
        self._is_wanted = False
        hint = translate("PasteSqlDialog", "One or many CREATE POLICY or DROP POLICY statements on storage.objects or "
                         "storage.buckets. All of them are taken, or none.")  # fmt: skip
        self.body.addWidget(label(hint, tone="muted", wrap=True))
        self.field = CodeField(look, translate("PasteSqlDialog", "&Statements"), lexer, _EXAMPLE, lines=_LINES)
        self.field.snippets.hide()
        self.meaning = Meaning(look)
        self.notes = label(tone="warning", wrap=True)
        self.notes.hide()
        self.body.addWidget(self.field)
        self.body.addWidget(self.meaning)
        self.body.addWidget(self.notes)
        self.add_cancel()
        self.apply = self.add_button(translate("PasteSqlDialog", "Apply"), "primary")
        self.apply.clicked.connect(self._submit)
        self._calm = QTimer(self)
        self._calm.setSingleShot(True)
        self._calm.setInterval(_CALM_MS)
        self._calm.timeout.connect(self._ask)
        self.field.edit.setPlainText(text)
        self.field.edit.textChanged.connect(self._changed)
        self.field.edit.setFocus(Qt.FocusReason.OtherFocusReason)
        self._enable()
        QTimer.singleShot(0, self, self._ask)
        self.ask_before_losing(lambda: self.field.edit.text.strip() not in ("", text.strip()))

    def show_script(self, script: Script) -> None:
        """Show what a text would do, or what is wrong with it; an answer about an earlier text is dropped."""
        if script.text != self.field.edit.text:
            return
        self._script = script
        self.field.show_flaw(script.flaw)
        self.notes.setText("\n".join(_shortened(script.notes)))
        self.notes.setVisible(bool(script.notes))
        if script.flaw is None and script.sentences:
            self.meaning.say("\n".join(_shortened(script.sentences)))
        else:
            self._say_nothing()
        self._enable()
        if self._is_wanted:
            self._submit()

    def refuse(self, reason: str, flaw: Flaw | None = None) -> None:
        """Show why the engine did not agree, at the place if it is known; nothing was changed."""
        self.field.show_flaw(flaw or (Flaw(reason) if reason else None))
        self._enable()

    def _changed(self) -> None:
        self._is_wanted = False
        self._script = None
        self._enable()
        self._calm.start()

    def _ask(self) -> None:
        self._calm.stop()
        if self.field.text:
            self.read_wanted.emit(self.field.edit.text)
        else:
            self.field.show_flaw(None)
            self._say_nothing()

    def _say_nothing(self) -> None:
        self.meaning.say_nothing(translate("PasteSqlDialog", "What the statements would do is said here."))

    def _enable(self) -> None:
        wrong = self._script is not None and (self._script.flaw is not None or not self._script.sentences)
        self.apply.setEnabled(bool(self.field.text) and not wrong)

    def _submit(self) -> None:
        if self._script is None:
            self._is_wanted = True
            self._ask()
            return
        self._is_wanted = False
        if self._script.flaw is None and self._script.sentences:
            self.apply.setEnabled(False)
            self.submitted.emit(self._script.text)


def _shortened(sentences: tuple[str, ...]) -> list[str]:
    shown = list(sentences[:_SHOWN_MAX])
    more = len(sentences) - _SHOWN_MAX
    if more > 0:
        shown.append(translate("PasteSqlDialog", "and %Ln more", None, more))
    return shown
