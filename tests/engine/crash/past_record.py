"""What buckets that keep the past must hold by the log, and operations on them that are written down there."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from itertools import chain, combinations
from pathlib import Path
from typing import Any

from engine.cleanup_types import CleanupAction, CleanupReport
from engine.jobs.expiry import Expiry
from engine.times import now_us
from engine.workspace import Workspace
from tests.engine.crash.load import SERVICE, Log
from tests.engine.crash.past_model import ALWAYS, DAYS, NEVER, TRASH_DAYS, Operation, PastState, commits_of
from tests.engine.crash.past_seen import bucket_of, empty_folders, listing_at, read_at, shape_of, unaccounted

PAST = "past"
"""Whose lines in the log these are."""

DAY_US = 24 * 3600 * 1_000_000

_MOMENTS = 3
"""How many moments are looked at in one check."""

_TAKEN = {CleanupAction.SET_ASIDE, CleanupAction.REMOVED}


class PastRecord:
    """Follows the log.

    Attributes:
        state: What was acknowledged.
        moments: For each moment that was remembered, in microseconds, the step before it.
    """

    def __init__(self) -> None:
        self.state = PastState()
        self.moments: list[tuple[int, int]] = []
        self._under_way: Operation | None = None

    @classmethod
    def of(cls, path: Path) -> PastRecord:
        """Return the record of a whole log."""
        record = cls()
        for line in path.read_bytes().splitlines() if path.exists() else ():
            worker, kind, value = json.loads(line)
            if worker == PAST:
                record.note(kind, value)
        return record

    def note(self, kind: str, value: Any) -> None:
        """Take note of a line: an operation that begins, or which of its commits happened, and a moment after it."""
        if kind == "begin":
            self._under_way = value
            return
        commits = commits_of(self._under_way) if self._under_way is not None else []
        moment_us, happened = value
        if self._under_way is not None:
            chosen = commits if happened is None else [commits[at] for at in happened]
            self.state = self.state.after(chosen)
        self._under_way = None
        self.moments.append((moment_us, self.state.step))

    def resolved(self, workspace: Workspace) -> list[int]:
        """Return which commits of the operation that was under way happened.

        Raises:
            AssertionError: What is there is neither what was acknowledged nor comes of it by whole commits.
        """
        seen = shape_of(workspace)
        if self._under_way is None:
            assert seen == self.state.shape()
            return []
        commits = commits_of(self._under_way)
        numbers = range(len(commits))
        for happened in chain.from_iterable(combinations(numbers, count) for count in range(len(commits) + 1)):
            if self.state.after(commits[at] for at in happened).shape() == seen:
                return list(happened)
        raise AssertionError((self._under_way, seen, self.state.shape()))

    def check_moments(self, workspace: Workspace) -> None:
        """Look back at some moments."""
        for moment_us, step in self.moments[-1 :: -max(len(self.moments) // _MOMENTS, 1)]:
            then = self.state.at(step)
            shown = [listing_at(workspace.storage, kind, moment_us) for kind in self.state.buckets]
            assert dict(chain.from_iterable(one.items() for one in shown)) == then, (moment_us, step)
            for place in [one for one in then if then[one] not in self.state.lost][:2]:
                assert read_at(workspace.storage, place, moment_us) == then[place]


class PastSteps:
    """Makes changes and writes them down.

    Args:
        workspace: Where.
        log: Where they are written down.
        record: What the log says by now.
    """

    def __init__(self, workspace: Workspace, log: Log, record: PastRecord) -> None:
        self.workspace = workspace
        self.storage = workspace.storage
        self.record = record
        self._log = log

    @property
    def state(self) -> PastState:
        """Return what was acknowledged."""
        return self.record.state

    def resume(self) -> None:
        """Find out what came of what was under way, and write it down."""
        self._write("found", [now_us(), self.record.resolved(self.workspace)])

    @contextlib.contextmanager
    def doing(self, operation: Operation) -> Iterator[list[int] | None]:
        """Write down what is about to be changed, and then that it was."""
        self._write("begin", operation)
        yield None
        self._write("done", [now_us(), None])

    def cleanup(self, *, alone: bool) -> None:
        """Clean up without grace; `alone`, with nobody at work beside it, it takes all that is to be taken."""
        lost = self.state.shape().lost
        operation: Operation = ["cleanup", list(self.state.strays), sorted(lost)]
        self._write("begin", operation)
        report = self.workspace.housekeeping.cleanup.run(SERVICE)
        taken = self._taken(report)
        known = [*operation[1], *operation[2]]
        assert set(taken) <= set(known), report
        if alone:
            assert sorted(taken) == sorted(known), report
            assert len(report.items) == len(known), report
        self._write("done", [now_us(), [known.index(one) for one in taken]])

    def expire_versions(self, moment: tuple[int, int]) -> None:
        """Let the days of old versions be over that ended by a moment."""
        moment_us, step = moment
        self._expire(moment_us + DAYS * DAY_US, step, NEVER)

    def expire_trash(self, moment: tuple[int, int]) -> None:
        """Let the days of trash be over that came there by a moment, and with them those of all old versions."""
        moment_us, step = moment
        self._expire(moment_us + TRASH_DAYS * DAY_US, ALWAYS, step)

    def expire_many(self) -> None:
        """Forget what is beyond a bucket's number of versions, and nothing by its age."""
        self._expire(self.record.moments[-1][0], NEVER, NEVER)

    def drop(self, kind: str) -> None:
        """Empty a bucket for good and delete it, with all that it keeps."""
        places = [place for place in self.state.live if place.startswith(f"{kind}:")]
        with self.doing(["delete", [places], True]):
            self.storage.empty_bucket(bucket_of(kind), SERVICE, for_good=True)
        with self.doing(["drop", kind]):
            self.storage.delete_bucket(bucket_of(kind), SERVICE)

    def _expire(self, now_us: int, versions_until: int, trash_until: int) -> None:
        premises = self.workspace.housekeeping.premises
        with self.doing(["expire", versions_until, trash_until]):
            Expiry(premises.executor, premises.mutations, lambda: now_us, premises.failpoints).run()

    def _taken(self, report: CleanupReport) -> list[str]:
        """Return the names of files and the contents that a cleanup took away."""
        taken = {item.where: item.where.rpartition("/")[2] for item in report.items if item.action in _TAKEN}
        return [name if name in self.state.strays else self._lost_at(where) for where, name in taken.items()]

    def _lost_at(self, where: str) -> str:
        """Return the content that a removed row named, else where that was; of one path only one is lost at a time."""
        bucket, _, path = where.partition("/")
        place = f"{bucket.removeprefix('past-')}:{path}"
        stood = [self.state.live[place].content] if place in self.state.live else []
        stood += [row.content for row in self.state.rows if row.place == place]
        return next((content for content in stood if content in self.state.lost), where)

    def _write(self, kind: str, value: Any) -> None:
        self._log.write(PAST, kind, value)
        self.record.note(kind, json.loads(json.dumps(value)))


def check_past(steps: PastSteps) -> None:
    """Hold all against the record, and let a cleanup take what nobody claims: nothing else may be left."""
    steps.resume()
    steps.record.check_moments(steps.workspace)
    steps.cleanup(alone=True)
    _check_nothing_left(steps)


def end_past(steps: PastSteps) -> None:
    """Let the time of all that is kept be over, and delete the buckets: no file of theirs may be left."""
    steps.expire_trash(steps.record.moments[-1])
    assert not [row for row in steps.state.rows if not row.place.startswith("old:")]
    _check_nothing_left(steps)
    for kind in list(steps.state.buckets):
        steps.drop(kind)
    assert not steps.state.rows
    _check_nothing_left(steps)


def _check_nothing_left(steps: PastSteps) -> None:
    """Hold what is there against the record, file by file."""
    assert shape_of(steps.workspace) == steps.state.shape()
    left = unaccounted(steps.workspace), empty_folders(steps.workspace.settings.storage_dir)
    assert left == (set(), []), left
