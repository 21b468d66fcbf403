"""Puts together what keeps house in a workspace: cleanup, expiry, scrub, and when each has its turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from engine.audit import Audit, Chain
from engine.backends.base import StorageBackend
from engine.config import Settings
from engine.failpoints import NO_FAILPOINTS, Failpoints
from engine.files.mutations import Mutations
from engine.files.quarantine import Quarantine
from engine.files.resumable.abandoned import AbandonedUploads
from engine.files.settle import Settler
from engine.jobs.caution import Caution
from engine.jobs.cleanup import Cleanup, Graces
from engine.jobs.contents import Bytes
from engine.jobs.expiry import Expiry
from engine.jobs.missing import MissingBytes
from engine.jobs.orphans import Orphans
from engine.jobs.scheduler import Job
from engine.jobs.scrub import Scrub
from engine.jobs.survey import Surveyor
from engine.jobs.verdicts import Verdicts
from engine.metadata.executor import Executor
from engine.observability.counts import Counter
from engine.observability.meters import ORPHANS
from engine.outbox.pruning import Pruning
from engine.permissions.rules import PermissionChecker
from engine.times import now_us
from engine.types import StorageObject

_LOOK_S: Final = 15 * 60
"""How often it is looked at least whether a run is due: a computer that sleeps at night counts no hours."""

_EXPIRY_S: Final = 3600
"""How often old versions, trash and events are looked through; what is kept of them is counted in days."""

_ABANDONED_S: Final = 3600
"""How often resumable uploads are looked for that nobody goes on with; they wait a day."""

_FIRST_CLEANUP_S: Final = 120.0
"""After the start; a survey of everything is not what a person opens a window for."""

_FIRST_SCRUB_S: Final = 300.0
"""Likewise."""


@dataclass(frozen=True, slots=True)
class Premises:
    """What is to be kept in order.

    Attributes:
        executor: For rows.
        backend: For bytes.
        settler: For open work.
        mutations: The commit protocol.
        permissions: Who may.
        quarantine: Contents without sound bytes.
        removed: Told of objects that are removed.
        chain: What entries of the audit follow from.
        failpoints: Told of every step.
        orphans_total: Counts orphaned files that are found.
    """

    executor: Executor
    backend: StorageBackend
    settler: Settler
    mutations: Mutations
    permissions: PermissionChecker
    quarantine: Quarantine
    removed: Callable[[Sequence[StorageObject]], None]
    chain: Chain
    failpoints: Failpoints = NO_FAILPOINTS
    orphans_total: Counter = field(default_factory=lambda: Counter(ORPHANS))


class Housekeeping:
    """The jobs of one workspace.

    Args:
        settings: How often, and how long to wait.
        premises: What is to be kept in order.
        now: The present moment, in microseconds since 1970, UTC.
        believed: The moment by which things are old enough to be removed for good; `now` unless given.

    Attributes:
        premises: What is kept in order.
        orphans_total: How many orphaned files were found since the workspace was opened.
        audit: What was removed.
        cleanup: Files without rows, rows without files.
        quarantine: What has no sound bytes.
        scrub: Reads everything again.
    """

    def __init__(
        self,
        settings: Settings,
        premises: Premises,
        now: Callable[[], int] = now_us,
        believed: Callable[[], int] | None = None,
    ) -> None:
        executor, backend, settler = premises.executor, premises.backend, premises.settler
        stored, failpoints = Bytes(backend, settler), premises.failpoints
        self._settings = settings
        self.premises = premises
        self.orphans_total = premises.orphans_total
        self.audit = Audit(executor, premises.chain, now)
        self.quarantine = premises.quarantine
        self._abandoned = AbandonedUploads(executor, backend, believed or now)
        self._expiry = Expiry(executor, premises.mutations, believed or now, failpoints)
        self._events = Pruning(executor, believed or now)
        self.cleanup = Cleanup(
            executor,
            backend,
            settler,
            premises.permissions,
            Surveyor(executor, backend),
            Orphans(executor, backend, settler, self.audit, self.orphans_total, failpoints),
            MissingBytes(
                executor, premises.mutations, stored, premises.quarantine, self.audit, premises.removed, failpoints
            ),
            Caution(executor, backend),
            self._abandoned,
            self.audit,
            Graces(settings.cleanup_interval_s, settings.orphan_grace_s, settings.missing_grace_s),
            now,
            believed or now,
            failpoints,
        )
        self.scrub = Scrub(
            executor,
            Verdicts(executor, stored, premises.quarantine, self.audit, now, failpoints),
            premises.permissions,
            settings.data_dir / ".scrub.lock",
            settings.scrub_bytes_per_s,
            settings.scrub_interval_s,
            now,
            failpoints,
        )

    def jobs(self) -> list[Job]:
        """Return what is short enough to share a thread."""
        jobs = [
            Job("expiry", _EXPIRY_S, self._expiry.run),
            Job("abandoned", _ABANDONED_S, self._abandoned.sweep),
            Job("events", _EXPIRY_S, self._events.run),
        ]
        interval_s = self._settings.cleanup_interval_s
        if interval_s:
            jobs.append(Job("cleanup", min(interval_s, _LOOK_S), self.cleanup.run_if_due, _FIRST_CLEANUP_S))
        return jobs

    def long_jobs(self) -> list[Job]:
        """Return what takes hours, and a thread of its own."""
        return [Job("scrub", _LOOK_S, self.scrub.run_if_due, _FIRST_SCRUB_S)]
