"""`user`: people who are known here, to mint tokens for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from engine.cli.addresses import parse_claims
from engine.cli.documents import user_document

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from engine.access_types import User
    from engine.cli.session import Session

SUMMARY: Final = "add, list or remove people to mint tokens for"
DETAILS: Final = """\
A user has a role, which policies are written for, and may have claims, which
policies can read (`auth.jwt() ->> 'team'`). `token --user NAME` mints a token.
remove ends all tokens that were minted for the user; what they own stays.
With --password-stdin the password is the first line of standard input.

examples:
  %(prog)s add alice --claims '{"email": "alice@example.com"}'
  %(prog)s add bob --role editor --id 7b0c5a5e-8a3c-4b8e-9d3f-2f6b8f0d1c11
  %(prog)s list
  %(prog)s remove alice"""

_OF_ADD: Final = ("role", "id", "claims", "password_stdin")


def declare(parser: ArgumentParser) -> None:
    """Add the command's arguments.

    Args:
        parser: Of this command.
    """
    parser.add_argument("action", choices=("add", "list", "remove"), help="what to do")
    parser.add_argument("name", nargs="?", metavar="NAME", help="whom; an id where they are known already")
    parser.add_argument("--role", help="role of their tokens (default: authenticated)")
    parser.add_argument("--id", metavar="UUID", help="theirs from elsewhere (default: a new one)")
    parser.add_argument("--claims", type=parse_claims, metavar="JSON", help="what their tokens say beside that")
    parser.add_argument("--password-stdin", action="store_true", default=None, help="read a password")
    parser.set_defaults(refuse=parser.error)


def run(session: Session, arguments: Namespace) -> int:
    """Add, list or remove.

    Args:
        session: Where.
        arguments: `action`, `name`, `role`, `id`, `claims`, `password_stdin`.

    Returns:
        0.

    Raises:
        UserAlreadyExists: The name or the id is taken.
        UserNotFound: There is no such user.
        InvalidRequest: Name, role, id, claims or password cannot be.
        SystemExit: The arguments do not fit together (2).
    """
    _check(arguments)
    if arguments.action == "list":
        _list(session)
    elif arguments.action == "add":
        _add(session, arguments)
    else:
        session.workspace.users.remove(arguments.name, session.context)
        _tell(session, {"removed": arguments.name}, f"removed user {arguments.name}")
    return 0


def _check(arguments: Namespace) -> None:
    """End with the usage where the arguments do not fit together."""
    if (arguments.name is None) != (arguments.action == "list"):
        arguments.refuse(f"{arguments.action} takes {'no' if arguments.action == 'list' else 'a'} NAME")
    given = [option for option in _OF_ADD if getattr(arguments, option) is not None]
    if given and arguments.action != "add":
        arguments.refuse(f"--{given[0].replace('_', '-')} goes with add alone")


def _list(session: Session) -> None:
    users = session.workspace.users.list(session.context)
    if session.console.as_json:
        session.console.array(map(user_document, users))
        return
    width = max((len(user.role) for user in users), default=0)
    for user in users:
        session.console.line(f"{user.id}  {user.role:<{width}}  {user.name}")


def _add(session: Session, arguments: Namespace) -> None:
    password = sys.stdin.readline().rstrip("\r\n") if arguments.password_stdin else None
    added: User = session.workspace.users.add(
        arguments.name,
        session.context,
        role=arguments.role or "authenticated",
        claims=arguments.claims,
        password=password,
        user_id=arguments.id,
    )
    _tell(session, user_document(added), f"added user {added.name}, {added.id}")


def _tell(session: Session, document: dict[str, object], line: str) -> None:
    if session.console.as_json:
        session.console.document(document)
    else:
        session.console.line(line)
