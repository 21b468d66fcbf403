"""What callers try under a set of policies, done by our engine and by PostgreSQL, and undone again."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from engine.context import RlsContext
from engine.errors import NotFound, Unauthorized
from engine.storage import FileStorage
from engine.types import StorageObject, UploadOptions
from tests.engine.policies.postgres import quoted
from tests.engine.policies.rows import BucketRow, ObjectRow, bucket_rows, object_rows

SERVICE = RlsContext.service()
_NAMES_EVERY = 3
_OPTIONS = UploadOptions(cache_control="max-age=3600")


def engine_rows() -> tuple[ObjectRow, ...]:
    """Return rows that an engine takes: of every third name, with sizes that are quickly written."""
    rows = [row for row in object_rows() if not row.name.endswith("/") and "//" not in row.name]
    return tuple(
        replace(
            row,
            bucket=("cats", "avatars", "Docs")[n // _NAMES_EVERY % 3],
            size_bytes=n * 97 % 1100,
            mime_type=row.mime_type or "text/plain",
            user_metadata=json.dumps(json.loads(row.user_metadata)),
        )
        for n, row in enumerate(rows)
        if n % _NAMES_EVERY == 0
    )


def engine_buckets() -> tuple[BucketRow, ...]:
    """Return the buckets of those rows: without limits, which refuse what policies let in, and not public."""
    wanted = {row.bucket for row in engine_rows()}
    rows = [row for row in bucket_rows() if row.name in wanted]
    return tuple(replace(row, public=False, file_size_limit=None, allowed_mime_types=()) for row in rows)


def fill(storage: FileStorage) -> None:
    """Store the rows."""
    for bucket in engine_buckets():
        storage.create_bucket(bucket.name, RlsContext.service(bucket.owner_id))
    for row in engine_rows():
        put(storage, row)


def put(storage: FileStorage, row: ObjectRow) -> StorageObject:
    """Store a row, whatever policies say."""
    metadata = json.loads(row.user_metadata)
    options = replace(_OPTIONS, mime_type=row.mime_type, user_metadata=metadata, replace=True)
    return storage.upload(row.bucket, row.name, b"x" * row.size_bytes, RlsContext.service(row.owner_id), options)


@dataclass(frozen=True, slots=True)
class Upload:
    """Adds an object."""

    bucket: str
    name: str
    size_bytes: int
    mime_type: str

    @property
    def sql(self) -> str:
        """The same for PostgreSQL."""
        metadata = json.dumps({"mimetype": self.mime_type, "contentLength": self.size_bytes})
        sub = "(auth.jwt() ->> 'sub')"
        return (
            "insert into storage.objects (n, id, bucket_id, name, owner, owner_id, size, metadata, user_metadata) "
            f"values (1000000, gen_random_uuid(), {quoted(self.bucket)}, {quoted(self.name)}, {sub}::uuid, {sub}, "
            f"{self.size_bytes}, {quoted(metadata)}, '{{}}')"
        )

    def done(self, storage: FileStorage, context: RlsContext) -> str:
        """Try it, and take it back."""
        content, options = b"y" * self.size_bytes, replace(_OPTIONS, mime_type=self.mime_type)

        def work() -> None:
            storage.upload(self.bucket, self.name, content, context, options)
            storage.delete(self.bucket, self.name, SERVICE)

        return _outcome(work)


@dataclass(frozen=True, slots=True)
class Delete:
    """Deletes an object."""

    row: ObjectRow

    @property
    def sql(self) -> str:
        """The same for PostgreSQL."""
        return f"delete from storage.objects where n = {self.row.n}"

    def done(self, storage: FileStorage, context: RlsContext) -> str:
        """Try it, and take it back."""

        def work() -> None:
            storage.delete(self.row.bucket, self.row.name, context)
            put(storage, self.row)

        return _outcome(work)


@dataclass(frozen=True, slots=True)
class Move:
    """Gives an object another path."""

    row: ObjectRow
    bucket: str
    name: str

    @property
    def sql(self) -> str:
        """The same for PostgreSQL."""
        changes = f"bucket_id = {quoted(self.bucket)}, name = {quoted(self.name)}"
        return f"update storage.objects set {changes} where n = {self.row.n}"

    def done(self, storage: FileStorage, context: RlsContext) -> str:
        """Try it, and take it back."""
        here, there = (self.row.bucket, self.row.name), (self.bucket, self.name)

        def work() -> None:
            storage.move(*here, there[1], context, target_bucket=there[0])
            storage.move(*there, here[1], SERVICE, target_bucket=here[0])

        return _outcome(work)


Deed = Upload | Delete | Move


def _outcome(work: Callable[[], None]) -> str:
    """Return what became of a deed: `done`, `nothing` where nobody is told of the row, or `denied`."""
    try:
        work()
    except NotFound:
        return "nothing"
    except Unauthorized:
        return "denied"
    return "done"


def agree(postgres: str, ours: str) -> bool:
    """Return whether two outcomes are the same to a caller.

    A row that PostgreSQL does not find may be denied here as well: who may not write at all learns of no row. What
    fails is denied.
    """
    if postgres == "done" or ours == "done":
        return postgres == ours
    return ours == "denied" if postgres != "nothing" else ours in ("nothing", "denied")


def objects_seen(storage: FileStorage, context: RlsContext, rows: Sequence[ObjectRow]) -> dict[str, set[int]]:
    """Return which rows a caller finds by walking through the buckets, and which by asking for each."""
    numbers = {(row.bucket, row.name): row.n for row in rows}
    walked = {
        numbers[each.bucket, each.path]
        for bucket in sorted({row.bucket for row in rows})
        for each in storage.walk(bucket, "", context)
    }
    return {"walk": walked, "info": {row.n for row in rows if storage.exists(row.bucket, row.name, context)}}


def buckets_seen(storage: FileStorage, context: RlsContext) -> set[str]:
    """Return which buckets a caller finds."""
    return {bucket.name for bucket in storage.list_buckets(context)}
