"""Every call of the engine under every subset of policies: it needs exactly those that the API says, and no others.

Source: the measured table "Which policy each call needs"; PostgreSQL, "Policies Applied by Command Type".
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, combinations
from pathlib import Path

import pytest

from engine.access_types import PolicyCommand, PolicySpec
from engine.config import load_settings
from engine.errors import NotFound, ObjectNotFound, Unauthorized
from engine.permissions.rows import PolicyTable
from engine.secrets import FixedSecrets
from engine.storage import FileStorage
from engine.types import BucketChanges, ListRequest, Retention, RlsContext, UploadItem, UploadOptions
from engine.workspace import Workspace, open_workspace

S, I, U, D = "SELECT", "INSERT", "UPDATE", "DELETE"  # noqa: E741 - as the table has them
SUBSETS = [frozenset(some) for some in chain.from_iterable(combinations((S, I, U, D), n) for n in range(5))]
OVER = UploadOptions(replace=True)
SERVICE = RlsContext.service("the person")


@dataclass(frozen=True)
class Scene:
    """One bucket: `f/there` stands, `f/gone` is in the trash, `f/there` had another content before."""

    storage: FileStorage
    bucket: str
    who: RlsContext
    old_version: int
    trashed: int
    before: datetime
    folder: Path


Call = Callable[[Scene], object]


def _done(report: object) -> None:
    """Raise what a bulk call reports, as a single call would."""
    failures = report.failures  # type: ignore[attr-defined]
    if failures:
        raise failures[0].error


def _some(found: object) -> None:
    """Treat nothing as what is hidden."""
    if not found:
        raise ObjectNotFound("nothing")


CALLS: dict[str, tuple[set[str], Call]] = {
    "upload new": ({I}, lambda s: s.storage.upload(s.bucket, "new", b"x", s.who)),
    "begin": ({I}, lambda s: s.storage.begin_upload(s.bucket, "new", s.who).abort()),
    "upload many new": (
        {I},
        lambda s: _done(s.storage.upload_many(s.bucket, [UploadItem(s.folder / "x", "new")], s.who)),
    ),
    "new folder": ({I}, lambda s: s.storage.create_folder(s.bucket, "new/", s.who)),
    "upsert, new": ({S, I}, lambda s: s.storage.upload(s.bucket, "new", b"x", s.who, OVER)),
    "upsert over": ({S, I, U}, lambda s: s.storage.upload(s.bucket, "f/there", b"x", s.who, OVER)),
    "upsert many over": (
        {S, I, U},
        lambda s: _done(s.storage.upload_many(s.bucket, [UploadItem(s.folder / "x", "f/there")], s.who, OVER)),
    ),
    "info": ({S}, lambda s: s.storage.info(s.bucket, "f/there", s.who)),
    "open": ({S}, lambda s: s.storage.open_object(s.bucket, "f/there", s.who).close()),
    "download": ({S}, lambda s: s.storage.download(s.bucket, "f/there", s.folder / s.bucket, s.who)),
    "list": ({S}, lambda s: _some(s.storage.list(s.bucket, ListRequest("f/"), s.who).objects)),
    "list folders": ({S}, lambda s: _some(s.storage.list(s.bucket, ListRequest(), s.who).folders)),
    "find name": ({S}, lambda s: _some(s.storage.find_name(s.bucket, ListRequest("f/"), "t", s.who))),
    "count": ({S}, lambda s: _some(s.storage.count_folder(s.bucket, "f/", s.who).total)),
    "count folders": ({S}, lambda s: _some(s.storage.count_folder(s.bucket, "", s.who).total)),
    "walk": ({S}, lambda s: _some(list(s.storage.walk(s.bucket, "", s.who)))),
    "size": ({S}, lambda s: _some(s.storage.tree_size(s.bucket, "", s.who).size_bytes)),
    "size of paths": ({S}, lambda s: _some(s.storage.tree_size(s.bucket, ["f/there"], s.who).size_bytes)),
    "sign": ({S}, lambda s: s.storage.sign(s.bucket, "f/there", s.who, 60)),
    "move": ({S, U}, lambda s: s.storage.move(s.bucket, "f/there", "moved", s.who)),
    "move folder": ({S, U}, lambda s: s.storage.move_folder(s.bucket, "f/", "moved/", s.who)),
    "copy": ({S, I}, lambda s: s.storage.copy(s.bucket, "f/there", "copy", s.who)),
    "copy over": ({S, I, U}, lambda s: s.storage.copy(s.bucket, "f/there", "g/other", s.who, replace=True)),
    "copy folder": ({S, I}, lambda s: _done(s.storage.copy_folder(s.bucket, "f/", "copy/", s.who))),
    "delete": ({S, D}, lambda s: s.storage.delete(s.bucket, "f/there", s.who)),
    "delete many": ({S, D}, lambda s: _some(s.storage.delete_many(s.bucket, ["f/there"], s.who))),
    "delete folder": ({S, D}, lambda s: _some(s.storage.delete_many(s.bucket, ["f/"], s.who))),
    "delete trees": ({S, D}, lambda s: _some(s.storage.delete_trees(s.bucket, ["f/"], s.who))),
    "versions": ({S}, lambda s: s.storage.versions.list(s.bucket, "f/there", s.who)),
    "size of versions": ({S}, lambda s: _some(s.storage.versions.size(s.bucket, s.who).objects)),
    "condemned": ({S}, lambda s: _some(s.storage.versions.condemned(s.bucket, Retention(), s.who).objects)),
    "open version": ({S}, lambda s: s.storage.versions.open(s.bucket, s.old_version, s.who).close()),
    "restore version over": ({S, I, U}, lambda s: s.storage.versions.restore(s.bucket, s.old_version, s.who)),
    "restore version elsewhere": (
        {S, I},
        lambda s: s.storage.versions.restore(s.bucket, s.old_version, s.who, target_path="else", replace=False),
    ),
    "delete version": ({S, D}, lambda s: s.storage.versions.delete(s.bucket, [s.old_version], s.who)),
    "past page": ({S}, lambda s: _some(s.storage.list(s.bucket, ListRequest("f/", moment=s.before), s.who).objects)),
    "past folders": ({S}, lambda s: _some(s.storage.list(s.bucket, ListRequest(moment=s.before), s.who).folders)),
    "past count": ({S}, lambda s: _some(s.storage.count_folder(s.bucket, "f/", s.who, s.before).total)),
    "past open": ({S}, lambda s: s.storage.past.open(s.bucket, "f/there", s.before, s.who).close()),
    "past info": ({S}, lambda s: s.storage.past.info(s.bucket, "f/there", s.before, s.who)),
    "before last change": ({S}, lambda s: _some(s.storage.past.before_last_change(s.bucket, s.who))),
    "trash": ({S}, lambda s: _some(s.storage.trash.list(s.bucket, s.who).items)),
    "size of trash": ({S}, lambda s: _some(s.storage.trash.size(s.bucket, s.who).objects)),
    "trash restore": ({S, I}, lambda s: s.storage.trash.restore(s.bucket, [s.trashed], s.who)),
    "to trash": ({S, D}, lambda s: _some(s.storage.trash.put(s.bucket, ["f/"], s.who))),
    "empty trash": ({S, D}, lambda s: _some(s.storage.trash.empty(s.bucket, s.who))),
}


Scenes = list[tuple[frozenset[str], Scene]]
_Places = list[tuple[str, int, int]]


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, _Places, datetime]:
    """Make a workspace with a bucket for every subset of policies; tests work on copies of it."""
    data_dir = tmp_path_factory.mktemp("stage") / "data"
    with open_workspace(load_settings(data_dir, environ={}), FixedSecrets()) as workspace:
        for number, granted in enumerate(SUBSETS):
            _build(workspace.storage, f"bucket{number}", granted)
        before = datetime.now(UTC)
        places = [_age(workspace.storage, f"bucket{number}") for number in range(len(SUBSETS))]
    return data_dir, places, before


def _build(storage: FileStorage, name: str, granted: frozenset[str]) -> None:
    """Make a bucket with policies that let everybody use some commands."""
    storage.create_bucket(name, SERVICE, retention=Retention(versions=9, trash_days=9))
    for command in granted:
        storage.policies.create(_spec(f"{command} {name}", command, PolicyTable.OBJECTS), SERVICE, name)
    for path in ("f/there", "f/gone", "g/other"):
        storage.upload(name, path, b"old", SERVICE)


def _spec(name: str, command: str, table: PolicyTable) -> PolicySpec:
    """Return a policy that lets everybody use one command."""
    using, check = (None if command == I else "true"), ("true" if command in {I, U} else None)
    return PolicySpec(name, table, PolicyCommand(command), using=using, check=check)


def _age(storage: FileStorage, name: str) -> tuple[str, int, int]:
    """Give a bucket a past."""
    storage.upload(name, "f/there", b"new", SERVICE, OVER)
    storage.delete(name, "f/gone", SERVICE)
    old = storage.versions.list(name, "f/there", SERVICE)[1].id
    trashed = storage.trash.list(name, SERVICE).items[0].id
    assert old is not None
    assert trashed is not None
    return name, old, trashed


@pytest.fixture
def workspace(data_dir: Path, stage: tuple[Path, _Places, datetime]) -> Iterator[Workspace]:
    """Open a copy of the stage."""
    shutil.copytree(stage[0], data_dir)
    with open_workspace(load_settings(data_dir, environ={}), FixedSecrets()) as opened:
        yield opened


@pytest.fixture
def scenes(storage: FileStorage, stage: tuple[Path, _Places, datetime], alice: RlsContext, tmp_path: Path) -> Scenes:
    """Return the buckets by what their policies grant."""
    (tmp_path / "x").write_bytes(b"x")
    _, places, before = stage
    return [
        (granted, Scene(storage, name, alice, old, trashed, before, tmp_path))
        for granted, (name, old, trashed) in zip(SUBSETS, places, strict=True)
    ]


@pytest.mark.parametrize("call", CALLS)
def test_a_call_needs_exactly_its_policies(scenes: Scenes, call: str) -> None:
    needed, run = CALLS[call]
    for granted, scene in scenes:
        if needed <= granted:
            run(scene)
            continue
        before = _state(scene)
        with pytest.raises(Unauthorized if needed == {I} else (ObjectNotFound, Unauthorized)):
            run(scene)
        assert _state(scene) == before, granted


@pytest.mark.parametrize(
    "call", ["info", "open", "move", "delete", "copy", "versions", "open version", "trash restore"]
)
def test_what_is_hidden_is_not_found_and_what_is_seen_is_refused(scenes: Scenes, call: str) -> None:
    needed, run = CALLS[call]
    for granted, scene in scenes:
        if needed <= granted:
            continue
        with pytest.raises(Unauthorized if S in granted else ObjectNotFound):
            run(scene)


def _state(scene: Scene) -> object:
    """Return everything that there is in a bucket."""
    return (
        list(scene.storage.walk(scene.bucket, "", SERVICE)),
        scene.storage.versions.list(scene.bucket, "f/there", SERVICE),
        scene.storage.trash.list(scene.bucket, SERVICE).items,
    )


BUCKET_CALLS: dict[str, tuple[set[str], Callable[[FileStorage, RlsContext], object]]] = {
    "create": ({I}, lambda storage, who: storage.create_bucket("made", who)),
    "get": ({S}, lambda storage, who: storage.get_bucket("there", who)),
    "list": ({S}, lambda storage, who: _some(storage.list_buckets(who))),
    "update": ({S, U}, lambda storage, who: storage.update_bucket("there", who, BucketChanges(public=True))),
    "delete": ({S, D}, lambda storage, who: storage.delete_bucket("there", who)),
}


@pytest.mark.parametrize("call", BUCKET_CALLS)
def test_buckets_need_policies_of_their_own_table(storage: FileStorage, alice: RlsContext, call: str) -> None:
    needed, run = BUCKET_CALLS[call]
    for granted in SUBSETS:
        storage.create_bucket("there", SERVICE)
        made = [storage.policies.create(_spec(name, name, PolicyTable.BUCKETS), SERVICE) for name in granted]
        if needed <= granted:
            run(storage, alice)
        else:
            refused = Unauthorized if needed == {I} or S in granted else NotFound
            with pytest.raises(refused):
                run(storage, alice)
            assert not storage.get_bucket("there", SERVICE).public
        for policy in made:
            storage.policies.delete(policy.id, SERVICE)
        for bucket in storage.list_buckets(SERVICE):
            if bucket.name in {"there", "made"}:
                storage.delete_bucket(bucket.id, SERVICE)


def test_emptying_a_bucket_is_for_the_service_alone(storage: FileStorage, alice: RlsContext) -> None:
    for table in PolicyTable:
        storage.policies.create(PolicySpec("all", table, PolicyCommand.ALL, using="true", check="true"), SERVICE)
    with pytest.raises(Unauthorized):
        storage.empty_bucket("bucket0", alice)
