"""Writing history: what happens to contents that lose their place, inside the transaction that takes it from them.

A content is either kept, because its bucket keeps versions or has a trash, or its bytes are the caller's to remove.
What is kept gets a row in `storage_object_versions`, valid until this moment, and an `archive` record that moves the
bytes below `.versions/`. A path that an object leaves by moving gets a row without bytes of its own: they stay the
object's. When that object loses them in a bucket that keeps nothing, they are archived for the sake of that row.

All of this runs before the rows of `storage_objects` change: it copies from them. `begin_after_history` runs after.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, bindparam, case, delete, func, insert, literal, null, select, update

from engine.failpoints import Failpoint
from engine.files.archive import ARCHIVE_FOLDER, archive_key
from engine.files.journal import SLICE
from engine.files.mutations import Mutation
from engine.metadata.executor import AnyRow
from engine.metadata.tables import storage_object_versions, storage_objects
from engine.paths import leaf_of, parent_of
from engine.types import Bucket
from engine.version_types import Ending

_O: Final = storage_objects.c
_V: Final = storage_object_versions.c
_COPIED: Final = (
    "bucket_id",
    "parent",
    "leaf",
    "owner_id",
    "size_bytes",
    "mime_type",
    "checksum",
    "cache_control",
    "user_metadata",
    "version",
    "created_at",
    "updated_at",
    "modified_at",
    "valid_from",
)


@dataclass(frozen=True, slots=True)
class Leaving:
    """A content that loses its place.

    Attributes:
        object_id: Whose content it is.
        version: The content.
        key: Where its bytes are, under a key of a live object.
    """

    object_id: str
    version: str
    key: str


def ended_at(moment_us: int) -> ColumnElement[int]:
    """Return the moment at which live rows end: now, or just after they began where a clock was set back."""
    return case((_O.valid_from >= moment_us, _O.valid_from + 1), else_=moment_us)


def retire(
    change: Mutation,
    bucket: Bucket,
    leaving: Sequence[Leaving],
    ending: Ending,
    *,
    for_good: bool = False,
    to_trash: bool = False,
) -> set[str]:
    """Keep what the bucket keeps of contents that are about to be replaced or deleted.

    Args:
        change: The running transaction.
        bucket: Where they stand.
        leaving: Which.
        ending: Why.
        for_good: Whether a person asked to keep nothing.
        to_trash: Whether what is replaced goes to the trash where no versions are kept, as what is deleted does.

    Returns:
        The ids of the objects whose bytes are archived; those of the others are the caller's to remove.
    """
    kept = bucket.retention
    in_trash = kept.trash_days is not None and (ending is Ending.DELETED or (to_trash and not kept.keeps_versions))
    if (kept.keeps_versions or in_trash) and not for_good:
        for part in _slices(leaving):
            journal_id = _archive(change, part)
            change.system.execute(_copy_of(part, ending, change.moment_us, journal_id, in_trash=in_trash))
            _name_unusual_keys(change, part, journal_id)
        change.failpoints.reach(Failpoint.HISTORY_KEPT)
        return {one.object_id for one in leaving}
    return _keep_for_moves(change, leaving)


def note_moves(change: Mutation, bucket: Bucket, object_ids: Sequence[str]) -> None:
    """Write down that objects stood where they are about to leave, if their bucket keeps versions."""
    if bucket.retention.keeps_versions:
        query = _rows_to_keep(object_ids, Ending.MOVED, change.moment_us, None, in_trash=False)
        change.system.execute(insert(storage_object_versions).from_select(_TARGET, query))
        change.failpoints.reach(Failpoint.MOVE_NOTED)


_TARGET: Final = [*_COPIED, "object_id", "physical_path", "journal_id", "valid_to", "reason", "in_trash"]


def _copy_of(leaving: Sequence[Leaving], ending: Ending, moment_us: int, journal_id: int, *, in_trash: bool) -> Any:  # noqa: ANN401 - an INSERT
    """Return the statement that copies live rows into history, with the keys that most of their bytes will have."""
    ids = [one.object_id for one in leaving]
    query = _rows_to_keep(ids, ending, moment_us, journal_id, in_trash=in_trash)
    return insert(storage_object_versions).from_select(_TARGET, query)


_USUAL_KEY: Final = literal(f"{ARCHIVE_FOLDER}/").concat(_O.physical_path).concat("~").concat(_O.version)
"""What `archive_key` makes of names that are not too long for it, without a statement for each row."""


def _rows_to_keep(
    object_ids: Sequence[str],
    ending: Ending,
    moment_us: int,
    journal_id: int | None,
    *,
    in_trash: bool,
) -> Select[Any]:
    """Return live rows as rows of history, with keys of their own where a record is going to bring their bytes."""
    copied = [_O[name] for name in _COPIED]
    key = null() if journal_id is None else _USUAL_KEY
    added = [_O.id, key, literal(journal_id), ended_at(moment_us), literal(ending.value), literal(in_trash)]
    return select(*copied, *added).where(_O.id.in_(bindparam("ids", list(object_ids), expanding=True)))


def _name_unusual_keys(change: Mutation, leaving: Sequence[Leaving], journal_id: int) -> None:
    """Let those of the rows just written whose names are too long name the keys that their bytes will have."""
    keys = [(one, archive_key(one.key, one.version)) for one in leaving]
    values = [
        {"content": one.version, "key": key} for one, key in keys if key != f"{ARCHIVE_FOLDER}/{one.key}~{one.version}"
    ]
    if values:
        change.system.execute(_NAME_KEY.where(_V.journal_id == journal_id), values)


_NAME_KEY: Final = (
    update(storage_object_versions).where(_V.version == bindparam("content")).values(physical_path=bindparam("key"))
)


def _archive(change: Mutation, leaving: Sequence[Leaving]) -> int:
    """Have bytes moved to where old versions are kept."""
    return change.archive([(one.key, archive_key(one.key, one.version)) for one in leaving])


def _keep_for_moves(change: Mutation, leaving: Sequence[Leaving]) -> set[str]:
    """Archive those contents that rows of history still mean, and say there where they are."""
    if change.system.execute(_ANY).first() is None:
        return set()
    kept: set[str] = set()
    for part in _slices(leaving):
        meant = {row[0]: row[1] for row in change.system.execute(_MEANT, {"versions": [one.version for one in part]})}
        needed = [one for one in part if one.version in meant]
        if needed:
            journal_id = _archive(change, needed)
            place(change, {meant[one.version]: archive_key(one.key, one.version) for one in needed}, journal_id)
            kept |= {one.object_id for one in needed}
    return kept


_ANY: Final = select(_V.id).limit(1)
_MEANT: Final = (
    # Contents that history means without having their bytes, each with the first row that does.
    select(_V.version, func.min(_V.id))
    .where(_V.version.in_(bindparam("versions", expanding=True)), _V.physical_path.is_(None))
    .group_by(_V.version)
)


def place(change: Mutation, keys: dict[int, str], journal_id: int) -> None:
    """Let rows of history name the keys that their bytes have, or will have."""
    statement = update(storage_object_versions).where(_V.id == bindparam("row_id"))
    statement = statement.values(physical_path=bindparam("key"), journal_id=journal_id)
    change.system.execute(statement, [{"row_id": row_id, "key": key} for row_id, key in keys.items()])


def begin_after_history(change: Mutation, bucket_id: str, paths: Iterable[str]) -> None:
    """Let objects that came to a path begin no earlier than what stood there before has ended.

    Only where a clock was set back does history end later than now: one look at an index says so, and costs the same
    whatever the bucket holds.

    Args:
        change: The running transaction, after it wrote the objects' rows.
        bucket_id: Where they stand.
        paths: Theirs.
    """
    to_come = change.system.execute(_ENDS_TO_COME, {"bucket": bucket_id, "moment": change.moment_us}).all()
    ends = {row[0] + row[1]: row[2] for row in sorted(to_come, key=lambda row: int(row[2]))}
    late = [
        {"bucket": bucket_id, "folder": parent_of(path), "name": leaf_of(path), "end": ends[path]}
        for path in (paths if ends else ())
        if path in ends
    ]
    if late:
        change.system.execute(_BEGIN_AT, late)


_ENDS_TO_COME: Final = select(_V.parent, _V.leaf, _V.valid_to).where(
    _V.bucket_id == bindparam("bucket"), _V.valid_to > bindparam("moment")
)
_BEGIN_AT: Final = (
    update(storage_objects)
    .where(
        _O.bucket_id == bindparam("bucket"),
        _O.parent == bindparam("folder"),
        _O.leaf == bindparam("name"),
        _O.valid_from < bindparam("end"),
    )
    .values(valid_from=bindparam("end"))
)


def _slices(leaving: Sequence[Leaving]) -> Iterator[Sequence[Leaving]]:
    """Yield parts of a journal record's size."""
    for start in range(0, len(leaving), SLICE):
        yield leaving[start : start + SLICE]


def forget(change: Mutation, rows: Sequence[AnyRow]) -> None:
    """Remove rows of history; bytes that no other row means go with them.

    Args:
        change: The running transaction; what is open on the rows is settled first.
        rows: With `id`, `version`, `physical_path`, `journal_id`.
    """
    change.require_settled(row.journal_id for row in rows)
    parts = [rows[start : start + SLICE] for start in range(0, len(rows), SLICE)]
    for part in parts:
        change.system.execute(delete(storage_object_versions).where(_WITH_IDS), {"ids": [row.id for row in part]})
    # Only then: bytes go to no heir that goes as well.
    for part in parts:
        _release(change, part)
    change.failpoints.reach(Failpoint.HISTORY_FORGOTTEN)


def forget_all(change: Mutation, bucket_id: str) -> None:
    """Remove all that a bucket kept of the past, with its bytes, in as few statements as that takes.

    Args:
        change: The running transaction; what is open on the rows is settled first.
        bucket_id: Whose past.
    """
    here = _V.bucket_id == bucket_id
    change.require_settled(change.system.execute(select(_V.journal_id).where(here).distinct()).scalars())
    holding = select(_V.version, _V.physical_path).where(here, _V.physical_path.is_not(None))
    rows = change.system.execute(holding).all()
    change.system.execute(delete(storage_object_versions).where(here))
    for start in range(0, len(rows), SLICE):
        _release(change, rows[start : start + SLICE])
    change.failpoints.reach(Failpoint.HISTORY_FORGOTTEN)


def _release(change: Mutation, rows: Sequence[AnyRow]) -> None:
    """Have the bytes of rows that are gone removed, unless another row takes them over as they lie."""
    holding = {row.version: row.physical_path for row in rows if row.physical_path is not None}
    meant = {row[0]: row[1] for row in change.system.execute(_MEANT, {"versions": list(holding)})}
    for version, heir in meant.items():
        change.system.execute(_TAKE_OVER, {"row_id": heir, "key": holding.pop(version)})
    change.remove(list(holding.values()))


_WITH_IDS: Final = _V.id.in_(bindparam("ids", expanding=True))
_TAKE_OVER: Final = (
    update(storage_object_versions).where(_V.id == bindparam("row_id")).values(physical_path=bindparam("key"))
)
