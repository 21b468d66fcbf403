"""`token`: bearer tokens of the HTTP server: mint one, list what was minted, end one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from engine.cli.addresses import parse_claims, parse_seconds
from engine.cli.documents import token_document
from engine.cli.formatting import local_time_text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from engine.access_types import IssuedToken, TokenInfo
    from engine.cli.session import Session

SUMMARY: Final = "mint a bearer token for the server, list them, or end one"
DETAILS: Final = """\
The token is printed once and kept nowhere; what is remembered is its id, by
which it can be ended before its time, at once and for running servers too.
--user takes id, role and claims of a user (see `user`).

examples:
  %(prog)s --user alice --expires 86400
  %(prog)s --sub 7b0c5a5e-8a3c-4b8e-9d3f-2f6b8f0d1c11 --role authenticated
  %(prog)s --role editor --claims '{"team": "blue"}'
  %(prog)s list
  %(prog)s revoke 0193b3a0-5f0e-7c1a-8b1d-3f6a2b9c4d5e"""

_DEFAULT_EXPIRES_S: Final = 3600
_OF_MINT: Final = ("sub", "role", "claims", "expires")


def declare(parser: ArgumentParser) -> None:
    """Add the command's arguments.

    Args:
        parser: Of this command.
    """
    parser.add_argument("action", nargs="?", choices=("list", "revoke"), help="instead of minting one")
    parser.add_argument("id", nargs="?", metavar="ID", help="with revoke: which")
    parser.add_argument("--user", metavar="NAME", help="for this user; with list: only theirs")
    parser.add_argument("--sub", metavar="ID", help="for whoever has this id")
    parser.add_argument("--role", help="role of its holder (default: authenticated)")
    parser.add_argument("--claims", type=parse_claims, metavar="JSON", help="what it says beside that")
    parser.add_argument(
        "--expires", type=parse_seconds, metavar="SECONDS", help=f"how long it works (default: {_DEFAULT_EXPIRES_S})"
    )
    parser.set_defaults(refuse=parser.error)


def run(session: Session, arguments: Namespace) -> int:
    """Mint, list or revoke.

    Args:
        session: Where.
        arguments: `action`, `id`, `user`, `sub`, `role`, `claims`, `expires`.

    Returns:
        0.

    Raises:
        UserNotFound: There is no such user.
        TokenNotFound: There is no such token.
        InvalidRequest: Role, subject, claims or life cannot be.
        SystemExit: The arguments do not fit together (2).
    """
    _check(arguments)
    if arguments.action == "list":
        _list(session, arguments.user)
    elif arguments.action == "revoke":
        session.workspace.tokens.revoke(arguments.id, session.context)
        if session.console.as_json:
            session.console.document({"revoked": arguments.id})
        else:
            session.console.line(f"ended token {arguments.id}")
    else:
        _print(session, _minted(session, arguments))
    return 0


def _check(arguments: Namespace) -> None:
    """End with the usage where the arguments do not fit together."""
    given = {option for option in _OF_MINT if getattr(arguments, option) is not None}
    if (arguments.id is not None) != (arguments.action == "revoke"):
        arguments.refuse("revoke takes the ID of a token, and nothing else does")
    if arguments.action is not None and given:
        arguments.refuse(f"--{min(given)} is for a new token alone")
    if arguments.action == "revoke" and arguments.user is not None:
        arguments.refuse("revoke takes the ID of a token alone")
    if arguments.action is None and arguments.user is not None and given - {"expires"}:
        arguments.refuse("--user has an id, a role and claims of their own")
    if arguments.action is None and arguments.user is None and not given & {"sub", "role"}:
        arguments.refuse("for whom? --user NAME, --sub ID, or --role ROLE for nobody in particular")


def _minted(session: Session, arguments: Namespace) -> IssuedToken:
    workspace, expires_in_s = session.workspace, arguments.expires or _DEFAULT_EXPIRES_S
    if arguments.user is not None:
        user = workspace.users.get(arguments.user, session.context)
        return workspace.tokens.mint_for(user, session.context, expires_in_s)
    return workspace.tokens.mint(
        session.context,
        sub=arguments.sub,
        role=arguments.role or "authenticated",
        claims=arguments.claims,
        expires_in_s=expires_in_s,
    )


def _print(session: Session, minted: IssuedToken) -> None:
    if session.console.as_json:
        session.console.document({"token": minted.token, **token_document(minted.info)})
    else:
        session.console.line(minted.token)


def _list(session: Session, user: str | None) -> None:
    whose = None if user is None else session.workspace.users.get(user, session.context).id
    tokens = session.workspace.tokens.list(session.context, whose)
    if session.console.as_json:
        session.console.array(map(token_document, tokens))
        return
    for info in tokens:
        session.console.line(f"{info.id}  {_state_of(info)}  {info.role}  {info.user_id or ''}".rstrip())


def _state_of(info: TokenInfo) -> str:
    """Return in a few words of one width whether a token counts."""
    if info.revoked_at is not None:
        return f"ended   {local_time_text(info.revoked_at)}"
    if info.expires_at is None:
        return f"{'lasting':<24}"
    word = "expired" if info.expires_at <= datetime.now(UTC) else "until"
    return f"{word:<7} {local_time_text(info.expires_at)}"
