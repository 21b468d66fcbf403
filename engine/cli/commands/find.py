"""`find`: objects by name, type, size, time and metadata."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from engine.cli.addresses import Address, parse_address, parse_moment, parse_size
from engine.cli.documents import object_document
from engine.cli.formatting import local_time_text, problem_text, size_text
from engine.search_types import FileFamily, SearchFilter, SearchRequest
from engine.types import StorageObject

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from engine.cli.session import Session

SUMMARY: Final = "find objects by their names"
DETAILS: Final = """\
WORDS all have to be in the name, in any order; case and accents make no
difference: `resume` finds Résumé. Quotation marks keep words together. What
came to the workspace last comes first. Without WORDS: everything that the
other options let through.

examples:
  %(prog)s resume
  %(prog)s --in photos/2026 --family images beach
  %(prog)s --min-size 100MB --since 2026-11-01
  %(prog)s '"annual report"' --meta team=blue --json"""


def declare(parser: ArgumentParser) -> None:
    """Add the command's arguments.

    Args:
        parser: Of this command.
    """
    parser.add_argument("words", nargs="*", metavar="WORDS", help="what is in the name")
    place_help = "only there and below"
    parser.add_argument("--in", dest="place", type=parse_address, metavar="BUCKET[/PREFIX]", help=place_help)
    families = [family.value for family in FileFamily]
    parser.add_argument("--family", choices=families, help="only files of this family")
    parser.add_argument("--type", default="", metavar="TYPE", help="only MIME types that begin so: image/, text/plain")
    parser.add_argument("--min-size", type=parse_size, metavar="SIZE", help="at least so large: 500kB, 1.5GB")
    parser.add_argument("--max-size", type=parse_size, metavar="SIZE", help="at most so large")
    since_help = "stored then or later: 2026-11-20, '2026-11-20 14:30'"
    parser.add_argument("--since", type=parse_moment, metavar="TIME", help=since_help)
    parser.add_argument("--before", type=parse_moment, metavar="TIME", help="stored before")
    meta_help = "only with this key in the user metadata, or with this value; may be given again"
    parser.add_argument("--meta", action="append", default=[], metavar="KEY[=VALUE]", help=meta_help)


def run(session: Session, arguments: Namespace) -> int:
    """Find what was asked for.

    Args:
        session: Where.
        arguments: See `declare`.

    Returns:
        0, also where nothing was found.

    Raises:
        BucketNotFound: There is no such bucket.
    """
    found = _found(session, _wanted(arguments))
    if session.console.as_json:
        session.console.array(_document(stored) for stored in found)
        return 0
    for stored in found:
        session.console.line(_line(stored))
    return 0


def _wanted(arguments: Namespace) -> SearchFilter:
    """Return what the options say."""
    place = arguments.place or Address("")
    return SearchFilter(
        text=" ".join(arguments.words),
        bucket=place.bucket,
        prefix=place.prefix,
        family=None if arguments.family is None else FileFamily(arguments.family),
        mime_type=arguments.type,
        min_bytes=arguments.min_size,
        max_bytes=arguments.max_size,
        changed_from=arguments.since,
        changed_before=arguments.before,
        metadata=tuple(_pair(text) for text in arguments.meta),
    )


def _pair(text: str) -> tuple[str, str | None]:
    key, equals, value = text.partition("=")
    return key, value if equals else None


def _found(session: Session, wanted: SearchFilter) -> Iterator[StorageObject]:
    request = SearchRequest(wanted)
    while True:
        page = session.storage.search(request, session.context)
        yield from page.objects
        if page.next_cursor is None:
            return
        request = replace(request, cursor=page.next_cursor)


def _document(stored: StorageObject) -> dict[str, Any]:
    return {"bucket": stored.bucket, **object_document(stored)}


def _line(stored: StorageObject) -> str:
    moment = stored.modified_at or stored.updated_at
    where = f"{stored.bucket}/{stored.path}{problem_text(stored.problem)}"
    return f"{size_text(stored.size_bytes):>8}  {local_time_text(moment)}  {where}"
