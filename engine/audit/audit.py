"""The door of the audit: what writes entries, and what reads them.

A change is written down in its own transaction, or is not done; so are the removals of jobs, which are logged as
well: a log without its entry is a change that did not happen. Reads and refusals are gathered (`gathering`).

Threads: any.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from engine import limits
from engine.access_types import AuditEntry, AuditFilter, AuditPage, AuditResult, ChainReport
from engine.audit import queries, recovered, retention
from engine.audit.chain import Chain
from engine.audit.entries import Draft, Operation, actor_of, as_text, cleaned, draft_by, reason_of, result_of
from engine.audit.export import Form, write_file
from engine.audit.gathering import Gathering, Told
from engine.cancel import CancelToken
from engine.context import Origin
from engine.errors import InvalidRequest, Unauthorized
from engine.metadata.executor import Executor, Transaction
from engine.times import now_us
from engine.types import Progress, ProgressCallback, RlsContext

_logger = logging.getLogger(__name__)
_SYSTEM: Final = RlsContext.service()
_JOB: Final = "retention"
_BUCKET: Final = (
    "SELECT id, name FROM storage_buckets WHERE name = ? UNION ALL SELECT id, name FROM storage_buckets WHERE id = ?"
)


class Audit:
    """Writes and reads the audit.

    Args:
        executor: For rows.
        chain: What each entry follows from.
        now: The present moment, in microseconds since 1970, UTC.
    """

    def __init__(self, executor: Executor, chain: Chain, now: Callable[[], int] = now_us) -> None:
        self._executor = executor
        self._chain = chain
        self._now = now
        self._gathering = Gathering(self._write_gathered, now)

    def record(
        self,
        tx: Transaction,
        actor: str,
        operation: Operation,
        bucket_id: str | None,
        path: str,
        detail: Mapping[str, Any],
    ) -> None:
        """Write an entry of a job, in the transaction of the change that it is about."""
        done = AuditResult.DONE.value
        name = None if bucket_id is None else _bucket_of(tx, bucket_id)[1]
        draft = Draft(
            self._now(), actor, operation.value, bucket_id, path, as_text(detail), None, None, name, done, None, None
        )
        self._chain.append(tx, [draft])
        values = {"actor": actor, "operation": operation.value, "bucket_id": bucket_id, "path": path, "detail": detail}
        _logger.info("%s by %s: %s", operation, actor, path, extra={"audit": values})

    def write(self, tx: Transaction) -> None:
        """Write down the act of a transaction's caller, as a part of it."""
        act = tx.context.act
        if act is None:
            return
        detail = {**act.detail, **tx.notes.detail}
        known = detail.pop("bucket_id", None), detail.pop("bucket", None)
        bucket = known if known[0] is not None else _bucket_of(tx, act.bucket)
        self._chain.append(tx, [draft_by(tx.context, self._now(), bucket, detail)])

    def tell_of_recovery(self) -> None:
        """Write the entry of a recovery that made this database, if it has none yet."""
        with self._executor.snapshot(_SYSTEM) as tx:
            if recovered.left(tx) is None:
                return
        with self._executor.transaction(_SYSTEM) as tx:
            found = recovered.left(tx)  # another process may have been first
            if found is not None:
                recovered.taken(tx)
                self.record(tx, found.actor, found.operation, None, "", found.detail)

    def gather(self, context: RlsContext, error: Exception | None = None, origin: Origin | None = None) -> None:
        """Remember a caller's act that has ended without a change, to be written down within a second or two."""
        self._gathering.add(context, error, origin or context.origin)

    def flush(self) -> None:
        """Write down now what was gathered.

        Raises:
            StorageError: It cannot be.
        """
        self._gathering.flush()

    def close(self) -> None:
        """Write down what was gathered, and gather no more; safe to call again."""
        self._gathering.close()

    def page(
        self,
        wanted: AuditFilter,
        context: RlsContext,
        cursor: int | None = None,
        limit: int = limits.AUDIT_PAGE_MAX,
    ) -> AuditPage:
        """Return entries, the newest first.

        Args:
            wanted: Which.
            context: Who asks.
            cursor: `AuditPage.next_cursor` of the page before.
            limit: Rows, up to `limits.AUDIT_PAGE_MAX`.

        Raises:
            Unauthorized: The caller is not the service role.
            InvalidRequest: The limit makes no sense.
        """
        _check_service(context)
        if not 1 <= limit <= limits.AUDIT_PAGE_MAX:
            raise InvalidRequest(f"limit must be between 1 and {limits.AUDIT_PAGE_MAX}")
        rows = self._executor.execute(queries.newest(wanted, cursor, limit + 1), _SYSTEM)
        entries = tuple(queries.entry_from(row) for row in rows[:limit])
        return AuditPage(entries, entries[-1].id if len(rows) > limit else None)

    def newest(self, count: int) -> tuple[AuditEntry, ...]:
        """Return the entries that were written last, the newest first."""
        query = select(*queries.ENTRY_COLUMNS).order_by(queries.A.id.desc()).limit(count)
        return tuple(queries.entry_from(row) for row in self._executor.execute(query, _SYSTEM))

    def export(
        self,
        wanted: AuditFilter,
        target: Path,
        form: Form,
        context: RlsContext,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
    ) -> int:
        """Write entries to a file, the oldest first, and return how many.

        Args:
            wanted: Which.
            target: The file; one of that name is replaced, once the new one is complete.
            form: `csv`, or `jsonl` for JSON lines.
            context: Who asks.
            progress: Told of the entries written.
            cancel: Stops it; what was there stays.

        Raises:
            Unauthorized: The caller is not the service role.
            Cancelled: `cancel` was used.
            IoError: The system refused.
        """
        _check_service(context)
        self.flush()
        written = write_file(self._pages(wanted, progress, cancel or CancelToken()), target, form)
        with self._executor.transaction(_SYSTEM) as tx:
            detail = {"entries": written, "form": form}
            self.record(tx, actor_of(context), Operation.AUDIT_EXPORTED, None, cleaned(str(target)), detail)
        return written

    def verify(
        self, context: RlsContext, progress: ProgressCallback | None = None, cancel: CancelToken | None = None
    ) -> ChainReport:
        """Read the whole audit and say whether it is as it was written.

        Raises:
            Unauthorized: The caller is not the service role.
            Cancelled: `cancel` was used.
        """
        _check_service(context)
        token = cancel or CancelToken()

        def told(entries: int) -> None:
            token.raise_if_cancelled()
            if progress is not None:
                progress(Progress(0, None, done_files=entries, total_files=None))

        with self._executor.snapshot(_SYSTEM) as tx:
            return self._chain.verify(tx, told)

    def retention_days(self, context: RlsContext) -> int:
        """Return for how many days entries are kept.

        Raises:
            Unauthorized: The caller is not the service role.
        """
        _check_service(context)
        with self._executor.snapshot(_SYSTEM) as tx:
            return retention.kept_days(tx)

    def set_retention_days(self, days: int, context: RlsContext) -> None:
        """Change for how many days entries are kept; what is older goes with the next cleanup.

        Raises:
            Unauthorized: The caller is not the service role.
            InvalidRequest: The number makes no sense.
        """
        _check_service(context)
        if not 1 <= days <= limits.RETENTION_MAX:
            raise InvalidRequest(f"The audit is kept between 1 and {limits.RETENTION_MAX} days")
        with self._executor.transaction(_SYSTEM) as tx:
            detail = {"days": days, "before": retention.kept_days(tx)}
            retention.set_kept_days(tx, days)
            self.record(tx, actor_of(context), Operation.AUDIT_RETENTION, None, "", detail)

    def prune(self, cancel: CancelToken) -> int:
        """Remove entries that are old, and return how many.

        Raises:
            Cancelled: `cancel` was used; what is removed stays removed.
        """
        with self._executor.snapshot(_SYSTEM) as tx:
            last_id = retention.last_old(tx, self._now())
        removed = 0
        while last_id:
            cancel.raise_if_cancelled()
            with self._executor.transaction(_SYSTEM) as tx:
                count, last = retention.remove_some(tx, self._chain, last_id)
                if not count:
                    break
                self.record(tx, _JOB, Operation.AUDIT_PRUNED, None, "", {"entries": count, "until": last})
            removed += count
        return removed

    def _pages(
        self, wanted: AuditFilter, progress: ProgressCallback | None, cancel: CancelToken
    ) -> Iterator[Sequence[AuditEntry]]:
        """Yield entries, the oldest first."""
        total = None if progress is None else int(self._executor.execute(queries.count(wanted), _SYSTEM)[0][0])
        done = after = 0
        while rows := self._executor.execute(queries.oldest(wanted, after, limits.AUDIT_PAGE_MAX), _SYSTEM):
            cancel.raise_if_cancelled()
            yield [queries.entry_from(row) for row in rows]
            done, after = done + len(rows), int(rows[-1][0])
            if progress is not None:
                progress(Progress(0, None, done_files=done, total_files=total))

    def _write_gathered(self, waiting: Sequence[Told], omitted: int, patience_s: float | None) -> None:
        """Write down acts in a transaction after which nobody has to look up anything."""
        with self._executor.transaction(_SYSTEM, patience_s, quiet=True) as tx:
            buckets: dict[str, tuple[str | None, str | None]] = {}
            drafts = [_draft_of(tx, told, buckets) for told in waiting]
            if omitted:
                drafts.append(_omission(omitted, self._now()))
            self._chain.append(tx, drafts)


def _draft_of(tx: Transaction, told: Told, buckets: dict[str, tuple[str | None, str | None]]) -> Draft:
    """Return the entry of acts that were gathered."""
    context, act = told.context, told.context.act
    name = "" if act is None else act.bucket
    if name not in buckets:
        buckets[name] = _bucket_of(tx, cleaned(name))
    said = {} if act is None else act.detail
    detail = {**said, **reason_of(told.error), **told.detail()}
    asking = replace(context, origin=told.origin)
    return draft_by(asking, told.first_us, buckets[name], detail, result_of(told.error))


def _omission(count: int, at_us: int) -> Draft:
    """Return the entry of acts that were only counted."""
    text, operation = as_text({"times": count}), Operation.AUDIT_OMITTED.value
    return Draft(at_us, "audit", operation, None, "", text, None, None, None, AuditResult.DONE, None, None)


def _bucket_of(tx: Transaction, named: str) -> tuple[str | None, str | None]:
    """Return id and name of a bucket; where there is none of that name, what it was called."""
    if not named:
        return None, None
    rows = tx.run_text(_BUCKET, (named, named))
    return (str(rows[0][0]), str(rows[0][1])) if rows else (None, named)


def _check_service(context: RlsContext) -> None:
    """Refuse everybody but the service role.

    Raises:
        Unauthorized: The caller has another role.
    """
    if not context.can_bypass_rls:
        raise Unauthorized("new row violates row-level security policy")
