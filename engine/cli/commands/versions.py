"""`versions`: what stands at a path and what stood there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.cli.addresses import parse_object_address
from engine.cli.documents import version_document
from engine.cli.formatting import local_time_text, problem_text, size_text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from engine.cli.session import Session
    from engine.version_types import ObjectVersion

SUMMARY: Final = "list what stands at a path and what stood there"
DETAILS: Final = """\
Newest first: id, size, since when it stood there, and what ended that. The
content that stands there now has no id. `restore` takes the id of an old one.

examples:
  %(prog)s work/report.odt
  %(prog)s work/report.odt --json"""


def declare(parser: ArgumentParser) -> None:
    """Add the command's arguments.

    Args:
        parser: Of this command.
    """
    parser.add_argument("target", type=parse_object_address, metavar="BUCKET/PATH", help="whose versions")


def run(session: Session, arguments: Namespace) -> int:
    """List the versions.

    Args:
        session: Where.
        arguments: `target`.

    Returns:
        0.

    Raises:
        BucketNotFound: There is no such bucket.
        ObjectNotFound: Nothing stands or stood there.
    """
    found = session.storage.versions.list(arguments.target.bucket, arguments.target.path, session.context)
    if session.console.as_json:
        session.console.array(map(version_document, found))
        return 0
    for version in found:
        session.console.line(_line(version))
    return 0


def _line(version: ObjectVersion) -> str:
    until = "now" if version.until is None else f"{version.ending} {local_time_text(version.until)}"
    name = "-" if version.id is None else str(version.id)
    size, problem = size_text(version.info.size_bytes), problem_text(version.info.problem)
    return f"{name:>8}  {size:>8}  {local_time_text(version.since)}  {until}{problem}"
