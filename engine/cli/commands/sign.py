"""`sign`: a link that opens one object for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.cli.addresses import Address, parse_object_address, parse_seconds
from engine.cli.formatting import utc_time_text
from engine.config import DEFAULT_HOST, DEFAULT_PORT, HOST_VARIABLE, PORT_VARIABLE, Settings

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from engine.cli.session import Session

SUMMARY: Final = "print a link that opens an object for a while"
DETAILS: Final = f"""\
Whoever has the link may read that one object until it expires, and do nothing
else. The link leads to the server that runs on this data folder; when none
runs, to where `serve` would listen: {HOST_VARIABLE} and {PORT_VARIABLE}, or
http://{DEFAULT_HOST}:{DEFAULT_PORT}.

examples:
  %(prog)s photos/cat.jpg --expires 3600"""

_DEFAULT_EXPIRES_S: Final = 3600


def declare(parser: ArgumentParser) -> None:
    """Add the command's arguments.

    Args:
        parser: Of this command.
    """
    parser.add_argument("target", type=parse_object_address, metavar="BUCKET/PATH", help="the object")
    parser.add_argument(
        "--expires",
        type=parse_seconds,
        default=_DEFAULT_EXPIRES_S,
        metavar="SECONDS",
        help="how long it works (default: %(default)s)",
    )


def run(session: Session, arguments: Namespace) -> int:
    """Print the link.

    Args:
        session: Where the object is.
        arguments: `target`, `expires`.

    Returns:
        0.

    Raises:
        ObjectNotFound: There is no such object.
        InvalidRequest: It would live longer than a link may.
    """
    from engine.instance import read_server  # the other commands need no HTTP client

    target: Address = arguments.target
    link = session.storage.sign(target.bucket, target.path, session.context, arguments.expires)
    settings = session.workspace.settings
    running = read_server(settings.data_dir)
    url = link.absolute(running or _address_of(settings))
    if session.console.as_json:
        session.console.document({"url": url, "expires_at": utc_time_text(link.expires_at)})
        return 0
    session.console.line(url)
    if running is None and session.console.attended:
        session.console.note("no server is running on this data folder; start one with: serve")
    return 0


def _address_of(settings: Settings) -> str:
    """Return where `serve` would listen; with any free port nobody knows, so that the usual one stands in."""
    from engine.server.sockets import url_of  # only where no server is found

    return url_of(settings.host, settings.port or DEFAULT_PORT)
