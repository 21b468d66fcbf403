"""Trying who may do what in a bucket."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.bridge.acting import Refused
from app.bridge.policies import PolicyBridge
from app.bridge.tasks import Fail, Ticket
from app.controllers.targets import Targets
from app.dialogs.access_tester import AccessTester
from app.errors import ErrorPresenter
from app.look import Look
from app.policies import Question
from engine.access_types import User
from engine.permissions.rows import Command
from engine.types import Bucket


class AccessTesting(QObject):
    """See the module."""

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
        dialog, failed = self._opened(bucket, self._targets.one_path_in(bucket.name), parent)
        self._policies.people(dialog.show_people, failed, owner=dialog)

    def explain(self, bucket: Bucket, refused: Refused) -> None:
        """Open the tester on what somebody was refused who is acted as.

        Args:
            bucket: Where.
            refused: Who, and what.
        """
        attempt = refused.attempt
        dialog, failed = self._opened(bucket, attempt.path.strip("/"), None)

        def begin(users: Sequence[User]) -> None:
            dialog.show_people(users)
            dialog.form.ask(refused.identity.context, Command(attempt.deed.command))

        self._policies.people(begin, failed, owner=dialog)

    def _opened(self, bucket: Bucket, path: str, parent: QWidget | None) -> tuple[AccessTester, Fail]:
        dialog = AccessTester(self._look, parent or self._window, self._policies.lexer, bucket, path)
        failed = self._errors.in_dialog(dialog)
        running: list[Ticket] = []

        def ask(question: Question) -> None:
            while running:
                running.pop().cancel()
            running.append(
                self._policies.explain(
                    question, bucket, lambda answer: dialog.show_answer(question, answer), failed, owner=dialog
                )
            )

        dialog.asked.connect(ask)
        dialog.paths_wanted.connect(
            lambda typed: self._policies.paths(
                bucket, typed, lambda paths: dialog.show_paths(typed, paths), failed, owner=dialog
            )
        )
        dialog.open()
        return dialog, failed
