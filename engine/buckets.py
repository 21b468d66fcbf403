"""Managing buckets, by the policies of the buckets table; objects have rules of their own.

Source: specification, "Bucket management (CRUD)".
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from engine.backends.base import StorageBackend
from engine.cancel import CancelToken
from engine.errors import BucketAlreadyExists, BucketNotEmpty, StorageError
from engine.events import EventType
from engine.failpoints import NO_FAILPOINTS, Failpoint, Failpoints
from engine.files.announce import Announcer
from engine.files.bucket_access import check_bucket_reached, check_bucket_writable, check_may_manage, row_of
from engine.files.bucket_rules import checked_kept, checked_limit, checked_types
from engine.files.deletes import Deletes
from engine.files.history import forget_all
from engine.files.mutations import Mutation, Mutations
from engine.files.records import bucket_from, find_bucket
from engine.files.sidecars import Sidecars
from engine.ids import new_id
from engine.metadata.executor import Executor, Transaction
from engine.metadata.tables import storage_buckets, storage_objects
from engine.paths import validate_bucket_name
from engine.permissions.of_buckets import forget_policies, rename_policies
from engine.permissions.rules import Command, PermissionChecker
from engine.permissions.sight_changes import note_renamed
from engine.times import now_us
from engine.types import NOTHING_KEPT, Bucket, BucketChanges, ProgressCallback, Retention, RlsContext, Unchanged

_logger = logging.getLogger(__name__)
_B: Final = storage_buckets.c
_SYSTEM: Final = RlsContext.service()


class Buckets:
    """Creates, lists, changes and deletes buckets.

    Args:
        executor: For rows.
        mutations: The commit protocol, for what goes with a bucket.
        backend: Whose folders go with deleted buckets.
        permissions: Who may.
        deletes: Empties buckets.
        announcer: Told of every change.
        sidecars: Follow every change.
        failpoints: Told of every step.
    """

    def __init__(
        self,
        executor: Executor,
        mutations: Mutations,
        backend: StorageBackend,
        permissions: PermissionChecker,
        deletes: Deletes,
        announcer: Announcer,
        sidecars: Sidecars,
        failpoints: Failpoints = NO_FAILPOINTS,
    ) -> None:
        self._executor = executor
        self._mutations = mutations
        self._backend = backend
        self._permissions = permissions
        self._deletes = deletes
        self._announcer = announcer
        self._failpoints = failpoints
        self._sidecars = sidecars

    def create(
        self,
        name: str,
        context: RlsContext,
        *,
        public: bool = False,
        file_size_limit_bytes: int | None = None,
        allowed_mime_types: Sequence[str] = (),
        retention: Retention = NOTHING_KEPT,
    ) -> Bucket:
        """Make an empty bucket.

        Raises:
            Unauthorized: The caller may not.
            InvalidBucketName: The name breaks the rules.
            InvalidRequest: Limit or types make no sense.
            BucketAlreadyExists: The name is taken.
        """
        with self._executor.snapshot(context) as tx:
            check_may_manage(tx)
        validate_bucket_name(name)
        now = now_us()
        values = {
            "id": new_id(),
            "name": name,
            "owner_id": context.user_id,
            "public": public,
            "file_size_limit": checked_limit(file_size_limit_bytes),
            "allowed_mime_types": checked_types(allowed_mime_types),
            "created_at": now,
            "updated_at": now,
            **_retention_columns(retention),
        }
        with self._executor.transaction(context) as tx:
            check_bucket_writable(tx, Command.INSERT, values)
            _refuse_taken(tx, name)
            tx.execute(insert(storage_buckets).values(values))
            bucket = find_bucket(tx.as_caller(_SYSTEM), name)
            tx.changes.bucket_created(bucket)
            tx.note(bucket_id=bucket.id, bucket=bucket.name, public=public)
        self._failpoints.reach(Failpoint.BUCKET_CREATED)
        self._sidecars.follow(bucket.id)
        self._announcer.bucket(EventType.BUCKET_CREATED, bucket)
        return bucket

    def list(self, context: RlsContext) -> tuple[Bucket, ...]:
        """Return the buckets that the caller may see, by name."""
        rows = self._executor.execute(select(storage_buckets).order_by(_B.name), context)
        return tuple(bucket_from(row) for row in rows)

    def get(self, name_or_id: str, context: RlsContext) -> Bucket:
        """Return one bucket.

        Raises:
            BucketNotFound: There is none that the caller may see.
        """
        with self._executor.snapshot(context) as tx:
            return find_bucket(tx, name_or_id)

    def update(self, name_or_id: str, context: RlsContext, changes: BucketChanges) -> Bucket:
        """Change what a bucket is called, takes and shows, all of it or nothing; its objects stay as they are.

        Raises:
            BucketNotFound: There is none that the caller may see.
            Unauthorized: The caller may not.
            InvalidBucketName: The name breaks the rules.
            InvalidRequest: Limit or types make no sense.
            BucketAlreadyExists: The name is taken.
        """
        values: dict[str, Any] = {}
        if not isinstance(changes.name, Unchanged):
            values["name"] = validate_bucket_name(changes.name)
        if not isinstance(changes.public, Unchanged):
            values["public"] = changes.public
        if not isinstance(changes.file_size_limit_bytes, Unchanged):
            values["file_size_limit"] = checked_limit(changes.file_size_limit_bytes)
        if not isinstance(changes.allowed_mime_types, Unchanged):
            values["allowed_mime_types"] = checked_types(changes.allowed_mime_types)
        if not isinstance(changes.retention, Unchanged):
            values |= _retention_columns(changes.retention)
        return self._change(name_or_id, context, values)

    def rename(self, name_or_id: str, new_name: str, context: RlsContext) -> Bucket:
        """Give a bucket another name; no bytes move.

        Raises:
            BucketNotFound: There is none that the caller may see.
            Unauthorized: The caller may not.
            InvalidBucketName: The name breaks the rules.
            BucketAlreadyExists: The name is taken.
        """
        return self.update(name_or_id, context, BucketChanges(name=new_name))

    def empty(
        self,
        name_or_id: str,
        context: RlsContext,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
        as_of: int | None = None,
        *,
        for_good: bool = False,
    ) -> int:
        """Delete every object that a bucket has now, or had at `as_of`, and return how many there were.

        Raises:
            BucketNotFound: There is none that the caller may see.
            Unauthorized: The caller is not the service role.
            Cancelled: `cancel` was used; what was deleted stays deleted.
        """
        bucket = self.get(name_or_id, context)
        self._permissions.check_service(context)
        self._failpoints.reach(Failpoint.BUCKET_EMPTY)
        count = self._deletes.empty(bucket.id, context, progress, cancel, as_of, for_good=for_good)
        self._failpoints.reach(Failpoint.BUCKET_EMPTIED)
        return count

    def delete(self, name_or_id: str, context: RlsContext) -> None:
        """Delete an empty bucket, with its trash and old versions.

        Raises:
            BucketNotFound: There is none that the caller may see.
            Unauthorized: The caller may see it but not delete it.
            BucketNotEmpty: It holds objects.
        """
        try:
            bucket = self._mutations.run(context, lambda change: self._delete_rows(change, name_or_id))
        except IntegrityError as error:
            raise BucketNotEmpty("The bucket you tried to delete is not empty", path=name_or_id) from error
        self._failpoints.reach(Failpoint.BUCKET_ROW_GONE)
        self._sidecars.follow_policies()
        self._remove_folder(bucket)
        self._failpoints.reach(Failpoint.BUCKET_GONE)
        self._announcer.bucket(EventType.BUCKET_DELETED, bucket)

    def _delete_rows(self, change: Mutation, name_or_id: str) -> Bucket:
        """Delete a bucket's row, and with it what it kept of the past, and its policies."""
        bucket = find_bucket(change.tx, name_or_id)
        check_bucket_reached(change.tx, Command.DELETE, bucket)
        _refuse_full(change.tx, bucket)
        forget_all(change, bucket.id)
        forget_policies(change.system, bucket.id)
        change.system.execute(delete(storage_buckets).where(_B.id == bucket.id))
        self._sidecars.remove(change.tx, bucket.id)
        change.tx.changes.bucket_deleted(bucket)
        change.tx.note(bucket_id=bucket.id, bucket=bucket.name)
        self._failpoints.reach(Failpoint.BUCKET_DELETE)
        return bucket

    def _remove_folder(self, bucket: Bucket) -> None:
        """Remove what is left of a bucket; where that fails it is gone all the same."""
        try:
            self._backend.remove_bucket(bucket.id)
        except StorageError:
            _logger.warning("the folder of the deleted bucket %s is left", bucket.id, exc_info=True)

    def _change(self, name_or_id: str, context: RlsContext, values: dict[str, Any]) -> Bucket:
        """Set some columns of one bucket."""
        with self._executor.transaction(context) as tx:
            bucket = find_bucket(tx, name_or_id)
            check_bucket_reached(tx, Command.UPDATE, bucket)
            check_bucket_writable(tx, Command.UPDATE, row_of(bucket) | values | {"updated_at": now_us()})
            if values.get("name", bucket.name) != bucket.name:
                _refuse_taken(tx, values["name"])
            system = tx.as_caller(_SYSTEM)
            statement = update(storage_buckets).where(_B.id == bucket.id)
            system.execute(statement.values(**values, updated_at=now_us()))
            tx.note(bucket_id=bucket.id, bucket=bucket.name, changes=values)
            changed = find_bucket(system, bucket.id)
            renamed = rename_policies(system, bucket.id, bucket.name, changed.name) if "name" in values else {}
            if renamed:
                tx.note(policies=renamed)
            tx.changes.bucket_updated(bucket, changed)
            note_renamed(system, bucket, changed)
        self._failpoints.reach(Failpoint.BUCKET_CHANGED)
        self._sidecars.follow(changed.id)
        if renamed:
            self._sidecars.follow_policies()
        self._announcer.bucket(EventType.BUCKET_UPDATED, changed)
        return changed


def _refuse_taken(tx: Transaction, name: str) -> None:
    """Refuse a name that a bucket has, also as its id."""
    query = select(_B.id).where((_B.name == name) | (_B.id == name))
    if tx.as_caller(_SYSTEM).execute(query).first() is not None:
        raise BucketAlreadyExists("The resource already exists", path=name)


def _refuse_full(tx: Transaction, bucket: Bucket) -> None:
    """Refuse to delete a bucket that holds objects."""
    query = select(storage_objects.c.id).where(storage_objects.c.bucket_id == bucket.id).limit(1)
    if tx.as_caller(_SYSTEM).execute(query).first() is not None:
        raise BucketNotEmpty("The bucket you tried to delete is not empty", path=bucket.name)


def _retention_columns(retention: Retention) -> dict[str, int | None]:
    """Return what a bucket's row says of a retention.

    Raises:
        InvalidRequest: A number in it is none that can be kept.
    """
    return {
        "keep_versions": checked_kept(retention.versions),
        "keep_days": checked_kept(retention.days),
        "trash_days": checked_kept(retention.trash_days),
    }
