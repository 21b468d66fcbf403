"""`audit`: who did what, and whether it was allowed."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import TYPE_CHECKING, Final

from engine.cli.addresses import parse_local_path, parse_moment

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
    parser.add_argument("--result", choices=["done", "denied", "failed"], help="how it ended")
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
    from engine.cli.audited import carry_out  # with the database's libraries, which take long to load

    return carry_out(session, arguments)


def _count(text: str) -> int:
    """Return a positive number.

    Raises:
        ArgumentTypeError: It is none.
    """
    if not text.isascii() or not text.isdigit() or not int(text):
        raise ArgumentTypeError(f"{text!r} is not a positive number")
    return int(text)
