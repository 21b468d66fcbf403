"""`explain`: why somebody may do something, or may not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engine.cli.addresses import Address, parse_claims, parse_mime_type, parse_object_address, parse_size
from engine.cli.documents import explanation_document
from engine.context import RlsContext, Role
from engine.move_types import Target

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from engine.access_types import Culprit, Explanation, PolicyVerdict
    from engine.cli.session import Session

SUMMARY: Final = "tell why somebody may do something with an object, or may not"
DETAILS: Final = """\
Asks the policies as the server would, changes nothing, and prints the answer
and what each policy says: \u2713 met, \u2717 not met, - not about this at all. Below a
policy stands the part of it that decided, and what it came to. An object that
is not there is asked about as it would be; --size and --type say more of it.
With --to it is asked whether the object may be moved there (update) or copied
there (insert), which policies at both ends decide: those that look at it as it
would be there say "at the target". What stands there already is not asked.
Exit code 0 if it is allowed, 1 if not.

examples:
  %(prog)s --as anon select photos/cat.jpg
  %(prog)s --as 7b0c5a5e-8a3c-4b8e-9d3f-2f6b8f0d1c11 update photos/cat.jpg
  %(prog)s --as bob --role editor --claims '{"team": "blue"}' insert work/a.txt
  %(prog)s --as bob insert photos/new.png --size 2MB --type image/png
  %(prog)s --as bob update photos/cat.jpg --to archive/2026/cat.jpg"""

_COMMANDS: Final = ("select", "insert", "update", "delete")
_ANON: Final = "anon"


def declare(parser: ArgumentParser) -> None:
    """Add the command's arguments.

    Args:
        parser: Of this command.
    """
    whom = "who: the id of a user (`sub` of their tokens), or anon for somebody who is not signed in"
    parser.add_argument("command", choices=_COMMANDS, help="what they want to do with the object")
    parser.add_argument("target", type=parse_object_address, metavar="BUCKET/PATH", help="the object")
    parser.add_argument("--as", dest="subject", required=True, metavar="SUB|anon", help=whom)
    parser.add_argument("--role", help="in which role (default: authenticated; for anon: anon)")
    parser.add_argument("--claims", type=parse_claims, metavar="JSON", help="what else their token says")
    parser.add_argument(
        "--to",
        dest="goal",
        type=parse_object_address,
        metavar="BUCKET/PATH",
        help="where it is to go: moved by update, copied by insert",
    )
    parser.add_argument("--size", type=parse_size, metavar="SIZE", help="how large the object would be, such as 20MB")
    parser.add_argument("--type", type=parse_mime_type, metavar="TYPE", help="of which MIME type it would be")


def run(session: Session, arguments: Namespace) -> int:
    """Tell the answer and where it comes from.

    Args:
        session: Whose policies are asked.
        arguments: `command`, `target`, `goal`, `subject`, `role`, `claims`, `size`, `type`.

    Returns:
        0 if it is allowed, 1 if not.

    Raises:
        BucketNotFound: There is no such bucket, at either end.
        InvalidRequest: What is only read or deleted goes nowhere.
    """
    from engine.permissions.rows import Command  # this brings the database's library

    target: Address = arguments.target
    goal: Address | None = arguments.goal
    explanation = session.storage.policies.explain(
        _subject_of(arguments),
        Command[arguments.command.upper()],
        target.bucket,
        target.path,
        session.context,
        metadata=_metadata_of(arguments),
        target=None if goal is None else Target(goal.path, goal.bucket),
    )
    if session.console.as_json:
        session.console.document(explanation_document(explanation))
    else:
        _print(session, explanation)
    return 0 if explanation.allowed else 1


def _subject_of(arguments: Namespace) -> RlsContext:
    """Return who it is about, as a token of theirs would say."""
    user_id = None if arguments.subject == _ANON else arguments.subject
    role = arguments.role or (Role.ANON if user_id is None else Role.AUTHENTICATED).value
    claims: dict[str, Any] = {**(arguments.claims or {}), "role": role}
    if user_id is not None:
        claims["sub"] = user_id
    return RlsContext(user_id, role, claims, can_bypass_rls=role == Role.SERVICE)


def _metadata_of(arguments: Namespace) -> dict[str, Any]:
    said = {"contentLength": arguments.size, "mimetype": arguments.type}
    return {name: value for name, value in said.items() if value is not None}


def _print(session: Session, explanation: Explanation) -> None:
    session.console.line(f"{'allowed' if explanation.allowed else 'denied'}: {explanation.reason}")
    for verdict in explanation.verdicts:
        session.console.line(_line(verdict))
        for culprit in verdict.culprits:
            session.console.line(f"      {_culprit_text(culprit)}")


def _line(verdict: PolicyVerdict) -> str:
    policy = verdict.policy
    roles = ", ".join(policy.spec.roles)
    said = f"{policy.spec.name}  ({policy.spec.command} for {roles}"
    if not policy.spec.permissive:
        said += ", holds back"
    if not policy.enabled:
        said += ", disabled"
    if not verdict.applies:
        return f"  -  {said})"
    mark = "\u2713" if verdict.result else "\u2717"
    end = " at the target" if verdict.at_target else ""
    return f"  {mark}  {said}; {verdict.clause}{end})"


def _culprit_text(culprit: Culprit) -> str:
    return f"{' '.join(culprit.text.split())}  is {culprit.value}"
