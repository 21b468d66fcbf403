"""In whose name the window works: the person at this computer, or an identity that they try out.

Nothing here is remembered: a window begins as the person at this computer. Whoever it is at the moment of a call is
asked in the main thread and goes along with the work, so what was begun as somebody ends as them, however late a lane
comes to it; and what was read with somebody's eyes is shown to nobody else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from app.bridge.tasks import Fail, Tasks, Ticket
from app.i18n import QT_TRANSLATE_NOOP, translate
from engine.audit.entries import actor_of
from engine.context import RlsContext
from engine.errors import Unauthorized
from engine.permissions.explained_rows import Target

T = TypeVar("T")


class Deed(StrEnum):
    """What may be refused; the value is the sentence that says so."""

    MAKE_BUCKET = QT_TRANSLATE_NOOP("Acting", "{who} may not make this bucket. Policies decide.")
    CHANGE_BUCKET = QT_TRANSLATE_NOOP("Acting", "{who} may not change this bucket. Policies decide.")
    DELETE_BUCKET = QT_TRANSLATE_NOOP("Acting", "{who} may not delete this bucket. Policies decide.")
    ADD = QT_TRANSLATE_NOOP("Acting", "{who} may not put this here. Policies decide.")
    READ = QT_TRANSLATE_NOOP("Acting", "{who} may not read this. Policies decide.")
    RENAME = QT_TRANSLATE_NOOP("Acting", "{who} may not rename this. Policies decide.")
    LABEL = QT_TRANSLATE_NOOP("Acting", "{who} may not change this. Policies decide.")
    COPY = QT_TRANSLATE_NOOP("Acting", "{who} may not put a copy there. Policies decide.")
    MOVE = QT_TRANSLATE_NOOP("Acting", "{who} may not move this. Policies decide.")
    DELETE = QT_TRANSLATE_NOOP("Acting", "{who} may not delete this. Policies decide.")
    RESTORE = QT_TRANSLATE_NOOP("Acting", "{who} may not restore this. Policies decide.")
    SHARE = QT_TRANSLATE_NOOP("Acting", "{who} may not share this. Policies decide.")
    SERVE = QT_TRANSLATE_NOOP("Acting", "{who} may not start the server. Stop acting as somebody first.")

    @property
    def command(self) -> str:
        """Return the command whose policies decide, as `engine.permissions.rows.Command` names it."""
        return {
            Deed.MAKE_BUCKET: "INSERT",
            Deed.CHANGE_BUCKET: "UPDATE",
            Deed.DELETE_BUCKET: "DELETE",
            Deed.ADD: "INSERT",
            Deed.COPY: "INSERT",
            Deed.RENAME: "UPDATE",
            Deed.LABEL: "UPDATE",
            Deed.MOVE: "UPDATE",
            Deed.DELETE: "DELETE",
            Deed.RESTORE: "INSERT",
        }.get(self, "SELECT")

    @property
    def is_about_buckets(self) -> bool:
        """Return whether policies of the buckets' table decide, not those of the objects'."""
        return self in (Deed.MAKE_BUCKET, Deed.CHANGE_BUCKET, Deed.DELETE_BUCKET)

    @property
    def goes(self) -> bool:
        """Return whether it decides as well where something is to go."""
        return self in (Deed.RENAME, Deed.MOVE, Deed.COPY)


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody whom the window can act as.

    Attributes:
        name: What people call them, also in the middle of a sentence.
        context: Who they are to the engine.
    """

    name: str
    context: RlsContext


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is about to be tried.

    Attributes:
        deed: What.
        bucket: The bucket's name, or its id where only that is known.
        path: The object or folder; empty where it is about the bucket, or about several things.
        target: Where it is to go, if it goes anywhere and that is known.
    """

    deed: Deed
    bucket: str
    path: str = ""
    target: Target | None = None


def the_one(paths: Sequence[str]) -> str:
    """Return the path that something is about, or nothing where it is about several."""
    return paths[0] if len(paths) == 1 else ""


class Refused(Unauthorized):
    """Whoever the window acts as may not do it.

    Attributes:
        identity: Who that is.
        attempt: What was tried: what a tester of policies can explain.
    """

    def __init__(self, identity: Identity, attempt: Attempt) -> None:
        """Args: who may not; what."""
        super().__init__(translate("Acting", attempt.deed.value).format(who=sentence_start(identity.name)))
        self.identity = identity
        self.attempt = attempt

    @property
    def is_explainable(self) -> bool:
        """Return whether policies of one object or bucket decided it, so that they can be asked why.

        A folder is many objects, and where something goes has a say in whether it may: without both ends known, a
        question would have another answer.
        """
        deed, path, target = self.attempt.deed, self.attempt.path, self.attempt.target
        if deed.is_about_buckets:
            return deed is not Deed.MAKE_BUCKET  # there is none to open the question on
        if deed is Deed.SERVE or (deed.goes and target is None):
            return False
        return bool(path) and not path.endswith("/")


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
        """Read with these eyes; the answer, or the failure, is dropped once there are others."""
        failed = self._for_these_eyes(otherwise or self._tasks.fail)
        return self._tasks.read(self._bound(work, attempt), self._for_these_eyes(then), failed, owner=owner)

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
                raise Refused(identity, attempt) from error

        return bound

    def _for_these_eyes(self, answer: Callable[[T], None]) -> Callable[[T], None]:
        identity = self._acting.identity

        def answered(value: T) -> None:
            if self._acting.identity is identity:
                answer(value)

        return answered


def sentence_start(name: str) -> str:
    """Return a name as a sentence begins with it: names of users stay as they are, "a visitor" does not."""
    visitor = visitor_name()
    return visitor[:1].upper() + visitor[1:] if name == visitor else name


def visitor_name() -> str:
    """Return how somebody is called who showed nothing."""
    return translate("Acting", "a visitor")
