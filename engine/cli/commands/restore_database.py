"""`restore-database`: a backup in the database's place."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.cli.addresses import parse_local_path
from engine.cli.recovered import print_report
from engine.cli.totals import unknown

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from engine.cli.session import Desk

SUMMARY: Final = "put a backup in the place of a damaged database"
DETAILS: Final = """\
Files that are newer than the backup are taken in. Objects that were deleted
since are known again, but without their bytes: they are listed, and
`check --repair` removes them. No file is moved or changed, and the old
database is set aside, not removed. No Holdall may be running on the data
folder. `backup --list` shows what there is, and so does the folder `backups`.

examples:
  %(prog)s --data-dir DIR
  %(prog)s backups/holdall-2026-11-26T22-46-33.000000Z.db"""


def declare(parser: ArgumentParser) -> None:
    """Add the command's arguments.

    Args:
        parser: Of this command.
    """
    file_help = "the backup (default: the newest that is sound)"
    parser.add_argument("file", nargs="?", type=parse_local_path, metavar="FILE", help=file_help)


def recover(desk: Desk, arguments: Namespace) -> int:
    """Restore a backup.

    Args:
        desk: Of which data folder.
        arguments: `file`.

    Returns:
        0, also if there are problems that a person should look at: all that could be done is done.

    Raises:
        Cancelled: Ctrl+C came; nothing was changed.
    """
    from engine.recovery.recovery import Recovery

    backup: Path | None = arguments.file and Path.cwd() / arguments.file
    with desk.work(nullcontext(unknown)) as work:
        report = Recovery(desk.settings, work.progress, work.cancel).restore(backup)
    print_report(desk.console, report)
    return 0
