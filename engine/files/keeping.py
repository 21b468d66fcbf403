"""What a bucket would keep no longer if it kept something else: counted before a person turns the trash off."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, Select, and_, false, func, not_, or_, select, true

from engine.metadata.tables import storage_object_versions
from engine.types import Bucket, Retention

_V: Final = storage_object_versions.c
_DAY_US: Final = 24 * 3600 * 1_000_000


def size_of_condemned(bucket: Bucket, retention: Retention, moment_us: int) -> Select[tuple[int, int]]:
    """Return the query for number and bytes of what a bucket keeps now and would not keep with another retention.

    Rows without bytes of their own do not count: nothing is lost with them.
    """
    newly = and_(
        _V.bucket_id == bucket.id,
        _V.physical_path.is_not(None),
        _is_over(bucket.id, retention, moment_us),
        not_(_is_over(bucket.id, bucket.retention, moment_us)),
    )
    count = (func.count(), func.coalesce(func.sum(_V.size_bytes), 0))
    return select(*count).select_from(storage_object_versions).where(newly)


def _is_over(bucket_id: str, retention: Retention, moment_us: int) -> ColumnElement[bool]:
    """Return the condition of what expiry forgets: it makes old versions of what lay in the trash too long."""
    as_version = or_(not_(_V.in_trash), _since(retention.trash_days, moment_us, by_default=true()))
    if not retention.keeps_versions:
        return as_version
    over = _since(retention.days, moment_us, by_default=false())
    if retention.versions is not None:
        over = or_(over, _V.id.in_(_beyond_count(bucket_id, retention.versions, as_version)))
    return and_(as_version, over)


def _since(days: int | None, moment_us: int, *, by_default: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition of what ended as many days ago, or a default where there is no such bound."""
    return by_default if days is None else _V.valid_to <= moment_us - days * _DAY_US


def _beyond_count(bucket_id: str, count: int, as_version: ColumnElement[bool]) -> Select[tuple[int]]:
    """Return the old versions with bytes that have `count` newer ones at their path."""
    place = func.row_number().over(partition_by=(_V.parent, _V.leaf), order_by=(_V.valid_to.desc(), _V.id.desc()))
    ranked = (
        select(_V.id.label("id"), place.label("place"))
        .where(_V.bucket_id == bucket_id, _V.physical_path.is_not(None), as_version)
        .subquery()
    )
    return select(ranked.c.id).where(ranked.c.place > count)
