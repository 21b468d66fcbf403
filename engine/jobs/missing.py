"""Rows without bytes: into quarantine first, out again when the bytes come back, removed when they stayed away.

Several rows may mean one content; it stays in quarantine until the last of them goes, so that no heir waits anew.
A removed row is written whole into the audit, in the transaction that removes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sqlalchemy import delete, select

from engine import limits
from engine.audit import Audit, Operation
from engine.cancel import CancelToken
from engine.errors import IoError
from engine.failpoints import NO_FAILPOINTS, Failpoint, Failpoints
from engine.files.history import forget
from engine.files.mutations import Mutation, Mutations
from engine.files.quarantine import Problem, Quarantine
from engine.jobs.contents import Bytes, Content, again, object_contents, version_contents
from engine.jobs.survey import Survey
from engine.metadata.executor import Executor, Transaction
from engine.metadata.tables import storage_object_versions, storage_objects, storage_quarantine
from engine.types import RlsContext, StorageObject

_O: Final = storage_objects.c
_V: Final = storage_object_versions.c
_Q: Final = storage_quarantine.c
_SYSTEM: Final = RlsContext.service()


@dataclass(frozen=True, slots=True)
class Missing:
    """A content without bytes.

    Attributes:
        content: Which.
        since_us: When that was first seen.
    """

    content: Content
    since_us: int


class MissingBytes:
    """Looks after rows without bytes.

    Args:
        executor: For rows.
        mutations: For removing rows of history.
        stored: Looks at bytes.
        quarantine: Where such rows are noted.
        audit: Told of everything.
        removed: Told of objects that are removed.
        failpoints: Told of every step.
    """

    def __init__(
        self,
        executor: Executor,
        mutations: Mutations,
        stored: Bytes,
        quarantine: Quarantine,
        audit: Audit,
        removed: Callable[[Sequence[StorageObject]], None],
        failpoints: Failpoints = NO_FAILPOINTS,
    ) -> None:
        self._executor = executor
        self._mutations = mutations
        self._bytes = stored
        self._quarantine = quarantine
        self._audit = audit
        self._removed = removed
        self._failpoints = failpoints

    def returned(self, actor: str, cancel: CancelToken) -> list[Missing]:
        """Take contents out of quarantine whose bytes are there again, in their length; the scrub reads them."""
        found = []
        for missing in self._in_quarantine():
            cancel.raise_if_cancelled()
            if self._is_back(missing.content):
                with self._executor.transaction(_SYSTEM) as tx:
                    if self._quarantine.leave(tx, missing.content.info.version):
                        self._note(tx, actor, Operation.RELEASED, missing.content, {"problem": Problem.MISSING.value})
                found.append(missing)
        with self._executor.transaction(_SYSTEM) as tx:
            self._quarantine.forget_replaced(tx)
        return found

    def note(self, survey: Survey, moment_us: int, actor: str, cancel: CancelToken, *, dry_run: bool) -> list[Missing]:
        """Return those of a survey's suspects that have no bytes, and put them into quarantine.

        Args:
            survey: A whole one.
            moment_us: Now.
            actor: Who asked.
            cancel: Looked at between two batches.
            dry_run: Whether nothing is to be written.
        """
        found: list[Missing] = []
        opener = self._executor.snapshot if dry_run else self._executor.transaction
        for load in _batches(survey):
            cancel.raise_if_cancelled()
            with opener(_SYSTEM) as tx:
                gone = [content for content in load(tx) if self._bytes.are_gone(tx, content)]
                found += [self._entered(tx, content, moment_us, actor, dry_run=dry_run) for content in gone]
        return found

    def remove(self, missing: Sequence[Missing], actor: str, cancel: CancelToken) -> set[str]:
        """Remove rows whose bytes are still not there, and return the versions of those that were removed.

        Raises:
            Cancelled: `cancel` was used; what is removed stays removed.
        """
        removed: set[str] = set()
        for one in missing:
            cancel.raise_if_cancelled()
            if self._mutations.run(_SYSTEM, partial(self._is_removed, missing=one, actor=actor)):
                removed.add(one.content.info.version)
                if one.content.version_id is None:
                    self._removed([one.content.info])
        return removed

    def _entered(self, tx: Transaction, content: Content, moment_us: int, actor: str, *, dry_run: bool) -> Missing:
        """Put a content into quarantine, unless it is there, and return it with the moment since when it is."""
        entry = (_Q.version == content.info.version) & (_Q.reason == Problem.MISSING.value)
        since = tx.execute(select(_Q.since).where(entry)).scalar()
        if since is not None or dry_run:
            return Missing(content, moment_us if since is None else min(int(since), moment_us))
        detail = f"{content.info.size_bytes} bytes are not at {content.key}"
        self._quarantine.enter(tx, content.info, Problem.MISSING, moment_us, detail)
        self._note(tx, actor, Operation.QUARANTINED, content, {"problem": Problem.MISSING.value, "key": content.key})
        self._failpoints.reach(Failpoint.QUARANTINED)
        return Missing(content, moment_us)

    def _is_removed(self, change: Mutation, missing: Missing, actor: str) -> bool:
        """Remove one row if nothing about it has changed."""
        content = again(change.system, missing.content)
        if content is None or not self._bytes.are_gone(change.system, content):
            return False
        detail = _row_detail(change.system, content) | {"since_us": missing.since_us}
        if content.version_id is None:
            change.system.execute(delete(storage_objects).where(_O.id == content.info.id))
            change.tx.changes.deleted([content.info])
        else:
            query = select(_V.id, _V.version, _V.physical_path, _V.journal_id).where(_V.id == content.version_id)
            forget(change, change.system.execute(query).all())
        heir = select(_V.id).where(_V.version == content.info.version).limit(1)
        if change.system.execute(heir).first() is None:
            self._quarantine.leave(change.system, content.info.version)
        self._note(change.system, actor, Operation.ROW_REMOVED, content, detail)
        self._failpoints.reach(Failpoint.ROW_REMOVED)
        return True

    def _in_quarantine(self) -> Iterator[Missing]:
        """Yield what is in quarantine for missing bytes and still meant."""
        query = select(_Q.version, _Q.object_id, _Q.since).where(_Q.reason == Problem.MISSING.value)
        for version, object_id, since in self._executor.execute(query, _SYSTEM):
            with self._executor.snapshot(_SYSTEM) as tx:
                ids = [row[0] for row in tx.execute(select(_V.id).where(_V.version == version))]
                contents = [*object_contents(tx, [object_id]), *version_contents(tx, ids)]
            yield from (Missing(content, since) for content in contents if content.info.version == version)

    def _is_back(self, content: Content) -> bool:
        """Return whether a content has its bytes, by their length."""
        try:
            return self._bytes.size(content) == content.info.size_bytes
        except IoError:
            return False

    def _note(
        self, tx: Transaction, actor: str, operation: Operation, content: Content, detail: dict[str, Any]
    ) -> None:
        """Write an audit entry about a content."""
        self._audit.record(tx, actor, operation, content.info.bucket_id, content.info.path, detail)


def _batches(survey: Survey) -> Iterator[Callable[[Transaction], list[Content]]]:
    """Yield what reads a survey's suspects, so many at a time as are looked at under one lock."""
    size = limits.CLEANUP_BATCH
    for start in range(0, len(survey.objects), size):
        yield partial(object_contents, object_ids=survey.objects[start : start + size])
    for start in range(0, len(survey.versions), size):
        yield partial(version_contents, version_ids=survey.versions[start : start + size])


def _row_detail(tx: Transaction, content: Content) -> dict[str, Any]:
    """Return a whole row as the audit keeps it."""
    if content.version_id is None:
        query = select(storage_objects).where(_O.id == content.info.id)
    else:
        query = select(storage_object_versions).where(_V.id == content.version_id)
    return dict(tx.execute(query).one()._mapping)
