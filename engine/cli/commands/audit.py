"""`audit`: who did what, and whether it was allowed."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import nullcontext
from typing import TYPE_CHECKING, Final

from engine.access_types import AuditEntry, AuditFilter, AuditResult
from engine.audit.export import document
from engine.cli.addresses import parse_local_path, parse_moment
from engine.cli.formatting import count_text, local_time_text
from engine.cli.totals import unknown
from engine.limits import AUDIT_PAGE_MAX

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from engine.cli.session import Session

SUMMARY: Final = "show who did what, and whether it was allowed"
DETAILS: Final = """\
Newest first: number, time, how it ended, who, what, where. `--path` also
finds what was changed together with others. An operation that ends with `.`
stands for all that begin so. `--verify` reads the whole audit and says
whether it is as it was written; exit code 1 if it is not.

examples:
  %(prog)s --since 2026-11-01 --result denied
  %(prog)s --bucket photos --path 2026/ --operation storage.object.
  %(prog)s --export november.csv --since 2026-11-01
  %(prog)s --verify
  %(prog)s --keep-days 90"""

_SHOWN: Final = 50


def declare(parser: ArgumentParser) -> None:
    """Add the command's arguments.

    Args:
        parser: Of this command.
    """
    parser.add_argument("--since", type=parse_moment, metavar="TIME", help="from then on")
    parser.add_argument("--until", type=parse_moment, metavar="TIME", help="before then")
    parser.add_argument("--user", default="", metavar="ID", help="part of a user's id, or the name of a job")
    parser.add_argument("--operation", action="append", default=[], metavar="NAME", help="may be given several times")
    parser.add_argument("--bucket", metavar="NAME", help="in this bucket")
    parser.add_argument("--path", default="", metavar="PART", help="part of a path")
    parser.add_argument("--result", choices=[str(result) for result in AuditResult], help="how it ended")
    parser.add_argument("--limit", type=_count, default=_SHOWN, metavar="N", help=f"entries (default: {_SHOWN})")
    parser.add_argument("--format", choices=["csv", "jsonl"], default="csv", help="of the file (default: csv)")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--export", type=parse_local_path, metavar="FILE", help="write all of them to a file")
    instead.add_argument("--verify", action="store_true", help="check the audit itself")
    instead.add_argument("--keep-days", type=_count, metavar="N", help="change how long entries are kept")


def run(session: Session, arguments: Namespace) -> int:
    """Show entries, or do what was asked for instead.

    Args:
        session: Whose audit.
        arguments: The filter, and `export`, `verify` or `keep_days`.

    Returns:
        0, or 1 if the audit is not as it was written.

    Raises:
        Cancelled: Ctrl+C came.
        IoError: The file cannot be written.
    """
    if arguments.verify:
        return _verify(session)
    if arguments.keep_days is not None:
        return _keep(session, arguments.keep_days)
    if arguments.export is not None:
        return _export(session, arguments)
    entries = _newest(session, _filter_of(arguments), arguments.limit)
    if session.console.as_json:
        session.console.array(map(document, entries))
        return 0
    for entry in entries:
        session.console.line(_line(entry))
    return 0


def _filter_of(arguments: Namespace) -> AuditFilter:
    result = None if arguments.result is None else AuditResult(arguments.result)
    return AuditFilter(
        arguments.since,
        arguments.until,
        arguments.user,
        tuple(arguments.operation),
        arguments.bucket,
        arguments.path,
        result,
    )


def _newest(session: Session, wanted: AuditFilter, limit: int) -> Iterator[AuditEntry]:
    """Yield entries, the newest first, a page at a time."""
    cursor: int | None = None
    while limit:
        page = session.workspace.audit.page(wanted, session.context, cursor, min(limit, AUDIT_PAGE_MAX))
        yield from page.entries
        limit -= len(page.entries)
        cursor = page.next_cursor
        if cursor is None:
            return


def _verify(session: Session) -> int:
    with session.work(nullcontext(unknown)) as work:
        report = session.workspace.audit.verify(session.context, work.progress, work.cancel)
    if session.console.as_json:
        told = {"sound": report.sound, "entries": report.entries, "first_wrong": report.first_wrong}
        session.console.document(told | {"reason": report.reason})
    elif report.sound:
        session.console.line(f"read {report.entries:,} entries: as they were written")
    else:
        where = "the audit" if report.first_wrong is None else f"entry {report.first_wrong}"
        session.console.line(f"{where}: {report.reason}")
    return 0 if report.sound else 1


def _keep(session: Session, days: int) -> int:
    session.workspace.audit.set_retention_days(days, session.context)
    if session.console.as_json:
        session.console.document({"keep_days": days})
    else:
        session.console.line(f"entries are kept for {count_text(days, 'day')}")
    return 0


def _export(session: Session, arguments: Namespace) -> int:
    with session.work(nullcontext(unknown)) as work:
        written = session.workspace.audit.export(
            _filter_of(arguments), arguments.export, arguments.format, session.context, work.progress, work.cancel
        )
    if session.console.as_json:
        session.console.document({"entries": written, "file": str(arguments.export)})
    else:
        session.console.line(f"{arguments.export}: {written:,} entries")
    return 0


def _line(entry: AuditEntry) -> str:
    where = "/".join(part for part in (entry.bucket or entry.bucket_id, entry.path) if part)
    times = f" ({entry.detail['times']} times)" if "times" in entry.detail else ""
    count = f" ({entry.detail['count']} paths)" if "count" in entry.detail else ""
    why = f"  {entry.detail['message']}" if entry.result != AuditResult.DONE and "message" in entry.detail else ""
    origin = f"  from {entry.remote_address}" if entry.remote_address else ""
    return (
        f"{entry.id:>7}  {local_time_text(entry.at)}  {entry.result:<6}  {entry.actor}  {entry.operation}"
        f"  {where}{count}{times}{origin}{why}"
    )


def _count(text: str) -> int:
    """Return a positive number.

    Raises:
        ArgumentTypeError: It is none.
    """
    if not text.isascii() or not text.isdigit() or not int(text):
        raise ArgumentTypeError(f"{text!r} is not a positive number")
    return int(text)
