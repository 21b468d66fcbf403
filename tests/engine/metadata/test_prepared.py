"""A query that is prepared finds what it would find otherwise, for its caller and under its rules alone."""

from __future__ import annotations

import gc

import pytest
from sqlalchemy import JSON, bindparam, literal, select, update
from sqlalchemy.dialects import sqlite

from engine.metadata.executor import Executor
from engine.metadata.prepared import PreparedQueries
from engine.metadata.tables import storage_objects, storage_policies
from engine.permissions.generation import raise_generation
from engine.types import RlsContext
from tests.engine.metadata.conftest import ALICE, BOB, OWNERS

SERVICE = RlsContext.service()
CALLERS = (RlsContext.user(ALICE), RlsContext.user(BOB), RlsContext.anonymous(), SERVICE)
O = storage_objects  # noqa: E741 - as short as the statements want it
BY_ID = select(O.c.id, O.c.user_metadata).where(O.c.id == bindparam("wanted"))
DIALECT = sqlite.dialect()

POLICIES = (
    "owner_id = auth.uid()::text",
    "created_at <= now()",
    "name LIKE 'folder/a%' AND (metadata->>'size')::int >= 1 AND (owner_id IS NULL) IS NOT TRUE",
    "(storage.foldername(name))[1] = 'folder' AND (metadata->>'size')::numeric > 0.5",
    "name = ANY (ARRAY['folder/a1', 'folder/b1'])",
    "coalesce(user_metadata->>'team', 'none') IN ('none', 'blue') AND true",
    "auth.role() = 'anon'",
)


def found(executor: Executor, context: RlsContext, *, prepared: bool) -> set[str]:
    """Return the ids of the objects that a caller finds, each looked up."""
    with executor.snapshot(context) as tx:
        if prepared:
            rows = [tx.look_up(BY_ID, {"wanted": one}) for one in OWNERS]
        else:
            rows = [row for one in OWNERS for row in tx.tuples(BY_ID, {"wanted": one})]
    return {row[0] for row in rows if row is not None}


def say(executor: Executor, using: str) -> None:
    """Let the one policy that there is say something else, to everybody."""
    with executor.transaction(SERVICE) as tx:
        tx.execute(update(storage_policies).values(using_text=using, roles=["public"]))
        raise_generation(tx)


@pytest.mark.parametrize("using", POLICIES)
def test_whoever_looks_up_finds_what_their_rules_show_however_often(executor: Executor, using: str) -> None:
    say(executor, using)
    for _ in range(3):
        for caller in CALLERS:
            assert found(executor, caller, prepared=True) == found(executor, caller, prepared=False)


def test_other_rules_count_at_once(executor: Executor) -> None:
    alice = RlsContext.user(ALICE)
    for using, expected in (("true", set(OWNERS)), ("name = 'folder/b1'", {"b1"}), ("false", set())) * 2:
        say(executor, using)
        for _ in range(3):
            assert found(executor, alice, prepared=True) == expected


def test_a_query_is_prepared_when_it_comes_again_with_the_very_same_rules() -> None:
    queries, rule, wanted = PreparedQueries(), O.c.owner_id == "a", {"wanted": "1"}
    assert queries.get(DIALECT, BY_ID, (rule,), wanted) is None
    made = queries.get(DIALECT, BY_ID, (rule,), wanted)
    assert made is not None
    assert made.values({"wanted": "2"}) == ("2", "a")
    assert queries.get(DIALECT, BY_ID, (rule,), wanted) is made
    assert queries.get(DIALECT, BY_ID, (O.c.owner_id == "a",), wanted) is None
    assert queries.get(DIALECT, BY_ID, (), wanted) is None


def test_what_is_gone_is_not_taken_for_another_that_has_its_identity() -> None:
    queries, wanted = PreparedQueries(), {"wanted": "1"}
    for number in range(2_000):
        assert queries.get(DIALECT, BY_ID, (O.c.owner_id == str(number),), wanted) is None
        gc.collect(0)


def test_values_are_as_the_driver_takes_them() -> None:
    queries, rule = PreparedQueries(), literal({"a": 1}, JSON()) == O.c.mime_type
    for _ in range(2):
        made = queries.get(DIALECT, BY_ID, (rule,), {"wanted": "1"})
    assert made is not None
    assert made.values({"wanted": "1"}) == ("1", '{"a": 1}')


def test_a_query_that_has_to_be_written_anew_for_its_values_is_not_prepared() -> None:
    queries, statement = PreparedQueries(), select(O.c.id).where(O.c.id.in_(bindparam("wanted", expanding=True)))
    assert [queries.get(DIALECT, statement, (), {"wanted": ["1"]}) for _ in range(3)] == [None] * 3


def test_texts_are_bounded_together_and_each() -> None:
    wanted = {"wanted": "1"}
    rules = [(O.c.owner_id == str(number),) for number in range(20)]
    length = len(str(BY_ID.where(*rules[0]).compile(dialect=DIALECT)))
    queries = PreparedQueries(10 * length)
    for rule in rules:
        assert queries.get(DIALECT, BY_ID, rule, wanted) is None
        assert queries.get(DIALECT, BY_ID, rule, wanted) is not None
        assert sum(len(made.text) for made, _ in queries._made.values() if made is not None) <= 10 * length
    long = (O.c.owner_id.in_([literal(str(number)) for number in range(500)]),)
    assert [queries.get(DIALECT, BY_ID, long, wanted) for _ in range(3)] == [None] * 3


def test_json_is_given_as_it_is_written(executor: Executor) -> None:
    with executor.transaction(SERVICE) as tx:
        tx.execute(update(O).where(O.c.id == "a1").values(user_metadata={"a": [1, "é"]}))
    with executor.snapshot(SERVICE) as tx:
        rows = {tx.look_up(BY_ID, {"wanted": "a1"}) for _ in range(3)}
    assert len(rows) == 1
