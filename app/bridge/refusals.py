"""What the window may not do in somebody's name, as values: who, what, and the error that says so.

Imports nothing of the database: whatever shows errors is there before that library is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.i18n import QT_TRANSLATE_NOOP, translate
from engine.context import RlsContext
from engine.errors import Unauthorized
from engine.move_types import Move, Target


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


def sentence_start(name: str) -> str:
    """Return a name as a sentence begins with it: names of users stay as they are, "a visitor" does not."""
    visitor = visitor_name()
    return visitor[:1].upper() + visitor[1:] if name == visitor else name


def visitor_name() -> str:
    """Return how somebody is called who showed nothing."""
    return translate("Acting", "a visitor")
