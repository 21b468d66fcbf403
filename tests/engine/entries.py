"""What the tests share that look into the audit."""

from __future__ import annotations

from engine.access_types import AuditEntry
from engine.audit import Audit


def by_jobs(audit: Audit, count: int) -> tuple[AuditEntry, ...]:
    """Return what jobs wrote last, the newest first: not what callers did."""
    entries = [entry for entry in audit.newest(1000) if not entry.operation.startswith(("storage.", "audit."))]
    return tuple(entries[:count])
