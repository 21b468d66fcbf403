"""Try who may do what: choose an identity, an act and an object, and read the answer with its reasons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QStringListModel, QTimer, Signal
from PySide6.QtWidgets import QCompleter, QHBoxLayout, QListView, QVBoxLayout, QWidget

from app.dialogs.base import Dialog
from app.dialogs.question_form import QuestionForm
from app.i18n import translate
from app.look import Look
from app.policies import Answered, AskedBucket, Question
from app.views.verdicts import Answer
from app.widgets.fitting_scroll import FittingScroll
from app.widgets.highlighter import Lexer
from engine.access_types import User
from engine.permissions.rows import Command, PolicyTable

_CALM_MS: Final = 200
_FORM_PX: Final = 330
_SIZE: Final = (1020, 680)


class AccessTester(Dialog):
    """Asks again whenever the question changes.

    Signals:
        asked: Carries a `Question`; the answer goes to `show_answer`.
        paths_wanted: Carries what was typed of a path; the answer goes to `show_paths`.
    """

    asked = Signal(object)
    paths_wanted = Signal(str)

    def __init__(self, look: Look, parent: QWidget, lexer: Lexer, where: AskedBucket, path: str) -> None:
        """Args: look; the window; what cuts expressions into tokens; where; the object to begin with, or nothing."""
        title = translate("AccessTester", "Test access to {bucket}").format(bucket=where.name)
        super().__init__(look, parent, title, 900)
        self.form = QuestionForm(look, path)
        self.answer = Answer(look, lexer, public=where.public)
        self._paths = QStringListModel(self)
        self._typed = path
        self._refused: Question | None = None
        self._said = ""
        self._shown: tuple[Question, Answered] | None = None
        self._lay_out()
        if not where.is_there:
            self.form.ask_about_bucket_alone()
        self.add_close()
        self._calm = self._timer(self._ask)
        self._calm_path = self._timer(lambda: self.paths_wanted.emit(self._typed))
        self.form.changed.connect(self._changed)
        self.form.path.textEdited.connect(self._type)
        self.resize(*_SIZE)
        self.form.who.setFocus()
        QTimer.singleShot(0, self, self._begin)

    def show_people(self, users: Sequence[User]) -> None:
        """Offer the users who are known here."""
        self.form.show_people(users)

    def show_buckets(self, names: Sequence[str]) -> None:
        """Offer buckets to which an object could go."""
        self.form.show_buckets(names)

    def ask_why(self, question: Question, said: str = "") -> None:
        """Ask about something that was refused just now, unless something else is asked by now; once more is fine.

        Args:
            question: What.
            said: What else is to be known about it.
        """
        self._said = said
        if self._refused in (None, self.form.question):
            self._refused = question
            self.form.ask(question)

    def tell(self, said: str) -> None:
        """Say why there is nothing to ask about yet."""
        self._said = said

    def ask_again(self) -> None:
        """Ask the same again, because the answer may be another one by now."""
        self._calm.start()

    def show_paths(self, typed: str, paths: Sequence[str]) -> None:
        """Offer objects whose paths begin with what was typed."""
        if typed == self._typed:
            self._paths.setStringList(list(paths))
            if self.form.path.hasFocus() and typed and paths and list(paths) != [typed]:
                self.form.path.completer().complete()

    def show_answer(self, question: Question, answered: Answered) -> None:
        """Show the answer, unless something else is asked by now."""
        if question == self.form.question and (question, answered) != self._shown:
            self._shown = (question, answered)
            remark = _remark(question, answered)
            if question == self._refused and answered.explanation.allowed:
                remark = translate(
                    "AccessTester", "It was refused nevertheless: policies or the object have changed since, or it was "
                    "about more than is asked here, such as what should be written.",
                )  # fmt: skip
            if question == self._refused and self._said:
                remark = f"{self._said} {remark}".rstrip()
            self.answer.show_explanation(answered.explanation, remark)

    def refuse(self, reason: str) -> None:
        """Show why there is no answer."""
        self._shown = None
        self.answer.say(reason)

    def _begin(self) -> None:
        self.paths_wanted.emit(self._typed)
        self._ask()

    def _timer(self, act: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(_CALM_MS)
        timer.timeout.connect(act)
        return timer

    def _lay_out(self) -> None:
        completer = QCompleter(self._paths, self)
        completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        found = QListView()
        found.setAccessibleName(translate("AccessTester", "Objects"))
        completer.setPopup(found)
        self.form.path.setCompleter(completer)
        form = FittingScroll(self.form)
        form.setFixedWidth(_FORM_PX)
        row = QHBoxLayout()
        row.setSpacing(self.look.theme.space("xl"))
        column = QVBoxLayout()
        column.addWidget(form)
        column.addStretch()
        row.addLayout(column)
        row.addWidget(self.answer, 1)
        self.body.addLayout(row, 1)
        self._column.setStretchFactor(self.body, 1)

    def _changed(self) -> None:
        self._calm.start()

    def _type(self, text: str) -> None:
        self._typed = text
        self._calm_path.start()

    def _ask(self) -> None:
        question = self.form.question
        if question is not None:
            self.asked.emit(question)
        else:
            self._shown = None
            self.answer.say(self._said or translate("AccessTester", "Say who wants to do what, and to which object."))


def _remark(question: Question, answered: Answered) -> str:
    """Return what the answer is about where that is not the object that is there."""
    if question.table is PolicyTable.BUCKETS:
        return ""
    adds = question.command is Command.INSERT and question.target is None
    if answered.is_taken:
        return translate("AccessTester", "Something is at the target already: it would have to give way, which is "
                         "asked with “Delete” or “Replace”.")  # fmt: skip
    if not answered.is_there and not adds:
        return translate(
            "AccessTester", "There is no object at this path: the answer is about one that they would own."
        )
    if answered.is_there and adds:
        return translate("AccessTester", "An object is there already: whoever adds one replaces it, which is asked "
                         "with “Replace”.")  # fmt: skip
    return ""
