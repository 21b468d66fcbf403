"""One method for each thing a person does to the workspace. All run in the mutation lane, in the order asked for.

Every method takes `then` (called with the result in the main thread) and an optional `otherwise` (called with the
exception; the presenter by default).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from app.bridge.acting import ActingTasks, Attempt, Deed, Identity, Refused
from app.bridge.policies import PolicyBridge
from app.bridge.presence import holds_anything
from app.bridge.tasks import Fail, Ticket
from app.bridge.trash import Trashed, newest_in_trash, pages_of
from app.i18n import translate
from app.location import Location
from engine.access_types import PolicyTemplate
from engine.errors import BucketNotEmpty, Cancelled, ObjectAlreadyExists, Unauthorized, WouldBeLost
from engine.move_types import Move
from engine.storage import FileStorage
from engine.types import UNCHANGED, Bucket, BucketChanges, Retention, RlsContext, SignedUrl

WINDOW_RETENTION: Final = Retention(trash_days=30)
"""What buckets keep that are made in the window, unless the person chooses otherwise."""


WINDOW_TEMPLATE: Final = "owner-only"
"""Which policies buckets have that are made in the window, unless the person chooses otherwise."""


@dataclass(frozen=True, slots=True)
class BucketDraft:
    """A bucket as a form describes it.

    Attributes:
        name: Wanted name.
        public: Anybody may read its objects.
        file_size_limit_bytes: Largest object it takes, or None.
        allowed_mime_types: `type/subtype` or `type/*`; empty means any.
        retention: What it keeps of replaced and deleted contents.
        template: Id of the policies that a new one begins with, or nothing for none.
    """

    name: str
    public: bool = False
    file_size_limit_bytes: int | None = None
    allowed_mime_types: tuple[str, ...] = ()
    retention: Retention = WINDOW_RETENTION
    template: str = ""


@dataclass(frozen=True, slots=True)
class Removal:
    """What became of a wish to delete.

    Attributes:
        objects: How many are gone.
        kept: How many arrived where they were after they had been counted, and stayed: nobody was asked about those.
        refused: How many stayed because whoever acts may not delete them.
        trashed: What of them is in the trash, or None if they are gone for good.
        ended: What ended it before everything was done, or None. Nothing was deleted for good then unasked.
        refusal: Who may not delete those that were refused, and what they tried.
    """

    objects: int
    kept: int = 0
    refused: int = 0
    trashed: Trashed | None = None
    ended: Cancelled | WouldBeLost | None = None
    refusal: Refused | None = field(default=None, compare=False)


class Operations:
    """What the window does to the workspace, in the name of whoever acts."""

    def __init__(
        self,
        storage: FileStorage,
        tasks: ActingTasks,
        policies: PolicyBridge,
        gone: Callable[[str], None] = lambda _bucket: None,
    ) -> None:
        """Args: the engine; the lanes of whoever acts; what gives new buckets policies; told of deletions for good."""
        self._policies = policies
        self._gone = gone
        self._storage = storage
        self._tasks = tasks

    @property
    def who(self) -> Identity | None:
        """Return in whose name things are done now, or None for the person at this computer."""
        return self._tasks.identity

    @property
    def templates(self) -> tuple[PolicyTemplate, ...]:
        """Return the ready-made policies that a new bucket may begin with; whom policies hold has none to give."""
        return self._policies.templates if self._tasks.as_oneself else ()

    def create_bucket(
        self, draft: BucketDraft, then: Callable[[Bucket], None], otherwise: Fail | None = None
    ) -> Ticket:
        """Make a bucket."""
        attempt = Attempt(Deed.MAKE_BUCKET, draft.name)
        return self._tasks.mutate(lambda _, me: self._create_bucket(draft, me), then, otherwise, attempt=attempt)

    def update_bucket(
        self, bucket: Bucket, draft: BucketDraft, then: Callable[[Bucket], None], otherwise: Fail | None = None
    ) -> Ticket:
        """Give a bucket what a draft says otherwise than the bucket that the form was filled from."""
        attempt = Attempt(Deed.CHANGE_BUCKET, bucket.name)
        return self._tasks.mutate(
            lambda _, me: self._update_bucket(bucket, draft, me), then, otherwise, attempt=attempt
        )

    def rename_bucket(
        self, bucket: str, name: str, then: Callable[[Bucket], None], otherwise: Fail | None = None
    ) -> Ticket:
        """Give a bucket another name."""
        attempt = Attempt(Deed.CHANGE_BUCKET, bucket)
        return self._tasks.mutate(
            lambda _, me: self._storage.rename_bucket(bucket, name, me), then, otherwise, attempt=attempt
        )

    def empty_bucket(
        self,
        bucket: Bucket,
        as_of: int | None,
        then: Callable[[Removal], None],
        otherwise: Fail | None = None,
        *,
        for_good: bool,
    ) -> Ticket:
        """Delete every object that a bucket had when it was measured (`TreeSize.as_of`), for good or to its trash.

        This bucket, by its id: its name may be another's by then.
        """
        label = translate("Operations", "Emptying {bucket}").format(bucket=bucket.name)
        attempt = Attempt.with_all(Deed.DELETE, bucket.name, [""])
        return self._tasks.mutate(
            lambda ticket, me: self._empty_bucket(bucket.id, as_of, ticket, me, for_good=for_good),
            self._with_reason(attempt, then),
            otherwise,
            label=label,
            attempt=attempt,
        )

    def delete_bucket(
        self, bucket: Bucket, as_of: int | None, then: Callable[[Removal], None], otherwise: Fail | None = None
    ) -> Ticket:
        """Delete a bucket with everything that it had when it was measured; it stays if it has more by now.

        This bucket, by its id: its name may be another's by then.
        """
        label = translate("Operations", "Deleting {bucket}").format(bucket=bucket.name)
        return self._tasks.mutate(
            lambda ticket, me: self._delete_bucket(bucket.id, as_of, ticket, me),
            then,
            otherwise,
            label=label,
            attempt=Attempt(Deed.DELETE_BUCKET, bucket.name),
        )

    def create_folder(self, place: Location, then: Callable[[None], None], otherwise: Fail | None = None) -> Ticket:
        """Make an empty folder at a place that does not exist yet."""
        attempt = Attempt(Deed.ADD, place.bucket, place.prefix)
        return self._tasks.mutate(lambda _, me: self._create_folder(place, me), then, otherwise, attempt=attempt)

    def rename(
        self, bucket: str, path: str, name: str, then: Callable[[Move], None], otherwise: Fail | None = None
    ) -> Ticket:
        """Give an object or a folder (`path` ends with `/`) another name; calls back with the move that undoes it."""
        label = translate("Operations", "Renaming to {name}").format(name=name)
        return self._tasks.mutate(
            lambda ticket, me: self._rename(bucket, path, name, ticket, me),
            then,
            otherwise,
            label=label,
            attempt=_renaming(bucket, path, name),
        )

    def delete(
        self,
        bucket: str,
        paths: Sequence[str],
        as_of: int | None,
        then: Callable[[Removal], None],
        otherwise: Fail | None = None,
    ) -> Ticket:
        """Delete objects and folders for good, as they were when they were measured (`TreeSize.as_of`)."""
        label = translate("Operations", "Deleting %Ln item(s)", None, len(paths))
        attempt = Attempt.with_all(Deed.DELETE, bucket, paths)
        return self._tasks.mutate(
            lambda ticket, me: self._delete(bucket, paths, as_of, ticket, me),
            self._with_reason(attempt, then),
            otherwise,
            label=label,
            attempt=attempt,
        )

    def trash(
        self, bucket: str, paths: Sequence[str], then: Callable[[Removal], None], otherwise: Fail | None = None
    ) -> Ticket:
        """Move objects, and folders with everything below them, to the trash; nothing is deleted for good.

        What was cancelled, or refused because the bucket has no trash any more, says so in `Removal.ended`.
        """
        label = translate("Operations", "Moving %Ln item(s) to the trash", None, len(paths))
        attempt = Attempt.with_all(Deed.DELETE, bucket, paths)
        return self._tasks.mutate(
            lambda ticket, me: self._trash(bucket, paths, None, ticket, me),
            self._with_reason(attempt, then),
            otherwise,
            label=label,
            attempt=attempt,
        )

    def sign(
        self,
        bucket: str,
        paths: Sequence[str],
        expires_in_s: int,
        then: Callable[[list[SignedUrl]], None],
        otherwise: Fail | None = None,
    ) -> Ticket:
        """Make links. Changes nothing that is stored, so it waits for no mutation."""
        return self._tasks.read(
            lambda _, me: [self._storage.sign(bucket, path, me, expires_in_s) for path in paths],
            then,
            otherwise,
            attempt=Attempt.with_all(Deed.SHARE, bucket, paths),
        )

    def _with_reason(self, attempt: Attempt, then: Callable[[Removal], None]) -> Callable[[Removal], None]:
        """Return what is called back with a removal that says, where something was refused, who may not do it."""
        identity = self._tasks.identity

        def told(removal: Removal) -> None:
            if identity is not None and removal.refused:
                removal = replace(removal, refusal=Refused(identity, attempt))
            then(removal)

        return told

    def _create_bucket(self, draft: BucketDraft, me: RlsContext) -> Bucket:
        made = self._storage.create_bucket(
            draft.name,
            me,
            public=draft.public,
            file_size_limit_bytes=draft.file_size_limit_bytes,
            allowed_mime_types=draft.allowed_mime_types,
            retention=draft.retention,
        )
        if draft.template and me.can_bypass_rls:  # whom policies hold has none to give
            self._policies.begin(made, draft.template)
        return made

    def _update_bucket(self, bucket: Bucket, draft: BucketDraft, me: RlsContext) -> Bucket:
        """Send what the person changed alone: somebody else may have changed the rest meanwhile."""
        limit, types = draft.file_size_limit_bytes, draft.allowed_mime_types
        changes = BucketChanges(
            public=UNCHANGED if draft.public == bucket.public else draft.public,
            file_size_limit_bytes=UNCHANGED if limit == bucket.file_size_limit_bytes else limit,
            allowed_mime_types=UNCHANGED if types == bucket.allowed_mime_types else types,
            retention=UNCHANGED if draft.retention == bucket.retention else draft.retention,
            name=UNCHANGED if draft.name == bucket.name else draft.name,
        )
        return self._storage.update_bucket(bucket.id, me, changes)

    def _empty_bucket(
        self, bucket: str, as_of: int | None, ticket: Ticket, me: RlsContext, *, for_good: bool
    ) -> Removal:
        if for_good:
            empty = partial(self._storage.empty_bucket, bucket, me, ticket.report, ticket.token, as_of)
            gone = self._for_good(bucket, empty, ticket)
        else:
            gone = self._trash(bucket, ("",), as_of, ticket, me)
        return gone if gone.ended else self._with_rest(gone, bucket, ("",), me)

    def _delete_bucket(self, bucket: str, as_of: int | None, ticket: Ticket, me: RlsContext) -> Removal:
        # the trash goes with the bucket
        empty = partial(self._storage.empty_bucket, bucket, me, ticket.report, ticket.token, as_of, for_good=True)
        gone = self._for_good(bucket, empty, ticket)
        if gone.ended:
            return gone
        try:
            self._storage.delete_bucket(bucket, me)
        except BucketNotEmpty:
            kept = self._objects_in(bucket, ("",), me)
            if not kept:
                raise
            return replace(gone, kept=kept)
        return gone

    def _for_good(self, bucket: str, delete: Callable[[], int], ticket: Ticket) -> Removal:
        """Delete, and tell how many objects are gone also where it was stopped in the middle."""
        try:
            return Removal(delete())
        except Cancelled as error:
            return Removal(ticket.progress.done_files if ticket.progress is not None else 0, ended=error)
        finally:
            self._gone(bucket)

    def _create_folder(self, place: Location, me: RlsContext) -> None:
        self._refuse_taken(place.bucket, place.prefix, me)
        self._storage.create_folder(place.bucket, place.prefix, me)

    def _rename(self, bucket: str, path: str, name: str, ticket: Ticket, me: RlsContext) -> Move:
        folder = path.endswith("/")
        target = _renamed(path, name)
        self._refuse_taken(bucket, f"{target}/", me)
        if folder:
            self._refuse_object(bucket, target, me)
            self._storage.move_folder(bucket, path, f"{target}/", me, progress=ticket.report, cancel=ticket.token)
            return Move(f"{target}/", path)
        return Move(target, path, self._storage.move(bucket, path, target, me).id)

    def _delete(self, bucket: str, paths: Sequence[str], as_of: int | None, ticket: Ticket, me: RlsContext) -> Removal:
        trees = partial(
            self._storage.delete_trees, bucket, paths, me, ticket.report, ticket.token, as_of, for_good=True
        )
        gone = self._for_good(bucket, trees, ticket)
        return gone if gone.ended else self._with_rest(gone, bucket, paths, me)

    def _trash(self, bucket: str, paths: Sequence[str], as_of: int | None, ticket: Ticket, me: RlsContext) -> Removal:
        before = newest_in_trash(self._storage, bucket, me)
        ended: Cancelled | WouldBeLost | None = None
        gone = 0
        try:
            gone = self._storage.trash.put(bucket, paths, me, ticket.report, ticket.token, as_of)
        except (Cancelled, WouldBeLost) as error:
            ended = error
        trashed = Trashed(bucket, frozenset(paths), before, newest_in_trash(self._storage, bucket, me))
        if ended is not None:
            gone = self._objects_of(trashed, me)
        removal = Removal(gone, trashed=trashed if trashed.any else None, ended=ended)
        return removal if ended or me.can_bypass_rls else self._with_rest(removal, bucket, paths, me)

    def _with_rest(self, removal: Removal, bucket: str, paths: Sequence[str], me: RlsContext) -> Removal:
        """Tell what stayed: what arrived meanwhile or, of those whom policies hold, what they may not delete.

        Raises:
            Unauthorized: They may delete nothing of it; the engine passes over such things without a word.
        """
        left = self._objects_in(bucket, paths, me)
        if me.can_bypass_rls:
            return replace(removal, kept=left)
        if left and not removal.objects:
            raise Unauthorized("Access denied", path=paths[0])
        return replace(removal, refused=left)

    def _objects_of(self, trashed: Trashed, me: RlsContext) -> int:
        """Return how many objects, folder markers not counted, one wish moved to the trash."""
        pages = pages_of(self._storage, trashed, me)
        return sum(not row.info.path.endswith("/") for page in pages for row in page)

    def _objects_in(self, bucket: str, paths: Sequence[str], me: RlsContext) -> int:
        """Return how many objects some paths mean."""
        return self._storage.tree_size(bucket, paths, me).objects

    def _refuse_taken(self, bucket: str, prefix: str, me: RlsContext) -> None:
        """Refuse a folder name that a folder has: two folders must not silently become one."""
        if holds_anything(self._storage, bucket, prefix, me) or self._storage.exists(bucket, prefix, me):
            raise ObjectAlreadyExists(translate("Operations", "A folder of that name is already here."), path=prefix)

    def _refuse_object(self, bucket: str, path: str, me: RlsContext) -> None:
        if self._storage.exists(bucket, path, me):
            raise ObjectAlreadyExists(translate("Operations", "An object of that name is already here."), path=path)


def _renaming(bucket: str, path: str, name: str) -> Attempt:
    """Return what renaming something tries."""
    mark = "/" if path.endswith("/") else ""
    return Attempt.of_moves(Deed.RENAME, bucket, [Move(path, f"{_renamed(path, name)}{mark}")])


def _renamed(path: str, name: str) -> str:
    """Return the path of something under another name, without the `/` of a folder."""
    folder = path.rstrip("/").rpartition("/")[0]
    return f"{folder}/{name}" if folder else name
