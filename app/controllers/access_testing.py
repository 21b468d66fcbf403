"""Trying who may do what in a bucket."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QWidget

from app.bridge.acting import Deed, Refused
from app.bridge.events import EventRelay
from app.bridge.policies import PolicyBridge
from app.bridge.tasks import Fail, Ticket
from app.controllers.targets import Targets
from app.errors import ErrorPresenter
from app.look import Look
from engine.access_types import User
from engine.move_types import Target
from engine.permissions.rows import Command
from engine.types import Bucket

if TYPE_CHECKING:
    from app.dialogs.access_tester import AccessTester
    from app.policies import AskedBucket, Question


class AccessTesting(QObject):
    """See the module."""

    _news = Signal()

    def __init__(
        self, look: Look, window: QWidget, policies: PolicyBridge, targets: Targets, errors: ErrorPresenter
    ) -> None:
        """Args: look; the window; what answers; what is selected; where failures go."""
        super().__init__(window)
        self._look = look
        self._window = window
        self._policies = policies
        self._targets = targets
        self._errors = errors

    def open(self, bucket: Bucket, parent: QWidget | None = None) -> None:
        """Open the tester.

        Args:
            bucket: Where.
            parent: The window that it belongs to; the main one by default.
        """
        from app.policies import AskedBucket  # with the first policy that is looked at

        dialog, failed = self._opened(AskedBucket.of(bucket), self._targets.one_path_in(bucket.name), parent)
        self._policies.people(dialog.show_people, failed, owner=dialog)

    def explain(self, refused: Refused) -> None:
        """Open the tester on what somebody was refused who is acted as, and who may not even see the bucket."""
        from app.policies import AskedBucket, Question  # with the first policy that is looked at

        attempt, failed = refused.attempt, self._errors.present
        if attempt.deed is Deed.MAKE_BUCKET:
            where = AskedBucket(attempt.bucket, attempt.bucket, is_there=False)
            self._ask_why(where, Question(refused.identity.context, Command.INSERT, ""))
        elif attempt.among:
            self._policies.first_refused(
                refused, lambda found: self._ask_why(found.where, found.question, found.said), failed
            )
        else:
            self._policies.bucket(attempt.bucket, lambda bucket: self._explain_in(bucket, refused), failed)

    def follow(self, relay: EventRelay) -> None:
        """Keep open testers in step with what changes: policies are asked again, and objects looked at again."""
        for signal in (relay.folders_changed, relay.buckets_changed, relay.everything_changed):
            signal.connect(lambda *_: self._news.emit())

    def _explain_in(self, bucket: Bucket, refused: Refused) -> None:
        from app.policies import AskedBucket, Question  # with the first policy that is looked at

        attempt = refused.attempt
        goal = attempt.target
        if goal is not None and goal.bucket in {bucket.name, bucket.id}:
            goal = Target(goal.path)
        command = Command(attempt.deed.command)
        question = Question(refused.identity.context, command, attempt.path, target=goal)
        self._ask_why(AskedBucket.of(bucket), question)

    def _ask_why(self, where: AskedBucket, question: Question | None, said: str = "") -> None:
        """Open the tester on a question; without one, say at least what is known."""
        above = QApplication.activeModalWidget()  # the dialog in which it was refused, if it was in one
        dialog, failed = self._opened(where, question.path if question is not None else "", above)

        def begin(users: Sequence[User]) -> None:
            dialog.show_people(users)
            if question is not None:
                dialog.ask_why(question, said)

        if question is None:
            dialog.tell(said)
        else:
            dialog.ask_why(question, said)  # about them from the beginning, whoever they turn out to be called
        self._policies.people(begin, failed, owner=dialog)

    def _opened(self, where: AskedBucket, path: str, parent: QWidget | None) -> tuple[AccessTester, Fail]:
        from app.dialogs.access_tester import AccessTester  # when it is wanted: no start waits for a dialog

        dialog = AccessTester(self._look, parent or self._window, self._policies.lexer, where, path)
        failed = self._errors.in_dialog(dialog)
        running: list[Ticket] = []

        def ask(question: Question) -> None:
            while running:
                running.pop().cancel()
            running.append(
                self._policies.explain(
                    question, where.address, lambda answer: dialog.show_answer(question, answer), failed, owner=dialog
                )
            )

        dialog.asked.connect(ask)
        dialog.paths_wanted.connect(
            lambda typed: self._policies.paths(
                where.address, typed, lambda paths: dialog.show_paths(typed, paths), failed, owner=dialog
            )
        )
        self._policies.buckets(
            lambda names: dialog.show_buckets([name for name in names if name != where.name]), failed, owner=dialog
        )
        self._news.connect(dialog.ask_again)
        dialog.open()
        return dialog, failed
