"""`rebuild`: the database anew from the files."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Final

from engine.cli.recovered import print_report
from engine.cli.totals import unknown

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from engine.cli.session import Desk

SUMMARY: Final = "make a new database from the files when the old one is lost"
DETAILS: Final = """\
Reads every stored file and takes it in under its own name; buckets come back
with their settings. What only the database knew is lost: user metadata, cache
rules, types that were given by hand, and who owned what. Where there is a
backup, `restore-database` keeps these. No file is moved or changed, and the
old database is set aside, not removed. No Holdall may be running on the data
folder.

examples:
  %(prog)s --data-dir DIR
  %(prog)s --force --json"""


def declare(parser: ArgumentParser) -> None:
    """Add the command's arguments.

    Args:
        parser: Of this command.
    """
    parser.add_argument("--force", action="store_true", help="also replace a database that is in order")


def recover(desk: Desk, arguments: Namespace) -> int:
    """Rebuild the database.

    Args:
        desk: Of which data folder.
        arguments: `force`.

    Returns:
        0, also if there are problems that a person should look at: all that could be done is done.

    Raises:
        Cancelled: Ctrl+C came; nothing was changed.
    """
    from engine.recovery.recovery import Recovery

    with desk.work(nullcontext(unknown)) as work:
        report = Recovery(desk.settings, work.progress, work.cancel).rebuild(force=arguments.force)
    print_report(desk.console, report)
    return 0
