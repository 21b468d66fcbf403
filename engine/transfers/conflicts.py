"""Names that are taken at the target: what waits for an answer and what has been decided."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from engine.transfers.naming import suggested_name
from engine.transfers.scan import Item
from engine.transfers.values import (
    ConflictAction,
    ConflictPolicy,
    ConflictQuestion,
    ConflictSide,
    Decision,
    JobKind,
    printable,
)
from engine.types import StorageObject

SAME_TIME_S: Final = 0.01
"""Seconds two times may differ and still be one: what rounding on the way through a database can cost."""

_BY_POLICY: Final = {
    ConflictPolicy.REPLACE: Decision(ConflictAction.REPLACE),
    ConflictPolicy.REPLACE_IF_NEWER: Decision(ConflictAction.REPLACE_IF_NEWER),
    ConflictPolicy.KEEP_BOTH: Decision(ConflictAction.KEEP_BOTH),
    ConflictPolicy.SKIP: Decision(ConflictAction.SKIP),
}


@dataclass(frozen=True, slots=True)
class Clash:
    """An item whose name is taken.

    Attributes:
        item: What should be moved.
        arriving: It, as a person sees it.
        existing: What is there.
    """

    item: Item
    arriving: ConflictSide
    existing: ConflictSide

    @property
    def arriving_is_newer(self) -> bool:
        """Whether the arriving side was modified later; not so when either time is unknown."""
        if self.arriving.modified_at is None or self.existing.modified_at is None:
            return False
        return (self.arriving.modified_at - self.existing.modified_at).total_seconds() > SAME_TIME_S


class ConflictDesk:
    """The conflicts of one job. Not thread-safe: the job that owns it locks.

    Args:
        policy: ASK collects questions; any other decides at once.

    Attributes:
        policy: What happens to names met from now on; an answer for all changes it.
    """

    def __init__(self, policy: ConflictPolicy) -> None:
        self.policy = policy
        self._waiting: deque[Clash] = deque()
        self._decided: list[tuple[Clash, Decision]] = []
        self._remembered: dict[str, Decision] = {}
        self._open_id: int | None = None

    @property
    def questions(self) -> int:
        """Names that wait for an answer."""
        return len(self._waiting)

    @property
    def decided(self) -> bool:
        """Whether something can be carried out."""
        return bool(self._decided)

    @property
    def open_id(self) -> int | None:
        """The question that a person has before them, or None."""
        return self._open_id

    def meet(self, clash: Clash) -> None:
        """Take a name that is taken: decide it, or keep it to be asked."""
        decision = self._remembered.get(clash.item.path) or _BY_POLICY.get(self.policy)
        if decision:
            self._decided.append((clash, decision))
        else:
            self._waiting.append(clash)

    def open(self, question_id: int, job_id: int, kind: JobKind) -> ConflictQuestion | None:
        """Put the next name to a person, one at a time.

        Args:
            question_id: The number the question gets if one is asked.
            job_id: Whose desk this is.
            kind: The job's direction.

        Returns:
            The question, or None if one is open already or none waits.
        """
        if self._open_id is not None or not self._waiting:
            return None
        self._open_id = question_id
        clash = self._waiting[0]
        name = printable(clash.item.path.rpartition("/")[2] if kind is JobKind.UPLOAD else clash.item.local.name)
        return ConflictQuestion(
            id=question_id,
            job_id=job_id,
            kind=kind,
            name=name,
            arriving=clash.arriving,
            existing=clash.existing,
            suggested_name=suggested_name(name),
            left=len(self._waiting) - 1,
        )

    def answer(self, decision: Decision) -> None:
        """Decide the open question, and all others if the answer says so."""
        self._open_id = None
        self._decide(self._waiting.popleft(), decision)
        if not decision.apply_to_all or decision.action is ConflictAction.RENAME:
            return
        self.policy = ConflictPolicy(decision.action.value)
        while self._waiting:
            self._decide(self._waiting.popleft(), decision)

    def remember(self, path: str, decision: Decision) -> None:
        """Keep what became of a path, so that a retry does the same without asking."""
        self._remembered[path] = decision

    def take(self) -> list[tuple[Clash, Decision]]:
        """Return what has been decided since the last call, to be carried out."""
        taken, self._decided = self._decided, []
        return taken

    def clear(self) -> None:
        """Withdraw every question and decision that was not carried out; what is remembered stays."""
        self._waiting.clear()
        self._decided.clear()
        self._open_id = None

    def _decide(self, clash: Clash, decision: Decision) -> None:
        self.remember(clash.item.path, decision)
        self._decided.append((clash, decision))


def local_side(item: Item) -> ConflictSide:
    """Return the file of an item as a side of a conflict."""
    modified_at = None if item.modified_s is None else datetime.fromtimestamp(item.modified_s, UTC)
    return ConflictSide(printable(item.local), item.size_bytes, modified_at)


def stored_side(stored: StorageObject) -> ConflictSide:
    """Return an object as a side of a conflict; its time is its content's own where that is known."""
    return ConflictSide(f"{stored.bucket}/{stored.path}", stored.size_bytes, stored.modified_at or stored.updated_at)


def is_same(item: Item, stored: StorageObject) -> bool:
    """Tell whether a file and an object are the same content, moved before: equal in size and time.

    Args:
        item: The file, as it is now.
        stored: The object.

    Returns:
        False whenever there is a doubt.
    """
    if item.modified_s is None or stored.modified_at is None or item.size_bytes != stored.size_bytes:
        return False
    return abs(stored.modified_at.timestamp() - item.modified_s) <= SAME_TIME_S
