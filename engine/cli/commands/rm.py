"""`rm`: objects, folders and buckets go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.cli.addresses import Address, parse_removal
from engine.cli.console import failure_document
from engine.cli.formatting import count_text
from engine.cli.places import Place, place_of
from engine.cli.totals import Stopped, counted
from engine.errors import Cancelled, InvalidRequest, StorageError
from engine.types import ItemFailure, TreeSize

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from engine.cli.session import Session

SUMMARY: Final = "remove objects, folders and buckets"
DETAILS: Final = """\
Removes without asking. What a bucket with a trash (mb --trash-days) loses can
be taken back with `trash`; in others it is gone for good. With --for-good it
goes past the trash and can not be taken back; older versions that the bucket
has kept stay until their time is over. A folder goes only with -r, and so does
a bucket that is not empty; what a bucket kept goes with it, its trash too.
PATH means the object of that name, and the folder if there is no such object;
with a slash at its end always the folder.

examples:
  %(prog)s photos/cat.jpg photos/dog.jpg
  %(prog)s -r photos/2025/
  %(prog)s --for-good work/passwords.txt
  %(prog)s photos"""


def declare(parser: ArgumentParser) -> None:
    """Add the command's arguments.

    Args:
        parser: Of this command.
    """
    parser.add_argument("targets", type=parse_removal, nargs="+", metavar="BUCKET[/PATH]", help="what goes")
    parser.add_argument("-r", "--recursive", action="store_true", help="folders and buckets with all that is in them")
    parser.add_argument("--for-good", action="store_true", help="past the trash: it can not be taken back")


def run(session: Session, arguments: Namespace) -> int:
    """Remove every target; one that cannot be removed does not stop the others.

    Args:
        session: Where they are.
        arguments: `targets`, `recursive`, `for_good`.

    Returns:
        0, or 1 if anything was left.

    Raises:
        Cancelled: Ctrl+C came; what had gone by then is gone.
    """
    removed = 0
    failures: list[ItemFailure] = []
    for target in arguments.targets:
        try:
            removed += _remove(session, target, recursive=arguments.recursive, for_good=arguments.for_good)
        except Cancelled:
            raise
        except StorageError as error:
            failures.append(ItemFailure(str(target), "", error))
    _tell(session, removed, failures)
    return 1 if failures else 0


def _remove(session: Session, target: Address, *, recursive: bool, for_good: bool) -> int:
    match place_of(session, target):
        case Place.OBJECT:
            session.storage.delete(target.bucket, target.path, session.context, for_good=for_good)
            return 1
        case Place.FOLDER if not recursive:
            raise InvalidRequest("It is a folder", path=str(target), hint="To remove it with all that is in it: rm -r")
        case Place.FOLDER:
            return _remove_below(session, target.bucket, target.prefix, for_good=for_good)
        case Place.BUCKET:
            return _remove_bucket(session, target.bucket, recursive=recursive)


def _remove_bucket(session: Session, bucket: str, *, recursive: bool) -> int:
    removed = 0
    if recursive:
        removed = session.storage.tree_size(bucket, "", session.context).objects
        with session.work(counted(lambda _: TreeSize(removed, 0))) as work:
            session.storage.empty_bucket(bucket, session.context, work.progress, work.cancel)
    session.storage.delete_bucket(bucket, session.context)
    return removed


def _remove_below(session: Session, bucket: str, prefix: str, *, for_good: bool) -> int:
    def count(_: Stopped) -> TreeSize:
        return TreeSize(session.storage.tree_size(bucket, prefix, session.context).objects, 0)

    with session.work(counted(count)) as work:
        return session.storage.delete_trees(
            bucket, [prefix], session.context, progress=work.progress, cancel=work.cancel, for_good=for_good
        )


def _tell(session: Session, removed: int, failures: list[ItemFailure]) -> None:
    if session.console.as_json:
        session.console.document({"removed": removed, "failures": [failure_document(item) for item in failures]})
        return
    session.console.failures(failures)
    session.console.line(f"removed {count_text(removed, 'object')}")
