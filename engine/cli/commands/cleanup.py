"""`cleanup`: files without objects, objects without files, unfinished uploads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engine.cleanup_types import CleanupAction, CleanupItem, CleanupReport
from engine.cli.formatting import count_text, utc_time_text
from engine.cli.signals import cancelled_by_signal

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from engine.cli.session import Session

SUMMARY: Final = "put stray files aside and remove what is left of lost objects"
DETAILS: Final = """\
Runs by itself once an hour while Holdall is open (HOLDALL_CLEANUP_INTERVAL_S,
0: never). A file that no object claims is moved to `.lost+found` after a day
(HOLDALL_ORPHAN_GRACE_S); nothing is deleted. An object whose file is missing
is shown as such and removed after seven days (HOLDALL_MISSING_GRACE_S), unless
the file comes back. Graces begin with the first cleanup that sees a thing.
More than 1,000 things, or 5 %% of all if that is more, are left alone unless
confirmed, and so are the objects of a bucket whose folder or nearly all of
whose files are missing. Exit code 1 if that was so.

examples:
  %(prog)s --dry-run
  %(prog)s --confirm"""


def declare(parser: ArgumentParser) -> None:
    """Add the command's arguments.

    Args:
        parser: Of this command.
    """
    parser.add_argument("--dry-run", action="store_true", help="change nothing, only say what is there")
    parser.add_argument("--confirm", action="store_true", help="take away also what is unusually much")


def run(session: Session, arguments: Namespace) -> int:
    """Clean up now.

    Args:
        session: Where.
        arguments: `dry_run`, `confirm`.

    Returns:
        0, or 1 if too much was due to be taken away unasked.

    Raises:
        Cancelled: Ctrl+C came.
    """
    with cancelled_by_signal() as cancel:
        cleanup = session.workspace.housekeeping.cleanup
        report = cleanup.run(session.context, cancel, dry_run=arguments.dry_run, confirm=arguments.confirm)
    if session.console.as_json:
        session.console.document(_document_of(report))
    else:
        _print(session, report)
    return 1 if report.refused else 0


def _document_of(report: CleanupReport) -> dict[str, Any]:
    return {
        "staged_swept": report.staged,
        "refused": report.refused,
        "allowed": report.allowed,
        "lost_buckets": list(report.lost_buckets),
        "items": [_item_document(item) for item in report.items],
    }


def _item_document(item: CleanupItem) -> dict[str, Any]:
    return {
        "kind": str(item.kind),
        "where": item.where,
        "since": utc_time_text(item.since),
        "action": str(item.action),
    }


def _print(session: Session, report: CleanupReport) -> None:
    for item in report.items:
        session.console.line(f"{item.kind}, {item.action:<9}  {item.where}  (since {utc_time_text(item.since)})")
    if report.staged:
        session.console.line(f"threw away {count_text(report.staged, 'file')} of unfinished uploads")
    if report.refused and not report.lost_buckets:
        session.console.line(
            f"{count_text(report.refused, 'thing')} due, more than {report.allowed:,}: nothing is taken away. Is the "
            "storage folder whole, and the database the right one? If so, --confirm goes on."
        )
        return
    for name in report.lost_buckets:
        session.console.line(
            f"{name}: all or nearly all of its files are missing, and none of its objects is removed. Put its folder "
            "back; if it is lost for good, --confirm goes on."
        )
    counts = {action: sum(item.action is action for item in report.items) for action in CleanupAction}
    told = ", ".join(f"{count:,} {action}" for action, count in counts.items() if count)
    session.console.line(told or "all is well")
