"""Events as they are read: each for itself, with its number."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from engine.access_types import EVERYONE
from engine.errors import InvalidRequest
from engine.events import EventType
from engine.permissions.rows import PolicyTable
from engine.types import RlsContext

_TOLD: Final = tuple(
    kind
    for kind in EventType
    if kind.startswith(("storage.object.", "storage.bucket.")) and kind is not EventType.OBJECT_CHANGED_OUTSIDE
)
"""Every type that one may ask for; what other programs do is told to the window alone, or becomes one of these."""

_ANY: Final = "*"
_TYPES_MAX: Final = 16
_TYPES_OF: Final = {PolicyTable.OBJECTS: "storage.object.*", PolicyTable.BUCKETS: "storage.bucket.*", "": _ANY}


@dataclass(frozen=True, slots=True)
class AccessChange:
    """Whose picture may be another because it changed who sees what.

    Attributes:
        table: Whose rows somebody sees or does not see any more, `objects` or `buckets`; `""` for both.
        roles: Of those whom it concerns; as in policies, `public` is all.
        user_id: The only one whom it concerns, or None.
        unlisted: Whether it is told otherwise to who sees the bucket itself.
    """

    table: str
    roles: frozenset[str]
    user_id: str | None
    unlisted: bool

    @property
    def types(self) -> str:
        """Return which events told of what may be another now, as one asks for types."""
        return _TYPES_OF[self.table]

    def concerns(self, caller: RlsContext) -> bool:
        """Return whether a caller's picture may be another; never that of who sees everything."""
        if caller.can_bypass_rls:
            return False
        if self.user_id is not None:
            return caller.user_id == self.user_id
        return EVERYONE in self.roles or caller.role in self.roles


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """One committed change.

    Attributes:
        id: Its number; numbers only grow, also across restarts.
        type: One of `EventType`'s.
        bucket_id: UUID of the bucket; `""` for a change of access that is about no bucket alone.
        bucket: Its name at that time.
        path: The object, `""` for a bucket.
        owner_id: Owner of what changed, or None.
        moment_us: When, in microseconds since 1970.
        old_bucket_id, old_bucket, old_path: Where a moved object was, and how a renamed bucket was called; None where
            the reader may not know that.
        facts: What policies are held against once it is deleted, moved or another: how it was before, in the order of
            `OBJECT_FACTS` or `BUCKET_FACTS`.
        facts_after: How it was just after it, or what is said of it, was changed, likewise.
        access: Whose picture may be another, where that is what changed.
    """

    id: int
    type: EventType
    bucket_id: str
    bucket: str
    path: str
    owner_id: str | None
    moment_us: int
    old_bucket_id: str | None = None
    old_bucket: str | None = None
    old_path: str | None = None
    facts: tuple[Any, ...] = field(default=(), repr=False)
    facts_after: tuple[Any, ...] = field(default=(), repr=False)
    access: AccessChange | None = None

    @property
    def is_of_bucket(self) -> bool:
        """Whether a bucket changed, and not an object."""
        return not self.path and self.access is None


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events somebody wants.

    Attributes:
        bucket: Name or id of the only bucket, or None for all. One that is not there yet, or no more, is no mistake.
        types: Whole types, and beginnings of such that end with `*`; none for all. What is named twice counts once.
        kinds: The types that these are.
    """

    bucket: str | None = None
    types: tuple[str, ...] = field(default=(), compare=False)
    kinds: frozenset[EventType] = field(init=False)

    def __post_init__(self) -> None:
        """Find the types that are meant: events are held against these, however many names there are.

        Raises:
            InvalidRequest: A type is none, or the beginning of none, or there are too many.
        """
        names = dict.fromkeys(self.types)
        if len(names) > _TYPES_MAX:
            raise InvalidRequest(f"querystring/types must not have more than {_TYPES_MAX} items")
        for wanted in names:
            if not any(_fits(kind, wanted) for kind in _TOLD):
                raise InvalidRequest(
                    f"querystring/types must be of {', '.join(_TOLD)}, or begin like one and end with *"
                )
        kinds = (kind for kind in _TOLD if not names or any(_fits(kind, wanted) for wanted in names))
        object.__setattr__(self, "types", tuple(names))
        object.__setattr__(self, "kinds", frozenset(kinds))

    def takes_type(self, kind: EventType) -> bool:
        """Return whether events of a type are wanted."""
        return kind in self.kinds

    def takes_any_of(self, types: str) -> bool:
        """Return whether events of some type are wanted that begins so.

        Args:
            types: As `AccessChange.types`.
        """
        return any(_fits(kind, types) for kind in self.kinds)

    def takes_bucket(self, bucket_id: str | None, name: str | None, known_id: str | None) -> bool:
        """Return whether events in a bucket are wanted.

        Args:
            bucket_id: Its id.
            name: What it was called at the time.
            known_id: Id of the bucket that is called so now, or None.
        """
        return (
            self.bucket is None or self.bucket in {bucket_id, name} or (known_id is not None and bucket_id == known_id)
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody asks the outbox for.

    Attributes:
        after: Number of the last event that they know.
        context: Who asks, and for what; the same object each time, by which what was made of their policies is found.
        filter: What they want.
    """

    after: int
    context: RlsContext
    filter: EventFilter = EventFilter()


@dataclass(frozen=True, slots=True)
class EventPage:
    """What came after a number.

    Attributes:
        events: What the caller may see of it, in order.
        last_id: The number to go on from: everything up to it is in this page, or not the caller's to see.
        more: Whether there is more already.
        reset: Whether events after the number asked for are not kept any more, or never were: what the caller knows
            has to be read anew. There are no events then, and it goes on from the newest.
        error: Why nothing could be read for this caller; others have their pages all the same.
    """

    events: tuple[RecordedEvent, ...]
    last_id: int
    more: bool = False
    reset: bool = False
    error: Exception | None = None


def _fits(kind: str, wanted: str) -> bool:
    """Return whether a type is meant."""
    return kind.startswith(wanted[:-1]) if wanted.endswith(_ANY) else kind == wanted
