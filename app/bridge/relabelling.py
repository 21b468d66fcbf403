"""What is said about objects, taken back: the reversal of a change of types, cache rules and metadata."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.bridge.reversals import Reversed
from app.bridge.tasks import Ticket
from engine.errors import ObjectChanged, ObjectNotFound
from engine.storage import FileStorage
from engine.types import LabelChanges, RlsContext, StorageObject


@dataclass(frozen=True, slots=True)
class Saying:
    """The same to be said of some objects.

    Attributes:
        changes: What.
        seen: The objects as they are until then: what somebody else says of them since is left.
    """

    changes: LabelChanges
    seen: tuple[StorageObject, ...]


@dataclass(frozen=True, slots=True)
class Relabelling:
    """What was said of objects of one bucket, to be said again.

    Attributes:
        bucket: Which.
        sayings: What of which; those that said the same are together.
    """

    bucket: str
    sayings: tuple[Saying, ...]

    @property
    def shows_in(self) -> str:
        """See `Reversal`."""
        return self.bucket

    @property
    def weight(self) -> int:
        """See `Reversal`."""
        return sum(len(saying.seen) for saying in self.sayings)

    def run(self, storage: FileStorage, _ticket: Ticket, me: RlsContext) -> Reversed:
        """See `Reversal`.

        Raises:
            ObjectChanged: Somebody else has said something else of all of them, or of those that are still there.
            ObjectNotFound: None of them is there.
        """
        back: list[Saying] = []
        refused: list[ObjectChanged | ObjectNotFound] = []
        for saying in self.sayings:
            now = self._said(storage, saying, me, refused)
            before = [item for item in saying.seen if item.id in now]
            back += said_before(before, [now[item.id] for item in before], saying.changes)
        done = sum(len(saying.seen) for saying in back)
        if not done:
            raise next((error for error in refused if isinstance(error, ObjectChanged)), refused[0])
        return Reversed(Relabelling(self.bucket, tuple(back)), self.weight - done)

    def _said(
        self, storage: FileStorage, saying: Saying, me: RlsContext, refused: list[ObjectChanged | ObjectNotFound]
    ) -> dict[str, StorageObject]:
        """Say it of all or, where one is not what it was, of those that are; return these by their ids."""
        found: dict[str, StorageObject] = {}
        paths = [item.path for item in saying.seen]
        try:
            now = storage.change_labels(self.bucket, paths, saying.changes, me, seen=saying.seen)
        except (ObjectChanged, ObjectNotFound) as error:
            if len(paths) == 1:
                refused.append(error)
                return found
            for item in saying.seen:
                found |= self._said(storage, Saying(saying.changes, (item,)), me, refused)
            return found
        return {item.id: item for item in now}


def said_before(
    before: Sequence[StorageObject], now: Sequence[StorageObject], changes: LabelChanges
) -> tuple[Saying, ...]:
    """Return what takes a change back.

    Args:
        before: Objects of one bucket as they were.
        now: The same as they are, in the same order.
        changes: What was said of them.
    """
    groups: dict[str, tuple[LabelChanges, list[StorageObject]]] = {}
    for old, new in zip(before, now, strict=True):
        back = _of(old, changes)
        groups.setdefault(repr(back), (back, []))[1].append(new)
    return tuple(Saying(back, tuple(items)) for back, items in groups.values())


def _of(item: StorageObject, changes: LabelChanges) -> LabelChanges:
    """Return what an object said where something else is to be said."""
    plain = LabelChanges()
    return LabelChanges(
        mime_type=plain.mime_type if changes.mime_type is plain.mime_type else item.mime_type,
        cache_control=plain.cache_control if changes.cache_control is plain.cache_control else item.cache_control,
        user_metadata=plain.user_metadata if changes.user_metadata is plain.user_metadata else item.user_metadata,
    )
