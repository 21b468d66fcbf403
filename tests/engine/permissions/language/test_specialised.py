"""Conditions for one call: what is left of them, which bucket they ask for, and that indexes serve them."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from engine.context import RlsContext
from engine.metadata.tables import storage_objects
from engine.permissions.language import Expression, parse, predicate, simplified, split_bucket
from engine.permissions.rows import Facts, ObjectColumns, PolicyTable
from tests.engine.permissions.language.asking import FACTS, NOBODY, USER, Asker

OBJECTS, BUCKETS = PolicyTable.OBJECTS, PolicyTable.BUCKETS


def left(text: str, bucket: str | None = "x", facts: Facts = FACTS, table: PolicyTable = OBJECTS) -> object:
    found = simplified(parse(text, table), facts, bucket)
    return found.sql if isinstance(found, Expression) else found


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("bucket_id = 'x'", True),
        ("bucket_id = 'y'", False),
        ("bucket_id = null", None),
        ("bucket_id = 'x' and owner_id = auth.uid()::text", f"owner_id = '{USER}'"),
        ("bucket_id = 'y' and owner_id = auth.uid()::text", False),
        ("bucket_id = 'y' or name = 'a'", "name = 'a'"),
        ("bucket_id = 'x' or name = 'a'", True),
        ("name = 'a' and null", "(name = 'a') and null::boolean"),
        ("name = 'a' and (true and size = 1) and name = 'a'", "(name = 'a') and (size = 1)"),
        ("not (bucket_id = 'y')", True),
        ("auth.role() in ('authenticated', 'x')", True),
        ("auth.role() = name", "'authenticated' = name"),
        ("created_at > now()", "created_at > now()"),
        ("now() > '2020-01-01'", "now() > '2020-01-01 00:00:00+00'::timestamptz"),
        ("name = lower(null)", None),
        ("case when bucket_id = 'x' then name = 'a' else size = 1 end", "name = 'a'"),
        ("case when bucket_id = 'y' then name = 'a' else size = 1 end", "size = 1"),
        ("case when bucket_id = 'y' then name = 'a' end", None),
        (
            "case when name = 'q' then true when bucket_id = 'x' then false else null end",
            "case when name = 'q' then true else false end",
        ),
        ("case bucket_id when 'y' then name = 'a' when name then true end", "case 'x' when name then true end"),
        ("coalesce(null, owner_id, 'z', name) = 'z'", "coalesce(owner_id, 'z') = 'z'"),
        ("coalesce(null::text, owner_id) = 'z'", "owner_id = 'z'"),
        ("coalesce(null::text, null) = 'z'", None),
        (
            "name = 'a' and case when bucket_id = 'x' then size = 1 and version = 'v' end",
            "(name = 'a') and (size = 1) and (version = 'v')",
        ),
        ("1 / 0 = 1", "(1 / 0) = 1"),
        ("name = 'a' and storage.allow_only_operation('object.list')", False),
        ("array[name, 'a'] = path_tokens", "array[name, 'a'] = path_tokens"),
    ],
)
def test_what_is_left(text: str, result: object):
    assert left(text) == result


def test_without_a_bucket_its_name_stays():
    assert left("bucket_id = 'x'", None) == "bucket_id = 'x'"


def test_a_bucket_of_the_bucket_table_is_known_by_both_names():
    assert left("id = 'x' and name = 'x'", table=BUCKETS) is True
    assert left("id = 'x' and public", None, table=BUCKETS) == "(id = 'x') and public"


@pytest.mark.parametrize(
    ("text", "name", "rest"),
    [
        ("bucket_id = 'a'", "a", None),
        ("('a' = bucket_id)", "a", None),
        ("bucket_id in ('a')", "a", None),
        ("size > 1 and bucket_id = 'a'", "a", "size > 1"),
        (
            "size > 1 and (bucket_id = 'a' and (name = 'x' or size = 2))",
            "a",
            "(size > 1) and ((name = 'x') or (size = 2))",
        ),
    ],
)
def test_a_bucket_that_is_asked_for_is_split_off(text: str, name: str, rest: str | None):
    found = split_bucket(parse(text, OBJECTS))
    assert found is not None
    assert found[0] == name
    assert (found[1] and found[1].text) == rest


@pytest.mark.parametrize(
    "text",
    [
        "true",
        "bucket_id <> 'a'",
        "bucket_id = null",
        "bucket_id = name",
        "bucket_id = 'a' or size > 1",
        "bucket_id not in ('a')",
        "bucket_id in ('a', 'b')",
        "name = 'a'",
        "not (bucket_id = 'a')",
    ],
)
def test_nothing_is_split_off_where_no_one_bucket_is_asked_for(text: str):
    assert split_bucket(parse(text, OBJECTS)) is None


def test_buckets_belong_to_no_bucket():
    assert split_bucket(parse("name = 'a'", BUCKETS)) is None


@pytest.mark.parametrize(
    "text", ["owner = auth.uid()", "owner_id = (select auth.uid()::text)", "auth.uid() = owner and size > 1"]
)
def test_an_owner_is_a_plain_condition_on_the_column(text: str):
    table = storage_objects.c
    columns = ObjectColumns(
        id=table.id,
        bucket_name=table.bucket_id,
        path=table.parent + table.leaf,
        owner_id=table.owner_id,
        size_bytes=table.size_bytes,
        mime_type=table.mime_type,
        checksum=table.checksum,
        cache_control=table.cache_control,
        version=table.version,
        user_metadata=table.user_metadata,
        created_at=table.created_at,
        updated_at=table.updated_at,
    )
    statement = select(table.id).where(predicate(parse(text, OBJECTS), columns, FACTS))
    assert "storage_objects.owner_id = :" in str(statement)
    assert "CASE" not in str(statement)


def test_a_row_to_be_written_has_little_metadata(asker: Asker):
    assert asker.new_rows("metadata->>'mimetype' = 'text/plain' and metadata->>'contentLength' = '0'") == [1]
    assert asker.new_rows("metadata->>'size' is null and metadata->>'eTag' is null") == [0, 1, 2, 3, 4, 5]
    assert asker.new_rows("(metadata->'contentLength')::int8 = 7 and not metadata ? 'size'") == [4]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("public", ["open"]),
        ("not public", ["shut"]),
        ("owner = auth.uid()", ["open"]),
        ("owner_id is null", ["shut"]),
        ("file_size_limit > 1", ["shut"]),
        ("allowed_mime_types is null", ["open"]),
        ("'c/d' = any (allowed_mime_types)", ["shut"]),
        ("allowed_mime_types[1] = 'a/b'", ["shut"]),
        ("id = name and created_at < updated_at", ["open", "shut"]),
    ],
)
def test_the_columns_of_buckets(asker: Asker, text: str, names: list[str]):
    assert asker.buckets(text) == names


def test_the_claims_are_the_callers():
    lying = Facts(RlsContext(user_id="u", role="authenticated", claims={"sub": "v", "role": "service_role"}), 0)
    assert left("auth.jwt()->>'role' = 'authenticated' and auth.jwt()->>'sub' = 'u'", facts=lying) is True
    assert left("auth.jwt()->>'role' = 'anon'", facts=NOBODY) is True
