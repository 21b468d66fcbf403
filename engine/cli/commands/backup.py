"""`backup`: a consistent copy of the database, now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engine.cli.formatting import size_text, utc_time_text
from engine.cli.signals import cancelled_by_signal

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from engine.cli.session import Session
    from engine.jobs.backups import Backup

SUMMARY: Final = "make a backup of the database, or list those there are"
DETAILS: Final = """\
The database says which objects there are; their bytes are plain files and not
part of it. Backups are made by themselves as well, once a day, and the last
seven are kept (HOLDALL_BACKUP_INTERVAL_S, HOLDALL_BACKUPS_KEPT); so is one
from before each change of the database's form. `restore-database` takes one
back.

examples:
  %(prog)s
  %(prog)s --list"""


def declare(parser: ArgumentParser) -> None:
    """Add the command's arguments.

    Args:
        parser: Of this command.
    """
    parser.add_argument("--list", action="store_true", help="only list the backups, the newest first")


def run(session: Session, arguments: Namespace) -> int:
    """Make or list backups.

    Args:
        session: What to back up.
        arguments: `list`.

    Returns:
        0.

    Raises:
        Cancelled: Ctrl+C came.
    """
    if arguments.list:
        _print_all(session, session.workspace.backups.list())
        return 0
    with cancelled_by_signal() as cancel:
        made = session.workspace.backups.make(cancel)
    if session.console.as_json:
        session.console.document(_document_of(made))
    else:
        session.console.line(str(made.path))
    return 0


def _print_all(session: Session, backups: tuple[Backup, ...]) -> None:
    if session.console.as_json:
        session.console.array(map(_document_of, backups))
        return
    for backup in backups:
        note = "  (before a migration)" if backup.before_migration else ""
        session.console.line(f"{utc_time_text(backup.made_at)}  {size_text(backup.size_bytes):>8}  {backup.path}{note}")


def _document_of(backup: Backup) -> dict[str, Any]:
    return {
        "path": str(backup.path),
        "made_at": utc_time_text(backup.made_at),
        "size_bytes": backup.size_bytes,
        "before_migration": backup.before_migration,
    }
