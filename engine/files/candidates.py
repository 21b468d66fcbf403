"""Rows that are about to be written, held against the caller's policies by the database: one question for all of them.

A refusal is found before anything is looked up at the paths, so that neither the answer nor its time tells of what the
caller may not see.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import ColumnElement, bindparam, func, select

from engine.errors import Unauthorized
from engine.files.contents import Committed, NewContent, Refused, metadata_text
from engine.files.mutations import Mutation
from engine.ids import new_id
from engine.metadata.executor import Transaction
from engine.metadata.tables import storage_objects
from engine.permissions.columns import CANDIDATES, candidate_objects
from engine.permissions.rows import Command, ObjectColumns
from engine.permissions.rules import WRITE_DENIED
from engine.times import now_us
from engine.types import Bucket, StorageObject, UploadOptions

_IDS_A_QUERY: Final = 500


@dataclass(frozen=True, slots=True)
class Candidate:
    """The row of an object as it will be.

    Attributes:
        user_metadata: JSON as text.
        created_at, updated_at: Microseconds since 1970.
    """

    path: str
    owner_id: str | None
    mime_type: str | None
    size_bytes: int | None
    id: str | None = None
    checksum: str | None = None
    cache_control: str | None = None
    version: str | None = None
    user_metadata: str = "{}"
    created_at: int | None = None
    updated_at: int | None = None


def verdicts(
    tx: Transaction,
    bucket: Bucket,
    command: Command,
    candidates: Sequence[Candidate],
    *,
    seen: bool,
    is_new: bool = True,
) -> list[bool]:
    """Return of each row whether the caller of `tx` may write it.

    Args:
        tx: Whose caller asks.
        bucket: Where the rows will be.
        command: INSERT or UPDATE.
        candidates: The rows.
        seen: Whether the caller must see them afterwards.
        is_new: Whether their contents are about to come; else `metadata` says all of those they have and keep.
    """
    rule = tx.within(bucket).check(command, candidate_objects(bucket.name, is_new=is_new), seen=seen)
    if rule is None or not candidates:
        return [True] * len(candidates)
    query = select(rule.label("verdict")).select_from(CANDIDATES).order_by(CANDIDATES.c.key)
    rows = tx.execute(query, {"candidates": json.dumps([asdict(candidate) for candidate in candidates])})
    return [bool(row[0]) for row in rows]


def check_writable(
    tx: Transaction,
    bucket: Bucket,
    command: Command,
    candidates: Sequence[Candidate],
    *,
    seen: bool,
    is_new: bool = True,
) -> None:
    """Refuse to write rows of which the caller may not write one; takes the same as `verdicts`.

    Raises:
        Unauthorized: There is one.
    """
    allowed_ones = verdicts(tx, bucket, command, candidates, seen=seen, is_new=is_new)
    for candidate, allowed in zip(candidates, allowed_ones, strict=True):
        if not allowed:
            raise Unauthorized(WRITE_DENIED, path=candidate.path)


def admitted(
    tx: Transaction, bucket: Bucket, paths: Sequence[str], options: UploadOptions, size_bytes: int | None = None
) -> list[bool | None]:
    """Return of each path whether an upload to it may begin; None where policies ask for what is not known yet.

    Args:
        tx: Whose caller asks.
        bucket: Where to.
        paths: Where the objects will be.
        options: What is known of all of them.
        size_bytes: How large they will be, where that is known.
    """
    if tx.context.can_bypass_rls:
        return [True] * len(paths)
    known = options.mime_type is not None and size_bytes is not None
    if not known and tx.within(bucket).needs_content(seen=options.replace):
        return [None] * len(paths)
    stand_in, now = new_id(), now_us()
    rows = [
        Candidate(
            path=path,
            owner_id=tx.context.user_id,
            mime_type=options.mime_type,
            size_bytes=size_bytes,
            id=stand_in,
            cache_control=options.cache_control,
            version=stand_in,
            user_metadata=metadata_text(options),
            created_at=now,
            updated_at=now,
        )
        for path in paths
    ]
    return [*verdicts(tx, bucket, Command.INSERT, rows, seen=options.replace)]


def check_may_insert(tx: Transaction, bucket: Bucket) -> None:
    """Refuse a caller who can add no object at all to a bucket.

    Raises:
        Unauthorized: No policy lets them.
    """
    if not tx.within(bucket).may_insert():
        raise Unauthorized(WRITE_DENIED)


def check_changeable(
    tx: Transaction,
    bucket: Bucket,
    condition: ColumnElement[bool],
    target: Bucket,
    columns: ObjectColumns,
) -> None:
    """Refuse to change objects of which the caller may not change one, or not to what it is to become.

    Args:
        tx: Whose caller asks.
        bucket: Where the objects are.
        condition: Which of those that the caller sees.
        target: Where they will be.
        columns: As they will be.

    Raises:
        Unauthorized: There is one.
    """
    here = tx.within(bucket)
    reached = here.rule(storage_objects, Command.UPDATE)
    becoming = tx.within(target).check(Command.UPDATE, columns, seen=True)
    if reached is None or becoming is None:
        return
    refused = func.coalesce(reached & becoming, False).is_(False)
    if here.execute(select(storage_objects.c.id).where(condition, refused).limit(1)).first() is not None:
        raise Unauthorized(WRITE_DENIED)


def reached_by(tx: Transaction, bucket: Bucket, command: Command, ids: Iterable[str]) -> set[str]:
    """Return those of some objects that a command of the caller reaches.

    Args:
        tx: Whose caller asks.
        bucket: Where the objects are.
        command: What is to be done with them.
        ids: Theirs.
    """
    here, wanted = tx.within(bucket), list(ids)
    rule = here.rule(storage_objects, command)
    if rule is None:
        return set(wanted)
    query = select(storage_objects.c.id).where(storage_objects.c.id.in_(bindparam("ids", expanding=True)), rule)
    parts = (wanted[start : start + _IDS_A_QUERY] for start in range(0, len(wanted), _IDS_A_QUERY))
    return {str(found) for part in parts for found in here.execute(query, {"ids": part}).scalars()}


def denied_as_new(change: Mutation, bucket: Bucket, contents: Sequence[NewContent], *, replace: bool) -> set[str]:
    """Return the paths of contents that the caller may not add; who may replace must see what is added.

    Also where an object stands already, for that is not known yet. Source: PostgreSQL, INSERT with ON CONFLICT.
    """
    if change.tx.context.can_bypass_rls:
        return set()
    owner_id, now = change.tx.context.user_id, change.moment_us
    rows = [_row_of(content, content.staged.staged_id, owner_id, now, now) for content in contents]
    allowed = verdicts(change.tx, bucket, Command.INSERT, rows, seen=replace)
    return {content.path for content, may in zip(contents, allowed, strict=True) if not may}


def denied_as_replacing(change: Mutation, bucket: Bucket, results: Sequence[Committed | Refused]) -> set[str]:
    """Return the paths of contents that the caller may not put in the place of those that stand there."""
    if change.tx.context.can_bypass_rls:
        return set()
    over = [result for result in results if isinstance(result, Committed) and result.replaced]
    reached = reached_by(change.tx, bucket, Command.UPDATE, [one.object_id for one in over])
    rows = [_row_of(one.content, one.object_id, one.owner_id, one.created_us, one.updated_us) for one in over]
    allowed = verdicts(change.tx, bucket, Command.UPDATE, rows, seen=True)
    pairs = zip(over, allowed, strict=True)
    return {one.content.path for one, may in pairs if not may or one.object_id not in reached}


def _row_of(content: NewContent, object_id: str, owner_id: str | None, created_us: int, updated_us: int) -> Candidate:
    """Return the row that a staged content gets."""
    return Candidate(
        path=content.path,
        owner_id=owner_id,
        mime_type=content.mime_type,
        size_bytes=content.staged.size_bytes,
        id=object_id,
        checksum=content.staged.checksum,
        cache_control=content.options.cache_control,
        version=content.staged.staged_id,
        user_metadata=metadata_text(content.options),
        created_at=created_us,
        updated_at=updated_us,
    )


def candidate_of(stored: StorageObject) -> Candidate:
    """Return the row of an object that was there before, to be added again."""
    return Candidate(
        path=stored.path,
        owner_id=stored.owner_id,
        mime_type=stored.mime_type,
        size_bytes=stored.size_bytes,
        id=stored.id,
        checksum=stored.checksum,
        cache_control=stored.cache_control,
        version=stored.version,
        user_metadata=json.dumps(dict(stored.user_metadata)),
        created_at=stored.created_us,
        updated_at=stored.updated_us,
    )
