"""`mb`: make a bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.cli.addresses import parse_kept, parse_mime_types, parse_size
from engine.cli.documents import bucket_document
from engine.types import Retention

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from engine.cli.session import Session

SUMMARY: Final = "make a bucket"
DETAILS: Final = """\
Deleting and replacing are for good in the bucket unless it is told to keep
something: --trash-days lets what was deleted be taken back (see `trash`),
--keep-versions and --keep-days keep what was replaced (see `versions`); with
both, what passes either bound goes.

examples:
  %(prog)s photos
  %(prog)s site --public
  %(prog)s avatars --size-limit 2MB --allow-mime image/png,image/jpeg
  %(prog)s work --trash-days 30 --keep-versions 10"""


def declare(parser: ArgumentParser) -> None:
    """Add the command's arguments.

    Args:
        parser: Of this command.
    """
    parser.add_argument("bucket", metavar="BUCKET", help="its name: 1 to 100 characters, no slash")
    parser.add_argument("--public", action="store_true", help="let anybody read its objects over HTTP")
    parser.add_argument("--size-limit", type=parse_size, metavar="SIZE", help="largest file it takes, such as 20MB")
    parser.add_argument(
        "--allow-mime",
        type=parse_mime_types,
        action="extend",
        default=[],
        metavar="TYPE,…",
        help="MIME types it takes, such as image/*,application/pdf (default: any)",
    )
    for option, what in (
        ("--trash-days", "days for which what is deleted can be taken back"),
        ("--keep-versions", "old versions kept of each object"),
        ("--keep-days", "days for which old versions are kept"),
    ):
        parser.add_argument(option, type=parse_kept, metavar="N", help=f"{what} (default: none)")


def run(session: Session, arguments: Namespace) -> int:
    """Make the bucket.

    Args:
        session: Where.
        arguments: `bucket`, `public`, `size_limit`, `allow_mime`, `trash_days`, `keep_versions`, `keep_days`.

    Returns:
        0.

    Raises:
        BucketAlreadyExists: There is one of that name.
        InvalidBucketName: The name breaks the name rules.
    """
    bucket = session.storage.create_bucket(
        arguments.bucket,
        session.context,
        public=arguments.public,
        file_size_limit_bytes=arguments.size_limit,
        allowed_mime_types=arguments.allow_mime,
        retention=Retention(arguments.keep_versions, arguments.keep_days, arguments.trash_days),
    )
    if session.console.as_json:
        session.console.document(bucket_document(bucket))
    else:
        session.console.line(f"made bucket {bucket.name}")
    return 0
