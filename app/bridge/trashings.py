"""What takes copies back and what brings back what was deleted: reversals that go by way of the trash.

What is stopped in the middle keeps what was done, which can be taken back in turn, and the rest can be tried again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from app.bridge.reversals import Reversed
from app.bridge.tasks import Ticket
from app.bridge.trash import TrashBridge, Trashed, newest_in_trash, pages_of
from engine.cancel import CancelToken
from engine.errors import Cancelled, ObjectNotFound, WouldBeLost
from engine.storage import FileStorage
from engine.types import RlsContext

_NAMED_MAX: Final = 20_000
"""So many objects are named by what deletes them again: some 3 MB."""


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
        there = storage.find(self.bucket, [one.path for one in self.made], me)
        same = [one.path for one in self.made if one.path in there and there[one.path].version == one.version]
        gone = [path for path in same if not path.endswith("/")]
        folders = [path for path in same if path.endswith("/")]
        before = newest_in_trash(storage, self.bucket, me)
        try:
            _remove(storage, self.bucket, gone, ticket, me, mark, for_good=self.for_good)
            empty = [path for path in folders if not storage.tree_size(self.bucket, path, me).objects]
            _remove(storage, self.bucket, empty, ticket, me, mark, for_good=self.for_good)
        except Cancelled as error:
            return self._stopped(storage, Trashed(self.bucket, frozenset(same), before, 0), error, me)
        trashed = Trashed(self.bucket, frozenset([*gone, *empty]), before, newest_in_trash(storage, self.bucket, me))
        if self.trashed is not None:
            TrashBridge.all_back(storage, self.trashed, CancelToken(), me)
        redo = Untrashing(trashed) if trashed.any and self.trashed is None else None
        return Reversed(redo, len(self.made) - len(gone) - len(empty))

    def _stopped(self, storage: FileStorage, wanted: Trashed, error: Cancelled, me: RlsContext) -> Reversed:
        """Return what came of it; what had given way to the copies comes back with the last of them."""
        trashed = replace(wanted, until=newest_in_trash(storage, self.bucket, me))
        there = storage.find(self.bucket, [*wanted.paths], me)
        rest = replace(self, made=tuple(one for one in self.made if one.path in there))
        redo = Untrashing(trashed) if trashed.any and self.trashed is None else None
        return Reversed(redo, len(self.made) - len(wanted.paths), rest=rest, failure=error)


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
        """See `Reversal`."""
        rows = (row.info for page in pages_of(storage, self.trashed, me) for row in page)
        in_trash = list(islice(rows, _NAMED_MAX + 1))
        restored = TrashBridge.taken_back(storage, self.trashed, ticket, me)
        if not restored.objects and not restored.taken:
            raise ObjectNotFound("It is no longer in the trash")
        paths, taken = tuple(self.trashed.paths), frozenset(restored.taken)
        mark = storage.tree_size(self.bucket, paths, me).as_of
        made = tuple(Made(one.path, one.version, one.size_bytes) for one in in_trash if one.path not in taken)
        again = Trashing(self.bucket, paths, mark, made if len(in_trash) <= _NAMED_MAX else ())
        return Reversed(again, len(restored.taken), restored.paths, restored)


@dataclass(frozen=True, slots=True)
class Trashing:
    """What came back, to go to the trash again; what came to the same folders since stays.

    Attributes:
        bucket: Where.
        paths: Objects and folders.
        as_of: The moment when they were back.
        made: They, each with its content, unless they are very many: so they are known whatever was done and undone
            with them since.
    """

    bucket: str
    paths: tuple[str, ...]
    as_of: int | None
    made: tuple[Made, ...] = ()

    @property
    def shows_in(self) -> str:
        """See `Reversal`."""
        return self.bucket

    @property
    def weight(self) -> int:
        """See `Reversal`."""
        return max(len(self.paths), len(self.made))

    def run(self, storage: FileStorage, ticket: Ticket, me: RlsContext) -> Reversed:
        """See `Reversal`."""
        if self.made:
            result = Uncopying(self.bucket, self.made).run(storage, ticket, me)
            rest = result.rest.made if isinstance(result.rest, Uncopying) else ()
            return replace(result, rest=replace(self, made=rest) if rest else None)
        before = newest_in_trash(storage, self.bucket, me)
        ended: Cancelled | None = None
        try:
            storage.trash.put(self.bucket, self.paths, me, ticket.report, ticket.token, self.as_of)
        except Cancelled as error:
            ended = error
        trashed = Trashed(self.bucket, frozenset(self.paths), before, newest_in_trash(storage, self.bucket, me))
        back = Untrashing(trashed) if trashed.any else None
        left = 0 if ended else storage.tree_size(self.bucket, self.paths, me).objects
        return Reversed(back, left, rest=self if ended else None, failure=ended)


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
