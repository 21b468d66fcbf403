"""What is refused, with the part of the text that is to blame, and why."""

from __future__ import annotations

import time

import pytest

from engine.errors import InvalidPolicy
from engine.permissions.language import parse
from engine.permissions.rows import PolicyTable

OBJECTS, BUCKETS = PolicyTable.OBJECTS, PolicyTable.BUCKETS


def refused(text: str, table: PolicyTable = OBJECTS) -> InvalidPolicy:
    with pytest.raises(InvalidPolicy) as caught:
        parse(text, table)
    return caught.value


@pytest.mark.parametrize(
    ("text", "part", "reason"),
    [
        ("", "", "the text ends where a value was expected"),
        ("foo = 'x'", "foo", "there is no column `foo`; columns are id, bucket_id, name"),
        ("public.objects.name = 'x'", "public.objects.name", "only columns of storage.objects"),
        ("buckets.name = 'x'", "buckets.name", "only columns of storage.objects"),
        ("auth.uid() = owner_id", "auth.uid() = owner_id", "add ::text to the uuid"),
        ("size = name", "size = name", "bigint and text cannot be compared with =; add ::text to the bigint"),
        ("size = true", "size = true", "bigint and boolean cannot be compared with ="),
        ("owner = 'nobody'", "'nobody'", 'invalid input syntax for type uuid: "nobody"'),
        ("size = 'big'", "'big'", 'invalid input syntax for type bigint: "big"'),
        ("size::int = '3000000000'", "'3000000000'", "out of range for type integer"),
        ("created_at > 'yesterday'", "'yesterday'", "times are written as"),
        ("created_at > '2026-02-30'", "'2026-02-30'", "there is no such time"),
        ("created_at > now() - interval '1 month'", "'1 month'", "months and years are not supported"),
        ("created_at > now() - interval ''", "''", "intervals are written as"),
        ("created_at > now() - interval '999999999 weeks'", "'999999999 weeks'", "intervals are written as"),
        ("metadata = '{}'", "metadata = '{}'", "jsonb values cannot be compared here"),
        ("metadata->>'a' = 'x' and '{'::jsonb is null", "'{'", "invalid input syntax for type json"),
        ("'\"\\u0000\"'::jsonb is null", "'\"\\u0000\"'", "unsupported Unicode escape sequence"),
        ("'NaN'::jsonb is null", "'NaN'", "invalid input syntax for type json"),
        ("'1e999999'::jsonb is null", "'1e999999'", "value overflows numeric format"),
        ("'1e99999999999999999999'::jsonb is null", "'1e99999999999999999999'", "value overflows numeric format"),
        ("'" + "[" * 4_000 + "'::jsonb is null", "'" + "[" * 4_000 + "'", "nested too deeply"),
        ("'" + "[" * 900 + "]" * 900 + "'::jsonb is null", "'" + "[" * 900 + "]" * 900 + "'", "nested too deeply"),
        ("name", "name", "a policy must be boolean, not text"),
        ("'x'", "'x'", "invalid input syntax for type boolean"),
        ("name and true", "name", "an operand of AND must be boolean"),
        ("not size", "size", "the operand of NOT must be boolean"),
        ("name is true", "name", "what stands before IS must be boolean"),
        ("case when 1 then true end", "1", "the condition of WHEN must be boolean"),
        ("case when true then 1 else name end = 'x'", "case when true then 1 else name end", "text and integer"),
        ("coalesce(name, size) = 'x'", "coalesce(name, size)", "text and bigint cannot be matched"),
        ("coalesce() = 'x'", "coalesce()", "needs arguments"),
        ("nullif(name) = 'x'", "nullif(name)", "takes 2 arguments, not 1"),
        ("nullif(name, size) = 'x'", "name, size", "text and bigint cannot be compared"),
        ("(select name from storage.objects) = 'x'", "from", "subqueries are not supported; write (select auth.uid())"),
        ("(select name, id) = 'x'", ",", "subqueries are not supported"),
        ("(select name where true) = 'x'", "where", "subqueries are not supported"),
        ("(select name as union) = 'x'", "union", "subqueries are not supported"),
        ("name in (select 'x')", "select", "subqueries are not supported"),
        ("name = any (select 'x')", "select", "subqueries are not supported"),
        ("name = any (array(select 'x'))", "(", "subqueries are not supported"),
        ("lower(select 'x') = 'x'", "select", "subqueries are not supported"),
        ("exists (select 1)", "exists", "subqueries are not supported"),
        ("select true", "select", "subqueries are not supported"),
        ("(name, size) = ('x', 1)", ",", "row values are not supported"),
        ("row(1) = row(1)", "row", "row values are not supported"),
        ("greatest(1, 2) = 2", "greatest", "GREATEST is not supported"),
        ("current_user = 'x'", "current_user", "use auth.role()"),
        ("current_date > created_at", "current_date", "use now()"),
        ("current_timestamp(3) > created_at", "(", "a precision is not supported"),
        ("name ~ 'x'", "~", "the operator ~ is not supported"),
        ("2 ^ 3 = 8", "^", "the operator ^ is not supported"),
        ("metadata @> '{}'", "@>", "the operator @> is not supported"),
        ("name similar to 'x'", "similar", "SIMILAR TO is not supported"),
        ("name collate \"C\" = 'x'", "collate", "COLLATE is not supported"),
        ("created_at at time zone 'UTC' = now()", "at", "AT TIME ZONE is not supported"),
        ("(created_at) overlaps (now())", "overlaps", "OVERLAPS is not supported"),
        ("1 operator(pg_catalog.+) 2 = 3", "operator", "OPERATOR() is not supported"),
        ("name like any (array['x'])", "any", "LIKE ANY is not supported"),
        ("name || any (array['x'])", "||", "|| ANY is not supported"),
        ("size between symmetric 1 and 2", "symmetric", "BETWEEN SYMMETRIC is not supported"),
        ("size = 1.5", "1.5", "numbers with decimals are not supported"),
        ("size = 1e3", "1e3", "numbers with decimals are not supported"),
        ("size = 12abc", "12abc", "numbers with decimals are not supported"),
        ("size = 99999999999999999999", "99999999999999999999", "the number is too large"),
        ("size = 9223372036854775808", "9223372036854775808", "the number is too large"),
        ("5000000000::int = 1", "5000000000::int", "integer out of range"),
        ("size = 1 = 2 = 3", "=", "cannot stand in a row"),
        ("size < 1 < 2", "<", "comparisons cannot stand in a row"),
        ("name like 'a' like 'b'", "like", "comparisons cannot stand in a row"),
        ("name is distinct from 'a' is null", "is", "comparisons cannot stand in a row"),
        ("regexp_match(name, 'x') is null", "regexp_match(name, 'x')", "there is no function `regexp_match`"),
        ("storage.foldernam(name) is null", "storage.foldernam(name)", "did you mean storage.foldername?"),
        ("count(name) = 1", "count(name)", "a policy looks at one row: count() is not supported"),
        ("length(name) over () = 1", "over", "window and aggregate functions are not supported"),
        ("length(distinct name) = 1", "distinct", "DISTINCT is not supported in the arguments"),
        ("length(*) = 1", "*", "* is not supported in the arguments"),
        ("pg_sleep(10) is null", "pg_sleep(10)", "there is no function `pg_sleep`"),
        ("now(1) is null", "now(1)", "now() takes no arguments"),
        ("lower() = 'x'", "lower()", "lower() takes 1 argument, not 0"),
        ("split_part(name, '/') = 'x'", "split_part(name, '/')", "split_part() takes 3 arguments, not 2"),
        ("substring(name) = 'x'", "substring(name)", "substring() takes 2 or 3 arguments, not 1"),
        ("lower(size) = 'x'", "size", "an argument of lower() must be text, not bigint"),
        ("substr(name, size) = 'x'", "size", "an argument of substr() must be integer, not bigint"),
        ("cardinality(name) = 1", "name", "an argument of cardinality() must be an array, not text"),
        ("substring(name similar 'x' escape '#') = 'x'", "similar", "SIMILAR TO is not supported"),
        ("name[1] = 'x'", "name", "only arrays have elements, and this is text"),
        ("path_tokens[size] = 'x'", "size", "an index must be integer, not bigint"),
        ("path_tokens[1:2] = 'x'", ":", "slices are not supported"),
        ("path_tokens[1 2] = 'x'", "2", "`]` was expected here, not `2`"),
        ("name = any (name)", "name", "ANY and ALL need an array, not text"),
        ("size = any (path_tokens)", "size = any (path_tokens", "bigint and text cannot be compared"),
        ("created_at = any ('{}')", "'{}'", "there are no arrays of timestamp with time zone here"),
        ("array[] = path_tokens", "array[]", "an empty array needs a type"),
        ("array[true] is null", "array[true]", "there are no arrays of boolean here"),
        ("array['a', 1] is null", "'a'", 'invalid input syntax for type integer: "a"'),
        ("array[name, 1] is null", "array[name, 1]", "text and integer cannot be matched"),
        ("path_tokens < array['a']", "path_tokens < array['a']", "cannot be compared with <"),
        ("path_tokens = '{a'", "'{a'", "malformed array literal"),
        ("path_tokens = '{a,}'", "'{a,}'", "malformed array literal"),
        ("'{x}'::int[] is null", "'{x}'", 'invalid input syntax for type integer: "x"'),
        ("metadata #>> path_tokens = 'x'", "path_tokens", "must be written out"),
        ("metadata #>> array[name] = 'x'", "array[name]", "must be written out"),
        ("name ->> 'x' = 'y'", "name", "the left side of ->> must be jsonb, not text"),
        ("metadata ->> size = 'y'", "size", "the key of ->> must be text or integer, not bigint"),
        ("name ? 'x'", "name", "the left side of ? must be jsonb"),
        ("size || size = 'x'", "size || size", "|| needs text; add ::text"),
        ("name || path_tokens = 'x'", "name || path_tokens", "|| joins text here, not text[]"),
        ("metadata || name = 'x'", "metadata || name", "|| joins text here, not jsonb"),
        ("-name = 'x'", "name", "- needs an integer, not text"),
        ("name + 1 = 2", "name + 1", "there is no text + integer"),
        ("created_at * 2 = now()", "created_at * 2", "there is no timestamp with time zone * integer here"),
        ("created_at::text = 'x'", "created_at::text", "timestamp with time zone cannot be cast to text here"),
        ("name::timestamptz = now()", "name::timestamptz", "text cannot be cast to timestamp with time zone here"),
        ("size::uuid = owner", "size::uuid", "bigint cannot be cast to uuid here"),
        ("size::float8 = 1", "float8", "the type float8 is not supported; types are text, int"),
        ("size::varchar(5) = '1'", "(", "types with a length are not supported"),
        ("size::1 = 1", "1", "the name of a type was expected here, not `1`"),
        ("'{}'::boolean[] is null", "boolean", "arrays of boolean are not supported"),
        ("'{}'::text[][] is null", "text", "arrays of text are not supported"),
        ("name like size", "size", "the pattern of LIKE must be text, not bigint"),
        ("size ilike 'x'", "size", "the left side of ILIKE must be text"),
        ("name like 'x' escape size", "size", "ESCAPE must be text"),
        ("name is 5", "5", "NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM was expected here"),
        ("name not 'x'", "'x'", "BETWEEN, IN, LIKE or ILIKE was expected here, not a quoted text"),
        ("name = ", "", "the text ends where a value was expected"),
        ("name = from", "from", "a value was expected here, not `from`"),
        ("name = ]", "]", "a value was expected here"),
        ("name = 'x' name", "name", "an operator or the end was expected here"),
        ("name = 'x';", ";", "an operator or the end was expected here, not `;`"),
        ("(name = 'x'", "", "the text ends where `)` was expected"),
        ("storage. = 'x'", "=", "a name was expected here"),
        ("case end = 1", "end", "a value was expected here"),
        ("case when true end", "end", "THEN was expected here"),
        ("cast(name text) = 'x'", "text", "AS was expected here"),
        ("array['a' 'b'] is null", "'b'", "`,` was expected here"),
        ("name = 'x", "'x", "the closing ' is missing"),
        ("name = 'x''", "'x''", "the closing ' is missing"),
        ('"name = 1', '"name = 1', 'the closing " is missing'),
        ('"" = 1', '""', "a name cannot be empty"),
        ("name = 'a\x00b'", "'a\x00b'", "this text cannot be stored"),
        ("name = 'a\ud800b'", "'a\ud800b'", "this text cannot be stored"),
        ("name = E'x'", "E'x'", "strings with a prefix are not supported"),
        ('U&"name" = 1', 'U&"name"', "strings with a prefix are not supported"),
        ("name = $1", "$", "this character has no meaning here"),
        ("name = 'x' /* open", "/* open", "the comment has no end"),
        ("name = 'x' /* a /* b */", "/* a /* b */", "the comment has no end"),
        ("name\u00a0= 'x'", "name\u00a0", "there is no column"),
        ("name = $$x$$", "$", "this character has no meaning here"),
    ],
)
def test_the_part_and_the_reason(text: str, part: str, reason: str):
    error = refused(text)
    assert reason in error.message
    assert text[error.start : error.start + error.length] == part


def test_lines_and_columns_count_from_one():
    error = refused("name = 'x'\n  and\n  foo = 1")
    assert (error.line, error.column, error.start, error.length) == (3, 3, 19, 3)
    assert error.code == "InvalidPolicy"


def test_columns_belong_to_their_table():
    assert "columns are id, name, owner, owner_id, public" in refused("bucket_id = 'x'", BUCKETS).message
    assert parse("public and storage.buckets.name = 'x'", BUCKETS).sql == "public and (name = 'x')"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("(" * 5_000 + "true" + ")" * 3_000, "nested too deeply"),
        ("not " * 2_000 + "true", "nested too deeply"),
        ("-" + " -" * 3_000 + "1 = 1", "nested too deeply"),
        ("name = " + "lower(" * 50 + "name" + ")" * 50, "nested too deeply"),
        ("name = name" + " || name" * 500, "nested too deeply"),
        ("name in (" + ", ".join(["'x'"] * 1_000) + ")", "more than 1000 parts"),
        (" and ".join(["size = 1"] * 400), "more than 1000 parts"),
        ("name = '" + "x" * 9_000 + "'", "the text is too long"),
        ("coalesce(array[" * 20 + "1" + "])" * 20, "nested too deeply"),
        ("case when " * 200, "nested too deeply"),
    ],
)
def test_texts_that_are_too_large_are_refused_at_once(text: str, reason: str):
    start = time.process_time()
    assert reason in refused(text).message or len(text) <= 8_192
    assert time.process_time() - start < 2


@pytest.mark.parametrize("text", ["nullif(null, null) is null", "null = null is null", "'a' in (null)"])
def test_literals_without_any_type_are_text(text: str):
    assert "::" not in parse(text, OBJECTS).sql


def test_a_name_that_no_text_can_hold_is_none():
    assert "this character has no meaning here" in refused("a\ud800 = 'x'").message
