"""Forgets what buckets keep no longer: old versions beyond their number or days, and what lay in the trash too long.

What one run forgets is decided by what the bucket says now, not by what it said when a content was replaced. Which rows
may be over is read without holding anybody up; each is looked at again in the commit that forgets it, and each commit
forgets a bounded number, so that nobody waits for the write lock.

Threads: one run at a time, on any thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, bindparam, false, func, or_, select, true, tuple_, update

from engine.cancel import CancelToken
from engine.errors import BucketNotFound, Cancelled, StorageError
from engine.failpoints import NO_FAILPOINTS, Failpoint, Failpoints
from engine.files.history import forget
from engine.files.journal import SLICE
from engine.files.mutations import Mutation, Mutations
from engine.files.records import bucket_from, find_bucket
from engine.files.version_rows import VERSION_COLUMNS
from engine.metadata.executor import Executor
from engine.metadata.tables import storage_buckets, storage_object_versions
from engine.times import now_us
from engine.types import Bucket, Retention, RlsContext

_logger = logging.getLogger(__name__)
_V: Final = storage_object_versions.c
_SYSTEM: Final = RlsContext.service()
_DAY_US: Final = 24 * 3600 * 1_000_000


class Expiry:
    """Forgets old versions and trash.

    Args:
        executor: For rows.
        mutations: The commit protocol.
        now: The present moment in microseconds, for tests of days to come.
        failpoints: Told of every step.
    """

    def __init__(
        self,
        executor: Executor,
        mutations: Mutations,
        now: Callable[[], int] = now_us,
        failpoints: Failpoints = NO_FAILPOINTS,
    ) -> None:
        self._executor = executor
        self._mutations = mutations
        self._now = now
        self._failpoints = failpoints

    def run(self, cancel: CancelToken | None = None) -> int:
        """Forget what is over in every bucket; one that fails keeps no other from its turn.

        Returns:
            How many rows of history were forgotten.

        Raises:
            Cancelled: `cancel` was used; what is forgotten stays forgotten.
            StorageError: Disk or database failed for a bucket; the last such failure.
        """
        token, moment_us = cancel or CancelToken(), self._now()
        done = 0
        failure: StorageError | None = None
        for row in self._executor.execute(select(storage_buckets), _SYSTEM):
            token.raise_if_cancelled()
            try:
                done += self._run_bucket(bucket_from(row), moment_us, token)
            except Cancelled:
                raise
            except BucketNotFound:
                continue
            except StorageError as error:
                _logger.warning("what is over in the bucket %s stays for now", row.id, exc_info=True)
                failure = error
        if failure is not None:
            raise failure
        return done

    def _run_bucket(self, bucket: Bucket, moment_us: int, cancel: CancelToken) -> int:
        """Forget what is over in one bucket, commit by commit."""
        self._failpoints.reach(Failpoint.EXPIRY)
        done = 0
        for ids in _parts(self._trash_over(bucket, moment_us), cancel):
            done += self._mutations.run(_SYSTEM, partial(_leave_trash, bucket.id, ids, moment_us))
            self._failpoints.reach(Failpoint.EXPIRED)
        for ids in _parts(self._versions_over(bucket, moment_us, cancel), cancel):
            done += self._mutations.run(_SYSTEM, partial(_forget, bucket.id, ids, moment_us))
            self._failpoints.reach(Failpoint.EXPIRED)
        return done

    def _trash_over(self, bucket: Bucket, moment_us: int) -> Iterator[int]:
        """Yield the rows of the trash whose time may be over."""
        over = _is_trash_over(bucket.retention, moment_us)
        yield from self._ids(select(_V.id).where(_V.bucket_id == bucket.id, _V.in_trash, over))

    def _versions_over(self, bucket: Bucket, moment_us: int, cancel: CancelToken) -> Iterator[int]:
        """Yield the old versions that may pass a bound; some of them twice."""
        kept = bucket.retention
        yield from self._ids(select(_V.id).where(_V.bucket_id == bucket.id, ~_V.in_trash, _is_too_old(kept, moment_us)))
        if kept.keeps_versions and kept.versions is not None:
            for parent, leaf in self._executor.execute(_crowded(bucket.id, kept.versions), _SYSTEM):
                cancel.raise_if_cancelled()
                yield from self._beyond_count(bucket.id, parent, leaf, kept.versions)

    def _beyond_count(self, bucket_id: str, parent: str, leaf: str, count: int) -> Iterator[int]:
        """Yield the old versions of one path that have `count` newer ones of their kind."""
        newer = {True: 0, False: 0}
        with self._executor.snapshot(_SYSTEM) as tx:
            rows = tx.execute(_OF_PATH, {"bucket": bucket_id, "folder": parent, "name": leaf}).all()
        for row_id, has_bytes in rows:
            newer[bool(has_bytes)] += 1
            if newer[bool(has_bytes)] > count:
                yield int(row_id)

    def _ids(self, query: Select[tuple[int]]) -> list[int]:
        """Return the ids that a query finds."""
        return [int(row[0]) for row in self._executor.execute(query, _SYSTEM)]


def _parts(ids: Iterator[int], cancel: CancelToken) -> Iterator[list[int]]:
    """Yield a commit's worth of ids at a time, unless cancelled."""
    cancel.raise_if_cancelled()
    while part := list(islice(ids, SLICE)):
        yield part
        cancel.raise_if_cancelled()


def _leave_trash(bucket_id: str, ids: list[int], moment_us: int, change: Mutation) -> int:
    """Let rows out of the trash if they are still over, and return how many were forgotten."""
    retention = find_bucket(change.system, bucket_id).retention
    over = and_(_chosen(bucket_id, ids), _V.in_trash, _is_trash_over(retention, moment_us))
    if retention.keeps_versions:
        # Out of the trash, it is still a version among others until its own time is over.
        change.system.execute(update(storage_object_versions).where(over).values(in_trash=False))
        return 0
    return _forget_rows(change, over)


def _forget(bucket_id: str, ids: list[int], moment_us: int, change: Mutation) -> int:
    """Forget old versions if they still pass a bound, and return how many."""
    retention = find_bucket(change.system, bucket_id).retention
    over = _is_too_old(retention, moment_us)
    if retention.keeps_versions and retention.versions is not None:
        over = or_(over, _is_beyond(retention.versions))
    return _forget_rows(change, and_(_chosen(bucket_id, ids), ~_V.in_trash, over))


def _forget_rows(change: Mutation, condition: ColumnElement[bool]) -> int:
    """Forget the rows under a condition."""
    rows = change.system.execute(select(*VERSION_COLUMNS).where(condition)).all()
    forget(change, rows)
    return len(rows)


def _chosen(bucket_id: str, ids: list[int]) -> ColumnElement[bool]:
    """Return the condition of rows by their ids."""
    return _V.id.in_(ids) & (_V.bucket_id == bucket_id)


def _is_trash_over(retention: Retention, moment_us: int) -> ColumnElement[bool]:
    """Return the condition of trash whose time is over; all of it where there is no trash any more."""
    if retention.trash_days is None:
        return true()
    return _V.valid_to <= moment_us - retention.trash_days * _DAY_US


def _is_too_old(retention: Retention, moment_us: int) -> ColumnElement[bool]:
    """Return the condition of old versions that pass the bound in days; all where none are kept."""
    if not retention.keeps_versions:
        return true()
    if retention.days is None:
        return false()
    return _V.valid_to <= moment_us - retention.days * _DAY_US


_HAS_BYTES: Final = _V.physical_path.is_not(None)
"""Tells two kinds of old versions apart. A row without bytes of its own, such as that of a content which left by moving
and came back, pushes none out whose bytes would be lost with it."""

_OF_PATH: Final = (
    select(_V.id, _HAS_BYTES)
    .where(
        _V.bucket_id == bindparam("bucket"),
        _V.parent == bindparam("folder"),
        _V.leaf == bindparam("name"),
        ~_V.in_trash,
    )
    .order_by(_V.valid_to.desc(), _V.id.desc())
)


def _crowded(bucket_id: str, count: int) -> Select[tuple[str, str]]:
    """Return the paths with more rows than are kept: the one look at all of a bucket's past, read from an index."""
    path = (_V.parent, _V.leaf)
    return select(*path).where(_V.bucket_id == bucket_id).group_by(*path).having(func.count() > count)


def _is_beyond(count: int) -> ColumnElement[bool]:
    """Return the condition of rows that have `count` newer ones of their kind at their path, of those not in the trash.

    Each row reads so many of its path and no more.
    """
    later = storage_object_versions.alias("later").c
    newer = select(later.id).where(
        later.bucket_id == _V.bucket_id,
        later.parent == _V.parent,
        later.leaf == _V.leaf,
        ~later.in_trash,
        later.physical_path.is_not(None) == _HAS_BYTES,
        tuple_(later.valid_to, later.id) > tuple_(_V.valid_to, _V.id),
    )
    newest_first = newer.order_by(later.valid_to.desc(), later.id.desc()).limit(1).offset(count - 1)
    return newest_first.correlate(storage_object_versions).exists()
