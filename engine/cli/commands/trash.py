"""`trash`: what was deleted from a bucket, to take back or to be rid of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from engine.cli.addresses import parse_version_id
from engine.cli.console import failure_document
from engine.cli.documents import object_document, version_document
from engine.cli.formatting import count_text, local_time_text, problem_text, size_text
from engine.cli.signals import cancelled_by_signal
from engine.errors import InvalidRequest, StorageError
from engine.types import ItemFailure

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from engine.cli.session import Session
    from engine.types import StorageObject
    from engine.version_types import ObjectVersion

SUMMARY: Final = "list what was deleted from a bucket, take it back, or empty the trash"
DETAILS: Final = """\
Newest first: id, size, when it was deleted, and its path. --restore takes
objects back to where they were, --to to another path (one object only); where
something else stands by now, the object stays in the trash and is reported.
--empty deletes everything that is in the trash for good, without asking.

examples:
  %(prog)s work
  %(prog)s work --restore 17 18
  %(prog)s work --restore 17 --to old/report.odt
  %(prog)s work --empty"""


def declare(parser: ArgumentParser) -> None:
    """Add the command's arguments.

    Args:
        parser: Of this command.
    """
    parser.add_argument("bucket", metavar="BUCKET", help="whose trash")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--restore", type=parse_version_id, nargs="+", metavar="ID", help="take these back")
    what.add_argument("--empty", action="store_true", help="delete everything in the trash for good")
    parser.add_argument("--to", metavar="PATH", help="with --restore: where the one object goes")


def run(session: Session, arguments: Namespace) -> int:
    """List, restore or empty.

    Args:
        session: Where.
        arguments: `bucket`, `restore`, `empty`, `to`.

    Returns:
        0, or 1 if anything could not be taken back.

    Raises:
        BucketNotFound: There is no such bucket.
        InvalidRequest: `--to` was given for no object or for several.
        Cancelled: Ctrl+C came; what was gone by then is gone.
    """
    if arguments.to is not None and len(arguments.restore or ()) != 1:
        raise InvalidRequest("--to takes exactly one object", hint="Write: --restore ID --to PATH")
    if arguments.restore:
        return _restore(session, arguments.bucket, arguments.restore, arguments.to)
    if arguments.empty:
        return _empty(session, arguments.bucket)
    _list(session, arguments.bucket)
    return 0


def _list(session: Session, bucket: str) -> None:
    session.storage.get_bucket(bucket, session.context)
    if session.console.as_json:
        session.console.array(map(version_document, _rows(session, bucket)))
        return
    for row in _rows(session, bucket):
        deleted = "" if row.until is None else local_time_text(row.until)
        size, problem = size_text(row.info.size_bytes), problem_text(row.info.problem)
        session.console.line(f"{row.id:>8}  {size:>8}  {deleted}  {row.info.path}{problem}")


def _rows(session: Session, bucket: str) -> Iterator[ObjectVersion]:
    cursor: int | None = None
    while True:
        page = session.storage.trash.list(bucket, session.context, cursor=cursor)
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return


def _restore(session: Session, bucket: str, ids: list[int], target_path: str | None) -> int:
    """Take back each by itself: one that cannot be does not stop the others."""
    session.storage.get_bucket(bucket, session.context)
    restored: list[StorageObject] = []
    failures: list[ItemFailure] = []
    for version_id in dict.fromkeys(ids):
        try:
            restored += session.storage.trash.restore(bucket, [version_id], session.context, target_path=target_path)
        except StorageError as error:
            failures.append(ItemFailure(error.path or f"{bucket}, id {version_id}", "", error))
    if session.console.as_json:
        documents = [failure_document(failure) for failure in failures]
        session.console.document({"restored": [object_document(one) for one in restored], "failures": documents})
    else:
        session.console.failures(failures)
        session.console.line(f"restored {count_text(len(restored), 'object')}")
    return 1 if failures else 0


def _empty(session: Session, bucket: str) -> int:
    with cancelled_by_signal() as cancel:
        gone = session.storage.trash.empty(bucket, session.context, cancel=cancel)
    if session.console.as_json:
        session.console.document({"removed": gone})
    else:
        session.console.line(f"removed {count_text(gone, 'object')} for good")
    return 0
