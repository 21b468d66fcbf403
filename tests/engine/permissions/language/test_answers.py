"""Conditions, each with what PostgreSQL 15 answers for every row of `asking.ROWS`; ours must answer the same.

`answers.txt` holds them: `T`, `F`, `-` for NULL, `E` for an error, one letter a row, then the condition.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from engine.permissions.language import Expression, parse, predicate, simplified
from engine.permissions.rows import PolicyTable
from tests.engine.permissions.language.asking import COLUMNS, FACTS, NOBODY, OBJECTS, ROWS, Asker

LINES = Path(__file__).with_name("answers.txt").read_text(encoding="utf-8").splitlines()
CASES = [line.split("  ", 1) for line in LINES]


def test_a_condition_means_what_it_means_in_postgresql(asker: Asker):
    """All in one test, here and below: a test of its own takes several times as long as each of the questions."""
    assert [[asker.answers(text), text] for _, text in CASES] == CASES


def test_what_is_written_reads_as_the_same_tree():
    for _, text in CASES:
        expression = parse(text, PolicyTable.OBJECTS)
        assert parse(expression.sql, PolicyTable.OBJECTS) == expression, text
        assert parse(expression.sql, PolicyTable.OBJECTS).sql == expression.sql, text


def test_what_is_left_of_a_condition_in_one_bucket_means_the_same(asker: Asker):
    for answers, text in CASES:
        left = simplified(parse(text, PolicyTable.OBJECTS), FACTS, "x")
        if isinstance(left, Expression):
            assert asker.answer(left) == answers, text
            assert parse(left.sql, PolicyTable.OBJECTS) == left, text
        else:
            assert answers == {True: "T", False: "F", None: "-"}[left] * len(ROWS), text


def test_every_value_is_a_parameter():
    for _, text in CASES:
        condition = predicate(parse(text, PolicyTable.OBJECTS), COLUMNS, FACTS)
        assert "bob" not in str(select(OBJECTS.c.id).where(condition))


@pytest.mark.parametrize(
    "text",
    [
        "auth.uid() is null",
        "auth.role() = 'anon'",
        "auth.email() is null",
        "auth.jwt() ->> 'role' = 'anon'",
        "auth.jwt() ->> 'sub' is null",
        "storage.operation() is null",
        "not storage.allow_only_operation('object.list')",
        "not storage.allow_any_operation(array['object.list'])",
        "not storage.allow_any_operation(path_tokens)",
        "not storage.allow_only_operation(name)",
        "(auth.uid() = owner) is null",
    ],
)
def test_a_caller_who_showed_nothing(asker: Asker, text: str):
    assert asker.answers(text, NOBODY) == "TTTTTT"
