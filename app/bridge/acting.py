"""In whose name the window works: the person at this computer, or an identity that they try out.

Nothing here is remembered: a window begins as the person at this computer. Whoever it is at the moment of a call is
asked in the main thread and goes along with the work, so what was begun as somebody ends as them, however late a lane
comes to it; and what was read with somebody's eyes is shown to nobody else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from app.bridge.refusals import Attempt as Attempt
from app.bridge.refusals import Deed as Deed
from app.bridge.refusals import Identity as Identity
from app.bridge.refusals import Refused as Refused
from app.bridge.refusals import sentence_start as sentence_start
from app.bridge.refusals import visitor_name as visitor_name
from app.bridge.tasks import Fail, Tasks, Ticket
from engine.audit.entries import actor_of
from engine.context import RlsContext
from engine.errors import Unauthorized

T = TypeVar("T")


class Acting(QObject):
    """Holds who it is.

    Signals:
        changed: It is somebody else.
    """

    changed = Signal()

    def __init__(self, own: RlsContext, parent: QObject | None = None) -> None:
        """Args: the person at this computer; Qt's owner."""
        super().__init__(parent)
        self.own = own
        self._identity: Identity | None = None

    @property
    def identity(self) -> Identity | None:
        """Return who is acted as, or None for the person at this computer."""
        return self._identity

    @property
    def context(self) -> RlsContext:
        """Return in whose name calls are made now."""
        return self.own if self._identity is None else self._identity.context

    def begin(self, identity: Identity) -> None:
        """Act as somebody from now on; what is done so is written down as done by the person at this computer."""
        self._identity = replace(identity, context=identity.context.tried_by(actor_of(self.own)))
        self.changed.emit()

    def stop(self) -> None:
        """Be the person at this computer again."""
        if self._identity is not None:
            self._identity = None
            self.changed.emit()


class ActingTasks:
    """The lanes, in the name of whoever the window acts as at the moment of the call.

    The work gets the ticket and the context to call the engine with; everything else is as in `Tasks`.
    """

    def __init__(self, tasks: Tasks, acting: Acting) -> None:
        """Args: the lanes; who it is."""
        self._tasks = tasks
        self._acting = acting

    @property
    def as_oneself(self) -> bool:
        """Return whether nobody else is acted as now."""
        return self._acting.identity is None

    @property
    def identity(self) -> Identity | None:
        """Return who is acted as now, or None for the person at this computer."""
        return self._acting.identity

    def read(
        self,
        work: Callable[[Ticket, RlsContext], T],
        then: Callable[[T], None],
        otherwise: Fail | None = None,
        *,
        owner: QObject | None = None,
        attempt: Attempt | None = None,
    ) -> Ticket:
        """Read with these eyes; the answer, or the failure, is dropped once there are others.

        What is cancelled ends in the middle of a statement, so that nobody waits for what nobody wants any more.
        """
        failed = self._for_these_eyes(otherwise or self._tasks.fail)

        def reading(ticket: Ticket, me: RlsContext) -> T:
            return work(ticket, me.until(ticket.token))

        return self._tasks.read(self._bound(reading, attempt), self._for_these_eyes(then), failed, owner=owner)

    def illustrate(
        self,
        work: Callable[[Ticket, RlsContext], T],
        then: Callable[[T], None],
        otherwise: Fail | None = None,
    ) -> Ticket:
        """Make a small picture with these eyes; the answer, or the failure, is dropped once there are others."""
        failed = self._for_these_eyes(otherwise or self._tasks.fail)
        return self._tasks.illustrate(self._bound(work, None), self._for_these_eyes(then), failed)

    def look(
        self,
        work: Callable[[Ticket, RlsContext], T],
        then: Callable[[T], None],
        otherwise: Fail | None = None,
        *,
        attempt: Attempt | None = None,
    ) -> Ticket:
        """Look inside an object with these eyes; dropped as in `read`."""
        failed = self._for_these_eyes(otherwise or self._tasks.fail)
        return self._tasks.look(self._bound(work, attempt), self._for_these_eyes(then), failed)

    def mutate(
        self,
        work: Callable[[Ticket, RlsContext], T],
        then: Callable[[T], None],
        otherwise: Fail | None = None,
        *,
        label: str = "",
        attempt: Attempt | None = None,
    ) -> Ticket:
        """Change the workspace in this name."""
        return self._tasks.mutate(self._bound(work, attempt), then, otherwise, label=label)

    def export(
        self,
        work: Callable[[Ticket, RlsContext], T],
        then: Callable[[T], None],
        otherwise: Fail | None = None,
        *,
        attempt: Attempt | None = None,
    ) -> Ticket:
        """Make files for other programs in this name."""
        return self._tasks.export(self._bound(work, attempt), then, otherwise)

    def download(
        self,
        work: Callable[[Ticket, RlsContext], T],
        then: Callable[[T], None],
        otherwise: Fail | None = None,
        *,
        label: str,
        attempt: Attempt | None = None,
    ) -> Ticket:
        """Write files that a person has asked for in this name."""
        return self._tasks.download(self._bound(work, attempt), then, otherwise, label=label)

    def _bound(self, work: Callable[[Ticket, RlsContext], T], attempt: Attempt | None) -> Callable[[Ticket], T]:
        """Return the work with who it is fixed, saying of what is refused who may not do what."""
        context, identity = self._acting.context, self._acting.identity

        def bound(ticket: Ticket) -> T:
            try:
                return work(ticket, context)
            except Unauthorized as error:
                if identity is None or attempt is None:
                    raise
                raise Refused(identity, _more_exactly(attempt, error)) from error

        return bound

    def _for_these_eyes(self, answer: Callable[[T], None]) -> Callable[[T], None]:
        identity = self._acting.identity

        def answered(value: T) -> None:
            if self._acting.identity is identity:
                answer(value)

        return answered


def _more_exactly(attempt: Attempt, error: Unauthorized) -> Attempt:
    """Return an attempt with the path that was refused, where the engine says one and it was not known before."""
    known = attempt.path or attempt.among or attempt.deed is not Deed.RESTORE
    return attempt if known or not error.path else replace(attempt, path=error.path)
