"""Callers whose id is no UUID, which Supabase does not have."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.context import RlsContext
from engine.permissions.language import Expression, parse, simplified
from engine.permissions.rows import Facts, PolicyTable
from tests.engine.permissions.language.asking import FACTS, USER, Asker


def as_user(user_id: str) -> Facts:
    return Facts(RlsContext.user(user_id), 0)


def test_an_id_as_text_is_taken_as_it_is(asker: Asker):
    assert asker.answers("owner_id = (select auth.uid()::text)", as_user("bob")) == "F-TFFF"


@pytest.mark.parametrize("text", ["owner = auth.uid()", "auth.uid() is null", "owner <> auth.uid()"])
def test_an_id_that_is_no_uuid_fails_as_one(asker: Asker, text: str):
    assert set(asker.answers(text, as_user("bob"))) == {"E"}


def test_an_id_that_is_no_uuid_fails_where_it_is_reached(asker: Asker):
    assert asker.answers("name = '' and owner = auth.uid()", as_user("bob")) == "FFFFFF"


def test_an_id_counts_however_it_is_written(asker: Asker):
    upper = replace(FACTS, context=replace(FACTS.context, user_id=USER.upper()))
    assert asker.answers("owner = auth.uid()", upper)[0] == "T"


def test_an_empty_id_is_none(asker: Asker):
    assert asker.answers("auth.uid() is null", as_user("")) == "TTTTTT"
    left = simplified(parse("owner_id = auth.uid()::text", PolicyTable.OBJECTS), as_user(""), None)
    assert left is None


def test_what_fails_is_left_to_fail_where_it_is_reached():
    left = simplified(parse("owner = auth.uid()", PolicyTable.OBJECTS), as_user("bob"), None)
    assert isinstance(left, Expression)
    assert left.sql == "owner = 'bob'::text::uuid"
