"""With which of several objects somebody may not do something: the same that the engine refuses."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest

from engine.context import RlsContext
from engine.errors import BucketNotFound, Unauthorized
from engine.move_types import Move
from engine.permissions import refused
from engine.permissions.refused import Refusals, Wish
from engine.permissions.rows import Command
from engine.storage import FileStorage
from engine.types import Bucket, LabelChanges
from tests.engine.permissions.conftest import Let

PATHS = ("a.txt", "f/1.txt", "f/2.png", "f/in/3.txt", "f/in/4.png", "hidden.txt")
TXT = "name LIKE '%.txt'"


@pytest.fixture
def filled(storage: FileStorage, bucket: Bucket, service: RlsContext, let: Let) -> FileStorage:
    for path in PATHS:
        storage.upload("photos", path, b"x", service)
    let("SELECT", "name NOT LIKE 'hidden%'")
    return storage


def test_the_first_and_how_many_of_how_many(filled: FileStorage, alice: RlsContext, service: RlsContext, let: Let):
    let("DELETE", TXT)
    tell = filled.policies.refusals
    everything = Wish(Command.DELETE, "photos", [Move("", "")])
    assert tell(alice, everything, service) == Refusals("f/2.png", "", 2, 5)
    assert tell(alice, Wish(Command.DELETE, "photos", [Move("a.txt", ""), Move("f/in/", "")]), service) == Refusals(
        "f/in/4.png", "", 1, 3
    )
    assert tell(service, everything, service) == Refusals("", "", 0, 6)
    assert tell(alice, Wish(Command.DELETE, "photos", [Move("hidden.txt", "")]), service) == Refusals()
    with pytest.raises(Unauthorized):
        tell(alice, everything, alice)
    with pytest.raises(BucketNotFound):
        tell(alice, Wish(Command.DELETE, "none", [Move("", "")]), service)


@pytest.mark.parametrize(
    ("using", "check"),
    [("true", "true"), ("false", "true"), (TXT, "true"), ("name LIKE 'f/%'", "name LIKE 'g/%'"), ("true", TXT),
     ("storage.operation() LIKE '%move'", "name NOT LIKE '%4%'"), ("true", "bucket_id = 'other'")],
)  # fmt: skip
@pytest.mark.parametrize("goal", ["photos", "other"])
def test_a_folder_is_refused_where_one_of_its_objects_is(
    filled: FileStorage, alice: RlsContext, service: RlsContext, let: Let, using: str, check: str, goal: str
):
    filled.create_bucket("other", service)
    let("UPDATE", using, check, bucket=None)
    let("SELECT", "bucket_id = 'other'", bucket=None)
    found = filled.policies.refusals(
        alice, Wish(Command.UPDATE, "photos", [Move("f/", "g/")], goes=True, target_bucket=goal), service
    )
    refused_by_engine = False
    with contextlib.suppress(Unauthorized):
        refused_by_engine = True
        filled.move_folder("photos", "f/", "g/", alice, target_bucket=goal)
        refused_by_engine = False
    assert (found.refused > 0) is refused_by_engine
    assert found.target == found.path.replace("f/", "g/", 1)
    assert found.asked == 4


@pytest.mark.parametrize(
    "check", ["true", "false", TXT, "owner_id = (SELECT auth.uid()::text)", "NOT metadata ? 'eTag'"]
)
def test_a_copy_is_asked_about_as_it_would_be(
    filled: FileStorage, alice: RlsContext, service: RlsContext, let: Let, check: str
):
    let("INSERT", None, check)
    moves = [Move(path, f"copy of {path}") for path in PATHS[:3]]
    found = filled.policies.refusals(alice, Wish(Command.INSERT, "photos", moves, goes=True), service)

    def copied(move: Move) -> bool:
        try:
            filled.copy("photos", move.source, move.target, alice)
        except Unauthorized:
            return False
        return True

    outcomes = [copied(move) for move in moves]
    assert (found.refused, found.asked) == (outcomes.count(False), 3)
    assert found.path == next((move.source for move, done in zip(moves, outcomes, strict=True) if not done), "")


def test_what_is_changed_where_it_is_must_be_let_stay_as_well(
    filled: FileStorage, alice: RlsContext, service: RlsContext, let: Let
):
    let("UPDATE", "true", TXT)
    found = filled.policies.refusals(alice, Wish(Command.UPDATE, "photos", [Move("f/", "")]), service)
    assert found == Refusals("f/2.png", "", 2, 4)
    for path, allowed in (("f/1.txt", True), ("f/2.png", False)):
        changes = LabelChanges(cache_control="max-age=1")
        with contextlib.nullcontext() if allowed else pytest.raises(Unauthorized):
            filled.change_labels("photos", [path], changes, alice)


def test_no_more_is_looked_at_than_somebody_waits_for(
    filled: FileStorage, alice: RlsContext, service: RlsContext, let: Let, monkeypatch: pytest.MonkeyPatch
):
    let("DELETE", TXT)
    tell: Callable[..., Refusals] = filled.policies.refusals
    for most, expected in ((5, Refusals("f/2.png", "", 2, 5)), (4, Refusals("f/2.png", "", 1, 4, is_all=False))):
        monkeypatch.setattr(refused, "LOOKED_AT_MAX", most)
        assert tell(alice, Wish(Command.DELETE, "photos", [Move("a.txt", ""), Move("f/", "")]), service) == expected


def test_things_that_are_not_seen_are_not_asked_about_without_end(
    filled: FileStorage, alice: RlsContext, service: RlsContext, let: Let, monkeypatch: pytest.MonkeyPatch
):
    let("DELETE", TXT)
    monkeypatch.setattr(refused, "LOOKED_AT_MAX", 3)
    gone = [Move(f"gone {number}", "") for number in range(3)]
    tell: Callable[..., Refusals] = filled.policies.refusals
    assert tell(alice, Wish(Command.DELETE, "photos", gone), service) == Refusals("", "", 0, 0)
    assert tell(alice, Wish(Command.DELETE, "photos", [*gone, Move("f/", "")]), service) == Refusals(
        "", "", 0, 0, is_all=False
    )
