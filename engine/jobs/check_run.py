"""What one run of the check has seen, shared by its parts."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine import limits
from engine.backends.base import StoredEntry
from engine.check_types import Finding
from engine.files.records import ObjectRecord
from engine.files.throttle import ProgressMeter


@dataclass(slots=True)
class CheckRun:
    """One run.

    Attributes:
        repair: Whether to put right what can be.
        meter: Counts what is read.
        label: Names the run's folder in `.lost+found`.
        actor: Who asked.
        objects: Rows looked at.
        size_bytes: What they should hold.
        missing: Objects without bytes.
        orphans: Bytes that no row claims, by key.
        findings: What disagrees.
    """

    repair: bool
    meter: ProgressMeter
    label: str
    actor: str
    objects: int = 0
    size_bytes: int = 0
    missing: list[ObjectRecord] = field(default_factory=list)
    orphans: dict[str, StoredEntry] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def is_too_many(self, count: int) -> bool:
        """Return whether so much disagrees that a repair must not take it away."""
        return count > max(limits.REPAIR_REMOVALS_MIN, self.objects * limits.REPAIR_REMOVALS_SHARE)
