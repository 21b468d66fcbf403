"""The engine and the model, side by side: whatever is done in whatever order, or at once, both say the same.

The disk may refuse to let files follow a commit for a while. A change that must wait for them may then fail, but never
half; every object stays readable all the while.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from engine.errors import IoError, ObjectAlreadyExists
from engine.files.downloads import ObjectReader
from engine.files.uploads import UploadSession
from engine.types import Retention, UploadOptions
from tests.engine.model import plans
from tests.engine.model.bench import Workbench
from tests.engine.model.folders import CopyFolder, DeleteMany, Empty, ListFolder, Measure, Walk, Weigh
from tests.engine.model.moments import Moment
from tests.engine.model.objects import CreateBucket, Download, Info, Read, Upload, UploadMany
from tests.engine.model.operation import SERVICE, Failed, Operation, expected, outcome_of, play, seen, standing
from tests.engine.model.past_operations import Check, CleanUp, EmptyTrash, Expire, ListTrash, ListVersions, OpenVersion
from tests.engine.model.picture import Bindings, Held, observe, picture_in, picture_of
from tests.engine.model.serial import orders, run_at_once
from tests.engine.model.steps import (
    BeginToRead,
    BeginToSend,
    EndReading,
    EndSending,
    LookBack,
    PassDays,
    Refuse,
    Remember,
    Reopen,
    Together,
)
from tests.engine.model.world import Refused, World

_NEED_FILES = (UploadMany, DeleteMany, Empty, CopyFolder, EmptyTrash, Expire, CleanUp, Check, Together, LookBack)
"""What may be half done where the disk refuses."""

_LOOKS = (Read, Info, Walk, ListFolder, Measure, Weigh, ListVersions, OpenVersion, ListTrash, Download)
"""What changes nothing."""
_MOMENTS_AT_THE_END = 3


@dataclass(slots=True)
class Tally:
    """What was done over all examples."""

    steps: int = 0
    operations: int = 0
    bundles: int = 0
    refused: int = 0
    reads: int = 0
    moments: int = 0


@dataclass(frozen=True, slots=True)
class _Reading:
    """A download that has begun."""

    reader: ObjectReader
    head: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class _Sending:
    """An upload whose bytes are all there and that is not committed yet, to the bucket of a number."""

    session: UploadSession
    number: int
    upload: Upload


@dataclass(slots=True)
class _InHand:
    """What is going on."""

    readings: list[_Reading] = field(default_factory=list)
    sendings: list[_Sending] = field(default_factory=list)


class EngineMachine(RuleBasedStateMachine):
    """Does the same to the engine and to the model.

    Args:
        tally: Counts.
        database: An empty one, to save the time of making it.
        in_memory: Which backend.
    """

    def __init__(self, tally: Tally, database: bytes, *, in_memory: bool) -> None:
        super().__init__()
        self._tally = tally
        self._bench = Workbench(database, in_memory=in_memory)
        self._pool = ThreadPoolExecutor(4, "at-once")
        self._world = World()
        self._bindings = Bindings()
        self._read: set[tuple[object, ...]] = set()
        self._in_hand = _InHand()
        self._moments: list[Moment] = []
        self._behind = False
        self._failed = False
        self._last: tuple[int, dict[str, Held]] | None = None

    def teardown(self) -> None:
        try:
            if not self._failed:
                self._look_at_everything()
        finally:
            self._pool.shutdown()
            for reading in self._in_hand.readings:
                reading.reader.close()
            self._bench.close(failed=self._failed)

    def _look_at_everything(self) -> None:
        with self._noting_failure():
            self._bench.obey()
            self._let_go()
            self._agree()
            self._read.clear()
            self._read_everything(self._observed())
            report = self._bench.storage.check(SERVICE)
            assert report.findings == ()
            assert report.objects == sum(len(shelf.objects) for shelf in self._world.shelves.values())
            self._look_back_at(self._moments[-_MOMENTS_AT_THE_END:])

    @contextlib.contextmanager
    def _noting_failure(self) -> Iterator[None]:
        """Note that a step failed: what comes of it at the end is no news."""
        try:
            yield
        except BaseException:
            self._failed = True
            raise

    @initialize(retention=plans.retentions)
    def begin(self, retention: Retention) -> None:
        for name, kept in zip(plans.BUCKETS, (Retention(days=10, trash_days=10), retention), strict=True):
            self._do(CreateBucket(name, kept))
            self._do(
                UploadMany(name, tuple((path, path.encode()) for path in plans.BEGINNING), SERVICE, replacing=False)
            )
            self._do(DeleteMany(name, plans.BEGINNING[-2:], SERVICE, for_good=False))

    @rule(step=plans.steps)
    def step(self, step: object) -> None:
        if self._bench.refusing and isinstance(step, _NEED_FILES):
            return
        self._tally.steps += 1
        with self._noting_failure():
            self._take(step)

    def _take(self, step: object) -> None:
        match step:
            case Operation():
                self._do(step)
            case Together(operations):
                self._do_together(operations)
            case BeginToRead(bucket, number):
                self._begin_to_read(bucket, number)
            case EndReading():
                self._end_readings()
            case BeginToSend(upload):
                self._begin_to_send(upload)
            case EndSending(aborting):
                self._end_sendings(aborting=aborting)
            case _:
                self._let_the_world_go_on(step)

    def _let_the_world_go_on(self, step: object) -> None:
        match step:
            case Remember():
                self._moments.append(Moment.now(self._bench.calendar, self._world))
            case LookBack(number):
                self._look_back_at(self._moments[number % len(self._moments) :][:1] if self._moments else [])
            case PassDays(days):
                self._bench.calendar.pass_days(days)
                self._world.day += days
            case Refuse(refusing):
                self._refuse(refusing=refusing)
            case Reopen():
                self._reopen()
            case _:
                raise NotImplementedError(step)

    # One after the other, and at once

    def _do(self, operation: Operation) -> None:
        self._tally.operations += 1
        operation = operation.aim(self._world, self._bindings.rows)
        outcome = outcome_of(operation, self._bench)
        self._tally.refused += isinstance(outcome, Failed)
        if not (self._bench.refusing and outcome == Failed(IoError)):
            assert outcome == play(operation, self._world)
        if not isinstance(operation, _LOOKS):
            self._agree()

    def _do_together(self, operations: Sequence[Operation]) -> None:
        """Let threads do it, and go on with the order that explains what they saw and left behind."""
        self._tally.bundles += 1
        self._tally.operations += len(operations)
        operations = [operation.aim(self._world, self._bindings.rows) for operation in operations]
        outcomes = run_at_once(self._pool, operations, self._bench)
        self._tally.refused += sum(isinstance(outcome, Failed) for outcome in outcomes)
        held = self._observed()
        left = picture_of(held)
        for world in orders(self._world, operations, outcomes):
            bindings = self._bindings.extended(world, held) if picture_in(world) == left else None
            if bindings is not None:
                self._world, self._bindings = world, bindings
                self._settle(held)
                return
        pairs = "\n".join(
            f"  {operation}\n    -> {outcome}" for operation, outcome in zip(operations, outcomes, strict=True)
        )
        raise AssertionError(f"no order explains\n{pairs}\nfrom {picture_in(self._world)}\nto {left}")

    # What goes on meanwhile

    def _begin_to_read(self, bucket: str, number: int) -> None:
        path = standing(self._world, bucket, number)
        stored = self._world.shelves[bucket].objects.get(path) if bucket in self._world.shelves else None
        if stored is not None:
            reader = self._bench.storage.open_object(bucket, path, SERVICE, verify=True)
            self._in_hand.readings.append(_Reading(reader, reader.read(3), stored.data))

    def _end_readings(self) -> None:
        for reading in self._in_hand.readings:
            self._tally.reads += 1
            assert reading.head + reading.reader.read() == reading.data
            reading.reader.close()
        self._in_hand.readings.clear()

    def _begin_to_send(self, upload: Upload) -> None:
        trial = self._world.copy()
        if isinstance(play(upload, trial), Failed):
            self._do(upload)
            return
        options = UploadOptions(replace=upload.replacing)
        session = self._bench.storage.begin_upload(upload.bucket, upload.path, upload.context, options)
        session.write(upload.data)
        self._in_hand.sendings.append(_Sending(session, self._world.shelves[upload.bucket].number, upload))

    def _end_sendings(self, *, aborting: bool) -> None:
        for sending in self._in_hand.sendings:
            if aborting:
                sending.session.abort()
            else:
                self._end_sending(sending)
        self._in_hand.sendings.clear()
        self._agree()

    def _end_sending(self, sending: _Sending) -> None:
        outcome = outcome_of(_Commit(sending), self._bench)
        if not (self._bench.refusing and outcome == Failed(IoError)):
            assert outcome == play(_Commit(sending), self._world)

    # The past, and the world around

    def _look_back_at(self, chosen: list[Moment]) -> None:
        for moment in chosen:
            self._tally.moments += 1
            moment.hold_against(self._bench.storage, self._world)

    def _refuse(self, *, refusing: bool) -> None:
        self._behind = self._behind or refusing
        if refusing:
            self._bench.refuse()
        else:
            self._bench.obey()

    def _reopen(self) -> None:
        self._bench.obey()
        self._let_go()
        self._bench.reopen()
        self._behind, self._last = False, None
        self._agree()

    # What always holds

    def _agree(self) -> None:
        """Hold everything that the engine says against the model."""
        held = self._observed()
        assert picture_of(held) == picture_in(self._world)
        bindings = self._bindings.extended(self._world, held)
        assert bindings is not None, "an object or a version is another one than before"
        self._bindings = bindings
        self._settle(held)

    def _observed(self) -> dict[str, Held]:
        """Return what the engine holds; looked at again only when it says that something was committed."""
        version = self._bench.storage.data_version()
        if self._last is None or self._last[0] != version:
            self._last = version, observe(self._bench.storage, self._bench.executor)
        return self._last[1]

    def _settle(self, held: dict[str, Held]) -> None:
        """Read what is new, and see that nothing is left in staging but uploads that go on."""
        self._read_everything(held)
        if not self._behind:
            assert len(self._bench.staged()) <= len(self._in_hand.sendings)

    def _read_everything(self, held: dict[str, Held]) -> None:
        """Read all contents that were not read before where they are now."""
        for name, shelf in self._world.shelves.items():
            for path, stored in shelf.objects.items():
                key = (shelf.number, path, held[name].objects[path].version)
                if key not in self._read:
                    with self._bench.storage.open_object(name, path, SERVICE, verify=True) as reader:
                        assert reader.read() == stored.data
                    self._read.add(key)
            if not self._bench.refusing:
                self._read_kept(name)

    def _read_kept(self, name: str) -> None:
        for number, kept in self._world.shelves[name].past.items():
            if (number,) not in self._read:
                row_id = self._bindings.rows[number]
                with self._bench.storage.versions.open(name, row_id, SERVICE, verify=True) as reader:
                    assert reader.read() == kept.stored.data
                self._read.add((number,))

    def _let_go(self) -> None:
        """End what goes on, because the workspace is about to be closed."""
        self._end_readings()
        for sending in self._in_hand.sendings:
            sending.session.abort()
        self._in_hand.sendings.clear()


@dataclass(frozen=True)
class _Commit(Operation):
    """End an upload."""

    sending: _Sending

    def run(self, bench: Any) -> object:
        return seen(self.sending.session.commit())

    def expect(self, world: World) -> object:
        upload = self.sending.upload
        shelf = world.find_by_number(self.sending.number)
        if upload.path in shelf.objects and not upload.replacing:
            raise Refused(ObjectAlreadyExists)
        stored = world.put(shelf, upload.path, upload.data, upload.context, replacing=upload.replacing)
        return expected(upload.path, stored)
