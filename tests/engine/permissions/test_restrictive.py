"""Policies that hold back, and the bucket that they are about."""

from __future__ import annotations

import pytest

from engine.context import RlsContext
from engine.permissions.language import parse, split_bucket, statements, to_sql
from engine.permissions.rows import PolicyTable
from engine.storage import FileStorage
from engine.types import Bucket

EVERYBODY = "create policy everybody on storage.objects for select using (true);"


@pytest.fixture
def cats(storage: FileStorage, bucket: Bucket, service: RlsContext) -> str:
    """Return another bucket, where there is an object too."""
    storage.create_bucket("cats", service)
    for name in ("photos", "cats"):
        storage.upload(name, "a.txt", b"a", service)
    return "cats"


def restrictive(condition: str) -> str:
    return f"create policy held on storage.objects as restrictive for select using ({condition});"


def visible(storage: FileStorage, context: RlsContext) -> list[str]:
    return [name for name in ("photos", "cats") if storage.exists(name, "a.txt", context)]


@pytest.mark.parametrize(
    ("condition", "left"),
    [
        ("bucket_id = 'cats'", ["cats"]),
        ("bucket_id = 'cats' and auth.role() = 'anon'", ["cats"]),
        ("bucket_id = 'cats' and auth.role() = 'editor'", []),
        ("bucket_id <> 'cats'", ["photos"]),
        ("bucket_id <> 'cats' or auth.role() = 'editor'", ["photos"]),
        ("auth.role() = 'anon' or bucket_id not in ('cats')", ["photos", "cats"]),
    ],
)
def test_one_that_asks_for_a_bucket_closes_all_others(
    storage: FileStorage, cats: str, service: RlsContext, anon: RlsContext, condition: str, left: list[str]
):
    storage.policies.apply(EVERYBODY + restrictive(condition), service)
    assert visible(storage, anon) == left
    written = "".join(to_sql(policy.spec, policy.bucket) for policy in storage.policies.list(service))
    for policy in storage.policies.list(service):
        storage.policies.delete(policy.id, service)
    storage.policies.apply(written, service)
    assert visible(storage, anon) == left


def test_it_belongs_to_the_bucket_that_it_leaves_open_elsewhere(
    storage: FileStorage, cats: str, service: RlsContext, anon: RlsContext
):
    (held,) = storage.policies.apply(restrictive("bucket_id <> 'cats' or name like 'b%'"), service).created
    assert (held.bucket, held.spec.using) == ("cats", "name like 'b%'")
    storage.policies.apply(EVERYBODY, service)
    storage.rename_bucket("cats", "dogs", service)
    assert not storage.exists("dogs", "a.txt", anon)
    assert "bucket_id <> 'dogs'" in to_sql(storage.policies.list(service, "dogs")[-1].spec, "dogs")


def test_one_that_is_made_for_a_bucket_is_read_back_as_one(storage: FileStorage, cats: str, service: RlsContext):
    (statement,) = statements(restrictive("owner_id is null"))
    made = storage.policies.create(statement.spec, service, cats)
    storage.policies.delete(made.id, service)
    (again,) = storage.policies.apply(to_sql(made.spec, made.bucket), service).created
    assert (again.bucket, again.spec) == (made.bucket, made.spec)


@pytest.mark.parametrize("text", ["bucket_id = 'cats'", "bucket_id <> 'cats' and size > 1", "bucket_id in ('cats')"])
def test_an_expression_that_holds_back_everywhere_is_about_no_bucket(text: str):
    assert split_bucket(parse(text, PolicyTable.OBJECTS), permissive=False) is None
