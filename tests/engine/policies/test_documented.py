"""The policies of Supabase's documentation, pasted: what they say in a sentence, and whom they let in."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from engine.access_types import PolicySpec
from engine.errors import InvalidPolicy
from engine.permissions.language import CreatePolicy, describe, parse, statements
from engine.permissions.rows import Facts, PolicyTable
from tests.engine.policies import documented
from tests.engine.policies.callers import CALLERS, context_of
from tests.engine.policies.oracle import Case, Oracle
from tests.engine.policies.ours import Ours
from tests.engine.policies.rows import ALICE, BOB, ObjectRow, bucket_rows, object_rows

ROWS = object_rows()
ANON, ALICE_CALLS, BOB_CALLS, EDITOR, _ = CALLERS
SIGNED_IN = {"alice": ALICE, "bob": BOB}


@pytest.fixture(scope="module")
def ours() -> Iterator[Ours]:
    judge = Ours(ROWS, bucket_rows())
    yield judge
    judge.close()


def specs(text: str) -> list[PolicySpec]:
    return [statement.spec for statement in statements(text) if isinstance(statement, CreatePolicy)]


def numbers(meets: Callable[[ObjectRow], bool]) -> set[int]:
    return {row.n for row in ROWS if meets(row)}


def nobody(row: ObjectRow) -> bool:
    return False


def folder(row: ObjectRow) -> str | None:
    return row.name.split("/")[0] if "/" in row.name else None


def everybody(meets: Callable[[ObjectRow], bool]) -> dict[str, set[int]]:
    return {label: numbers(meets) for label in ("anon", "alice", "bob")}


def signed_in(meets: Callable[[ObjectRow], bool]) -> dict[str, set[int]]:
    return {"anon": set(), "alice": numbers(meets), "bob": numbers(meets)}


def each_their_own(meets: Callable[[ObjectRow, str], bool]) -> dict[str, set[int]]:
    own = {label: numbers(lambda row, user=user: meets(row, user)) for label, user in SIGNED_IN.items()}
    return {"anon": set(), **own}


EXPECTED = {
    documented.ANYBODY_UPLOADS: everybody(lambda row: True),
    documented.UPLOADS_TO_BUCKET: signed_in(lambda row: row.bucket == "my_bucket"),
    documented.UPLOADS_TO_FOLDER: signed_in(lambda row: row.bucket == "my_bucket" and folder(row) == "private"),
    documented.UPLOADS_TO_OWN_FOLDER: each_their_own(
        lambda row, user: row.bucket == "my_bucket" and folder(row) == user
    ),
    documented.OWN_OBJECTS_BY_CLAIM: each_their_own(lambda row, user: row.owner_id == user),
    documented.DELETES_OWN: each_their_own(lambda row, user: row.owner_id == user),
    documented.ONE_FILE_NAME: everybody(lambda row: row.name.split("/")[-1] == "favicon.ico"),
    documented.ONE_FOLDER: signed_in(lambda row: folder(row) == "private"),
    documented.ONE_EXTENSION: signed_in(lambda row: row.bucket == "cats" and row.name.endswith(".png")),
    documented.BY_ROLE: everybody(nobody),
    documented.AS_DUMPED: each_their_own(lambda row, user: row.bucket == "avatars" and folder(row) == user),
    documented.BY_OPERATION: {"anon": numbers(lambda row: row.bucket == "cats"), "alice": set(), "bob": set()},
}
"""Whom each lets have which rows, in words of Python."""


@pytest.mark.parametrize("text", EXPECTED, ids=lambda text: " ".join(text.split())[:60])
def test_they_let_in_whom_they_say(oracle: Oracle, ours: Ours, text: str):
    (spec,) = specs(text)
    condition = spec.using or spec.check or ""
    expression = parse(condition, PolicyTable.OBJECTS)
    roles = f"to {', '.join(spec.roles)}"
    told = Case([f"create policy p on storage.objects {roles} using ({condition})"], [{"see": "objects"}])
    _, (outcome,) = oracle.ask([told])
    for caller, (answer,) in zip(CALLERS[:3], outcome.answers[:3], strict=True):
        concerned = "public" in spec.roles or caller.role in spec.roles
        seen = ours.seen(expression, Facts(context_of(caller), 0), PolicyTable.OBJECTS).rows if concerned else set()
        assert seen == EXPECTED[text][caller.label] == set(answer["rows"]), caller.label


def test_one_that_casts_owners_fails_on_owners_that_are_no_uuids_as_postgres_does(oracle: Oracle, ours: Ours):
    (spec,) = specs(documented.OWN_OBJECTS)
    expression = parse(spec.using or "", PolicyTable.OBJECTS)
    assert ours.seen(expression, Facts(context_of(ALICE_CALLS), 0), PolicyTable.OBJECTS).rows is None
    _, (outcome,) = oracle.ask([Case([documented.OWN_OBJECTS], [{"see": "objects"}])])
    assert outcome.answers[1][0]["error"] == "22P02"


@pytest.mark.parametrize("text", documented.ALL, ids=lambda text: " ".join(text.split())[:60])
def test_they_are_taken_by_postgres_too_and_have_a_sentence(oracle: Oracle, text: str):
    _, (outcome,) = oracle.ask([Case([text], [{"see": "objects"}])])
    assert outcome.refused is None
    for spec in specs(text):
        assert describe(spec, None)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (documented.ANYBODY_UPLOADS, ["add"]),
        (documented.UPLOADS_TO_BUCKET, ["signed-in users", "my_bucket"]),
        (documented.UPLOADS_TO_FOLDER, ["signed-in users", "first folder", "private"]),
        (documented.UPLOADS_TO_OWN_FOLDER, ["first folder", "user id"]),
        (documented.DELETES_OWN, ["signed-in users", "delete", "own"]),
        (documented.ONE_FILE_NAME, ["favicon.ico"]),
        (documented.ONE_EXTENSION, ["png"]),
        (documented.BY_ROLE, ["editor"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_the_sentence_says_what_counts(text: str, words: list[str]):
    (spec,) = specs(text)
    sentence = describe(spec, None).lower()
    assert [word for word in words if word.lower() not in sentence] == [], sentence


def test_an_older_form_that_postgres_refuses_is_refused_with_a_hint(oracle: Oracle):
    policy = f"create policy p on storage.objects for select using ({documented.REFUSED_BY_POSTGRES})"
    _, (outcome,) = oracle.ask([Case([policy], [])])
    assert outcome.refused is not None
    with pytest.raises(InvalidPolicy, match="::text") as caught:
        statements(policy)
    assert policy[caught.value.start :].startswith(documented.REFUSED_BY_POSTGRES)
