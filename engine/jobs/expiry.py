"""Forgets what buckets keep no longer: old versions beyond their number or days, and what lay in the trash too long.

What one run forgets is decided by what the bucket says now, not by what it said when a content was replaced. Each
commit forgets a bounded number, so that nobody waits for the write lock.

Threads: one run at a time, on any thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, update

from engine.cancel import CancelToken
from engine.errors import BucketNotFound
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
        """Forget what is over in every bucket.

        Returns:
            How many rows of history were forgotten.

        Raises:
            Cancelled: `cancel` was used; what is forgotten stays forgotten.
            EnvironmentFault: Disk or database failed.
        """
        token = cancel or CancelToken()
        rows = self._executor.execute(select(storage_buckets), _SYSTEM)
        return sum(self._run_bucket(bucket_from(row), token) for row in rows)

    def _run_bucket(self, bucket: Bucket, cancel: CancelToken) -> int:
        """Forget what is over in one bucket, commit by commit."""
        self._failpoints.reach(Failpoint.EXPIRY)
        moment_us = self._now()
        done = 0
        while True:
            cancel.raise_if_cancelled()
            try:
                count = self._mutations.run(_SYSTEM, lambda change: _forget_some(change, bucket.id, moment_us))
            except BucketNotFound:
                return done
            self._failpoints.reach(Failpoint.EXPIRED)
            done += count
            if count < SLICE:
                return done


def _forget_some(change: Mutation, bucket_id: str, moment_us: int) -> int:
    """Forget up to a commit's worth of rows."""
    retention = find_bucket(change.system, bucket_id).retention
    here = _V.bucket_id == bucket_id
    old = and_(here, ~_V.in_trash, _too_old(retention, bucket_id, moment_us))
    dumped = and_(here, _V.in_trash, _trash_over(retention, moment_us))
    if retention.keeps_versions:
        # Out of the trash, it is still a version among others until its own time is over.
        change.system.execute(update(storage_object_versions).where(dumped).values(in_trash=False))
        over: ColumnElement[bool] = old
    else:
        over = or_(old, dumped)
    rows = change.system.execute(select(*VERSION_COLUMNS).where(over).limit(SLICE)).all()
    forget(change, rows)
    return len(rows)


def _trash_over(retention: Retention, moment_us: int) -> ColumnElement[bool]:
    """Return the condition of trash whose time is over; all of it where there is no trash any more."""
    if retention.trash_days is None:
        return _V.id.is_not(None)
    return _V.valid_to <= moment_us - retention.trash_days * _DAY_US


def _too_old(retention: Retention, bucket_id: str, moment_us: int) -> ColumnElement[bool]:
    """Return the condition of old versions that pass one of the bounds; all where none are kept."""
    if not retention.keeps_versions:
        return _V.id.is_not(None)
    by_age: ColumnElement[bool] = false()
    if retention.days is not None:
        by_age = _V.valid_to <= moment_us - retention.days * _DAY_US
    if retention.versions is None:
        return by_age
    return or_(by_age, _V.id.in_(_beyond_count(bucket_id, retention.versions)))


def _beyond_count(bucket_id: str, count: int) -> Select[tuple[int]]:
    """Return the rows of each path that have `count` newer ones of their kind; what is in the trash does not count.

    Those without bytes of their own, such as a content left by moving and coming back, are a kind for themselves: they
    push nothing out that would be lost with its row.
    """
    kind = (_V.parent, _V.leaf, _V.physical_path.is_(None))
    place = func.row_number().over(partition_by=kind, order_by=(_V.valid_to.desc(), _V.id.desc()))
    ranked = select(_V.id.label("id"), place.label("place")).where(_V.bucket_id == bucket_id, ~_V.in_trash).subquery()
    return select(ranked.c.id).where(ranked.c.place > count)
