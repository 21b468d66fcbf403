"""`ls`: buckets, folders and objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

from engine.cli.addresses import Address, parse_address, parse_moment
from engine.cli.documents import bucket_document, folder_document, object_document
from engine.cli.formatting import local_time_text, problem_text, size_text
from engine.cli.places import Place, place_of
from engine.types import Bucket, Folder, ListRequest, StorageObject

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from engine.cli.session import Session

SUMMARY: Final = "list buckets, folders and objects"
DETAILS: Final = """\
Without BUCKET: all buckets. With -r: everything below, by full path. PREFIX
means the object of that name, and the folder if there is no such object; with
a slash at its end always the folder. Behind an object whose bytes are known to
be gone or changed stands (bytes missing) or (bytes damaged): `scrub` says
since when, and `versions` whether an old version is whole.

examples:
  %(prog)s
  %(prog)s photos/2026
  %(prog)s -r photos --json
  %(prog)s photos --at 2026-11-20"""

_SIZE_COLUMNS: Final = 8
_TIME_COLUMNS: Final = 16

Row = TypeVar("Row", Bucket, "Folder | StorageObject")


def declare(parser: ArgumentParser) -> None:
    """Add the command's arguments.

    Args:
        parser: Of this command.
    """
    parser.add_argument("target", type=parse_address, nargs="?", metavar="BUCKET[/PREFIX]", help="what to list")
    parser.add_argument("-r", "--recursive", action="store_true", help="everything below, not just the next level")
    at_help = "as it was then, as far as the bucket keeps that: 2026-11-20, '2026-11-20 14:30'"
    parser.add_argument("--at", type=parse_moment, metavar="TIME", help=at_help)


def run(session: Session, arguments: Namespace) -> int:
    """List what was asked for.

    Args:
        session: Where.
        arguments: `target`, `recursive`, `at`.

    Returns:
        0.

    Raises:
        BucketNotFound: There is no such bucket.
        ObjectNotFound: There is neither such an object nor such a folder.
    """
    target: Address | None = arguments.target
    if target is None:
        _print(session, iter(session.storage.list_buckets(session.context)), _bucket_line, bucket_document)
    else:
        entries = _entries(session, target, arguments.at, recursive=arguments.recursive)
        line = _path_line if arguments.recursive else _name_line
        _print(session, entries, line, _entry_document)
    return 0


def _print(
    session: Session, rows: Iterator[Row], line: Callable[[Row], str], document: Callable[[Row], dict[str, Any]]
) -> None:
    if session.console.as_json:
        session.console.array(document(row) for row in rows)
        return
    for row in rows:
        session.console.line(line(row))


def _entries(
    session: Session, target: Address, moment: datetime | None, *, recursive: bool
) -> Iterator[Folder | StorageObject]:
    if place_of(session, target, moment) is Place.OBJECT:
        return iter([_info(session, target, moment)])
    if not recursive:
        return _next_level(session, target, moment)
    return _everything_below(session, target) if moment is None else _everything_then(session, target, moment)


def _info(session: Session, target: Address, moment: datetime | None) -> StorageObject:
    if moment is None:
        return session.storage.info(target.bucket, target.path, session.context)
    return session.storage.past.info(target.bucket, target.path, moment, session.context)


def _everything_then(session: Session, target: Address, moment: datetime) -> Iterator[Folder | StorageObject]:
    for entry in _next_level(session, target, moment):
        if isinstance(entry, Folder):
            yield from _everything_then(session, Address(target.bucket, entry.path), moment)
        else:
            yield entry


def _next_level(session: Session, target: Address, moment: datetime | None) -> Iterator[Folder | StorageObject]:
    cursor: str | None = None
    while True:
        request = ListRequest(target.prefix, cursor=cursor, moment=moment)
        page = session.storage.list(target.bucket, request, session.context)
        yield from page.folders
        yield from page.objects
        cursor = page.next_cursor
        if cursor is None:
            return


def _everything_below(session: Session, target: Address) -> Iterator[Folder | StorageObject]:
    for stored in session.storage.walk(target.bucket, target.prefix, session.context):
        yield Folder(stored.path) if stored.path.endswith("/") else stored


def _entry_document(entry: Folder | StorageObject) -> dict[str, Any]:
    return folder_document(entry) if isinstance(entry, Folder) else object_document(entry)


def _bucket_line(bucket: Bucket) -> str:
    access = "public" if bucket.public else "private"
    limits = []
    if bucket.file_size_limit_bytes is not None:
        limits.append(f"up to {size_text(bucket.file_size_limit_bytes)}")
    if bucket.allowed_mime_types:
        limits.append(", ".join(bucket.allowed_mime_types))
    suffix = f"  ({'; '.join(limits)})" if limits else ""
    return f"{access:<7}  {local_time_text(bucket.created_at)}  {bucket.name}{suffix}"


def _name_line(entry: Folder | StorageObject) -> str:
    return _entry_line(entry, entry.name)


def _path_line(entry: Folder | StorageObject) -> str:
    return _entry_line(entry, entry.path.removesuffix("/"))


def _entry_line(entry: Folder | StorageObject, text: str) -> str:
    if isinstance(entry, Folder):
        return f"{'':{_SIZE_COLUMNS}}  {'':{_TIME_COLUMNS}}  {text}/"
    moment = entry.modified_at or entry.updated_at
    suffix = problem_text(entry.problem)
    return f"{size_text(entry.size_bytes):>{_SIZE_COLUMNS}}  {local_time_text(moment)}  {text}{suffix}"
