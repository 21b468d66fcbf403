"""`put`: files and folders go up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from engine.cli.addresses import Address, parse_address, parse_local_path, parse_mime_type
from engine.cli.console import failure_document
from engine.cli.formatting import count_text, size_text
from engine.cli.totals import counted
from engine.errors import BucketNotFound, StorageError
from engine.paths import validate_prefix
from engine.types import BatchReport, ItemFailure, UploadOptions

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from engine.cli.session import Session

SUMMARY: Final = "upload files and folders"
DETAILS: Final = """\
A folder goes up with all that is in it, under its own name, as `cp -r` does
it. Links to files are followed; links to folders, pipes and the like inside a
folder are left out. PREFIX is the folder in the bucket that everything goes
into; it need not exist. What is there already is replaced, unless
--no-replace is given. A file that cannot be taken is reported, and the others
go up all the same.

examples:
  %(prog)s report.pdf photos documents
  %(prog)s notes.txt documents/2026/november
  %(prog)s . backup --no-replace"""


def declare(parser: ArgumentParser) -> None:
    """Add the command's arguments.

    Args:
        parser: Of this command.
    """
    parser.add_argument(
        "sources", type=parse_local_path, nargs="+", metavar="SOURCE", help="file or folder on this computer"
    )
    parser.add_argument("target", type=parse_address, metavar="BUCKET[/PREFIX]", help="where it goes")
    replacing = parser.add_mutually_exclusive_group()
    replacing.add_argument(
        "--replace", action="store_true", default=True, help="replace what is there already (the default)"
    )
    replacing.add_argument(
        "--no-replace", action="store_false", dest="replace", help="leave what is there already, and report it"
    )
    parser.add_argument(
        "--content-type", type=parse_mime_type, metavar="TYPE", help="MIME type of all files (default: found out)"
    )


def run(session: Session, arguments: Namespace) -> int:
    """Upload the sources.

    Args:
        session: Where to.
        arguments: `sources`, `target`, `replace`, `content_type`.

    Returns:
        0, or 1 if anything was left behind.

    Raises:
        BucketNotFound: There is no such bucket.
        InvalidKey: The prefix breaks the path rules.
        Cancelled: Ctrl+C came; what had gone up by then stays.
    """
    from engine.cli.sources import SourceWalk  # the other commands need no look at this computer's files

    target: Address = arguments.target
    _check_target(session, target)
    walk = SourceWalk(arguments.sources, target.prefix, session.workspace.settings.data_dir)
    options = UploadOptions(mime_type=arguments.content_type, replace=arguments.replace)
    with session.work(counted(walk.count)) as work:
        report = session.storage.upload_many(
            target.bucket, walk, session.context, options, progress=work.progress, cancel=work.cancel
        )
    failures = (*walk.failures, *report.failures, *_keep_empty_folders(session, target.bucket, walk.empty_folders))
    _tell(session, target, report, failures, walk.left_out)
    return 1 if failures else 0


def _check_target(session: Session, target: Address) -> None:
    try:
        session.storage.get_bucket(target.bucket, session.context)
    except BucketNotFound as error:
        raise BucketNotFound(error.message, path=target.bucket, hint=f"Make it first: mb {target.bucket}") from error
    validate_prefix(target.prefix)


def _keep_empty_folders(session: Session, bucket: str, prefixes: list[str]) -> list[ItemFailure]:
    failures = []
    for prefix in prefixes:
        try:
            session.storage.create_folder(bucket, prefix, session.context)
        except StorageError as error:
            failures.append(ItemFailure(prefix, "", error))
    return failures


def _tell(
    session: Session,
    target: Address,
    report: BatchReport,
    failures: Sequence[ItemFailure],
    left_out: Sequence[ItemFailure],
) -> None:
    if session.console.as_json:
        session.console.document(
            {
                "bucket": target.bucket,
                "prefix": target.prefix,
                "files": report.done,
                "size_bytes": report.size_bytes,
                "failures": [failure_document(failure) for failure in failures],
                "left_out": [failure_document(failure) for failure in left_out],
            }
        )
        return
    session.console.failures([*left_out, *failures])
    amount = f"{count_text(report.done, 'file')}, {size_text(report.size_bytes)}"
    session.console.line(f"uploaded {amount}, to {target.bucket}/{target.prefix}")
