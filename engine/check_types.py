"""Values of a check: what was read and what disagreed."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class FindingKind(StrEnum):
    """What `check` can find."""

    MISSING = "missing"
    ORPHANED = "orphaned"
    DAMAGED = "damaged"
    AUDIT = "audit"


@dataclass(frozen=True, slots=True)
class Finding:
    """One disagreement between metadata and bytes.

    Attributes:
        where: `bucket/path` of the object, the stored file's own path for an orphan, or `entry 7` of the audit.
        repaired: Whether this run put it right.
    """

    kind: FindingKind
    where: str
    detail: str
    repaired: bool = False


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Result of `check`: what was read and what disagreed."""

    objects: int
    size_bytes: int
    findings: tuple[Finding, ...] = field(default=())

    @property
    def clean(self) -> bool:
        """Return whether nothing is left to mend."""
        return all(finding.repaired for finding in self.findings)
