"""`check`: do metadata and bytes agree?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.check_types import CheckReport, Finding
from engine.cli.documents import finding_document
from engine.cli.formatting import count_text, size_text
from engine.cli.totals import Stopped, counted, sum_of
from engine.types import TreeSize

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from engine.cli.session import Session

SUMMARY: Final = "compare the stored bytes with what is known of them"
DETAILS: Final = """\
Reads every stored file. `missing`: an object without its bytes; `damaged`:
the bytes are not those that were stored; `orphaned`: bytes that belong to no
object; `audit`: the audit is not as it was written, from this entry on.
Exit code 1 if anything is left that is not repaired.

examples:
  %(prog)s
  %(prog)s --repair"""


def declare(parser: ArgumentParser) -> None:
    """Add the command's arguments.

    Args:
        parser: Of this command.
    """
    parser.add_argument("--repair", action="store_true", help="put right what can be put right")


def run(session: Session, arguments: Namespace) -> int:
    """Compare, and repair if asked to.

    Args:
        session: What to look at.
        arguments: `repair`.

    Returns:
        0 if nothing is left to mend, else 1.

    Raises:
        Cancelled: Ctrl+C came.
    """

    def count(stopped: Stopped) -> TreeSize:
        buckets = session.storage.list_buckets(session.context)
        return sum_of((session.storage.tree_size(bucket.name, "", session.context) for bucket in buckets), stopped)

    with session.work(counted(count)) as work:
        report = session.storage.check(
            session.context, repair=arguments.repair, progress=work.progress, cancel=work.cancel
        )
    if session.console.as_json:
        session.console.document(_document_of(report))
    else:
        _print(session, report)
    return 0 if report.clean else 1


def _document_of(report: CheckReport) -> dict[str, object]:
    return {
        "clean": report.clean,
        "objects": report.objects,
        "size_bytes": report.size_bytes,
        "findings": [finding_document(finding) for finding in report.findings],
    }


def _print(session: Session, report: CheckReport) -> None:
    for finding in report.findings:
        session.console.line(f"{_verdict_of(finding):<18}  {finding.where}  ({finding.detail})")
    checked = f"checked {count_text(report.objects, 'object')}, {size_text(report.size_bytes)}"
    if not report.findings:
        session.console.line(f"{checked}: all is well")
        return
    repaired = sum(finding.repaired for finding in report.findings)
    session.console.line(f"{checked}: {count_text(len(report.findings), 'problem')}, {repaired:,} repaired")


def _verdict_of(finding: Finding) -> str:
    return f"{finding.kind}, repaired" if finding.repaired else str(finding.kind)
