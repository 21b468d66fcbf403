"""Clauses that were made of policies are found again, and by nobody for whom they do not count."""

from __future__ import annotations

from types import MappingProxyType

import pytest
from sqlalchemy import ColumnElement, true

from engine.access_types import PolicyCommand
from engine.context import Operation, RlsContext
from engine.permissions.language import parse
from engine.permissions.made_clauses import MadeClauses
from engine.permissions.rows import PolicyTable
from engine.permissions.rules import Rule


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
        RlsContext("a", "authenticated", MappingProxyType({"team": 1})),
        RlsContext.user("a").doing(Operation.OBJECT_GET),
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
