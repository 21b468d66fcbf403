"""The trash of buckets and old versions of objects: what the window reads there and does with it.

What changes something runs in the mutation lane, as in `operations`; the rest in the read lane.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from app.bridge.acting import ActingTasks, Attempt, Deed
from app.bridge.tasks import Fail, Ticket
from app.i18n import translate
from engine.cancel import CancelToken
from engine.errors import ObjectAlreadyExists
from engine.storage import FileStorage
from engine.types import RlsContext, StorageObject
from engine.version_types import ObjectVersion, TrashPage, TrashSize

TRASH_PAGE_ROWS: Final = 200
Listener = Callable[[Sequence[StorageObject]], None]
"""Told of what has come back with each commit."""


@dataclass(frozen=True, slots=True)
class Trashed:
    """What one wish to delete moved to the trash, told by where its rows lie and not by naming each.

    Attributes:
        bucket: The bucket's name.
        paths: Objects, and folders with a trailing `/`; `""` is the whole bucket. A set: there may be very many.
        after: The newest id in the trash before.
        until: The newest id in the trash afterwards.
    """

    bucket: str
    paths: frozenset[str]
    after: int
    until: int

    @property
    def any(self) -> bool:
        """Return whether anything came into the trash."""
        return self.until > self.after

    def holds(self, version: ObjectVersion) -> bool:
        """Return whether a row of the trash, of the right time, lay where things were deleted."""
        path = version.info.path
        above = (path[: end + 1] for end, char in enumerate(path) if char == "/")
        return path in self.paths or "" in self.paths or any(folder in self.paths for folder in above)


@dataclass(frozen=True, slots=True)
class Restored:
    """What came out of the trash.

    Attributes:
        objects: How many objects.
        taken: Paths where something else stands by now; these stayed in the trash.
        paths: Some of the paths that came back, enough to show them.
    """

    objects: int
    taken: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TrashView:
    """A page of a trash, and how much there is in all.

    Attributes:
        page: The rows, newest first.
        size: Of the whole trash.
    """

    page: TrashPage
    size: TrashSize


class TrashBridge:
    """See the module."""

    def __init__(
        self, storage: FileStorage, tasks: ActingTasks, gone: Callable[[str], None] = lambda _bucket: None
    ) -> None:
        """Args: the engine; the lanes of whoever acts; told of the bucket where something was deleted for good."""
        self._gone = gone
        self._storage = storage
        self._tasks = tasks

    def page(
        self, bucket: str, cursor: int | None, then: Callable[[TrashView], None], otherwise: Fail | None = None
    ) -> Ticket:
        """Read one page of what was deleted last; `cursor` is `TrashPage.next_cursor` of the page before."""
        return self._tasks.read(lambda _, me: self._page(bucket, cursor, me), then, otherwise)

    def take_back(self, trashed: Trashed, then: Callable[[Restored], None], otherwise: Fail | None = None) -> Ticket:
        """Undo a move to the trash."""
        label = translate("TrashBridge", "Taking back from the trash")
        attempt = Attempt(Deed.RESTORE, trashed.bucket)
        return self._tasks.mutate(
            lambda ticket, me: self.taken_back(self._storage, trashed, ticket, me),
            then,
            otherwise,
            label=label,
            attempt=attempt,
        )

    def restore(
        self, bucket: str, ids: Sequence[int], then: Callable[[Restored], None], otherwise: Fail | None = None
    ) -> Ticket:
        """Take objects out of the trash, each to its old path; one whose path is taken stays there."""
        label = translate("TrashBridge", "Restoring %Ln object(s)", None, len(ids))
        attempt = Attempt(Deed.RESTORE, bucket)
        return self._tasks.mutate(
            lambda _, me: _restore(self._storage, bucket, ids, me), then, otherwise, label=label, attempt=attempt
        )

    def restore_to(
        self, bucket: str, version_id: int, path: str, then: Callable[[Restored], None], otherwise: Fail | None = None
    ) -> Ticket:
        """Take one object out of the trash to another path."""
        return self._tasks.mutate(
            lambda _, me: _restored(self._storage.trash.restore(bucket, [version_id], me, target_path=path)),
            then,
            otherwise,
            attempt=Attempt(Deed.RESTORE, bucket, path),
        )

    def empty(
        self,
        bucket: str,
        ids: Sequence[int] | None,
        until: int | None,
        then: Callable[[int], None],
        otherwise: Fail | None = None,
    ) -> Ticket:
        """Delete what is in the trash for good; calls back with how many objects that were.

        Args:
            bucket: Whose trash.
            ids: Some of it, or None for all.
            until: `TrashSize.until` of what the person was asked about.
            then: Gets the number.
            otherwise: Gets the failure.
        """
        label = translate("TrashBridge", "Emptying the trash of {bucket}").format(bucket=bucket)
        return self._tasks.mutate(
            lambda ticket, me: self._empty(bucket, ids, until, ticket, me),
            then,
            otherwise,
            label=label,
            attempt=Attempt(Deed.DELETE, bucket),
        )

    def _empty(self, bucket: str, ids: Sequence[int] | None, until: int | None, ticket: Ticket, me: RlsContext) -> int:
        try:
            return self._storage.trash.empty(bucket, me, ids, ticket.report, ticket.token, until)
        finally:
            self._gone(bucket)

    def _page(self, bucket: str, cursor: int | None, me: RlsContext) -> TrashView:
        page = self._storage.trash.list(bucket, me, cursor=cursor, limit=TRASH_PAGE_ROWS)
        return TrashView(page, self._storage.trash.size(bucket, me))

    @staticmethod
    def taken_back(storage: FileStorage, trashed: Trashed, ticket: Ticket, me: RlsContext) -> Restored:
        """Take back what one wish moved to the trash, in a worker; one whose path is taken stays there."""
        return TrashBridge.all_back(storage, trashed, ticket.token, me)

    @staticmethod
    def all_back(
        storage: FileStorage, trashed: Trashed, token: CancelToken, me: RlsContext, heard: Listener = lambda _: None
    ) -> Restored:
        """Do the same, stopped by a token alone; `heard` is told of what came before a stop or a failure, too."""
        done = Restored(0)
        for rows in pages_of(storage, trashed, me):
            token.raise_if_cancelled()
            more = _restore(storage, trashed.bucket, [row.id for row in rows if row.id is not None], me, heard)
            done = Restored(done.objects + more.objects, done.taken + more.taken, done.paths or more.paths)
        return done


def _restore(
    storage: FileStorage, bucket: str, ids: Sequence[int], me: RlsContext, heard: Listener = lambda _: None
) -> Restored:
    """Restore all at once or, where a path is taken, those that can be."""
    if not ids:
        return Restored(0)
    try:
        objects = storage.trash.restore(bucket, ids, me)
    except ObjectAlreadyExists as error:
        if len(ids) == 1:
            return Restored(0, (error.path or "",))
    else:
        heard(objects)
        return _restored(objects)
    half = len(ids) // 2
    first = _restore(storage, bucket, ids[:half], me, heard)
    second = _restore(storage, bucket, ids[half:], me, heard)
    return Restored(first.objects + second.objects, first.taken + second.taken, first.paths or second.paths)


def pages_of(storage: FileStorage, trashed: Trashed, context: RlsContext) -> Iterator[list[ObjectVersion]]:
    """Yield what one wish moved to the trash and is still there, newest first, some at a time."""
    cursor: int | None = trashed.until + 1
    while cursor is not None:
        page = storage.trash.list(trashed.bucket, context, cursor=cursor)
        mine = [row for row in page.items if row.id is not None and row.id > trashed.after]
        yield [row for row in mine if trashed.holds(row)]
        cursor = page.next_cursor if len(mine) == len(page.items) else None


def newest_in_trash(storage: FileStorage, bucket: str, context: RlsContext) -> int:
    """Return the id of what came into a bucket's trash last, or 0 where there is nothing."""
    newest = storage.trash.list(bucket, context, limit=1).items
    return (newest[0].id or 0) if newest else 0


def _restored(objects: Sequence[StorageObject]) -> Restored:
    return Restored(len(objects), paths=tuple(stored.path for stored in objects[:TRASH_PAGE_ROWS]))
