"""`keys`: the API keys of the HTTP server, and their replacement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.cli.addresses import parse_overlap
from engine.cli.formatting import local_time_text, utc_time_text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from engine.cli.session import Session

SUMMARY: Final = "print the API keys of the server, or replace them"
DETAILS: Final = """\
The keys are JWTs, signed with the workspace's own secret, or with that in
HOLDALL_JWT_SECRET. `anon` may do what anybody may; `service_role` may do
everything: keep it to yourself.

--rotate makes new secrets for tokens and links and prints the new keys. What
was signed with the old ones works until the overlap is over; --overlap 0 ends
all keys, tokens and links at once. Running servers follow by themselves.

examples:
  %(prog)s
  %(prog)s --json
  %(prog)s --rotate --overlap 604800"""

_DEFAULT_OVERLAP_S: Final = 24 * 3600


def declare(parser: ArgumentParser) -> None:
    """Add the command's arguments.

    Args:
        parser: Of this command.
    """
    parser.add_argument("--rotate", action="store_true", help="replace the keys first")
    parser.add_argument(
        "--overlap",
        type=parse_overlap,
        metavar="SECONDS",
        help=f"how long the old ones still work (default: {_DEFAULT_OVERLAP_S})",
    )
    parser.set_defaults(refuse=parser.error)


def run(session: Session, arguments: Namespace) -> int:
    """Replace the keys if asked to, and print both.

    Args:
        session: Its workspace's keys are printed.
        arguments: `rotate`, `overlap`.

    Returns:
        0.

    Raises:
        InvalidRequest: The secret comes from the environment, or the overlap is too long.
        SecretsUnavailable: The new secrets cannot be kept; nothing has changed.
        SystemExit: There is an overlap, but nothing is replaced (2).
    """
    if arguments.overlap is not None and not arguments.rotate:
        arguments.refuse("--overlap goes with --rotate")
    extra: dict[str, str] = {}
    if arguments.rotate:
        overlap_s = _DEFAULT_OVERLAP_S if arguments.overlap is None else arguments.overlap
        until = session.workspace.signing_keys.rotate(session.context, overlap_s)
        extra = {"old_until": utc_time_text(until)}
        if not session.console.as_json:
            session.console.note(f"the old keys, tokens and links work until {local_time_text(until)}")
    keys = {"anon": session.workspace.keys.anon, "service_role": session.workspace.keys.service_role}
    if session.console.as_json:
        session.console.document(keys | extra)
    else:
        for name, key in keys.items():
            session.console.line(f"{name:<12}  {key}")
    return 0
