"""What takes copies back and what brings back what was deleted: reversals that go by way of the trash.

What is stopped in the middle keeps what was done, which can be taken back in turn, and the rest can be tried again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from app.bridge.presence import holds_anything
from app.bridge.reversals import WEIGHT_MAX, Reversed
from app.bridge.tasks import Ticket
from app.bridge.trash import TRASH_PAGE_ROWS, TrashBridge, Trashed, newest_in_trash
from app.bridge.twins import parts_of
from engine.cancel import CancelToken
from engine.errors import Cancelled, ObjectNotFound, StorageError, WouldBeLost
from engine.storage import FileStorage
from engine.types import RlsContext, StorageObject


@dataclass(frozen=True, slots=True)
class Made:
    """An object as a copy made it.

    Attributes:
        path: Where.
        version: Its content: what has another one by now is no longer the copy.
        size_bytes: What it weighs.
    """

    path: str
    version: str
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Uncopying:
    """Copies, to be put into the trash.

    Attributes:
        bucket: Where.
        made: They.
        trashed: What had given way to them, to be taken back.
        for_good: Whether a person was asked and agreed to delete them where there is no trash.
    """

    bucket: str
    made: tuple[Made, ...]
    trashed: Trashed | None = None
    for_good: bool = False

    @property
    def objects(self) -> int:
        """Return how many objects were made, folder markers not counted."""
        return sum(not one.path.endswith("/") for one in self.made)

    @property
    def size_bytes(self) -> int:
        """Return what they weigh."""
        return sum(one.size_bytes for one in self.made)

    @property
    def shows_in(self) -> str:
        """See `Reversal`."""
        return self.bucket

    @property
    def weight(self) -> int:
        """See `Reversal`."""
        return len(self.made)

    def run(self, storage: FileStorage, ticket: Ticket, me: RlsContext) -> Reversed:
        """See `Reversal`; folders go after what is in them."""
        mark = storage.tree_size(self.bucket, [], me).as_of
        same = _unchanged(storage, self.bucket, self.made, me)
        gone = [one.path for one in same if not one.path.endswith("/")]
        folders = [one.path for one in same if one.path.endswith("/")]
        before = newest_in_trash(storage, self.bucket, me)
        try:
            _remove(storage, self.bucket, gone, ticket, me, mark, for_good=self.for_good)
            empty = _remove_folders(storage, self.bucket, folders, ticket, me, mark, for_good=self.for_good)
        except Cancelled as error:
            wanted = Trashed(self.bucket, frozenset([*gone, *folders]), before, 0)
            return self._stopped(storage, wanted, same, error, me)
        trashed = Trashed(self.bucket, frozenset([*gone, *empty]), before, newest_in_trash(storage, self.bucket, me))
        if self.trashed is not None:
            TrashBridge.all_back(storage, self.trashed, CancelToken(), me)
        redo = Untrashing(trashed) if trashed.any and self.trashed is None else None
        stayed = _unchanged(storage, self.bucket, same, me)
        return Reversed(redo, len(self.made) - len(same) + len(stayed))

    def _stopped(
        self, storage: FileStorage, wanted: Trashed, same: Sequence[Made], error: Cancelled, me: RlsContext
    ) -> Reversed:
        """Return what came of it; what had given way to the copies comes back with the last of them."""
        trashed = replace(wanted, until=newest_in_trash(storage, self.bucket, me))
        rest = replace(self, made=tuple(_unchanged(storage, self.bucket, same, me)))
        redo = Untrashing(trashed) if trashed.any and self.trashed is None else None
        return Reversed(redo, len(self.made) - len(same), rest=rest, failure=error)


@dataclass(frozen=True, slots=True)
class Untrashing:
    """What went to the trash, to be taken back."""

    trashed: Trashed

    @property
    def bucket(self) -> str:
        """See `Reversal`."""
        return self.trashed.bucket

    @property
    def shows_in(self) -> str:
        """See `Reversal`."""
        return self.bucket

    @property
    def weight(self) -> int:
        """See `Reversal`."""
        return len(self.trashed.paths)

    def run(self, storage: FileStorage, ticket: Ticket, me: RlsContext) -> Reversed:
        """See `Reversal`; where it ends in the middle, what came back until then can be deleted again."""
        brought = _Brought(self.bucket)
        try:
            restored = TrashBridge.all_back(storage, self.trashed, ticket.token, me, brought.note)
        except StorageError as error:
            if not brought.objects:
                raise
            return Reversed(brought.again, shows=brought.shows, rest=self, failure=error, is_final=brought.is_too_much)
        if not restored.objects and not restored.taken:
            raise ObjectNotFound("It is no longer in the trash")
        left = len(restored.taken)
        return Reversed(brought.again, left, restored.paths, restored, is_final=brought.is_too_much)


class _Brought:
    """What came back, each object as it came: nothing else at its path was brought by whoever deletes it again."""

    def __init__(self, bucket: str) -> None:
        self.objects = 0
        self.shows: tuple[str, ...] = ()
        self._bucket = bucket
        self._made: list[Made] = []

    @property
    def is_too_much(self) -> bool:
        """Return whether it is more than can be named, and so stays."""
        return self.objects > WEIGHT_MAX

    @property
    def again(self) -> Trashing | None:
        """Return what deletes it again, if anything came and all of it can be named."""
        return Trashing(self._bucket, tuple(self._made)) if self._made else None

    def note(self, objects: Sequence[StorageObject]) -> None:
        """Take down what one commit brought."""
        self.objects += len(objects)
        self.shows = self.shows or tuple(one.path for one in objects[:TRASH_PAGE_ROWS])
        if self.is_too_much:
            self._made.clear()
        else:
            self._made += (Made(one.path, one.version, one.size_bytes) for one in objects)


@dataclass(frozen=True, slots=True)
class Trashing:
    """What came back, to go to the trash again; what else came to the same folders, before or since, stays.

    Attributes:
        bucket: Where.
        made: They, each with its content: so they are known whatever was done and undone with them since.
    """

    bucket: str
    made: tuple[Made, ...]

    @property
    def shows_in(self) -> str:
        """See `Reversal`."""
        return self.bucket

    @property
    def weight(self) -> int:
        """See `Reversal`."""
        return len(self.made)

    def run(self, storage: FileStorage, ticket: Ticket, me: RlsContext) -> Reversed:
        """See `Reversal`."""
        result = Uncopying(self.bucket, self.made).run(storage, ticket, me)
        rest = result.rest.made if isinstance(result.rest, Uncopying) else ()
        return replace(result, rest=replace(self, made=rest) if rest else None)


def _unchanged(storage: FileStorage, bucket: str, made: Sequence[Made], me: RlsContext) -> list[Made]:
    """Return those that are still there as they were made; memory does not grow with what the engine says of each."""
    same: list[Made] = []
    for part in parts_of(made):
        there = storage.find(bucket, [one.path for one in part], me)
        same += (one for one in part if one.path in there and there[one.path].version == one.version)
    return same


def _remove_folders(
    storage: FileStorage, bucket: str, folders: list[str], ticket: Ticket, me: RlsContext, as_of: int | None, *,
    for_good: bool,
) -> list[str]:  # fmt: skip
    """Remove folders and return them, the innermost first; one in which others have put something stays."""
    gone: list[str] = []
    for _, level in groupby(sorted(folders, key=_depth, reverse=True), key=_depth):
        empty = [path for path in level if not holds_anything(storage, bucket, path, me)]
        _remove(storage, bucket, empty, ticket, me, as_of, for_good=for_good)
        gone += empty
    return gone


def _depth(path: str) -> int:
    return path.count("/")


def _remove(
    storage: FileStorage, bucket: str, paths: list[str], ticket: Ticket, me: RlsContext, as_of: int | None, *,
    for_good: bool,
) -> None:  # fmt: skip
    """Put objects into the trash or, where a person agreed, delete them."""
    if not paths:
        return
    try:
        storage.trash.put(bucket, paths, me, ticket.report, ticket.token, as_of)
    except WouldBeLost:
        if not for_good:
            raise
        storage.delete_trees(bucket, paths, me, ticket.report, ticket.token, as_of, for_good=True)
