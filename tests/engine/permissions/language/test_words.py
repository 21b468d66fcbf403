"""Policies in plain language."""

from __future__ import annotations

import pytest

from engine.access_types import PolicyCommand, PolicySpec
from engine.permissions.language import describe
from engine.permissions.rows import PolicyTable
from tests.engine.permissions.language.test_answers import CASES

OBJECTS, BUCKETS = PolicyTable.OBJECTS, PolicyTable.BUCKETS


def reading(text: str) -> str:
    spec = PolicySpec("x", OBJECTS, PolicyCommand.SELECT, ("authenticated",), text)
    return describe(spec, None).removeprefix("Signed-in users may read ")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("true", "objects"),
        ("false", "no objects by this policy"),
        ("name = 'x' and null", "no objects by this policy"),
        ("(storage.foldername(name))[1] = auth.uid()::text", "objects whose first folder is their user id"),
        ("auth.uid()::text = (storage.foldername(name))[2]", "objects whose second folder is their user id"),
        ("bucket_id = 'photos'", 'objects in "photos"'),
        (
            "bucket_id = 'photos' and storage.extension(name) in ('jpg', 'png', 'gif')",
            'objects in "photos" whose file extension is jpg, png or gif',
        ),
        ("bucket_id in ('a', 'b')", "objects whose bucket is a or b"),
        ("owner = auth.uid()", "objects that they own"),
        ("(select auth.uid()::text) = owner_id", "objects that they own"),
        ("owner_id is null", "objects that have no owner"),
        ("owner_id is not null", "objects that have an owner"),
        ("not (owner_id is null)", "objects that have an owner"),
        ("version is null", "objects whose version is not known"),
        ("version is not null", "objects whose version is known"),
        ("owner <> auth.uid()", "objects whose owner is not their user id"),
        ("name = 'a b'", 'objects whose path is "a b"'),
        ("name = version", "objects whose path is the version"),
        ("name < 'a'", "objects for which `name < 'a'` holds"),
        ("size < 1000", "objects whose size in bytes is less than 1000"),
        ("1000 >= size", "objects whose size in bytes is at most 1000"),
        ("(metadata->>'size')::int8 > 5", "objects whose size in bytes is more than 5"),
        ("metadata->>'mimetype' like 'image/%'", "objects whose type begins with image/"),
        ("user_metadata->>'kind' = 'x'", "objects whose metadata field kind is x"),
        ("user_metadata->>'a b' = 'x'", "objects for which `(user_metadata ->> 'a b') = 'x'` holds"),
        ("metadata->>'nope' = 'x'", "objects for which `(metadata ->> 'nope') = 'x'` holds"),
        ("created_at > updated_at", "objects whose time of creation is after the time of the last change"),
        ("created_at < now()", "objects whose time of creation is before the present time"),
        (
            "created_at > now() - interval '7 days'",
            "objects for which `created_at > (now() - '7 days'::interval)` holds",
        ),
        ("size between 1 and 5", "objects whose size in bytes is between 1 and 5"),
        ("not size between 1 and 5", "objects whose size in bytes is not between 1 and 5"),
        ("name between 'a' and 'b'", "objects for which `name between 'a' and 'b'` holds"),
        ("name like 'x'", "objects whose path is x"),
        ("name not like 'x%'", "objects whose path does not begin with x"),
        ("not (name like '%x')", "objects whose path does not end with x"),
        ("name ilike '%x%'", "objects whose path contains x, small and capital letters alike"),
        ("name like 'a%b'", "objects for which `name like 'a%b'` holds"),
        ("name like '%'", "objects for which `name like '%'` holds"),
        ("name like 'a_'", "objects for which `name like 'a_'` holds"),
        ("name like version", "objects for which `name like version` holds"),
        ("starts_with(name, 'a/')", "objects whose path begins with a/"),
        ("starts_with(name, version || 'x')", "objects for which `starts_with(name, version || 'x')` holds"),
        ("lower(storage.filename(name)) = 'x'", "objects whose file name in small letters is x"),
        ("upper(name || 'x') = 'x'", "objects for which `upper(name || 'x') = 'x'` holds"),
        ("storage.extension(version) = 'x'", "objects for which `storage.extension(version) = 'x'` holds"),
        ("(storage.foldername(version))[1] = 'x'", "objects for which `(storage.foldername(version))[1] = 'x'` holds"),
        ("(storage.foldername(name))[9] = 'x'", "objects for which `(storage.foldername(name))[9] = 'x'` holds"),
        ("path_tokens[1] = 'x'", "objects for which `(path_tokens)[1] = 'x'` holds"),
        ("name in ('a', null)", "objects for which `name in ('a', null)` holds"),
        ("name in ('a', version)", "objects for which `name in ('a', version)` holds"),
        ("name not in ('a', 'b')", "objects whose path is not a or b"),
        ("name = any (array['a', 'b'])", "objects whose path is a or b"),
        ("name <> all ('{a}')", "objects whose path is not a"),
        ("name = any ('{}')", "objects for which `name = any ('{}'::text[])` holds"),
        ("name > all ('{a}')", "objects for which `name > all (array['a'])` holds"),
        ("name = any (path_tokens)", "objects for which `name = any (path_tokens)` holds"),
        ("name || 'x' in ('a')", "objects for which `(name || 'x') in ('a')` holds"),
        ("'a' = 'b'", "objects, if `'a' = 'b'` holds"),
        ("auth.role() = 'x'", "objects, if their role is x"),
        ("auth.jwt()->'app_metadata'->>'role' = 'admin'", "objects, if their claim app_metadata.role is admin"),
        ("auth.jwt()->'a'->'roles' ? 'admin'", "objects, if their claim a.roles has admin"),
        ("auth.jwt() ? 'admin'", "objects, if `auth.jwt() ? 'admin'` holds"),
        ("user_metadata ? 'x'", "objects for which `user_metadata ? 'x'` holds"),
        ("storage.allow_only_operation('object.list')", "objects, if the operation is object.list"),
        ("storage.allow_any_operation(array['a', 'b'])", "objects, if the operation is a or b"),
        ("storage.allow_any_operation('{}')", "objects, if `storage.allow_any_operation('{}'::text[])` holds"),
        ("storage.allow_only_operation(name)", "objects for which `storage.allow_only_operation(name)` holds"),
        ("coalesce(name = 'x', false)", "objects for which `coalesce(name = 'x', false)` holds"),
        ("not (name = 'x')", "objects for which `not (name = 'x')` holds"),
        ("(name = 'x') is true", "objects for which `(name = 'x') is true` holds"),
        ("(metadata->'a')::boolean = true", "objects for which `(metadata -> 'a')::boolean = true` holds"),
        (
            "owner = auth.uid() or name like 'public/%'",
            "objects either that they own or whose path begins with public/",
        ),
        (
            "owner = auth.uid() or auth.role() = 'x'",
            "objects of which this holds: either they own it or their role is x",
        ),
        ("auth.role() = 'a' or auth.role() = 'b'", "objects, if either their role is a or their role is b"),
        (
            "name = 'x' and (size = 1 or size = 2)",
            "objects whose path is x and either whose size in bytes is 1 or whose size in bytes is 2",
        ),
        (
            "name = 'x' or (size = 1 and (size = 2 or name = 'y'))",
            "objects for which `(name = 'x') or ((size = 1) and ((size = 2) or (name = 'y')))` holds",
        ),
        ("name = 'x' or true", "objects of which this holds: either the path is x or nothing is asked"),
        (
            "name = 'x' and auth.role() = 'a' and auth.email() = 'a@b'",
            'objects whose path is x, if their role is a and their email address is "a@b"',
        ),
    ],
)
def test_conditions_in_words(text: str, words: str):
    assert reading(text) == words


def test_every_condition_has_a_sentence():
    for _, text in CASES:
        assert reading(text).startswith(("objects", "no objects")), text


@pytest.mark.parametrize(
    ("spec", "bucket", "sentence"),
    [
        (PolicySpec("x", OBJECTS, PolicyCommand.SELECT, using="true"), "a b", 'Anyone may read objects in "a b"'),
        (
            PolicySpec("x", OBJECTS, PolicyCommand.INSERT, ("anon", "staff"), check="size < 5"),
            None,
            "People who are not signed in and users with the role staff may add objects whose size in bytes is less "
            "than 5",
        ),
        (
            PolicySpec("x", OBJECTS, PolicyCommand.ALL, ("service_role",), "true"),
            None,
            "The service role may read, add, change and delete objects",
        ),
        (
            PolicySpec("x", OBJECTS, PolicyCommand.UPDATE, ("a", "b", "c"), "true", "owner_id is null"),
            None,
            "Users with the role a, users with the role b and users with the role c may change objects; what they "
            "write must be objects that have no owner",
        ),
        (
            PolicySpec("x", OBJECTS, PolicyCommand.UPDATE, ("public", "anon"), "true", "false"),
            None,
            "Anyone may change objects; they may write nothing",
        ),
        (
            PolicySpec("x", OBJECTS, PolicyCommand.DELETE, using="size = 0", permissive=False),
            None,
            "Anyone may delete only objects whose size in bytes is 0, whatever other policies allow",
        ),
        (
            PolicySpec("x", BUCKETS, PolicyCommand.SELECT, using="public"),
            None,
            "Anyone may read buckets that are public",
        ),
        (
            PolicySpec("x", BUCKETS, PolicyCommand.SELECT, using="not public or file_size_limit > 5"),
            None,
            "Anyone may read buckets either that are not public or whose limit of file sizes in bytes is more than 5",
        ),
        (
            PolicySpec("x", OBJECTS, PolicyCommand.ALL),
            None,
            "Anyone may read, add, change and delete no objects by this policy",
        ),
    ],
)
def test_policies_in_words(spec: PolicySpec, bucket: str | None, sentence: str):
    assert describe(spec, bucket) == sentence
