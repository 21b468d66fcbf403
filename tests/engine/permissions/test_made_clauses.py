"""Clauses that were made of policies are found again, and by nobody for whom they do not count."""

from __future__ import annotations

import gc
import weakref
from itertools import product
from types import MappingProxyType

import pytest
from sqlalchemy import ColumnElement, and_, column, true
from sqlalchemy.dialects import sqlite

from engine.access_types import PolicyCommand
from engine.context import Operation, RlsContext
from engine.metadata.tables import storage_buckets, storage_objects
from engine.permissions.clauses import Place
from engine.permissions.language import parse
from engine.permissions.made_clauses import MadeClauses
from engine.permissions.rows import Command, PolicyTable
from engine.permissions.rules import Rule
from engine.storage import FileStorage
from engine.types import Bucket
from engine.workspace import Workspace
from tests.engine.permissions.conftest import Let

ELEMENTS_MAX = 1_000


def rules(text: str) -> tuple[Rule, ...]:
    using = parse(text, PolicyTable.OBJECTS)
    return (Rule("one", PolicyTable.OBJECTS, PolicyCommand.ALL, frozenset({"anon"}), True, None, using, using),)


def made(clauses: MadeClauses, of: tuple[Rule, ...], who: RlsContext) -> ColumnElement[bool]:
    return clauses.get(of, who, "objects", lambda: true() & true())


def test_the_same_caller_finds_what_was_made_whatever_request_it_is() -> None:
    clauses, of = MadeClauses(), rules("owner_id = auth.uid()::text")
    first = made(clauses, of, RlsContext.user("a").doing(Operation.OBJECT_GET, "photos", "1"))
    assert made(clauses, of, RlsContext.user("a").doing(Operation.OBJECT_GET, "photos", "2")) is first


@pytest.mark.parametrize(
    "other",
    [
        RlsContext.user("b"),
        RlsContext.anonymous(),
        RlsContext("a", "editor"),
        RlsContext("a", "authenticated", MappingProxyType({"team": 1})),
    ],
)
def test_who_differs_in_what_policies_know_gets_another(other: RlsContext) -> None:
    clauses, of, made_of = MadeClauses(), rules("owner_id = auth.uid()::text"), []
    for who in (RlsContext.user("a"), other):
        clauses.get(of, who, "objects", lambda who=who: made_of.append(who) or true())
    assert len(made_of) == 2


def test_other_policies_and_what_asks_for_the_time_are_made_anew() -> None:
    clauses, who, count = MadeClauses(), RlsContext.user("a"), []
    timeless, timely = rules("true"), rules("created_at < now()")
    for of in (timeless, timeless, rules("true"), timely, timely):
        clauses.get(of, who, "objects", lambda: count.append(1) or true())
    assert len(count) == 4


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("(storage.foldername(name))[1] = auth.uid()::text", 1),
        ("storage.operation() = 'object.get'", 3),
        ("(select storage.allow_only_operation('object.get'))", 3),
        ("storage.allow_any_operation(array['object.get'])", 3),
    ],
)
def test_what_a_caller_does_tells_clauses_apart_only_where_policies_ask_for_it(text: str, count: int) -> None:
    clauses, of, who, made_of = MadeClauses(), rules(text), RlsContext.user("a"), []
    for doing in (who, who.doing(Operation.OBJECT_GET), who.doing(Operation.OBJECT_DELETE), who):
        clauses.get(of, doing, "objects", lambda doing=doing: made_of.append(doing) or true())
    assert len(made_of) == count


def large(elements: int) -> ColumnElement[bool]:
    """Return a clause that consists of so many elements."""
    return and_(*(column(f"c{number}").is_(None) for number in range(elements // 3)))


@pytest.mark.parametrize("elements", [30, 300])
def test_what_is_remembered_is_bounded_by_its_size_and_what_came_last_stays(elements: int) -> None:
    clauses, of, held = MadeClauses(ELEMENTS_MAX), rules("true"), []
    for number in range(2 * ELEMENTS_MAX // elements):
        clause = clauses.get(of, RlsContext.user(str(number)), "objects", lambda: large(elements))
        held.append(weakref.ref(clause))
    del clause
    gc.collect()
    alive = [reference() is not None for reference in held]
    most = ELEMENTS_MAX // elements
    assert most * 0.9 - 1 <= sum(alive) <= most
    assert alive == sorted(alive)


def test_what_alone_is_larger_than_the_bound_puts_nothing_else_out() -> None:
    clauses, of = MadeClauses(ELEMENTS_MAX), rules("true")
    first = made(clauses, of, RlsContext.user("a"))
    clauses.get(of, RlsContext.user("b"), "objects", lambda: large(ELEMENTS_MAX + 3))
    assert made(clauses, of, RlsContext.user("a")) is first


def test_a_change_of_policies_lets_go_of_what_was_made_before_anybody_asks_again(
    workspace: Workspace, storage: FileStorage, bucket: Bucket, let: Let, alice: RlsContext
) -> None:
    let("SELECT", "owner_id = auth.uid()::text")
    with workspace._core.executor.snapshot(alice) as tx:
        rule = weakref.ref(tx.within(bucket).rule(storage_objects))
    gc.collect()
    assert rule() is not None
    let("DELETE", "true")
    gc.collect()
    assert rule() is None


def test_each_table_command_and_place_has_a_clause_of_its_own(
    workspace: Workspace, bucket: Bucket, let: Let, alice: RlsContext
) -> None:
    executor = workspace._core.executor
    for command in ("SELECT", "UPDATE", "DELETE"):
        let(command, f"name like '{command}%'")
        let(command, f"bucket_id || '{command}' <> name", bucket=None)
        let(command, f"name <> '{command}'", table=PolicyTable.BUCKETS)
    places = None, Place(bucket.id, bucket.name), Place(bucket.id, "renamed"), Place("other", bucket.name)

    def rule(table: object, command: Command, place: Place | None) -> str:
        with executor.snapshot(alice) as tx:
            found = (tx if place is None else tx.within(place)).rule(table, command)
            return str(found.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))

    wanted = list(product((storage_objects, storage_buckets), (Command.SELECT, Command.UPDATE, Command.DELETE), places))
    remembered = [rule(*each) for each in wanted]
    assert len(set(remembered)) == 3 * (len(places) + 1)
    for each, found in zip(wanted, remembered, strict=True):
        executor._clauses.forget()
        assert rule(*each) == found
