"""The engine against a plain dictionary: whatever is done in whatever order, both say the same.

The disk may refuse to let files follow a commit for a while. A change that must wait for them may then fail, but never
half; everything that was committed stays readable all the while.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine.backends.base import StorageBackend
from engine.backends.memory import MemoryBackend
from engine.config import Settings
from engine.errors import (
    BucketAlreadyExists,
    BucketNotEmpty,
    BucketNotFound,
    InvalidRequest,
    IoError,
    ObjectAlreadyExists,
    ObjectNotFound,
    StorageError,
    Unauthorized,
)
from engine.secrets import FixedSecrets
from engine.types import ListRequest, RlsContext, UploadItem, UploadOptions
from engine.workspace import open_workspace

SERVICE = RlsContext.service("the person")
ALICE = RlsContext.user("alice")
BOB = RlsContext.user("bob")
NOBODY = RlsContext.anonymous()

BUCKETS = ["one", "it's two"]
PATHS = [
    "a",
    "A",
    "a/b",
    "a/B",
    "a/b/c",
    "a//b",
    "b",
    "b/a",
    "b/a/b",
    "é",
    "e\u0301",
    "a/%41",
    "a/it's",
    "a/",
    "a/b/",
    "b/",
]
PREFIXES = ["a/", "b/", "a/b/", "A/", "a//", "c/", "é/", "b/a/"]

buckets = st.sampled_from(BUCKETS)
paths = st.sampled_from(PATHS)
prefixes = st.sampled_from(PREFIXES)
target_prefixes = st.sampled_from([*PREFIXES, ""])
users = st.sampled_from([SERVICE, SERVICE, SERVICE, ALICE, BOB, NOBODY])
contents = st.sampled_from([b"", b"x", b"yy", b"z" * 5000, bytes(range(256)) * 20])


@dataclass(frozen=True)
class Stored:
    """One object as the model knows it."""

    data: bytes
    owner_id: str | None
    object_id: str


def parent_of(path: str) -> str:
    return path[: path.rfind("/") + 1]


class EngineMachine(RuleBasedStateMachine):
    """Does the same to the engine and to `model`: bucket name → path → object."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="holdall-model-"))
        self.model: dict[str, dict[str, Stored]] = {}
        self.refusing = False
        self.kept = self.make_backend()
        self.workspace = self.open()

    def make_backend(self) -> StorageBackend | None:
        """Return the backend that survives a restart, or None for the one on disk."""
        raise NotImplementedError

    def open(self) -> Any:
        return open_workspace(Settings(self.folder), FixedSecrets(b"\x01" * 32), self.kept)

    def teardown(self) -> None:
        try:
            self.disk_obeys()
            report = self.workspace.storage.check(SERVICE)
            assert report.findings == ()
            assert report.objects == sum(map(len, self.model.values()))
            self.bytes_agree()
        finally:
            self.workspace.close()
            shutil.rmtree(self.folder)

    @property
    def storage(self) -> Any:
        return self.workspace.storage

    def visible(self, context: RlsContext, stored: Stored | None) -> bool:
        if stored is None:
            return False
        return context.can_bypass_rls or (context.user_id is not None and stored.owner_id == context.user_id)

    def seen_below(self, context: RlsContext, bucket: str, prefix: str) -> list[str]:
        objects = self.model[bucket]
        return sorted(
            (path for path in objects if path.startswith(prefix) and self.visible(context, objects[path])),
            key=lambda path: (parent_of(path), path),
        )

    @contextlib.contextmanager
    def expecting(self, *errors: type[StorageError] | None) -> Iterator[Callable[[], bool]]:
        """Run a call that must raise the first of `errors` that is one, or succeed if there is none.

        Yields a function that says afterwards whether it succeeded: while the disk refuses, it may fail all the same.
        """
        expected = next((error for error in errors if error is not None), None)
        raised: StorageError | None = None
        done = False
        try:
            yield lambda: done
        except StorageError as error:
            raised = error
        if isinstance(raised, IoError) and self.refusing:
            return
        if raised is not None and type(raised) is not expected:
            raise raised
        assert expected is None or raised is not None
        done = raised is None

    # Buckets

    @initialize()
    def begin(self) -> None:
        for name in BUCKETS:
            self.storage.create_bucket(name, SERVICE)
            self.model[name] = {}

    @rule(name=buckets, context=users)
    def create_bucket(self, name: str, context: RlsContext) -> None:
        denied = None if context.can_bypass_rls else Unauthorized
        with self.expecting(denied, BucketAlreadyExists if name in self.model else None) as done:
            self.storage.create_bucket(name, context)
        if done():
            self.model[name] = {}

    @rule(name=buckets)
    def delete_bucket(self, name: str) -> None:
        missing = None if name in self.model else BucketNotFound
        with self.expecting(missing, BucketNotEmpty if self.model.get(name) else None) as done:
            self.storage.delete_bucket(name, SERVICE)
        if done():
            del self.model[name]

    @precondition(lambda self: not self.refusing)
    @rule(name=buckets)
    def empty_bucket(self, name: str) -> None:
        with self.expecting(None if name in self.model else BucketNotFound) as done:
            assert self.storage.empty_bucket(name, SERVICE) == len(self.model.get(name, ()))
        if done():
            self.model[name] = {}

    @rule(name=buckets)
    def rename_there_and_back(self, name: str) -> None:
        with self.expecting(None if name in self.model else BucketNotFound):
            self.storage.rename_bucket(name, "for a moment", SERVICE)
            self.storage.rename_bucket("for a moment", name, SERVICE)

    # Objects

    @rule(bucket=buckets, path=paths, data=contents, context=users, replacing=st.booleans(), streamed=st.booleans())
    def upload(self, bucket: str, path: str, data: bytes, context: RlsContext, replacing: bool, streamed: bool) -> None:
        old = self.model.get(bucket, {}).get(path)
        with self.expecting(
            None if bucket in self.model else BucketNotFound,
            Unauthorized if context is NOBODY else None,
            InvalidRequest if data and path.endswith("/") and not (streamed and old and not replacing) else None,
            ObjectAlreadyExists if old and not replacing else None,
            Unauthorized if old and not self.visible(context, old) else None,
        ) as done:
            stored = self._upload(bucket, path, data, context, replacing, streamed)
        if done():
            self.model[bucket][path] = Stored(data, old.owner_id if old else context.user_id, stored.id)
            assert old is None or stored.id == old.object_id

    def _upload(self, bucket: str, path: str, data: bytes, context: RlsContext, replacing: bool, streamed: bool) -> Any:
        options = UploadOptions(replace=replacing)
        if not streamed:
            return self.storage.upload(bucket, path, data, context, options)
        with self.storage.begin_upload(bucket, path, context, options) as session:
            for start in range(0, len(data), 3000):
                session.write(data[start : start + 3000])
            return session.commit()

    @precondition(lambda self: not self.refusing)
    @rule(
        bucket=buckets,
        wanted=st.lists(st.tuples(paths.filter(lambda path: not path.endswith("/")), contents), max_size=6),
        context=st.sampled_from([SERVICE, ALICE]),
        replacing=st.booleans(),
    )
    def upload_many(self, bucket: str, wanted: list[tuple[str, bytes]], context: RlsContext, replacing: bool) -> None:
        if bucket not in self.model:
            return
        expected = 0
        for path, data in wanted:
            old = self.model[bucket].get(path)
            if old is None or (replacing and self.visible(context, old)):
                expected += 1
                self.model[bucket][path] = Stored(data, old.owner_id if old else context.user_id, "")
        with tempfile.TemporaryDirectory() as folder:
            for number, (_, data) in enumerate(wanted):
                (Path(folder) / str(number)).write_bytes(data)
            items = [UploadItem(Path(folder) / str(number), path) for number, (path, _) in enumerate(wanted)]
            report = self.storage.upload_many(bucket, items, context, UploadOptions(replace=replacing))
        assert (report.done, len(report.failures)) == (expected, len(wanted) - expected)
        for path, stored in self.model[bucket].items():
            if not stored.object_id:
                found = self.storage.info(bucket, path, SERVICE)
                self.model[bucket][path] = replace(stored, object_id=found.id)

    @rule(bucket=buckets, path=paths, context=users)
    def delete(self, bucket: str, path: str, context: RlsContext) -> None:
        seen = self.visible(context, self.model.get(bucket, {}).get(path))
        with self.expecting(None if bucket in self.model else BucketNotFound, None if seen else ObjectNotFound) as done:
            self.storage.delete(bucket, path, context)
        if done():
            del self.model[bucket][path]

    @precondition(lambda self: not self.refusing)
    @rule(bucket=buckets, wanted=st.lists(paths, max_size=4), context=users)
    def delete_many(self, bucket: str, wanted: list[str], context: RlsContext) -> None:
        expected: set[str] = set()
        for path in wanted if bucket in self.model else ():
            expected |= {
                found
                for found in self.seen_below(context, bucket, path if path.endswith("/") else "")
                if path.endswith("/") or found == path
            }
        with self.expecting(None if bucket in self.model or not wanted else BucketNotFound):
            deleted = self.storage.delete_many(bucket, wanted, context)
            assert {stored.path for stored in deleted} == expected
            assert len(deleted) == len(expected)
        for path in expected:
            del self.model[bucket][path]

    @rule(bucket=buckets, source=paths, other=buckets, goal=paths, context=users)
    def move(self, bucket: str, source: str, other: str, goal: str, context: RlsContext) -> None:
        old = self.model.get(bucket, {}).get(source)
        with self.expecting(
            None if {bucket, other} <= self.model.keys() else BucketNotFound,
            None if self.visible(context, old) else ObjectNotFound,
            InvalidRequest if old and old.data and goal.endswith("/") else None,
            ObjectAlreadyExists if goal in self.model.get(other, {}) else None,
        ) as done:
            moved = self.storage.move(bucket, source, goal, context, target_bucket=other)
        if done():
            assert old is not None
            assert (moved.id, moved.path, moved.bucket) == (old.object_id, goal, other)
            self.model[other][goal] = self.model[bucket].pop(source)

    @rule(bucket=buckets, source=prefixes, other=buckets, goal=target_prefixes, context=users)
    def move_folder(self, bucket: str, source: str, other: str, goal: str, context: RlsContext) -> None:
        known = {bucket, other} <= self.model.keys()
        moving = self.seen_below(context, bucket, source) if known else []
        into_itself = bucket == other and goal.startswith(source)
        in_the_way = [
            path
            for path in moving
            if (there := goal + path[len(source) :]) in self.model[other]
            and (not there.endswith("/") or (bucket == other and there in moving))
        ]
        with self.expecting(
            None if known else BucketNotFound,
            InvalidRequest if into_itself else None,
            None if moving else ObjectNotFound,
            ObjectAlreadyExists if in_the_way else None,
        ) as done:
            assert self.storage.move_folder(bucket, source, goal, context, target_bucket=other) == len(moving)
        if done():
            taken = {path: self.model[bucket].pop(path) for path in moving}
            for path, stored in taken.items():
                there = goal + path[len(source) :]
                if there:
                    self.model[other].setdefault(there, stored)

    @rule(bucket=buckets, source=paths, other=buckets, goal=paths, context=users, replacing=st.booleans())
    def copy(self, bucket: str, source: str, other: str, goal: str, context: RlsContext, replacing: bool) -> None:
        original = self.model.get(bucket, {}).get(source)
        old = self.model.get(other, {}).get(goal)
        with self.expecting(
            Unauthorized if context is NOBODY else None,
            None if bucket in self.model else BucketNotFound,
            None if self.visible(context, original) else ObjectNotFound,
            None if other in self.model else BucketNotFound,
            InvalidRequest if original and original.data and goal.endswith("/") else None,
            ObjectAlreadyExists if old and not replacing else None,
            Unauthorized if old and not self.visible(context, old) else None,
        ) as done:
            copied = self.storage.copy(bucket, source, goal, context, target_bucket=other, replace=replacing)
        if done():
            assert original is not None
            owner_id = old.owner_id if old else context.user_id
            self.model[other][goal] = Stored(original.data, owner_id, copied.id)

    @precondition(lambda self: not self.refusing)
    @rule(bucket=buckets, source=prefixes, goal=prefixes)
    def copy_folder(self, bucket: str, source: str, goal: str) -> None:
        wanted = self.seen_below(SERVICE, bucket, source) if bucket in self.model else []
        with self.expecting(
            None if bucket in self.model else BucketNotFound, None if wanted else ObjectNotFound
        ) as done:
            report = self.storage.copy_folder(bucket, source, goal, SERVICE)
        if done():
            fresh = [path for path in wanted if goal + path[len(source) :] not in self.model[bucket]]
            assert report.done == len(fresh)
            originals = {path: self.model[bucket][path] for path in fresh}
            for path, original in originals.items():
                there = goal + path[len(source) :]
                info = self.storage.info(bucket, there, SERVICE)
                self.model[bucket][there] = Stored(original.data, SERVICE.user_id, info.id)

    @rule(bucket=buckets, prefix=prefixes)
    def create_folder(self, bucket: str, prefix: str) -> None:
        with self.expecting(None if bucket in self.model else BucketNotFound) as done:
            self.storage.create_folder(bucket, prefix, SERVICE)
        if done() and prefix not in self.model[bucket]:
            info = self.storage.info(bucket, prefix, SERVICE)
            self.model[bucket][prefix] = Stored(b"", SERVICE.user_id, info.id)

    # The world around

    @precondition(lambda self: not self.refusing)
    @rule()
    def disk_refuses(self) -> None:
        def refuse() -> None:
            raise IoError("The disk refuses")

        self.workspace._core.backend.changes = refuse
        self.refusing = True

    @precondition(lambda self: self.refusing)
    @rule()
    def disk_obeys(self) -> None:
        if self.refusing:
            del self.workspace._core.backend.changes
            self.refusing = False

    @rule()
    def restart(self) -> None:
        self.disk_obeys()
        self.workspace.close()
        self.workspace = self.open()

    @precondition(lambda self: not self.refusing)
    @rule()
    def check_is_clean(self) -> None:
        assert self.storage.check(SERVICE, repair=True).findings == ()

    # What always holds

    @invariant()
    def rows_agree(self) -> None:
        assert {found.name for found in self.storage.list_buckets(SERVICE)} == self.model.keys()
        for bucket, objects in self.model.items():
            walked = {found.path: found for found in self.storage.walk(bucket, "", SERVICE)}
            assert walked.keys() == objects.keys()
            for path, stored in objects.items():
                found = walked[path]
                assert (found.id, found.owner_id, found.size_bytes) == (
                    stored.object_id,
                    stored.owner_id,
                    len(stored.data),
                )

    @rule(context=users, bucket=buckets, prefix=target_prefixes)
    def listings_agree(self, context: RlsContext, bucket: str, prefix: str) -> None:
        if bucket not in self.model:
            return
        seen = self.seen_below(context, bucket, prefix)
        assert [found.path for found in self.storage.walk(bucket, prefix, context)] == seen
        page = self.storage.list(bucket, ListRequest(prefix), context)
        here = {path for path in seen if parent_of(path) == prefix and path != prefix}
        assert {found.path for found in page.objects} == here
        rests = {path[len(prefix) :] for path in seen}
        assert {found.path for found in page.folders} == {
            f"{prefix}{rest.partition('/')[0]}/" for rest in rests if "/" in rest
        }

    @rule()
    def bytes_agree(self) -> None:
        for bucket, objects in self.model.items():
            for path, stored in objects.items():
                with self.storage.open_object(bucket, path, SERVICE, verify=True) as reader:
                    assert reader.read() == stored.data


class LocalMachine(EngineMachine):
    """Over files."""

    def make_backend(self) -> None:
        return None


class MemoryMachine(EngineMachine):
    """Over memory."""

    def make_backend(self) -> StorageBackend:
        return MemoryBackend()


_SETTINGS = settings(max_examples=20, stateful_step_count=30, suppress_health_check=list(HealthCheck))
TestOnDisk = pytest.mark.campaign(LocalMachine.TestCase)
TestOnDisk.settings = _SETTINGS
TestInMemory = pytest.mark.campaign(MemoryMachine.TestCase)
TestInMemory.settings = _SETTINGS
