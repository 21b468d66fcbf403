"""`serve`: the HTTP server without a window, until it is told to stop."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from engine.cli.addresses import parse_port
from engine.config import DEFAULT_HOST, DEFAULT_PORT, HOST_VARIABLE, PORT_VARIABLE
from engine.errors import EngineBug

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from engine.cli.session import Session
    from engine.server import StorageServer

SUMMARY: Final = "serve the buckets over HTTP until stopped"
DETAILS: Final = """\
Prints `listening on http://HOST:PORT/storage/v1` as soon as requests are
answered. Ctrl+C or SIGTERM stop it; downloads in flight get a moment to end.

examples:
  %(prog)s
  %(prog)s --port 0 --data-dir ~/buckets"""

_WATCH_S: Final = 1.0
"""How often the server thread is looked after; a stop signal is noticed at once anyway."""


def declare(parser: ArgumentParser) -> None:
    """Add the command's arguments.

    Args:
        parser: Of this command.
    """
    parser.add_argument("--host", help=f"address to listen on (default: {HOST_VARIABLE}, or {DEFAULT_HOST})")
    parser.add_argument(
        "--port",
        type=parse_port,
        help=f"port to listen on, 0 = any free one (default: {PORT_VARIABLE}, or {DEFAULT_PORT})",
    )


def run(session: Session, arguments: Namespace) -> int:
    """Serve until a stop signal comes.

    Args:
        session: Its workspace is served.
        arguments: `host`, `port`.

    Returns:
        0.

    Raises:
        PortUnavailable: The address cannot be listened on.
        EngineBug: The server ended by itself.
    """
    from engine.server import StorageServer  # the other commands need no HTTP server

    settings = session.workspace.settings
    host = settings.host if arguments.host is None else arguments.host
    port = settings.port if arguments.port is None else arguments.port
    if not session.stop.is_set():
        _serve(session, StorageServer(session.workspace, host=host, port=port))
    return 0


def _serve(session: Session, server: StorageServer) -> None:
    session.workspace.watcher.start()
    server.start()
    try:
        _announce(session, server)
        while not session.stop.wait(_WATCH_S):
            if not server.running:
                raise EngineBug("The server ended by itself")
    finally:
        server.stop()


def _announce(session: Session, server: StorageServer) -> None:
    base_url = f"{server.url}/storage/v1"
    if session.console.as_json:
        session.console.document({"url": base_url, "host": server.host, "port": server.port, "pid": os.getpid()})
    else:
        session.console.line(f"listening on {base_url}")
    session.console.flush()
