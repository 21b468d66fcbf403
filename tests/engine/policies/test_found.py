"""What the comparison with PostgreSQL found wrong once, each with the smallest condition that showed it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from engine.context import RlsContext
from engine.errors import InvalidPolicy
from engine.permissions.language import parse, statements
from engine.permissions.rows import Facts, PolicyTable
from tests.engine.policies.ours import Ours, Seen
from tests.engine.policies.rows import ALICE, BOB, bucket_rows, object_rows

OBJECTS, BUCKETS = PolicyTable.OBJECTS, PolicyTable.BUCKETS


@pytest.fixture(scope="module")
def ours() -> Iterator[Ours]:
    judge = Ours(object_rows(), bucket_rows())
    yield judge
    judge.close()


def seen(ours: Ours, condition: str, user_id: str | None = ALICE, table: PolicyTable = OBJECTS) -> Seen:
    context = replace(RlsContext.anonymous(), user_id=user_id)
    return ours.seen(parse(condition, table), Facts(context, 0), table)


def owned_by(*owners: str | None) -> frozenset[int]:
    return frozenset(row.n for row in object_rows() if row.owner_id in owners)


@pytest.mark.parametrize(
    "condition",
    ["owner <> auth.uid()", "auth.uid() = auth.uid()", "auth.uid() IS NULL"],
)
def test_an_id_that_is_no_uuid_fails_where_it_is_asked_for(ours: Ours, condition: str):
    assert seen(ours, condition, "robot-7").rows is None
    assert seen(ours, f"name IS NULL AND {condition}", "robot-7").rows == frozenset()


def test_an_id_counts_however_it_is_written(ours: Ours):
    assert seen(ours, "owner = auth.uid()", ALICE.upper()).rows == owned_by(ALICE)
    assert seen(ours, "auth.uid() IS NULL", "").rows == seen(ours, "true").rows


def test_an_owner_that_is_no_uuid_is_null_under_a_negation(ours: Ours):
    assert seen(ours, "owner = auth.uid()").rows == owned_by(ALICE)
    assert not seen(ours, "NOT owner = auth.uid()").rows & owned_by(None, "not-a-uuid", ALICE.upper(), "")
    assert seen(ours, f"owner = '{BOB}' IS NULL").rows == owned_by(None, "not-a-uuid", ALICE.upper(), "")


def test_a_bucket_without_allowed_types_has_null_there(ours: Ours):
    without = frozenset(row.n for row in bucket_rows() if not row.allowed_mime_types)
    assert seen(ours, "allowed_mime_types IS NULL", table=BUCKETS).rows == without
    assert not seen(ours, "'' = ALL (allowed_mime_types)", table=BUCKETS).rows


@pytest.mark.parametrize("text", ["'a' + 'b' = 'c'", "('a' - '1') < size"])
def test_texts_are_not_added(text: str):
    with pytest.raises(InvalidPolicy):
        parse(text, OBJECTS)


def test_a_name_that_no_database_takes_is_refused():
    with pytest.raises(InvalidPolicy):
        statements("create policy p\ud99b on storage.objects using (true)")


@pytest.mark.parametrize(("pattern", "fails"), [("\\", True), ("public/hello.txt\\", False), ("\\_\\", False)])
def test_an_escape_at_the_end_of_a_pattern_fails_once_a_text_comes_to_it(ours: Ours, pattern: str, fails: bool):
    assert (seen(ours, f"name LIKE '{pattern}'").rows is None) == fails
