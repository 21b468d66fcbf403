"""A load on buckets that keep old versions and trash: everything that changes the past or forgets it."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from engine.files.history import archive_key
from engine.files.throttle import ProgressMeter
from engine.types import BucketChanges, Retention, UploadItem
from engine.workspace import Workspace
from tests.engine.crash.load import REPLACE, SERVICE, Log, checksum
from tests.engine.crash.past_model import DAYS, KINDS, TRASH_DAYS, Kept, PastState, kind_of
from tests.engine.crash.past_record import PastRecord, PastSteps
from tests.engine.crash.past_seen import STRAY, address, bucket_of, versions_at

NAMES = ("a", "d/x", "d/y", "d/e/z", "n", "Été")
_RETENTIONS = (Retention(days=DAYS), Retention(2, DAYS), Retention(2, None, TRASH_DAYS), Retention())


class PastWorker:
    """Does one operation after the other, and writes down what it does. One a data folder.

    Args:
        workspace: Where.
        log: Where it is written down; what others wrote there before is read from `log_path`.
        log_path: The log's file.
        seed: Decides.
        scratch: For files to upload.
    """

    def __init__(self, workspace: Workspace, log: Log, log_path: Path, seed: int, scratch: Path) -> None:
        self._workspace = workspace
        self._storage = workspace.storage
        self._steps = PastSteps(workspace, log, PastRecord.of(log_path))
        self._random = random.Random(f"past {seed}")
        self._seed = seed
        self._scratch = scratch
        self._count = 0
        self._steps.resume()

    def run(self, steps: int) -> None:
        """Do some operations: one of each kind first, then any."""
        operations: list[Callable[[], None]] = [self.upload, self.upload_batch, self.overwrite, self.copy]
        operations += [self.move, self.move_kept, self.move_folder, self.delete, self.delete_many, self.empty_bucket]
        operations += [self.restore_version, self.restore_trash, self.restore_elsewhere, self.delete_versions]
        operations += [self.empty_trash, self.expire_versions, self.expire_trash, self.expire_many]
        operations += [self.clean_stray, self.clean_lost, self.lose_version, self.scrub]
        operations += [self.change_bucket, self.remake_bucket]
        self._make_buckets()
        for operation in self._random.sample(operations, len(operations)):
            operation()
        for _ in range(steps - len(operations)):
            self._random.choice(operations)()

    def upload(self) -> None:
        self._store(self._any_place())

    def overwrite(self) -> None:
        self._store(self._standing())

    def upload_batch(self) -> None:
        kind = self._kind()
        items = []
        for number in range(4):
            source = self._scratch / f"past-{number}"
            source.write_bytes(self._content())
            items.append(UploadItem(source, f"d/batch/{number}"))
        about = [[f"{kind}:{item.path}", checksum(item.source.read_bytes())] for item in items]
        with self._steps.doing(["store", about]):
            assert not self._storage.upload_many(bucket_of(kind), items, SERVICE, REPLACE).failures

    def copy(self) -> None:
        source, target = self._standing(), self._any_place()
        content = self._state.live[source].content
        if target not in self._state.live or self._state.live[target].content != content:
            with self._steps.doing(["store", [[target, content]]]):
                (bucket, path), (target_bucket, target_path) = address(source), address(target)
                options = {"target_bucket": target_bucket, "replace": True}
                self._storage.copy(bucket, path, target_path, SERVICE, **options)

    def move(self) -> None:
        self._move(self._standing())

    def move_kept(self) -> None:
        """Move an object of which it is kept where it stood."""
        self._store("keep:n")
        self._move("keep:n")

    def _move(self, source: str) -> None:
        target = self._free_place()
        with self._steps.doing(["move", [[source, target]]]):
            (bucket, path), (target_bucket, target_path) = address(source), address(target)
            self._storage.move(bucket, path, target_path, SERVICE, target_bucket=target_bucket)

    def move_folder(self) -> None:
        kind, target_kind = self._kind(), self._kind()
        source, target = self._random.choice([("d/", "m/"), ("m/", "d/"), ("d/e/", "m/f/")])
        self._store(f"{kind}:{source}moved")
        begin = f"{kind}:{source}"
        pairs = [[place, f"{target_kind}:{target}{place[len(begin) :]}"] for place in self._below(begin)]
        if not any(place in self._state.live for _, place in pairs):
            with self._steps.doing(["move", pairs]):
                to = bucket_of(target_kind)
                self._storage.move_folder(bucket_of(kind), source, target, SERVICE, target_bucket=to)

    def delete(self) -> None:
        self._delete(self._standing(), for_good=self._random.random() < 0.3)

    def delete_many(self) -> None:
        kind, for_good = self._kind(), self._random.random() < 0.3
        singles = [place for place in (f"{kind}:a", f"{kind}:n") if place in self._state.live]
        with self._steps.doing(["delete", [singles, self._below(f"{kind}:d/")], for_good]):
            self._storage.delete_many(bucket_of(kind), ["a", "n", "d/"], SERVICE, for_good=for_good)

    def empty_bucket(self) -> None:
        kind = self._kind()
        with self._steps.doing(["delete", [self._below(f"{kind}:")], False]):
            self._storage.empty_bucket(bucket_of(kind), SERVICE)

    def restore_version(self) -> None:
        row = self._random.choice(self._kept())
        same_bucket = f"{kind_of(row.place)}:{self._random.choice(NAMES)}"
        target = self._random.choice([row.place, same_bucket])
        if target not in self._state.live or self._state.live[target].content != row.content:
            with self._steps.doing(["restore", target, row.content]):
                bucket, path = address(target)
                self._storage.versions.restore(bucket, self._id(row), SERVICE, target_path=path)

    def restore_trash(self) -> None:
        rows = self._in_trash()
        free = {row.place: row for row in rows if row.place not in self._state.live}
        chosen = self._random.sample(sorted(free.values()), min(len(free), 3))
        if chosen:
            with self._steps.doing(["untrash", [[row.place, row.since, row.place] for row in chosen]]):
                ids = [self._id(row) for row in chosen]
                self._storage.trash.restore(address(chosen[0].place)[0], ids, SERVICE)

    def restore_elsewhere(self) -> None:
        row = self._random.choice(self._in_trash())
        target = f"{kind_of(row.place)}:again/{self._fresh_name()}"
        with self._steps.doing(["untrash", [[row.place, row.since, target]]]):
            bucket, path = address(target)
            self._storage.trash.restore(bucket, [self._id(row)], SERVICE, target_path=path)

    def delete_versions(self) -> None:
        first = self._random.choice(self._kept())
        rows = [row for row in self._kept() if kind_of(row.place) == kind_of(first.place)]
        rows = self._random.sample(rows, min(len(rows), 2))
        with self._steps.doing(["forget", [[row.place, row.since] for row in rows]]):
            self._storage.versions.delete(address(first.place)[0], [self._id(row) for row in rows], SERVICE)

    def empty_trash(self) -> None:
        rows = self._in_trash()
        kind = kind_of(rows[0].place)
        some = self._random.random() < 0.5
        chosen = rows[:1] if some else [row for row in self._state.rows if row.in_trash and kind_of(row.place) == kind]
        ids = [self._id(row) for row in chosen] if some else None
        with self._steps.doing(["forget", [[row.place, row.since] for row in chosen]]):
            self._storage.trash.empty(bucket_of(kind), SERVICE, ids)

    def expire_versions(self) -> None:
        self._steps.expire_versions(self._moment())

    def expire_trash(self) -> None:
        self._steps.expire_trash(self._moment())

    def expire_many(self) -> None:
        """Forget what is beyond a bucket's number of versions, and nothing by its age."""
        for _ in range(6):
            self._store("keep:n")
        self._steps.expire_many()

    def clean_stray(self) -> None:
        """Leave a file where nobody claims it, and clean up."""
        name, data = f"{STRAY}{self._fresh_name()}", self._content()
        folder = self._random.choice([".versions", self._bucket_id(self._kind())])
        with self._steps.doing(["stray", name, checksum(data)]):
            self._workspace.housekeeping.premises.backend.write(f"{folder}/{name}", data)
        self._steps.cleanup(alone=False)

    def clean_lost(self) -> None:
        """Lose the bytes of an object, and clean up."""
        place = f"plain:lost/{self._fresh_name()}"
        self._store(place)
        self._lose(self._state.live[place].content, self._key(place))
        self._steps.cleanup(alone=False)

    def lose_version(self) -> None:
        """Lose the bytes of an old version, and let the scrub and the cleanup find that."""
        place = f"keep:lost/{self._fresh_name()}"
        self._store(place)
        lost, version = self._state.live[place].content, self._storage.info(*address(place), SERVICE).version
        self._store(place)
        self._lose(lost, archive_key(self._key(place), version))
        self.scrub()
        self._steps.cleanup(alone=False)

    def scrub(self) -> None:
        lost = self._state.shape().lost
        with self._steps.doing(["scrub"]):
            state = self._workspace.housekeeping.scrub.run(SERVICE, ProgressMeter(None, None))
            assert state.problems == len(lost), (state, lost)

    def change_bucket(self) -> None:
        retention = self._random.choice(_RETENTIONS)
        with self._steps.doing(["retain", "old", [retention.versions, retention.days, retention.trash_days]]):
            self._storage.update_bucket(bucket_of("old"), SERVICE, BucketChanges(retention=retention))

    def remake_bucket(self) -> None:
        self._steps.drop(self._kind())
        self._make_buckets()

    @property
    def _state(self) -> PastState:
        return self._steps.state

    def _make_buckets(self) -> None:
        """Make those buckets that are not there."""
        for kind, retention in KINDS.items():
            if kind not in self._state.buckets:
                numbers = [retention.versions, retention.days, retention.trash_days]
                with self._steps.doing(["retain", kind, numbers]):
                    self._storage.create_bucket(bucket_of(kind), SERVICE, retention=retention)

    def _store(self, place: str) -> None:
        data = self._content()
        with self._steps.doing(["store", [[place, checksum(data)]]]):
            bucket, path = address(place)
            self._storage.upload(bucket, path, data, SERVICE, REPLACE)

    def _delete(self, place: str, *, for_good: bool) -> None:
        with self._steps.doing(["delete", [[place]], for_good]):
            bucket, path = address(place)
            self._storage.delete(bucket, path, SERVICE, for_good=for_good)

    def _lose(self, content: str, key: str) -> None:
        backend = self._workspace.housekeeping.premises.backend
        assert backend.exists(key)
        with self._steps.doing(["lose", content]):
            backend.delete(key)

    def _kind(self) -> str:
        return self._random.choice(list(KINDS))

    def _any_place(self) -> str:
        return f"{self._kind()}:{self._random.choice(NAMES)}"

    def _free_place(self) -> str:
        place = self._any_place()
        return place if place not in self._state.live else f"{self._kind()}:more/{self._fresh_name()}"

    def _standing(self) -> str:
        """Return where something stands."""
        if not (places := sorted(place for place, one in self._state.live.items() if one.content not in self._lost)):
            self._store("keep:a")
            return "keep:a"
        return self._random.choice(places)

    def _kept(self) -> list[Kept]:
        """Return what is kept, which is at least something."""
        while not (rows := [row for row in self._state.rows if row.content not in self._lost]):
            self._store("keep:a")
        return rows

    def _in_trash(self) -> list[Kept]:
        """Return what is in one bucket's trash, which is at least something."""
        kind = self._random.choice(["keep", "trash"])
        begin = f"{kind}:"
        while not (rows := [row for row in self._kept() if row.in_trash and row.place.startswith(begin)]):
            self._store(f"{begin}n")
            self._delete(f"{begin}n", for_good=False)
        return rows

    @property
    def _lost(self) -> set[str]:
        return self._state.lost

    def _below(self, begin: str) -> list[str]:
        return [place for place in self._state.live if place.startswith(begin)]

    def _moment(self) -> tuple[int, int]:
        return self._random.choice(self._steps.record.moments[-30:])

    def _id(self, row: Kept) -> int:
        """Return what names a version in calls."""
        there = sorted((one for one in self._state.rows if one.place == row.place), key=lambda one: -one.until)
        version = versions_at(self._storage, row.place)[there.index(row)]
        assert version.id is not None
        return version.id

    def _bucket_id(self, kind: str) -> str:
        return self._storage.get_bucket(bucket_of(kind), SERVICE).id

    def _key(self, place: str) -> str:
        kind, _, path = place.partition(":")
        return f"{self._bucket_id(kind)}/{path}"

    def _fresh_name(self) -> str:
        self._count += 1
        return f"{self._seed}-{self._count}"

    def _content(self) -> bytes:
        return f"past {self._fresh_name()}\n".encode() * self._random.choice([1, 300])
