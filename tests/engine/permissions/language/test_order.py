"""What fails where it is reached only: AND and OR are gone through from the left, wherever they stand."""

from __future__ import annotations

import pytest

from engine.permissions.language import parse, predicate
from engine.permissions.rows import PolicyTable
from tests.engine.permissions.language.asking import COLUMNS, FACTS, Asker

FAILS = "name::integer = 1"


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        (f"(name is not null or {FAILS}) is true", "TTTTTT"),
        (f"(name is not null or {FAILS}) is not true", "FFFFFF"),
        (f"(name is not null or {FAILS}) is false", "FFFFFF"),
        (f"(name is not null or {FAILS}) is not null", "TTTTTT"),
        (f"(name is null and {FAILS}) is false", "TTTTTT"),
        (f"(name is null and {FAILS}) is unknown", "FFFFFF"),
        (f"(name is not null or {FAILS}) = true", "TTTTTT"),
        (f"coalesce(name is not null or {FAILS}, false)", "TTTTTT"),
        (f"(not (name is not null or {FAILS})) is false", "TTTTTT"),
        (f"case when size = 7 then true else name is not null or {FAILS} end", "TTTTTT"),
        (f"((name is null and {FAILS}) or size = 7) is true", "FFFFTF"),
        (f"((owner_id is null and {FAILS}) or size = 7) is true", "FEFFTF"),
        (f"((name is null or (size = 7 or {FAILS})) and true) is true", "EEEETE"),
        ("(name between 'zz' and (1 / (size - size))::text) is false", "TTTETT"),
        ("(size between 8 and 1 / (size::integer - 7)) is false", "TTETTE"),
        ("(size not between 8 and 1 / (size - size)) is true", "ETETTE"),
    ],
)
def test_what_is_not_reached_does_not_fail(asker: Asker, text: str, answers: str):
    assert asker.answers(text) == answers


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        (f"(owner_id = 'x' and {FAILS}) or name is not null", "TETTET"),
        (f"(owner_id <> owner_id and {FAILS}) or name is not null", "TETTTT"),
        (f"not (owner_id = 'x' or {FAILS})", "EEEEFE"),
        (f"(owner_id = 'x' and {FAILS}) is null", "FEFFEF"),
        (f"(owner_id <> 'x' or {FAILS}) is null", "FEFFEF"),
        ("((owner_id = 'x' or version = 'q') is null) or name = 'q'", "FTFFFF"),
    ],
)
def test_what_follows_something_unknown_is_reached(asker: Asker, text: str, answers: str):
    assert asker.answers(text) == answers


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("(1 / (size - 7) = 5) and (size = 7)", "FFFFEF"),
        ("(1 / (size - 7) = 5) and (size in (7))", "FFFFEF"),
        ("size = 7 and name is not null and 1 / (size - 7) = 5", "FFFFEF"),
        ("owner_id = 'x' and 1 / (length(owner_id) - 1) = 5", "F-FFEF"),
        ("updated_at = last_accessed_at and size = 7 and (metadata->>'size')::integer / (size - 7) = 1", "FFFFEF"),
    ],
)
def test_what_one_row_is_equal_to_is_put_into_no_other(asker: Asker, text: str, answers: str):
    assert asker.answers(text) == answers


def test_an_index_serves_for_what_no_failing_part_asks_for():
    text = "owner_id = 'x' and size = 7 and 1 / (size - 7) = 5"
    sql = str(predicate(parse(text, PolicyTable.OBJECTS), COLUMNS, FACTS))
    assert "+ objects.size_bytes" in sql
    assert "objects.owner_id" in sql
    assert "+ objects.owner_id" not in sql


@pytest.mark.parametrize("count", [3, 7])
def test_what_is_nested_deeply_still_has_its_value(asker: Asker, count: int):
    text = f"name is not null or {FAILS}"
    for _ in range(count):
        text = f"(({text}) = true) and (name is not null or {FAILS})"
    assert set(asker.answers(f"({text}) is true")) <= {"T", "E"}
