from __future__ import annotations

import pytest

from engine.access_types import PolicyCommand, PolicySpec
from engine.errors import InvalidPolicy
from engine.permissions.language import CreatePolicy, DropPolicy, Ignored, Statement, misfit, statements, to_sql
from engine.permissions.rows import PolicyTable

OBJECTS, BUCKETS = PolicyTable.OBJECTS, PolicyTable.BUCKETS
DUMP = """
-- what a project's dump says
create policy "Give users ""x"" 1rma4z_0"
on "storage"."objects"
as permissive
for insert
to public, authenticated, "my role", anon
with check (((bucket_id = 'posts'::text) AND (auth.role() = 'authenticated'::text)));

/* the old one */ DROP POLICY IF EXISTS "a b" ON objects CASCADE;;
drop policy c on storage.buckets;
ALTER TABLE IF EXISTS ONLY storage.objects ENABLE ROW LEVEL SECURITY;
CREATE POLICY Mine ON storage.buckets AS RESTRICTIVE USING ( public -- open
)
"""


def read(text: str) -> list[Statement]:
    return list(statements(text))


def test_a_dump_is_read():
    check = "((bucket_id = 'posts'::text) AND (auth.role() = 'authenticated'::text))"
    roles = ("public", "authenticated", "my role", "anon")
    assert read(DUMP) == [
        CreatePolicy(PolicySpec('Give users "x" 1rma4z_0', OBJECTS, PolicyCommand.INSERT, roles, None, check)),
        DropPolicy("a b", OBJECTS, if_exists=True),
        DropPolicy("c", BUCKETS, if_exists=False),
        Ignored("row level security is always on here"),
        CreatePolicy(
            PolicySpec("mine", BUCKETS, PolicyCommand.ALL, ("public",), "public -- open", None, permissive=False)
        ),
    ]


def test_no_statement_is_no_error():
    assert read("  -- nothing\n ; ") == []


@pytest.mark.parametrize(
    ("text", "part", "reason"),
    [
        ("select 1", "select", "CREATE POLICY or DROP POLICY was expected here"),
        ("create table x ()", "table", "POLICY was expected here"),
        ("drop table x", "table", "POLICY was expected here"),
        ("alter policy x on storage.objects to public", "policy", "TABLE was expected here"),
        ("alter table storage.objects disable row level security", "disable", "ENABLE ROW LEVEL SECURITY"),
        ("create policy x on public.photos using (true)", "public.photos", "storage.objects and storage.buckets"),
        ("create policy x on photos using (true)", "photos", "not for photos"),
        ("create policy x on 5 using (true)", "5", "the name of a table was expected here"),
        ("create policy 'x' on storage.objects using (true)", "'x'", "the name of a policy was expected here"),
        ("create policy x on storage.objects", "x", "the policy has no condition"),
        ("create policy x on storage.objects as loose using (true)", "loose", "PERMISSIVE or RESTRICTIVE"),
        ("create policy x on storage.objects for truncate using (true)", "truncate", "ALL, SELECT, INSERT"),
        ('create policy x on storage.objects for "select" using (true)', '"select"', "ALL, SELECT, INSERT"),
        ("create policy x on storage.objects to current_user using (true)", "current_user", "name a role"),
        ("create policy x on storage.objects to 'anon' using (true)", "'anon'", "the name of a role"),
        ("create policy x on storage.objects for insert using (true)", "x", "only WITH CHECK is for INSERT"),
        ("create policy x on storage.objects for select with check (true)", "x", "WITH CHECK is not for SELECT"),
        (
            "create policy x on storage.objects for delete using (true) with check (true)",
            "x",
            "WITH CHECK is not for DELETE",
        ),
        ("create policy x on storage.objects using true", "true", "`(` was expected here"),
        ("create policy x on storage.objects using (true", "", "the text ends where `)` was expected"),
        ("create policy x on storage.objects with (true)", "(", "CHECK was expected here"),
        ("create policy x on storage.objects using ()", "", "the text ends where a value was expected"),
        ("create policy x on storage.objects using (true) drop", "drop", "`;` was expected here"),
        ("create policy x on storage.objects\nusing (true and\n foo = 1)", "foo", "there is no column `foo`"),
        ("create policy x on storage.objects with check (size = name)", "size = name", "cannot be compared"),
        ("do $$ begin end $$", "$", "this character has no meaning here"),
        (" " * (1024 * 1024 + 1), "", "the text is too long"),
    ],
)
def test_what_is_refused_with_its_place_in_the_whole_text(text: str, part: str, reason: str):
    with pytest.raises(InvalidPolicy) as caught:
        statements(text)
    error = caught.value
    assert reason in error.message
    assert text[error.start : error.start + error.length] == part
    assert text[: error.start].count("\n") == error.line - 1


@pytest.mark.parametrize("bucket", [None, "photos", "it's"])
@pytest.mark.parametrize(
    "spec",
    [
        PolicySpec("x", OBJECTS, PolicyCommand.SELECT, ("public",), "owner = auth.uid()"),
        PolicySpec('a "b" c', OBJECTS, PolicyCommand.INSERT, ("authenticated", "my role"), None, "true"),
        PolicySpec("x", OBJECTS, PolicyCommand.UPDATE, ("anon",), "size > 1 or size < 0", "size > 2", permissive=False),
        PolicySpec("x", BUCKETS, PolicyCommand.ALL, ("service_role", "user"), "public"),
    ],
)
def test_what_is_written_is_read_as_the_same_policy(spec: PolicySpec, bucket: str | None):
    (statement,) = statements(to_sql(spec, bucket))
    assert isinstance(statement, CreatePolicy)
    assert (statement.spec.name, statement.spec.roles) == (spec.name, spec.roles)
    assert (statement.spec.command, statement.spec.permissive) == (spec.command, spec.permissive)
    assert (statement.spec.using is None, statement.spec.check is None) == (spec.using is None, spec.check is None)


def test_a_policy_of_a_bucket_says_the_bucket():
    spec = PolicySpec("x", OBJECTS, PolicyCommand.UPDATE, ("authenticated",), "true", "size>1")
    assert to_sql(spec, "it's") == (
        'create policy "x"\non storage.objects\nfor update\nto authenticated\n'
        "using (bucket_id = 'it''s')\nwith check ((bucket_id = 'it''s') and (size > 1));\n"
    )


def test_a_policy_that_holds_back_in_a_bucket_leaves_all_others_out():
    spec = PolicySpec("x", OBJECTS, PolicyCommand.UPDATE, ("public",), "false", "size>1", permissive=False)
    assert to_sql(spec, "it's") == (
        'create policy "x"\non storage.objects\nas restrictive\nfor update\nto public\n'
        "using (bucket_id <> 'it''s')\nwith check ((bucket_id <> 'it''s') or (size > 1));\n"
    )


def test_clauses_that_fit_are_no_misfit():
    assert misfit(PolicySpec("x", OBJECTS, PolicyCommand.ALL, using="true", check="true")) is None
