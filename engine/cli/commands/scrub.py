"""`scrub`: are the stored bytes still those that were stored? In the background, or now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engine.cli.formatting import count_text, size_text, utc_time_text
from engine.cli.totals import counted
from engine.files.throttle import ProgressMeter

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from engine.cli.session import Session
    from engine.files.quarantine import Quarantined
    from engine.scrub_types import ScrubState

SUMMARY: Final = "say which stored bytes are damaged, or read them all again now"
DETAILS: Final = """\
While Holdall is open, all stored bytes are read again once in thirty days
(HOLDALL_SCRUB_INTERVAL_S), slowly (HOLDALL_SCRUB_BYTES_PER_S, 0: not at all).
An interrupted pass goes on where it stopped, unless that is set to 0. Damaged
objects are listed here and stay readable. --now makes a whole pass at full
speed. Exit code 1 if something is missing or damaged.

examples:
  %(prog)s
  %(prog)s --now"""


def declare(parser: ArgumentParser) -> None:
    """Add the command's arguments.

    Args:
        parser: Of this command.
    """
    parser.add_argument("--now", action="store_true", help="read everything now, at full speed")


def run(session: Session, arguments: Namespace) -> int:
    """Make a pass if asked to, and say what is known.

    Args:
        session: What to read.
        arguments: `now`.

    Returns:
        0 if nothing is missing or damaged, else 1.

    Raises:
        Cancelled: Ctrl+C came; the pass goes on by itself later, where passes do.
    """
    house = session.workspace.housekeeping
    if arguments.now:
        _read_all(session)
    state, quarantined = house.scrub.state(), house.quarantine.list()
    if session.console.as_json:
        session.console.document(_document_of(state, quarantined))
    else:
        _print(session, state, quarantined)
    return 1 if quarantined else 0


def _read_all(session: Session) -> None:
    scrub = session.workspace.housekeeping.scrub
    with session.work(counted(lambda _: scrub.total())) as work:
        meter = ProgressMeter(work.progress, work.cancel)
        scrub.run(session.context, meter, work.cancel)


def _document_of(state: ScrubState | None, quarantined: tuple[Quarantined, ...]) -> dict[str, Any]:
    return {
        "began_at": state and utc_time_text(state.began_at),
        "ended_at": utc_time_text(state.ended_at) if state and state.ended_at else None,
        "contents": state.contents if state else 0,
        "size_bytes": state.size_bytes if state else 0,
        "quarantine": [_entry_document(entry) for entry in quarantined],
    }


def _entry_document(entry: Quarantined) -> dict[str, Any]:
    return {
        "where": entry.where,
        "version": entry.version,
        "since": utc_time_text(entry.since),
        "problem": str(entry.problem),
        "detail": entry.detail,
    }


def _print(session: Session, state: ScrubState | None, quarantined: tuple[Quarantined, ...]) -> None:
    for entry in quarantined:
        session.console.line(f"{entry.problem:<7}  {entry.where}  ({entry.detail})")
    if state is None:
        session.console.line("nothing was read again yet")
        return
    how_far = f"{count_text(state.contents, 'content')}, {size_text(state.size_bytes)}"
    if state.ended_at is None:
        goes_on = session.workspace.housekeeping.scrub.goes_on_by_itself
        end = "to be continued" if goes_on else "interrupted: --now begins anew"
        session.console.line(f"read {how_far} since {utc_time_text(state.began_at)}; {end}")
        return
    verdict = f"{count_text(len(quarantined), 'problem')}" if quarantined else "all is well"
    session.console.line(f"read {how_far} until {utc_time_text(state.ended_at)}: {verdict}")
