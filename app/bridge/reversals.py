"""What takes a change back, and in turn what takes that back: undo and redo are one thing.

A reversal is a value that was made when its change was. It holds itself against what is there when it runs: what
somebody else changed meanwhile is neither overwritten nor taken away, but left and told of.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from app.bridge.acting import ActingTasks, Attempt, Deed
from app.bridge.presence import holds_anything
from app.bridge.tasks import Fail, Ticket
from app.bridge.trash import Restored, TrashBridge, Trashed, newest_in_trash
from engine.cancel import CancelToken
from engine.errors import BucketNotFound, StorageError
from engine.move_types import Move
from engine.storage import FileStorage
from engine.types import RlsContext, StorageObject

WEIGHT_MAX: Final = 100_000
"""Things that everything that can be undone may name together: some 20 MB."""


@dataclass(frozen=True, slots=True)
class Reversed:
    """What became of taking something back.

    Attributes:
        back: What takes this back again, or None.
        left: How many things were left because something else has become of them.
        shows: Paths that came, the first of them to be selected.
        restored: What came out of the trash, where it was about that.
        moved: What has moved: folders are followed.
        rest: What was not taken back yet although nothing else has become of it, and can be tried again.
        failure: Why, or None.
        is_final: Whether nothing takes this back again although it was done: it would have to name too many things.
    """

    back: Reversal | None
    left: int = 0
    shows: tuple[str, ...] = ()
    restored: Restored | None = None
    moved: tuple[Move, ...] = ()
    rest: Reversal | None = None
    failure: StorageError | None = None
    is_final: bool = False


class Reversal(Protocol):
    """What takes one change back."""

    @property
    def bucket(self) -> str:
        """Where."""

    @property
    def shows_in(self) -> str:
        """Return the bucket in which its effect is seen."""

    @property
    def weight(self) -> int:
        """How many things it names."""

    def run(self, storage: FileStorage, ticket: Ticket, me: RlsContext) -> Reversed:
        """Do it, in a worker.

        Raises:
            StorageError: It cannot be done any more; nothing was changed.
        """


@dataclass(frozen=True, slots=True)
class Moving:
    """Moves, and what went with them.

    Attributes:
        bucket: Where from; like in all of these its id, or its name until it is remembered.
        moves: What goes where.
        target: The other bucket, or None for the same.
        replace: Paths that give way, each with the only content that does.
        marks: Folders of the target that are there by their marker alone, to be made again.
        trashed: What had given way, to be taken back.
    """

    bucket: str
    moves: tuple[Move, ...]
    target: str | None = None
    replace: tuple[tuple[str, str], ...] = ()
    marks: tuple[str, ...] = ()
    trashed: Trashed | None = None

    @property
    def shows_in(self) -> str:
        """See `Reversal`."""
        return self.target or self.bucket

    @property
    def weight(self) -> int:
        """See `Reversal`."""
        return sum(max(len(move.ids) + len(move.versions), 1) for move in self.moves)

    def run(self, storage: FileStorage, ticket: Ticket, me: RlsContext) -> Reversed:
        """See `Reversal`."""
        there, seen = self.target or self.bucket, dict(self.replace)
        before = newest_in_trash(storage, there, me)
        moved = storage.move_many(
            self.bucket, self.moves, me, target_bucket=self.target, replace=frozenset(seen), seen_versions=seen,
            progress=ticket.report, cancel=ticket.token,
        )  # fmt: skip
        for mark in self.marks:
            storage.create_folder(there, mark, me)
        restored, taken = self._restored(storage, me)
        left = self._left(storage, me) + taken
        trashed = Trashed(there, frozenset(moved.displaced), before, newest_in_trash(storage, there, me))
        back = Moving(
            there, self._back(moved.back), self.bucket if self.target else None, restored, moved.marks,
            trashed if self.trashed is None and moved.displaced and trashed.any else None,
        )  # fmt: skip
        shows = tuple(move.target for move in self.moves)
        return Reversed(back, left, shows, moved=() if left else self.moves)

    def _back(self, moves: Sequence[Move]) -> tuple[Move, ...]:
        """Return what takes the moves back: a folder that went with all that was in it, as names do, comes back so."""
        whole = {move.target for move in self.moves if move.is_whole}
        return tuple(move.whole if move.source in whole else move for move in moves)

    def _restored(self, storage: FileStorage, me: RlsContext) -> tuple[tuple[tuple[str, str], ...], int]:
        """Take back what had given way, and return it with its contents, and how much of it had to stay away.

        What goes back puts just these contents out of the way again, and nothing newer.
        """
        if self.trashed is None:
            return (), 0
        brought: list[StorageObject] = []
        # what has moved back is committed: to stop here would leave half of it
        taken = TrashBridge.all_back(storage, self.trashed, CancelToken(), me, brought.extend).taken
        return tuple((one.path, one.version) for one in brought), len(taken)

    def _left(self, storage: FileStorage, me: RlsContext) -> int:
        """Return how many objects stayed in folders because others have put them there since."""
        folders = [move.source for move in self.moves if not move.is_whole]
        return storage.tree_size(self.bucket, folders, me).objects if folders else 0


@dataclass(frozen=True, slots=True)
class FolderGone:
    """A new folder, to be removed if there is still nothing in it."""

    bucket: str
    prefix: str

    @property
    def shows_in(self) -> str:
        """See `Reversal`."""
        return self.bucket

    @property
    def weight(self) -> int:
        """See `Reversal`."""
        return 1

    def run(self, storage: FileStorage, _ticket: Ticket, me: RlsContext) -> Reversed:
        """See `Reversal`."""
        if holds_anything(storage, self.bucket, self.prefix, me):
            return Reversed(None, left=1)
        storage.delete(self.bucket, self.prefix, me, for_good=True)
        return Reversed(FolderBack(self.bucket, self.prefix))


@dataclass(frozen=True, slots=True)
class FolderBack:
    """A folder, to be made again."""

    bucket: str
    prefix: str

    @property
    def shows_in(self) -> str:
        """See `Reversal`."""
        return self.bucket

    @property
    def weight(self) -> int:
        """See `Reversal`."""
        return 1

    def run(self, storage: FileStorage, _ticket: Ticket, me: RlsContext) -> Reversed:
        """See `Reversal`; a folder that somebody else has made there since is theirs."""
        if storage.exists(self.bucket, self.prefix, me) or holds_anything(storage, self.bucket, self.prefix, me):
            return Reversed(None, left=1)
        storage.create_folder(self.bucket, self.prefix, me)
        return Reversed(FolderGone(self.bucket, self.prefix), shows=(self.prefix,))


@dataclass(frozen=True, slots=True)
class BucketName:
    """A bucket's other name.

    Attributes:
        bucket: Which.
        name: What it is to be called.
        given: What it is called, unless somebody else has given it another name since.
    """

    bucket: str
    name: str
    given: str

    @property
    def shows_in(self) -> str:
        """See `Reversal`."""
        return self.bucket

    @property
    def weight(self) -> int:
        """See `Reversal`."""
        return 1

    def run(self, storage: FileStorage, _ticket: Ticket, me: RlsContext) -> Reversed:
        """See `Reversal`."""
        bucket = storage.get_bucket(self.bucket, me)
        if bucket.name != self.given:
            raise BucketNotFound("The bucket has another name by now", path=self.given)
        storage.rename_bucket(bucket.id, self.name, me)
        return Reversed(BucketName(bucket.id, self.given, self.name))


class Reverser:
    """Runs reversals after every change asked for before, in the name of whoever acts."""

    def __init__(self, storage: FileStorage, tasks: ActingTasks) -> None:
        """Args: the engine, and the lanes of whoever acts."""
        self._storage = storage
        self._tasks = tasks

    def run(self, reversal: Reversal, label: str, then: Callable[[Reversed], None], otherwise: Fail) -> Ticket:
        """Take a change back.

        Args:
            reversal: How.
            label: What the status bar says meanwhile.
            then: Gets what became of it.
            otherwise: Gets the failure; nothing was changed then.
        """
        return self._tasks.mutate(
            lambda ticket, me: reversal.run(self._storage, ticket, me), then, otherwise,
            label=label, attempt=Attempt(Deed.MOVE, reversal.bucket),
        )  # fmt: skip
