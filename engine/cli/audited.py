"""What `audit` does once the workspace is open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from typing import TYPE_CHECKING

from engine.access_types import AuditEntry, AuditFilter, AuditResult
from engine.audit.export import document
from engine.cli.formatting import count_text, local_time_text
from engine.cli.totals import unknown
from engine.limits import AUDIT_PAGE_MAX

if TYPE_CHECKING:
    from argparse import Namespace

    from engine.cli.session import Session


def carry_out(session: Session, arguments: Namespace) -> int:
    """Show entries, or do what was asked for instead.

    Args:
        session: Whose audit.
        arguments: Of the command.

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
