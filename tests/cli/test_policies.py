"""`policy` and `explain`."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.cli.conftest import Holdall

ALICE = "a11ce000-0000-4000-8000-000000000001"
SQL = """\
-- as a Supabase project has them
create policy "own files" on storage.objects
  for select to authenticated
  using (bucket_id = 'photos' and owner_id = (select auth.uid()::text));
CREATE POLICY small ON storage.objects AS RESTRICTIVE FOR INSERT
  WITH CHECK ((metadata->>'contentLength')::int < 1000);
create policy "see buckets" on storage.buckets for select using (true);
"""


@pytest.fixture
def file(tmp_path: Path, holdall: Holdall) -> Path:
    """Make the bucket, and a file with some policies; return its path."""
    holdall("mb", "photos")
    path = tmp_path / "policies.sql"
    path.write_text(SQL)
    return path


@pytest.fixture
def applied(file: Path, holdall: Holdall) -> None:
    """Apply them."""
    holdall("policy", "apply", file)


def _drop_all(holdall: Holdall) -> None:
    for policy in holdall("policy", "list", "--json").document:
        holdall("policy", "drop", policy["name"], "--table", policy["table"])


def test_a_new_workspace_has_no_policies(holdall: Holdall):
    assert holdall("policy", "list").out == ""
    assert holdall("policy", "list", "--json").document == []
    assert holdall("policy", "list", "--sql").out == ""


def test_apply_tells_what_came_of_it(file: Path, holdall: Holdall):
    assert holdall("policy", "apply", file).lines == [
        "created policy 'own files' on bucket photos",
        "created policy 'small' on objects",
        "created policy 'see buckets' on buckets",
    ]


def test_apply_reads_standard_input(file: Path, holdall: Holdall, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(SQL + "drop policy small on storage.objects;"))
    document = holdall("policy", "apply", "-", "--json").document
    assert [policy["name"] for policy in document["created"]] == ["own files", "small", "see buckets"]
    assert [policy["name"] for policy in document["dropped"]] == ["small"]
    assert [policy["name"] for policy in holdall("policy", "list", "--json").document] == ["see buckets", "own files"]


@pytest.mark.usefixtures("applied")
def test_list_for_people(holdall: Holdall):
    out = holdall("policy", "list").out
    assert "own files  (SELECT for authenticated; bucket photos)\n    Signed-in users may read " in out
    assert "small  (INSERT for public; objects, holds back)" in out
    assert "see buckets  (SELECT for public; buckets)" in out


@pytest.mark.usefixtures("applied")
def test_list_for_programs(holdall: Holdall):
    found = {policy["name"]: policy for policy in holdall("policy", "list", "--json").document}
    own = found["own files"]
    assert (own["table"], own["bucket"], own["command"], own["roles"]) == (
        "objects", "photos", "SELECT", ["authenticated"],
    )  # fmt: skip
    assert (own["permissive"], own["enabled"], own["check"]) == (True, True, None)
    assert "bucket_id" not in own["using"]
    assert (found["small"]["permissive"], found["small"]["using"], found["small"]["bucket"]) == (False, None, None)
    assert found["see buckets"]["created_at"].endswith("Z")


@pytest.mark.usefixtures("applied")
def test_list_of_one_bucket(holdall: Holdall):
    holdall("mb", "other")

    def names(bucket: str) -> set[str]:
        return {policy["name"] for policy in holdall("policy", "list", bucket, "--json").document}

    assert names("photos") == {"own files", "small"}
    assert names("other") == {"small"}
    assert "NoSuchBucket" in holdall("policy", "list", "nowhere", "--json", code=1).err


@pytest.mark.usefixtures("applied")
def test_what_list_writes_can_be_applied(holdall: Holdall, tmp_path: Path):
    holdall("policy", "disable", "small")
    before = holdall("policy", "list", "--sql").out
    assert "bucket_id = 'photos'" in before
    assert "-- disabled: create policy" in before
    _drop_all(holdall)
    copy = tmp_path / "copy.sql"
    copy.write_text(before)
    holdall("policy", "apply", copy)
    assert {policy["name"] for policy in holdall("policy", "list", "--json").document} == {"own files", "see buckets"}


@pytest.mark.usefixtures("applied")
def test_disable_and_enable(holdall: Holdall):
    assert holdall("policy", "disable", "own files").out == "disabled policy 'own files' on bucket photos\n"
    assert "bucket photos, disabled)" in holdall("policy", "list").out
    document = holdall("policy", "enable", "own files", "--json").document
    assert document["enabled"]["enabled"] is True
    assert "disabled" not in holdall("policy", "list").out


@pytest.mark.usefixtures("applied")
def test_drop(holdall: Holdall):
    assert holdall("policy", "drop", "small").out == "dropped policy 'small' on objects\n"
    answer = holdall("policy", "drop", "small", code=1)
    assert answer.err.startswith("holdall: There is no policy 'small'")
    assert "NoSuchPolicy" in holdall("policy", "enable", "small", "--json", code=1).err


@pytest.mark.usefixtures("applied")
def test_one_name_on_both_tables(holdall: Holdall, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("create policy small on storage.buckets using (true);"))
    holdall("policy", "apply", "-")
    assert "--table" in holdall("policy", "drop", "small", code=1).err
    assert holdall("policy", "drop", "small", "--table", "buckets").out == "dropped policy 'small' on buckets\n"
    assert holdall("policy", "drop", "small").out == "dropped policy 'small' on objects\n"


def test_what_cannot_be_read_is_shown_where(file: Path, holdall: Holdall):
    file.write_text("create policy fine on storage.objects using (true);\n" + SQL.replace("owner_id", "owner_if"))
    answer = holdall("policy", "apply", file, code=1)
    message, line, marks = answer.err.splitlines()[:3]
    assert message.startswith(f"holdall: {file}:5:")
    assert line.strip() == "using (bucket_id = 'photos' and owner_if = (select auth.uid()::text));"
    assert line[marks.index("^") : marks.rindex("^") + 1] == "owner_if"
    assert holdall("policy", "list").out == ""


def test_what_cannot_be_read_for_programs(file: Path, holdall: Holdall):
    import json

    file.write_text("create policy a on storage.objects\n  using (nonsense);")
    answer = holdall("policy", "apply", file, "--json", code=1)
    error = json.loads(answer.err)["error"]
    assert (error["code"], error["line"], error["column"]) == ("InvalidPolicy", 2, 10)
    assert answer.out == ""


@pytest.mark.usefixtures("applied")
def test_a_name_that_is_taken_changes_nothing(holdall: Holdall, file: Path):
    file.write_text("drop policy small on storage.objects;\n" + SQL)
    answer = holdall("policy", "apply", file, code=1)
    assert answer.err.startswith("holdall: ")
    assert len(holdall("policy", "list", "--json").document) == 3


def test_files_that_are_none(holdall: Holdall, tmp_path: Path):
    holdall("ls")
    assert "missing.sql" in holdall("policy", "apply", tmp_path / "missing.sql", code=1).err
    (tmp_path / "binary.sql").write_bytes(b"\xff\xfe\x00")
    assert "not UTF-8" in holdall("policy", "apply", tmp_path / "binary.sql", code=1).err


@pytest.mark.parametrize(
    "arguments",
    [(), ("apply",), ("drop",), ("enable",), ("list", "--table", "objects"), ("drop", "a", "--sql"),
     ("list", "--sql", "--json"), ("drop", "a", "--table", "users"), ("forget", "a")],
)  # fmt: skip
def test_wrong_usage(holdall: Holdall, arguments: tuple[str, ...]):
    assert "usage:" in holdall("policy", *arguments, code=2).err


def _put(holdall: Holdall, tmp_path: Path) -> None:
    source = tmp_path / "cat.jpg"
    source.write_bytes(b"x")
    holdall("put", source, "photos")


@pytest.mark.usefixtures("applied")
def test_explain_says_no_and_why(holdall: Holdall, tmp_path: Path):
    _put(holdall, tmp_path)
    answer = holdall("explain", "--as", ALICE, "select", "photos/cat.jpg", code=1)
    assert answer.lines[0].startswith("denied: ")
    assert "  \u2717  own files  (SELECT for authenticated; USING)" in answer.lines
    assert "  -  small  (INSERT for public, holds back)" in answer.lines
    assert any("owner_id" in line and "is false" in line for line in answer.lines)


@pytest.mark.usefixtures("applied")
def test_explain_says_yes(holdall: Holdall):
    answer = holdall("explain", "--as", ALICE, "select", "photos/new.jpg")
    assert answer.lines[0].startswith("allowed: ")
    assert "  \u2713  own files  (SELECT for authenticated; USING)" in answer.lines


@pytest.mark.usefixtures("applied")
def test_explain_takes_roles_claims_and_what_would_be_written(holdall: Holdall, monkeypatch: pytest.MonkeyPatch):
    text = (
        "create policy blue on storage.objects for insert to authenticated with check (auth.jwt()->>'team' = 'blue');"
    )
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    holdall("policy", "apply", "-")
    blue = ("explain", "--as", ALICE, "--claims", '{"team": "blue"}', "insert", "photos/a.png")
    assert holdall(*blue, "--size", "900").lines[0].startswith("allowed")
    assert holdall(*blue, "--size", "2kB", "--type", "image/png", code=1).lines[0].startswith("denied")
    assert holdall("explain", "--as", ALICE, "insert", "photos/a.png", "--size", "9", code=1).lines
    assert holdall("explain", "--as", ALICE, "--role", "service_role", "delete", "photos/a.png").lines[0]


@pytest.mark.usefixtures("applied")
def test_explain_for_programs(holdall: Holdall):
    document = holdall("explain", "--as", "anon", "select", "photos/a", "--json", code=1).document
    assert (document["allowed"], document["command"]) == (False, "SELECT")
    assert document["reason"]
    verdicts = {verdict["policy"]["name"]: verdict for verdict in document["policies"]}
    assert verdicts.keys() >= {"own files", "small"}
    assert verdicts["own files"]["applies"] is False


def test_explain_asks_both_ends_of_what_goes_somewhere(holdall: Holdall, monkeypatch: pytest.MonkeyPatch):
    text = """create policy here on storage.objects for all using (bucket_id = 'photos');
    create policy there on storage.objects for all using (bucket_id = 'videos' and name like 'in/%');"""
    holdall("mb", "photos")
    holdall("mb", "videos")
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    holdall("policy", "apply", "-")
    ask = ("explain", "--as", ALICE)
    for command, let in (("update", "WITH CHECK"), ("insert", "WITH CHECK")):
        assert holdall(*ask, command, "photos/a", "--to", "photos/b").lines[0].startswith("allowed: ")
        answer = holdall(*ask, command, "photos/a", "--to", "videos/b", code=1)
        assert "  \u2713  here  (ALL for public; USING)" in answer.lines
        assert f"  \u2717  there  (ALL for public; {let} at the target)" in answer.lines
        document = holdall(*ask, command, "photos/a", "--to", "videos/in/b", "--json").document
        ends = {(verdict["policy"]["name"], verdict["at_target"]) for verdict in document["policies"]}
        assert ends >= {("here", False), ("there", True)}
    assert "target" in holdall(*ask, "delete", "photos/a", "--to", "photos/b", code=1).err
    assert "NoSuchBucket" in holdall(*ask, "update", "photos/a", "--to", "no/b", "--json", code=1).err


def test_explain_of_a_bucket_that_is_not_there(holdall: Holdall):
    holdall("ls")
    assert "NoSuchBucket" in holdall("explain", "--as", "anon", "select", "no/a", "--json", code=1).err


@pytest.mark.parametrize(
    "arguments",
    [("select", "photos/a"), ("--as", "anon", "read", "photos/a"), ("--as", "anon", "select", "photos"),
     ("--as", "anon", "select", "photos/a", "--claims", "[]"), ("--as", "anon", "select", "photos/a", "--size", "x"),
     ("--as", "anon", "update", "photos/a", "--to", "photos")],
)  # fmt: skip
def test_wrong_usage_of_explain(holdall: Holdall, arguments: tuple[str, ...]):
    assert "usage:" in holdall("explain", *arguments, code=2).err
