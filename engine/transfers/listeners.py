"""Several listeners as one."""

from __future__ import annotations

import threading
from collections.abc import Callable

from engine.transfers.values import ConflictQuestion, JobSnapshot, TransferListener


class Listeners:
    """Passes what it is told to everybody who listens. Thread-safe."""

    def __init__(self) -> None:
        self._members: tuple[TransferListener, ...] = ()
        self._lock = threading.Lock()

    def add(self, listener: TransferListener) -> Callable[[], None]:
        """Add a listener.

        Returns:
            Call it to take the listener out again.
        """
        with self._lock:
            self._members = (*self._members, listener)
        return lambda: self._remove(listener)

    def job_changed(self, job: JobSnapshot) -> None:
        """Pass a job's new state on."""
        for member in self._members:
            member.job_changed(job)

    def job_removed(self, job_id: int) -> None:
        """Pass on that a job is gone."""
        for member in self._members:
            member.job_removed(job_id)

    def question_asked(self, question: ConflictQuestion) -> None:
        """Pass a question on."""
        for member in self._members:
            member.question_asked(question)

    def _remove(self, listener: TransferListener) -> None:
        with self._lock:
            self._members = tuple(member for member in self._members if member is not listener)
