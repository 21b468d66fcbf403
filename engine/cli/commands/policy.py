"""`policy`: who may do what, as PostgreSQL's policies."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.cli.documents import policy_document
from engine.errors import InvalidPolicy, InvalidRequest, PolicyNotFound

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Sequence

    from engine.access_types import Policy
    from engine.cli.session import Session

SUMMARY: Final = "list, apply or drop policies: who may do what"
DETAILS: Final = """\
Who is not the service role may do what policies let them, and nothing else.
`apply` runs the CREATE POLICY and DROP POLICY statements of a file, or of
standard input (-), all of them or none; policies of a Supabase project can be
pasted as they are. `list` says what each means, `list --sql` writes such a
file, `list BUCKET` shows what counts in one bucket. A policy that is disabled stays, and counts for nothing.
`explain` says what comes of it all.

examples:
  %(prog)s apply policies.sql
  %(prog)s list photos
  %(prog)s list --sql > policies.sql
  %(prog)s disable 'own folder'
  %(prog)s drop 'own folder' --table objects"""

_STANDARD_INPUT: Final = "-"
_OBJECTS: Final = {"apply": "FILE.sql|-", "drop": "NAME", "enable": "NAME", "disable": "NAME"}
"""What each action takes; `list` may do without its BUCKET."""


def declare(parser: ArgumentParser) -> None:
    """Add the command's arguments.

    Args:
        parser: Of this command.
    """
    parser.add_argument("action", choices=("list", *_OBJECTS), help="what to do")
    what = "the file to apply, the bucket to list, or the name of a policy"
    parser.add_argument("subject", nargs="?", metavar="FILE.sql|BUCKET|NAME", help=what)
    parser.add_argument("--table", choices=("objects", "buckets"), help="of the policy, where two share the name")
    parser.add_argument("--sql", action="store_true", help="with list: as statements that can be applied")
    parser.set_defaults(refuse=parser.error)


def run(session: Session, arguments: Namespace) -> int:
    """List, apply, drop, enable or disable.

    Args:
        session: Where.
        arguments: `action`, `subject`, `table`, `sql`.

    Returns:
        0, or 1 if the statements cannot be applied as they are written.

    Raises:
        PolicyNotFound: There is no such policy.
        PolicyAlreadyExists: A policy of that name is there already.
        BucketNotFound: There is no such bucket.
        InvalidRequest: Two policies have that name.
        SystemExit: The arguments do not fit together (2).
    """
    _check(arguments)
    match arguments.action:
        case "list":
            _list(session, arguments)
        case "apply":
            return _apply(session, arguments.subject)
        case "drop":
            policy = _named(session, arguments)
            session.storage.policies.delete(policy.id, session.context)
            _tell(session, policy, "dropped")
        case action:
            found = _named(session, arguments)
            changed = session.storage.policies.set_enabled(found.id, action == "enable", session.context)
            _tell(session, changed, f"{action}d")
    return 0


def _check(arguments: Namespace) -> None:
    """End with the usage where the arguments do not fit together."""
    wanted = _OBJECTS.get(arguments.action)
    if wanted is not None and not arguments.subject:
        arguments.refuse(f"{arguments.action} takes a {wanted}")
    if arguments.table and arguments.action in ("list", "apply"):
        arguments.refuse(f"--table does not go with {arguments.action}")
    if arguments.sql and (arguments.action != "list" or arguments.json):
        arguments.refuse("--sql goes with list alone, and without --json")


def _list(session: Session, arguments: Namespace) -> None:
    policies = session.storage.policies.list(session.context, arguments.subject)
    if session.console.as_json:
        session.console.array(map(policy_document, policies))
    elif arguments.sql:
        _print_statements(session, policies)
    else:
        _print(session, policies)


def _print(session: Session, policies: Sequence[Policy]) -> None:
    from engine.permissions.language import describe  # brings the database's library

    for policy in policies:
        spec = policy.spec
        kind = "" if spec.permissive else ", holds back"
        state = "" if policy.enabled else ", disabled"
        place = f"bucket {policy.bucket}" if policy.bucket else spec.table.value
        session.console.line(f"{spec.name}  ({spec.command} for {', '.join(spec.roles)}; {place}{kind}{state})")
        session.console.line(f"    {describe(spec, policy.bucket)}")


def _print_statements(session: Session, policies: Sequence[Policy]) -> None:
    """Print statements; what is disabled stands there as a comment, since no statement says so."""
    from engine.permissions.language import to_sql  # brings the database's library

    for policy in policies:
        statement = to_sql(policy.spec, policy.bucket)
        for line in statement.splitlines():
            session.console.line(line if policy.enabled else f"-- disabled: {line}")


def _apply(session: Session, source: str) -> int:
    text = sys.stdin.read() if source == _STANDARD_INPUT else _text_of(Path(source))
    try:
        changes = session.storage.policies.apply(text, session.context)
    except InvalidPolicy as error:
        session.console.error_in_text(error, "standard input" if source == _STANDARD_INPUT else source, text)
        return 1
    if session.console.as_json:
        documents = {"created": changes.created, "dropped": changes.dropped}
        session.console.document({name: [*map(policy_document, found)] for name, found in documents.items()})
        return 0
    for verb, found in (("dropped", changes.dropped), ("created", changes.created)):
        for policy in found:
            _tell(session, policy, verb)
    return 0


def _text_of(path: Path) -> str:
    """Return what a file says.

    Raises:
        InvalidRequest: It is no text.
        OSError: It cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidRequest("The file is not UTF-8 text", path=str(path)) from error


def _named(session: Session, arguments: Namespace) -> Policy:
    """Return the policy of a name.

    Raises:
        PolicyNotFound: There is none.
        InvalidRequest: Both tables have one.
    """
    found = [
        policy
        for policy in session.storage.policies.list(session.context)
        if policy.spec.name == arguments.subject and arguments.table in (None, policy.spec.table.value)
    ]
    if not found:
        raise PolicyNotFound(f"There is no policy {arguments.subject!r}", hint="`policy list` shows all.")
    if len(found) > 1:
        raise InvalidRequest(
            f"Two policies are called {arguments.subject!r}", hint="Say which: --table objects, or --table buckets"
        )
    return found[0]


def _tell(session: Session, policy: Policy, verb: str) -> None:
    if session.console.as_json:
        session.console.document({verb: policy_document(policy)})
        return
    where = f"bucket {policy.bucket}" if policy.bucket else policy.spec.table.value
    session.console.line(f"{verb} policy {policy.spec.name!r} on {where}")
