"""`keys`: the API keys of the HTTP server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from engine.cli.session import Session

SUMMARY: Final = "print the API keys of the server"
DETAILS: Final = """\
The keys are JWTs, signed with the workspace's own secret, or with that in
HOLDALL_JWT_SECRET. `anon` may do what anybody may; `service_role` may do
everything: keep it to yourself.

examples:
  %(prog)s
  %(prog)s --json"""


def declare(parser: ArgumentParser) -> None:
    """Add the command's arguments: none of its own.

    Args:
        parser: Of this command.
    """
    del parser


def run(session: Session, arguments: Namespace) -> int:
    """Print both keys.

    Args:
        session: Its workspace's keys are printed.
        arguments: Nothing of its own.

    Returns:
        0.
    """
    del arguments
    keys = {"anon": session.workspace.keys.anon, "service_role": session.workspace.keys.service_role}
    if session.console.as_json:
        session.console.document(keys)
    else:
        for name, key in keys.items():
            session.console.line(f"{name:<12}  {key}")
    return 0
