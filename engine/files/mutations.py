"""The commit protocol: one metadata transaction, the commit point, with the files following after it.

1. Bytes are staged and durable (`engine.backends`).
2. **Commit**: rows and journal records in one transaction. From here on the change is done.
3. The files follow (`Settler`). If that fails, or the process dies, readers still find the bytes in staging, and
   the next start, or the next change of the same objects, rolls the work forward.

A change first settles what is still open on the rows that it touches, so that no two pieces of file work on one object
ever wait at the same time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

from engine.backends.base import StorageBackend
from engine.errors import StorageError
from engine.failpoints import NO_FAILPOINTS, Failpoint, Failpoints
from engine.files.journal import SLICE, Journal, JournalKind, Publication
from engine.files.settle import Settler
from engine.metadata.executor import Executor, Transaction
from engine.times import now_us
from engine.types import Bucket, RlsContext

_logger = logging.getLogger(__name__)
_SYSTEM: Final = RlsContext.service()
_T = TypeVar("_T")


class _PendingWork(Exception):
    """The change must wait for file work that is still open."""

    def __init__(self, journal_ids: list[int]) -> None:
        super().__init__()
        self.journal_ids = journal_ids


class Mutation:
    """One transaction of one caller, and the file work that it will leave behind.

    Attributes:
        tx: Statements under the caller's row rules.
        system: Statements that see everything.
        journal_ids: Records of the work that is left.
        failpoints: Told of every step.
        publications: What the `publish` records among them are about.
        moment_us: When it happens, the same for everything that it changes.
    """

    def __init__(self, tx: Transaction, journal: Journal, staging: str, failpoints: Failpoints) -> None:
        self.tx = tx
        self.system = tx.as_caller(_SYSTEM)
        self._journal = journal
        self._staging = staging
        self.failpoints = failpoints
        self.journal_ids: list[int] = []
        self.publications: dict[int, Sequence[Publication]] = {}
        self.moment_us = now_us()

    def within(self, bucket: Bucket) -> None:
        """Let the caller's statements be about the objects of one bucket from here on, and no other's."""
        self.tx = self.tx.within(bucket)

    def require_settled(self, journal_ids: Iterable[int | None]) -> None:
        """Begin again after the file work of these rows is done, if some is open."""
        pending = self._journal.still_open(self.system, journal_ids)
        if pending:
            raise _PendingWork(pending)

    def publish(self, publications: Sequence[Publication]) -> int:
        """Have staged bytes published. Returns the record's id."""
        journal_id = self._add(JournalKind.PUBLISH, [publication[:3] for publication in publications])
        self.publications[journal_id] = publications
        return journal_id

    def relocate(self, items: Sequence[tuple[str, str]]) -> int:
        """Have the bytes of renamed objects moved: `(object id, key before)` each, at most `SLICE`."""
        return self._add(JournalKind.RELOCATE, items)

    def archive(self, items: Sequence[tuple[str, str]]) -> int:
        """Have the bytes of old versions moved: `(key before, key after)` each, at most `SLICE`. Before `publish`."""
        return self._add(JournalKind.ARCHIVE, items)

    def remove(self, keys: Sequence[str]) -> None:
        """Have bytes deleted."""
        for start in range(0, len(keys), SLICE):
            self._add(JournalKind.REMOVE, keys[start : start + SLICE])

    def _add(self, kind: JournalKind, items: Sequence[object]) -> int:
        """Write a record."""
        journal_id = self._journal.add(self.system, kind, self._staging, items)
        self.journal_ids.append(journal_id)
        return journal_id


class Mutations:
    """Runs changes by the protocol above.

    Args:
        executor: For the transaction.
        backend: Whose staging the journal names.
        journal: Where open work is written down.
        settler: Does that work.
        failpoints: Told of every step.
    """

    def __init__(
        self,
        executor: Executor,
        backend: StorageBackend,
        journal: Journal,
        settler: Settler,
        failpoints: Failpoints = NO_FAILPOINTS,
    ) -> None:
        self._executor = executor
        self._failpoints = failpoints
        self._backend = backend
        self._journal = journal
        self._settler = settler

    def run(self, context: RlsContext, work: Callable[[Mutation], _T]) -> _T:
        """Commit one change and let the files follow.

        Args:
            context: Who asks.
            work: Makes the change; runs again from the start when open file work had to be done first.

        Returns:
            What `work` returned.

        Raises:
            StorageError: What `work` raised, or the database; nothing was changed then.
        """
        while True:
            try:
                result, mutation = self._commit(context, work)
            except _PendingWork as pending:
                for journal_id in pending.journal_ids:
                    self._settler.settle(journal_id, eager=True)
                continue
            self._follow(mutation)
            return result

    def _commit(self, context: RlsContext, work: Callable[[Mutation], _T]) -> tuple[_T, Mutation]:
        """Run `work` in a transaction."""
        self._failpoints.reach(Failpoint.COMMIT_BEGIN)
        with self._executor.transaction(context) as tx:
            mutation = Mutation(tx, self._journal, self._backend.staging, self._failpoints)
            finished = self._journal.remove_finished(mutation.system)
            result = work(mutation)
            self._failpoints.reach(Failpoint.COMMIT_WRITTEN)
        self._failpoints.reach(Failpoint.COMMIT_DONE)
        self._journal.forget(finished)
        return result, mutation

    def _follow(self, mutation: Mutation) -> None:
        """Let the files follow; a failure is no failure of the change, which is committed."""
        for journal_id in mutation.journal_ids:
            try:
                self._settler.settle(journal_id, known=mutation.publications.get(journal_id, ()))
            except StorageError:
                _logger.warning("files will follow commit %s later", journal_id, exc_info=True)
