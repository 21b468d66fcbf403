"""The audit as the person at this computer reads it: pages, exports, the check of its chain, how long it is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject

from app.bridge.tasks import Fail, Tasks, Ticket
from app.i18n import translate
from engine.access_types import AuditFilter, AuditPage, ChainReport
from engine.audit.export import Form
from engine.workspace import Workspace

if TYPE_CHECKING:
    from app.audit_words import Names

AUDIT_PAGE_ROWS: Final = 200
"""Entries of one page: several screens, a few milliseconds to read."""


@dataclass(frozen=True, slots=True)
class AuditBasics:
    """What a viewer needs beside entries.

    Attributes:
        names: How people are called.
        buckets: Names of the buckets there are now.
        retention_days: For how long entries are kept.
    """

    names: Names
    buckets: tuple[str, ...]
    retention_days: int


class AuditBridge:
    """See the module."""

    def __init__(self, workspace: Workspace, tasks: Tasks) -> None:
        """Args: the workspace, and the lanes."""
        self._workspace = workspace
        self._audit = workspace.audit
        self._own = workspace.context
        self._tasks = tasks

    def basics(self, then: Callable[[AuditBasics], None], otherwise: Fail | None, *, owner: QObject) -> Ticket:
        """Read what a viewer needs; the answer is dropped once `owner` is deleted."""
        return self._tasks.read(lambda _: self._basics(), then, otherwise, owner=owner)

    def page(
        self,
        wanted: AuditFilter,
        cursor: int | None,
        then: Callable[[AuditPage], None],
        otherwise: Fail | None = None,
        *,
        owner: QObject | None = None,
    ) -> Ticket:
        """Read a page of entries, the newest first; see `AuditSource`."""
        return self._tasks.read(lambda _: self._page(wanted, cursor), then, otherwise, owner=owner)

    def export(
        self,
        wanted: AuditFilter,
        target: Path,
        form: Form,
        then: Callable[[int], None],
        otherwise: Fail | None = None,
    ) -> Ticket:
        """Write entries to a file that a person has chosen; calls back with how many."""
        label = translate("AuditBridge", "Exporting the audit")
        return self._tasks.download(
            lambda ticket: self._audit.export(wanted, target, form, self._own, ticket.report, ticket.token),
            then,
            otherwise,
            label=label,
        )

    def verify(self, then: Callable[[ChainReport], None], otherwise: Fail | None = None, *, owner: QObject) -> Ticket:
        """Check that the audit is as it was written; the answer is dropped once `owner` is deleted."""
        return self._tasks.read(
            lambda ticket: self._audit.verify(self._own, ticket.report, ticket.token), then, otherwise, owner=owner
        )

    def keep_for(self, days: int, then: Callable[[None], None], otherwise: Fail | None = None) -> Ticket:
        """Change for how many days entries are kept."""
        return self._tasks.mutate(lambda _: self._audit.set_retention_days(days, self._own), then, otherwise)

    def _basics(self) -> AuditBasics:
        from app.audit_words import Names  # with the first look at the audit

        workspace, own = self._workspace, self._own
        users = {user.id: user.name for user in workspace.users.list(own)}
        return AuditBasics(
            Names(workspace.owner_id, users),
            tuple(bucket.name for bucket in workspace.storage.list_buckets(own)),
            self._audit.retention_days(own),
        )

    def _page(self, wanted: AuditFilter, cursor: int | None) -> AuditPage:
        if cursor is None:
            self._audit.flush()  # what was done a moment ago waits to be written down
        return self._audit.page(wanted, self._own, cursor, AUDIT_PAGE_ROWS)
