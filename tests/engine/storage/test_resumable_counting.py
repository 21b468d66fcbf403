"""How many uploads in parts somebody may have open, and whose count as whose."""

from __future__ import annotations

import json

import pytest

from engine.access_types import PolicyCommand, PolicySpec
from engine.context import Origin
from engine.errors import ObjectAlreadyExists
from engine.permissions.rows import PolicyTable
from engine.resumable_types import ResumableUpload, TooManyUploads
from engine.storage import FileStorage
from engine.types import Bucket, RlsContext

pytestmark = pytest.mark.parametrize("workspace", ["memory"], indirect=True)
HOME, OFFICE = "192.0.2.1", "192.0.2.2"


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one caller have two open."""
    monkeypatch.setattr("engine.limits.RESUMABLE_OPEN_MAX", 2)


@pytest.fixture
def visited(storage: FileStorage, bucket: Bucket, service: RlsContext) -> FileStorage:
    """Let visitors add objects."""
    spec = PolicySpec("visitors", PolicyTable.OBJECTS, PolicyCommand.INSERT, ("anon",), check="true")
    storage.policies.create(spec, service, "photos")
    return storage


def coming(who: RlsContext, address: str) -> RlsContext:
    return who.coming_from(Origin("request", address))


def begin(storage: FileStorage, who: RlsContext, holder: str | None = None) -> ResumableUpload:
    return storage.resumable.begin("photos", "a", who, size_bytes=3, holder=holder)


def fill(storage: FileStorage, who: RlsContext, holder: str | None = None) -> int:
    """Begin uploads until one is refused, and return how many were not."""
    for number in range(100):
        try:
            begin(storage, who, holder)
        except TooManyUploads:
            return number
    return 100


def test_visitors_count_by_where_they_come_from(visited: FileStorage) -> None:
    visitor = RlsContext.anonymous()

    assert fill(visited, coming(visitor, HOME)) == 2
    assert fill(visited, coming(visitor, OFFICE)) == 2


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
    ],
)
def test_a_network_of_ipv6_counts_as_one_address(visited: FileStorage, one: str, other: str, together: bool) -> None:
    visitor = RlsContext.anonymous()

    assert fill(visited, coming(visitor, one)) == 2
    assert fill(visited, coming(visitor, other)) == (0 if together else 2)


def test_users_count_as_themselves_wherever_they_are(storage: FileStorage, alice: RlsContext, bob: RlsContext, bucket):
    assert fill(storage, coming(alice, HOME)) == 2
    assert fill(storage, coming(alice, OFFICE)) == 0
    assert fill(storage, coming(bob, HOME)) == 2


def test_a_token_that_is_in_many_hands_counts_by_where_they_are(storage: FileStorage, alice: RlsContext, bucket):
    holder, maker = json.dumps(["token", alice.user_id, "photos", "a"]), RlsContext.service(alice.user_id)

    assert fill(storage, coming(maker, HOME), holder) == 2
    assert fill(storage, coming(maker, OFFICE), holder) == 2
    assert fill(storage, alice) == 2


@pytest.mark.parametrize("maker", ["alice", None])
def test_all_tokens_that_one_person_made_count_as_one(storage: FileStorage, bucket: Bucket, maker: str | None) -> None:
    def holding(path: str, of: str | None) -> int:
        return fill(storage, coming(RlsContext.service(of), HOME), json.dumps(["token", of, "photos", path]))

    assert holding("a", maker) == 2
    assert holding("b", maker) == 0
    assert holding("c", "bob") == 2


def test_the_service_role_is_not_counted(storage: FileStorage, bucket: Bucket, service: RlsContext) -> None:
    assert fill(storage, service) == 100


def test_what_is_stored_or_ended_counts_no_more(storage: FileStorage, bucket: Bucket, alice: RlsContext) -> None:
    stored, ended = begin(storage, alice), begin(storage, alice)
    with storage.resumable.resume(stored.id, 0, alice) as session:
        session.write(b"abc")
        session.commit()
    storage.resumable.end(ended.id, alice)
    storage.delete("photos", "a", alice)

    assert fill(storage, alice) == 2


def test_what_is_refused_when_it_is_whole_counts_no_more(
    storage: FileStorage, bucket: Bucket, alice: RlsContext
) -> None:
    refused = begin(storage, alice)
    with storage.resumable.resume(refused.id, 0, alice) as session:
        session.write(b"abc")
        session.set_aside()
    storage.upload("photos", "a", b"first", alice)
    with pytest.raises(ObjectAlreadyExists):
        storage.resumable.finish(refused.id)
    storage.delete("photos", "a", alice)

    assert fill(storage, alice) == 2


class TestAllTogether:
    """Ten have room, and one may have half of what is left of it."""

    @pytest.fixture(autouse=True)
    def room(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let all have ten open."""
        monkeypatch.setattr("engine.limits.RESUMABLE_OPEN_MAX", 8)
        monkeypatch.setattr("engine.limits.RESUMABLE_OPEN_ALL_MAX", 10)
        monkeypatch.setattr("engine.limits.RESUMABLE_OPEN_SHARE", 2)

    def test_the_fuller_it_is_the_less_one_may_have(self, visited: FileStorage) -> None:
        had = [fill(visited, coming(RlsContext.anonymous(), f"192.0.2.{host}")) for host in range(10)]

        assert had == [3, 2, 2, 1, 1, 0, 0, 0, 0, 0]

    def test_the_refusal_does_not_tell_how_full_it_is(self, visited: FileStorage) -> None:
        told = set()
        for host in range(10):
            visitor = coming(RlsContext.anonymous(), f"192.0.2.{host}")
            fill(visited, visitor)
            with pytest.raises(TooManyUploads) as refused:
                begin(visited, visitor)
            told.add(refused.value.message)

        assert len(told) == 1
        assert not any(letter.isdigit() for letter in told.pop())

    def test_visitors_leave_users_and_holders_of_tokens_their_room(
        self, visited: FileStorage, alice: RlsContext
    ) -> None:
        for host in range(10):
            fill(visited, coming(RlsContext.anonymous(), f"192.0.2.{host}"))

        assert fill(visited, alice) == 3
        assert fill(visited, coming(RlsContext.service(), HOME), "a token") == 3
