"""What the window may not do in somebody's name, as values: who, what, and the error that says so.

Imports nothing of the database: whatever shows errors is there before that library is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from app.i18n import QT_TRANSLATE_NOOP, translate
from engine.context import RlsContext
from engine.errors import Unauthorized

if TYPE_CHECKING:
    from engine.permissions.explained_rows import Target


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


def visitor_name() -> str:
    """Return how somebody is called who showed nothing."""
    return translate("Acting", "a visitor")


def sentence_start(name: str) -> str:
    """Return a name as a sentence begins with it: names of users stay as they are, "a visitor" does not."""
    visitor = visitor_name()
    return visitor[:1].upper() + visitor[1:] if name == visitor else name
