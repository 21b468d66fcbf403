"""`keys`: the API keys of the HTTP server, and their replacement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.cli.addresses import parse_overlap
from engine.cli.documents import key_document
from engine.cli.formatting import local_time_text, utc_time_text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from engine.access_types import KeyInfo
    from engine.cli.session import Session

SUMMARY: Final = "print the API keys of the server, list the keys that count, or replace them"
DETAILS: Final = """\
The keys are JWTs, signed with the workspace's own secret, or with that in
HOLDALL_JWT_SECRET. `anon` may do what anybody may; `service_role` may do
everything: keep it to yourself.

--rotate makes new secrets for tokens and links and prints the new keys. What
was signed with the old ones works until the overlap is over; --overlap 0 ends
all keys, tokens and links at once. Running servers follow by themselves.

--list tells which keys tokens and links may be signed with now: the workspace's
own, replaced ones until their time is over, and those of others' files. Of the
keys themselves nothing is told.

examples:
  %(prog)s
  %(prog)s --json
  %(prog)s --list
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
    parser.add_argument("--list", action="store_true", help="tell which keys count instead, and until when")
    parser.set_defaults(refuse=parser.error)


def run(session: Session, arguments: Namespace) -> int:
    """Replace the keys if asked to, and print both; or list those that count.

    Args:
        session: Its workspace's keys are printed.
        arguments: `rotate`, `overlap`, `list`.

    Returns:
        0.

    Raises:
        InvalidRequest: The secret comes from the environment, or the overlap is too long.
        SecretsUnavailable: The new secrets cannot be kept; nothing has changed.
        SystemExit: There is an overlap, but nothing is replaced; or a list is asked for as well (2).
    """
    if arguments.list and arguments.rotate:
        arguments.refuse("--list and --rotate are two things")
    if arguments.overlap is not None and not arguments.rotate:
        arguments.refuse("--overlap goes with --rotate")
    if arguments.list:
        _list(session)
        return 0
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


def _list(session: Session) -> None:
    """Tell which keys count."""
    found = session.workspace.key_ring.list(session.context)
    if session.console.as_json:
        session.console.document({"keys": [key_document(key) for key in found]})
        return
    for key in found:
        session.console.line(_line(key))


def _line(key: KeyInfo) -> str:
    signs = "links" if key.signs_links else "tokens"
    ends = "until it is replaced" if not key.source else "as long as it is given"
    if key.until is not None:
        ends = f"until {local_time_text(key.until)}"
    since = "" if key.since is None else f"since {local_time_text(key.since)}, "
    source = key.source or "this workspace"
    return f"{signs:<6}  {key.algorithm or 'no key that can be used'}  {key.key_id or '-'}  {since}{ends}  ({source})"
