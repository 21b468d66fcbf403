"""`get`: objects, folders and whole buckets come down."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.cli.addresses import Address, parse_address, parse_local_path, parse_moment
from engine.cli.console import failure_document
from engine.cli.formatting import count_text, size_text
from engine.cli.places import Place, place_of
from engine.cli.totals import Stopped, counted, sum_of
from engine.errors import StorageError
from engine.files.local_names import local_name
from engine.types import BatchReport, ItemFailure, TreeSize

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from engine.cli.session import Session

SUMMARY: Final = "download objects, folders and buckets"
DETAILS: Final = """\
Everything goes into the folder TARGET, which is made if it is missing; a
folder comes with all that is in it, under its own name, and so does a bucket.
A file that is there already is left alone and reported, unless --replace is
given. PATH means the object of that name, and the folder if there is no such
object; with a slash at its end always the folder. Every file is compared with
its checksum on the way.

examples:
  %(prog)s photos/cat.jpg .
  %(prog)s photos/2026 photos/2025 ~/Pictures
  %(prog)s backup restored --replace
  %(prog)s work ~/last-week --at 2026-11-20"""

_Wanted = dict[tuple[str, Path], list[str]]


def declare(parser: ArgumentParser) -> None:
    """Add the command's arguments.

    Args:
        parser: Of this command.
    """
    parser.add_argument("sources", type=parse_address, nargs="+", metavar="BUCKET[/PATH]", help="what comes down")
    parser.add_argument("target", type=parse_local_path, metavar="TARGET", help="folder on this computer")
    parser.add_argument("--replace", action="store_true", help="replace files that are there already")
    at_help = "as it was then, as far as the bucket keeps that: 2026-11-20, '2026-11-20 14:30'"
    parser.add_argument("--at", type=parse_moment, metavar="TIME", help=at_help)


def run(session: Session, arguments: Namespace) -> int:
    """Download every source; one that cannot be had does not stop the others.

    Args:
        session: Where from.
        arguments: `sources`, `target`, `replace`, `at`.

    Returns:
        0, or 1 if anything is missing from the target.

    Raises:
        Cancelled: Ctrl+C came; files that were whole by then stay.
    """
    wanted, failures = _resolve(session, arguments.sources, arguments.target, arguments.at)
    reports = [
        _download(session, bucket, paths, folder, arguments.at, replace=arguments.replace)
        for (bucket, folder), paths in wanted.items()
    ]
    failures += [failure for report in reports for failure in report.failures]
    _tell(session, arguments.target, reports, failures)
    return 1 if failures else 0


def _resolve(
    session: Session, sources: Iterable[Address], target: Path, moment: datetime | None
) -> tuple[_Wanted, list[ItemFailure]]:
    """Sort the sources by the bucket they come from and the folder they go to."""
    wanted: _Wanted = {}
    failures = []
    for source in dict.fromkeys(sources):
        try:
            place = place_of(session, source, moment)
        except StorageError as error:
            failures.append(ItemFailure(source.path, str(source), error))
            continue
        folder = target / local_name(source.bucket) if place is Place.BUCKET else target
        path = source.path if place is Place.OBJECT else source.prefix
        wanted.setdefault((source.bucket, folder), []).append(path)
    return wanted, failures


def _download(
    session: Session, bucket: str, paths: list[str], target: Path, moment: datetime | None, *, replace: bool
) -> BatchReport:
    def count(stopped: Stopped) -> TreeSize:
        # how much there was to a moment is known when it has come
        now = paths if moment is None else []
        return sum_of((_size_of(session, bucket, path) for path in now), stopped)

    with session.work(counted(count)) as work:
        return session.storage.download_tree(
            bucket,
            paths,
            target,
            session.context,
            replace=replace,
            progress=work.progress,
            cancel=work.cancel,
            moment=moment,
        )


def _size_of(session: Session, bucket: str, path: str) -> TreeSize:
    if path and not path.endswith("/"):
        return TreeSize(1, session.storage.info(bucket, path, session.context).size_bytes)
    return session.storage.tree_size(bucket, path, session.context)


def _tell(session: Session, target: Path, reports: list[BatchReport], failures: list[ItemFailure]) -> None:
    files = sum(report.done for report in reports)
    size_bytes = sum(report.size_bytes for report in reports)
    if session.console.as_json:
        documents = [failure_document(failure) for failure in failures]
        session.console.document(
            {"target": str(target), "files": files, "size_bytes": size_bytes, "failures": documents}
        )
        return
    session.console.failures(failures)
    session.console.line(f"downloaded {count_text(files, 'file')}, {size_text(size_bytes)}, to {target}")
