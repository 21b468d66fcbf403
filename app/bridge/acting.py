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
from engine.move_types import Move
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
        among: Where it is about several objects or a folder: these, and where to they go if they do.
        goal: The bucket that these go to, or None for the same.
        replaced: Paths there whose objects give way.
    """

    deed: Deed
    bucket: str
    path: str = ""
    target: Target | None = None
    among: tuple[Move, ...] = ()
    goal: str | None = None
    replaced: tuple[str, ...] = ()

    @classmethod
    def with_all(cls, deed: Deed, bucket: str, paths: Sequence[str]) -> Attempt:
        """Return that something is tried with objects and folders, which stay where they are."""
        if len(paths) == 1 and paths[0] and not paths[0].endswith("/"):
            return cls(deed, bucket, paths[0])
        return cls(deed, bucket, among=tuple(Move(path, "") for path in paths))

    @classmethod
    def of_moves(
        cls, deed: Deed, bucket: str, moves: Sequence[Move], goal: str | None = None, replaced: Sequence[str] = ()
    ) -> Attempt:
        """Return that objects and folders are to go somewhere.

        Args:
            deed: How.
            bucket: Where they are.
            moves: What goes where.
            goal: The bucket that they go to, or None for the same.
            replaced: Paths there whose objects give way.
        """
        only = moves[0] if len(moves) == 1 and not replaced else None
        if only is not None and not only.source.endswith("/"):
            return cls(deed, bucket, only.source, Target(only.target, goal))
        return cls(deed, bucket, among=tuple(moves), goal=goal, replaced=tuple(replaced))


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
        """Return whether it is known what policies decided about, so that they can be asked why.

        Where something goes has a say in whether it may: without both ends known, a question would have another answer.
        """
        attempt = self.attempt
        if attempt.deed is Deed.SERVE:
            return False
        if attempt.deed.is_about_buckets or attempt.among or attempt.replaced:
            return True
        is_folder = attempt.path.endswith("/") and attempt.deed is not Deed.ADD  # which adds its marker alone
        return bool(attempt.path) and not is_folder and (attempt.target is not None or not attempt.deed.goes)


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


def sentence_start(name: str) -> str:
    """Return a name as a sentence begins with it: names of users stay as they are, "a visitor" does not."""
    visitor = visitor_name()
    return visitor[:1].upper() + visitor[1:] if name == visitor else name


def visitor_name() -> str:
    """Return how somebody is called who showed nothing."""
    return translate("Acting", "a visitor")
