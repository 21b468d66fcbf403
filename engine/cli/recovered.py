"""How the result of a recovery is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.cli.console import Console
from engine.cli.formatting import count_text, size_text

if TYPE_CHECKING:
    from engine.recovery.values import RecoveryReport


def print_report(console: Console, report: RecoveryReport) -> None:
    """Tell what a recovery did.

    Args:
        console: Where.
        report: What it did.
    """
    if console.as_json:
        console.document(_document_of(report))
        return
    for problem in report.problems:
        console.line(f"{problem.where}  ({problem.detail})")
    if report.problem_count > len(report.problems):
        console.line(f"and {report.problem_count - len(report.problems):,} more")
    for line in _lines_of(report):
        console.line(line)


def _lines_of(report: RecoveryReport) -> list[str]:
    known = f"{count_text(report.buckets, 'bucket')}, {count_text(report.objects, 'object')}"
    lines = [f"the database knows {known}, {size_text(report.size_bytes)}"]
    if report.backup:
        newer = count_text(report.taken_in, "newer file")
        lines.append(f"restored from {report.backup}; {newer} taken in")
    if report.versions:
        lines.append(f"old versions and deleted objects taken in: {report.versions:,}")
    if report.problem_count:
        lines.append(f"{count_text(report.problem_count, 'thing')} to look at, listed above")
    if report.set_aside:
        lines.append(f"the old database is kept as {report.set_aside}")
    return lines


def _document_of(report: RecoveryReport) -> dict[str, Any]:
    return {
        "buckets": report.buckets,
        "objects": report.objects,
        "size_bytes": report.size_bytes,
        "taken_in": report.taken_in,
        "versions": report.versions,
        "problem_count": report.problem_count,
        "problems": [problem._asdict() for problem in report.problems],
        "set_aside": str(report.set_aside) if report.set_aside else None,
        "backup": str(report.backup) if report.backup else None,
    }
