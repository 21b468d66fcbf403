"""Verdicts on bytes: what is wrong with a content, written into the quarantine, or out of it.

The check and the scrub read different things at different speeds; what they find counts the same.

Threads: any.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Final

from engine.audit import Audit, Operation
from engine.backends.base import Monitor
from engine.errors import IoError
from engine.failpoints import NO_FAILPOINTS, Failpoint, Failpoints
from engine.files.quarantine import Problem, Quarantine
from engine.jobs.contents import Bytes, Content, again, checksum
from engine.metadata.executor import Executor, Transaction
from engine.times import now_us
from engine.types import RlsContext

_SYSTEM: Final = RlsContext.service()
_ATTEMPTS: Final = 5


class Verdicts:
    """Finds and writes down.

    Args:
        executor: For rows.
        stored: For bytes.
        quarantine: Where verdicts are noted.
        audit: Told of what enters and leaves.
        now: The present moment, in microseconds since 1970, UTC.
        failpoints: Told of every step.
    """

    def __init__(
        self,
        executor: Executor,
        stored: Bytes,
        quarantine: Quarantine,
        audit: Audit,
        now: Callable[[], int] = now_us,
        failpoints: Failpoints = NO_FAILPOINTS,
    ) -> None:
        self._executor = executor
        self._bytes = stored
        self._quarantine = quarantine
        self._audit = audit
        self._now = now
        self._failpoints = failpoints

    def judge(self, content: Content, actor: str, monitor: Monitor) -> tuple[Problem | None, str]:
        """Read a content and write down what is wrong; that counts only when its row is the same afterwards.

        Args:
            content: Which.
            actor: Who asked.
            monitor: Told the bytes of every step; raises to stop.

        Returns:
            What is wrong, if anything, and in words.
        """
        current = content
        for _ in range(_ATTEMPTS):
            problem, detail = self._found(current, monitor)
            self._failpoints.reach(Failpoint.SCRUB_READ)
            if self.settle(current, problem, detail, actor):
                return problem, detail
            with self._executor.snapshot(_SYSTEM) as tx:
                moved = again(tx, current)
            if moved is None:
                break
            current = moved
        return None, ""

    def settle(self, content: Content, problem: Problem | None, detail: str, actor: str) -> bool:
        """Write a verdict down, unless the row says something else by now: then it has to be found anew.

        Args:
            content: Which.
            problem: What is wrong, or None for sound bytes.
            detail: The same in words.
            actor: Who asked.

        Returns:
            Whether the verdict holds.
        """
        if problem is None and not self._quarantine.has_any():
            return True
        with self._executor.transaction(_SYSTEM) as tx:
            current = again(tx, content)
            if current is None or current.key != content.key:
                return False
            if problem is Problem.MISSING and not self._bytes.are_gone(tx, current):
                return False
            self.write(tx, content, problem, detail, actor)
        return True

    def write(self, tx: Transaction, content: Content, problem: Problem | None, detail: str, actor: str) -> None:
        """Write down a verdict that is known to hold; `tx` holds changes off."""
        if problem is None:
            changed = self._quarantine.leave(tx, content.info.version)
        else:
            changed = self._quarantine.enter(tx, content.info, problem, self._now(), detail)
        if changed:
            operation = Operation.RELEASED if problem is None else Operation.QUARANTINED
            told = {} if problem is None else {"problem": problem.value, "found": detail}
            self._audit.record(tx, actor, operation, content.info.bucket_id, content.info.path, told)
            self._failpoints.reach(Failpoint.QUARANTINED)

    def _found(self, content: Content, monitor: Monitor) -> tuple[Problem | None, str]:
        """Return what is wrong with a content's bytes, if anything, and in words."""
        try:
            reader = self._bytes.open(content)
            if reader is None:
                if content.is_open:
                    self._bytes.finish_open_work()
                return Problem.MISSING, f"{content.info.size_bytes} bytes are not at {content.key}"
            with contextlib.closing(reader):
                found = checksum(reader, monitor)
        except IoError as error:
            if error.retryable:
                raise
            return Problem.DAMAGED, f"its bytes cannot be read: {error}"
        if found == content.info.checksum:
            return None, ""
        return Problem.DAMAGED, f"its bytes have the SHA-256 {found} instead of {content.info.checksum}"
