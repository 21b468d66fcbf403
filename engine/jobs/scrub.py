"""The scrub: reads all stored bytes again, slowly, and puts into quarantine what is not what was stored.

A pass goes through the live objects and then through what is kept of the past, each in the order of ids, and remembers
how far it is: a pass that is interrupted, also by the end of the program, goes on there. What comes in meanwhile has
higher ids and is read in the same pass. Bytes that turn out sound leave the quarantine.

Damaged bytes stay where they are and can be read: they may be all that is left.

Threads: any; one pass at a time over one data folder, of all processes.
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from sqlalchemy import func, select

from engine import limits
from engine.cancel import CancelToken
from engine.errors import DatabaseLocked, StorageError
from engine.failpoints import NO_FAILPOINTS, Failpoint, Failpoints
from engine.files.throttle import ProgressMeter
from engine.jobs.contents import Content, object_contents, version_contents
from engine.jobs.pace import Pace
from engine.jobs.remembered import Remembered
from engine.jobs.verdicts import Verdicts
from engine.locks import FileLock
from engine.metadata.executor import Executor
from engine.metadata.tables import storage_object_versions, storage_objects
from engine.os_errors import from_os_error
from engine.permissions.rules import PermissionChecker
from engine.scrub_types import ScrubState
from engine.times import from_datetime, now_us, to_datetime
from engine.types import RlsContext, TreeSize

_logger = logging.getLogger(__name__)
_O: Final = storage_objects.c
_V: Final = storage_object_versions.c
_SYSTEM: Final = RlsContext.service()
_JOB: Final = "holdall"
_SECOND_US: Final = 1_000_000
_SAVE_US: Final = 60 * _SECOND_US
"""How often the place is written down: each time costs a flush, and whoever polls for changes looks up."""

_PAGE: Final = 100
"""How often a content is read that is moved meanwhile; the next pass comes to it again."""


class Scrub:
    """Makes passes.

    Args:
        executor: For rows.
        verdicts: Reads, and notes what is wrong.
        permissions: Who may.
        lock_path: Held during a pass.
        bytes_per_s: How fast a pass goes by itself; 0: none does.
        interval_s: From the beginning of one pass by itself to the next.
        now: The present moment, in microseconds since 1970, UTC.
        failpoints: Told of every step.
    """

    def __init__(
        self,
        executor: Executor,
        verdicts: Verdicts,
        permissions: PermissionChecker,
        lock_path: Path,
        bytes_per_s: int,
        interval_s: int,
        now: Callable[[], int] = now_us,
        failpoints: Failpoints = NO_FAILPOINTS,
    ) -> None:
        self._executor = executor
        self._verdicts = verdicts
        self._permissions = permissions
        self._lock_path = lock_path
        self._bytes_per_s = bytes_per_s
        self._interval_us = interval_s * _SECOND_US
        self._now = now
        self._failpoints = failpoints
        self._place = Remembered(executor, "scrub")

    def state(self) -> ScrubState | None:
        """Return how far the pass under way is, or the last one came; None before the first."""
        text = self._place.get()
        return None if text is None else _decoded(text)

    def total(self) -> TreeSize:
        """Return how much a whole pass reads: objects, marks of folders too, and what is kept of the past."""
        count = size_bytes = 0
        for table in (storage_objects, storage_object_versions):
            query = select(func.count(), func.coalesce(func.sum(table.c.size_bytes), 0)).select_from(table)
            row = self._executor.execute(query.where(table.c.physical_path.is_not(None)), _SYSTEM)[0]
            count, size_bytes = count + int(row[0]), size_bytes + int(row[1])
        return TreeSize(count, size_bytes)

    @property
    def goes_on_by_itself(self) -> bool:
        """Return whether a pass that is interrupted is finished in the background."""
        return self._bytes_per_s > 0

    def run_if_due(self, cancel: CancelToken) -> ScrubState | None:
        """Go on with a pass that was interrupted, or begin one if the last is long enough ago; else return None.

        Raises:
            Cancelled: `cancel` was used; the place is kept.
            EnvironmentFault: Disk or database failed; likewise.
        """
        if not self._bytes_per_s:
            return None
        state = self.state()
        moment_us = self._now()
        if state is not None and state.ended_at is not None:
            if abs(moment_us - from_datetime(state.began_at)) < self._interval_us:
                return None
            state = None
        try:
            with self._alone():
                begun = state or ScrubState(to_datetime(moment_us))
                return self._pass(begun, _JOB, Pace(self._bytes_per_s), ProgressMeter(None, cancel), cancel)
        except DatabaseLocked:
            return None  # Another process is at it.

    def run(self, context: RlsContext, meter: ProgressMeter, cancel: CancelToken | None = None) -> ScrubState:
        """Make a whole pass now, as fast as the machine can. Interrupted, it goes on by itself later, where passes do.

        Args:
            context: The service role's.
            meter: Counts bytes and objects.
            cancel: Looked at with every part that is read.

        Raises:
            Unauthorized: The caller is not the service role.
            DatabaseLocked: A pass of another program is under way.
            Cancelled: `cancel` was used; the place is kept.
        """
        self._permissions.check_service(context)
        with self._alone():
            began = ScrubState(to_datetime(self._now()))
            return self._pass(began, context.user_id or _JOB, Pace(0), meter, cancel or CancelToken())

    def _pass(self, state: ScrubState, actor: str, pace: Pace, meter: ProgressMeter, cancel: CancelToken) -> ScrubState:
        """Read everything after a place, and keep the place whatever happens."""
        saved_us = self._now()
        try:
            for content in self._contents(state):
                sound = self._is_sound(content, actor, pace, meter, cancel)
                meter.finished()
                state = _advanced(state, content, sound=sound)
                if abs(self._now() - saved_us) >= _SAVE_US:
                    self._save(state)
                    saved_us = self._now()
        except BaseException:
            self._save(state)
            raise
        state = replace(state, ended_at=to_datetime(self._now()))
        self._failpoints.reach(Failpoint.SCRUB_PLACE)
        self._place.put(_encoded(state))
        meter.report_now()
        return state

    def _save(self, state: ScrubState) -> None:
        """Write the place of a pass down, unless that would keep somebody waiting who may want to leave.

        What is not written down is read again, which is a minute's work or a little more.
        """
        try:
            self._place.put(_encoded(state), patience_s=limits.CLOSING_PATIENCE_S)
        except StorageError:
            _logger.info("the place of the scrub is not written down", exc_info=True)

    def _contents(self, state: ScrubState) -> Iterator[Content]:
        """Yield objects and then rows of history after a place, in the order of their ids."""
        if state.after_object is not None:
            yield from self._objects(state.after_object)
        after = state.after_version
        while True:
            query = select(_V.id).where(_V.id > after, _V.physical_path.is_not(None)).order_by(_V.id).limit(_PAGE)
            with self._executor.snapshot(_SYSTEM) as tx:
                ids = [row[0] for row in tx.execute(query)]
                contents = version_contents(tx, ids)
            yield from sorted(contents, key=lambda content: content.version_id or 0)
            if len(ids) < _PAGE:
                return
            after = ids[-1]

    def _objects(self, after: str) -> Iterator[Content]:
        """Yield objects after an id."""
        while True:
            query = select(_O.id).where(_O.id > after).order_by(_O.id).limit(_PAGE)
            with self._executor.snapshot(_SYSTEM) as tx:
                ids = [row[0] for row in tx.execute(query)]
                contents = object_contents(tx, ids)
            yield from sorted(contents, key=lambda content: content.info.id)
            if len(ids) < _PAGE:
                return
            after = ids[-1]

    def _is_sound(self, content: Content, actor: str, pace: Pace, meter: ProgressMeter, cancel: CancelToken) -> bool:
        """Read one content, no faster than the pace, and return whether it is what was stored."""

        def monitor(count: int) -> None:
            meter.moved(count, content.info.path)
            pace.spend(count, cancel)

        cancel.raise_if_cancelled()
        problem, _ = self._verdicts.judge(content, actor, monitor)
        return problem is None

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep every other process and thread from a pass here.

        Raises:
            DatabaseLocked: One is at it.
        """
        lock = FileLock(self._lock_path)
        try:
            held = lock.acquire()
        except OSError as error:
            raise from_os_error(error, str(self._lock_path)) from error
        if not held:
            raise DatabaseLocked("The stored bytes are being read already", path=str(self._lock_path))
        try:
            yield
        finally:
            lock.release()


def _advanced(state: ScrubState, content: Content, *, sound: bool) -> ScrubState:
    """Return the place behind a content."""
    done = replace(
        state,
        contents=state.contents + 1,
        size_bytes=state.size_bytes + content.info.size_bytes,
        problems=state.problems + (not sound),
    )
    if content.version_id is None:
        return replace(done, after_object=content.info.id)
    return replace(done, after_object=None, after_version=content.version_id)


def _encoded(state: ScrubState) -> str:
    ended_us = None if state.ended_at is None else from_datetime(state.ended_at)
    counts = [state.contents, state.size_bytes, state.problems, state.after_object, state.after_version]
    return json.dumps([from_datetime(state.began_at), ended_us, *counts])


def _decoded(text: str) -> ScrubState:
    began_us, ended_us, *counts = json.loads(text)
    return ScrubState(to_datetime(began_us), None if ended_us is None else to_datetime(ended_us), *counts)
