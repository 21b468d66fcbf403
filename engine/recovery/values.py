"""What a recovery found out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from engine import limits


class Problem(NamedTuple):
    """One thing that a person should look at.

    Attributes:
        where: `bucket/path` of an object, or a stored file's own path.
        detail: What is the matter with it, and what was done.
    """

    where: str
    detail: str


@dataclass(frozen=True, slots=True)
class RecoveryReport:
    """Result of a recovery.

    Attributes:
        buckets: Buckets that the new database knows.
        objects: Objects that it knows.
        size_bytes: Their bytes.
        taken_in: Files that were taken in because the backup did not know them as they are; all, when there was none.
        problems: The first of what a person should look at.
        problem_count: How many there are in all.
        set_aside: Where the old database is now, or None if there was none.
        backup: The backup that was restored, or None.
        versions: Old versions and deleted objects that were taken in.
    """

    buckets: int
    objects: int
    size_bytes: int
    taken_in: int
    problems: tuple[Problem, ...]
    problem_count: int
    set_aside: Path | None
    backup: Path | None = None
    versions: int = 0


@dataclass(slots=True)
class Findings:
    """What is found on the way; bounded, however much there is."""

    taken_in: int = 0
    versions: int = 0
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0

    def add(self, where: str, detail: str) -> None:
        """Remember a problem, or at least that there was one more."""
        self.problem_count += 1
        if len(self.problems) < limits.RECOVERY_PROBLEMS_MAX:
            self.problems.append(Problem(where, detail))
