"""`restore`: an old version becomes the present one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.cli.addresses import parse_object_address, parse_version_id
from engine.cli.documents import object_document
from engine.cli.signals import cancelled_by_signal
from engine.errors import ObjectNotFound

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from engine.cli.session import Session

SUMMARY: Final = "make an old version the present one"
DETAILS: Final = """\
The old content is stored again, as a new version. What it replaces becomes an
old version or, where the bucket keeps none, goes to its trash; a bucket that
has neither keeps nothing of it. `versions` shows the ids.

examples:
  %(prog)s work/report.odt --version 17"""


def declare(parser: ArgumentParser) -> None:
    """Add the command's arguments.

    Args:
        parser: Of this command.
    """
    parser.add_argument("target", type=parse_object_address, metavar="BUCKET/PATH", help="what is restored")
    parser.add_argument("--version", type=parse_version_id, metavar="ID", required=True, help="which of its versions")


def run(session: Session, arguments: Namespace) -> int:
    """Restore the version.

    Args:
        session: Where.
        arguments: `target`, `version`.

    Returns:
        0.

    Raises:
        BucketNotFound: There is no such bucket.
        ObjectNotFound: The path has no such version.
        ChecksumMismatch: Its bytes are damaged; nothing was restored.
        Cancelled: Ctrl+C came.
    """
    target, versions = arguments.target, session.storage.versions
    known = {version.id for version in versions.list(target.bucket, target.path, session.context)}
    if arguments.version not in known:
        raise ObjectNotFound("There is no such version of it", path=str(target), hint=f"See: versions {target}")
    with cancelled_by_signal() as cancel:
        stored = versions.restore(target.bucket, arguments.version, session.context, cancel=cancel)
    if session.console.as_json:
        session.console.document(object_document(stored))
    else:
        session.console.line(f"restored {target} from version {arguments.version}")
    return 0
