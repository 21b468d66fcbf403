"""Why somebody may do something, or may not: the answer is the engine's, and the words are the policy's."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from itertools import product

import pytest

from engine.access_types import Explanation
from engine.context import Operation, RlsContext
from engine.errors import BucketNotFound, InvalidRequest, ObjectNotFound, StorageError, Unauthorized
from engine.move_types import Target
from engine.permissions.rows import Command, PolicyTable
from engine.storage import FileStorage
from engine.types import Bucket, BucketChanges, UploadOptions
from tests.engine.permissions.conftest import Let

OWNER = "owner_id = (SELECT auth.uid()::text)"
Explain = Callable[..., Explanation]


@pytest.fixture
def explain(storage: FileStorage, bucket: Bucket, service: RlsContext) -> Explain:
    """Return a function that explains what somebody wants to do in `photos`."""

    def ask(who: RlsContext, command: Command = Command.SELECT, path: str = "a/b.png", **more: object) -> Explanation:
        return storage.policies.explain(who, command, "photos", path, service, **more)  # type: ignore[arg-type]

    return ask


def words(explanation: Explanation) -> list[tuple[str, str]]:
    """Return the culprits of what applies."""
    return [(one.text, one.value) for verdict in explanation.verdicts if verdict.applies for one in verdict.culprits]


def test_without_a_policy_nobody_may(explain: Explain, anon: RlsContext) -> None:
    explanation = explain(anon)
    assert not explanation.allowed
    assert explanation.reason == "No policy lets anon read here"
    assert explanation.verdicts == ()


def test_the_service_role_may_anything(explain: Explain, service: RlsContext) -> None:
    explanation = explain(service)
    assert explanation.allowed
    assert explanation.reason == "The service role bypasses all policies"


def test_a_public_bucket_is_read_by_everybody(
    explain: Explain, storage: FileStorage, service: RlsContext, anon: RlsContext
) -> None:
    storage.update_bucket("photos", service, BucketChanges(public=True))
    assert explain(anon).reason == "The bucket is public, so that anybody may read it"
    assert explain(anon).allowed
    assert not explain(anon, Command.DELETE).allowed


def test_the_part_that_failed_is_named_with_its_place(
    explain: Explain, storage: FileStorage, let: Let, alice: RlsContext, bob: RlsContext
) -> None:
    text = f"name LIKE 'a/%' AND ({OWNER} OR length(name) > 100)"
    policy = let("ALL", text, "true", roles=("authenticated",), name="Owners")
    storage.upload("photos", "a/b.png", b"x", alice)
    explanation = explain(bob)
    assert not explanation.allowed
    assert words(explanation) == [(OWNER, "false"), ("length(name) > 100", "false")]
    (verdict,) = explanation.verdicts
    assert (verdict.policy, verdict.clause, verdict.applies, verdict.result) == (policy, "USING", True, False)
    for culprit in verdict.culprits:
        assert text[culprit.start : culprit.start + culprit.length] == culprit.text
    assert explanation.reason == f"Refused by “Owners”: {OWNER} is false and length(name) > 100 is false"


def test_the_part_that_passed_is_named(explain: Explain, storage: FileStorage, let: Let, alice: RlsContext) -> None:
    let("ALL", f"length(name) > 100 OR {OWNER}", "true", name="Owners")
    storage.upload("photos", "a/b.png", b"x", alice)
    explanation = explain(alice)
    assert explanation.allowed
    assert words(explanation) == [(OWNER, "true")]
    assert explanation.reason == "Allowed by “Owners”"


def test_null_counts_as_no(explain: Explain, let: Let, anon: RlsContext) -> None:
    let("SELECT", OWNER)
    explanation = explain(anon)
    assert words(explanation) == [(OWNER, "null")]
    assert explanation.verdicts[0].result is None


def test_what_does_not_apply_comes_last_and_says_nothing(
    explain: Explain, storage: FileStorage, service: RlsContext, let: Let, anon: RlsContext
) -> None:
    storage.create_bucket("other", service)
    let("SELECT", "true", roles=("authenticated",), name="another role")
    let("DELETE", "true", name="another command")
    let("SELECT", "true", bucket="other", name="another bucket")
    disabled = let("SELECT", "true", name="disabled")
    storage.policies.set_enabled(disabled.id, False, service)
    let("SELECT", "false", name="z")
    explanation = explain(anon)
    assert [(one.policy.spec.name, one.applies) for one in explanation.verdicts] == [
        ("z", True),
        ("another bucket", False),
        ("another command", False),
        ("another role", False),
        ("disabled", False),
    ]


def test_a_restrictive_policy_is_to_blame(explain: Explain, let: Let, anon: RlsContext) -> None:
    let("SELECT", "true")
    let("SELECT", "storage.extension(name) <> 'png'", permissive=False, name="No pictures")
    explanation = explain(anon)
    assert not explanation.allowed
    assert explanation.reason == "Refused by “No pictures”: storage.extension(name) <> 'png' is false"


def test_an_object_that_is_not_there_is_asked_about_as_it_would_be(
    explain: Explain, let: Let, alice: RlsContext, bob: RlsContext
) -> None:
    let("INSERT", check=f"{OWNER} AND metadata->>'mimetype' = 'image/png'")
    assert explain(alice, Command.INSERT, metadata={"mimetype": "image/png"}).allowed
    assert not explain(alice, Command.INSERT, metadata={"mimetype": "text/html"}).allowed
    assert not explain(alice, Command.INSERT).allowed
    assert not explain(bob, Command.INSERT, metadata={"mimetype": "image/png"}, owner_id=alice.user_id).allowed


def test_changing_needs_seeing_before_and_after(
    explain: Explain, storage: FileStorage, service: RlsContext, let: Let, alice: RlsContext
) -> None:
    storage.upload("photos", "a/b.png", b"x", service)
    let("UPDATE", "true", "true")
    assert explain(alice, Command.UPDATE).reason == "No policy lets authenticated read here"
    let("SELECT", "owner_id IS DISTINCT FROM 'new'")
    assert explain(alice, Command.UPDATE).allowed
    assert not explain(alice, Command.UPDATE, owner_id="new").allowed


def test_a_part_without_a_value_is_told(
    explain: Explain, storage: FileStorage, service: RlsContext, let: Let, anon: RlsContext
) -> None:
    let("SELECT", "1 / (length(name) - 7) = 1")
    storage.upload("photos", "a/b.png", b"x", service)
    explanation = explain(anon)
    assert not explanation.allowed
    assert words(explanation) == [("1 / (length(name) - 7) = 1", "error")]


def test_buckets_are_explained_by_their_own_policies(
    storage: FileStorage, bucket: Bucket, service: RlsContext, let: Let, anon: RlsContext
) -> None:
    let("SELECT", "name = 'photos'", table=PolicyTable.BUCKETS)
    let("INSERT", check="name LIKE 'x%'", table=PolicyTable.BUCKETS)

    def ask(command: Command, name: str) -> bool:
        return storage.policies.explain(anon, command, name, "", service, table=PolicyTable.BUCKETS).allowed

    assert ask(Command.SELECT, "photos")
    assert not ask(Command.DELETE, "photos")
    assert ask(Command.INSERT, "xyz")
    assert not ask(Command.INSERT, "abc")


def test_what_is_refused_of_a_bucket_is_said_of_the_bucket(
    storage: FileStorage, bucket: Bucket, service: RlsContext, let: Let, anon: RlsContext
) -> None:
    def why(command: Command, name: str) -> str:
        return storage.policies.explain(anon, command, name, "", service, table=PolicyTable.BUCKETS).reason

    assert why(Command.SELECT, "photos") == "No policy lets anon see this bucket"
    assert why(Command.INSERT, "new") == "No policy lets anon make this bucket"
    let("SELECT", "true", table=PolicyTable.BUCKETS)
    assert why(Command.UPDATE, "photos") == "No policy lets anon change this bucket"
    assert why(Command.DELETE, "photos") == "No policy lets anon delete this bucket"


def test_only_the_service_role_asks(
    storage: FileStorage, bucket: Bucket, service: RlsContext, alice: RlsContext
) -> None:
    with pytest.raises(Unauthorized):
        storage.policies.explain(alice, Command.SELECT, "photos", "a", alice)
    with pytest.raises(BucketNotFound):
        storage.policies.explain(alice, Command.SELECT, "missing", "a", service)


@pytest.mark.parametrize(
    "using", ["true", "false", OWNER, "name = 'a/b.png'", "metadata->>'size' = '1'", "NOT name = 'x'"]
)
@pytest.mark.parametrize("command", list(Command))
def test_the_answer_is_what_the_engine_does(
    storage: FileStorage, bucket: Bucket, service: RlsContext, let: Let, alice: RlsContext, explain: Explain,
    using: str, command: Command,
) -> None:  # fmt: skip
    let("ALL", using)
    path = "new.png" if command is Command.INSERT else "a/b.png"
    storage.upload("photos", "a/b.png", b"x", service, UploadOptions("image/png"))
    told = explain(alice, command, path, metadata={"mimetype": "image/png", "contentLength": 1})
    calls = {
        Command.SELECT: lambda: storage.info("photos", path, alice),
        Command.INSERT: lambda: storage.upload("photos", path, b"x", alice, UploadOptions("image/png")),
        Command.UPDATE: lambda: storage.move("photos", path, "moved", alice),
        Command.DELETE: lambda: storage.delete("photos", path, alice),
    }
    if command is Command.UPDATE and using.startswith("name"):
        return  # what becomes of it has another name
    try:
        calls[command]()
    except (ObjectNotFound, Unauthorized, StorageError):
        done = False
    else:
        done = True
    assert told.allowed is done


ELSEWHERE = ("bucket_id = 'other'", "bucket_id = 'photos'", "bucket_id IN ('photos', 'other')")


@pytest.mark.parametrize(
    "using",
    ["true", OWNER, "name = 'a/b.png'", "(storage.foldername(name))[1] IN ('a', 'kept')", "name LIKE '%.png'",
     *ELSEWHERE, "storage.operation() LIKE '%move'", "metadata->>'mimetype' = 'image/png'"],
)  # fmt: skip
def test_what_moves_or_is_copied_is_asked_about_at_both_ends(
    storage: FileStorage, bucket: Bucket, service: RlsContext, let: Let, alice: RlsContext, explain: Explain, using: str
) -> None:
    storage.create_bucket("other", service)
    let("ALL", using, bucket=None)
    let("SELECT", "name = 'a/b.png'")
    for command, goal, path in product((Command.UPDATE, Command.INSERT), ("photos", "other"), ("b.png", "kept/b.png")):
        storage.upload("photos", "a/b.png", b"x", service, UploadOptions("image/png", replace=True))
        told = explain(alice, command, target=Target(path, goal))
        call = storage.move if command is Command.UPDATE else storage.copy
        with contextlib.suppress(ObjectNotFound, Unauthorized):
            call("photos", "a/b.png", path, alice, target_bucket=goal)
        assert storage.exists(goal, path, service) is told.allowed
        storage.delete_many(goal, [path], service)


def test_the_policies_of_the_bucket_decide_to_which_it_goes(
    storage: FileStorage, service: RlsContext, let: Let, alice: RlsContext, explain: Explain
) -> None:
    storage.create_bucket("other", service)
    let("ALL", "true", name="here")
    let("ALL", "false", bucket="other", name="there")
    storage.upload("photos", "a/b.png", b"x", service)
    for command in (Command.UPDATE, Command.INSERT):
        assert explain(alice, command, target=Target("x.png")).allowed
        told = explain(alice, command, target=Target("x.png", "other"))
        assert told.reason == "Refused by “there”: false is false"
    with pytest.raises(BucketNotFound):
        explain(alice, Command.UPDATE, target=Target("x.png", "missing"))
    with pytest.raises(InvalidRequest):
        explain(alice, Command.DELETE, target=Target("x.png"))


def test_who_is_in_no_act_is_asked_about_in_the_usual_one(explain: Explain, let: Let, anon: RlsContext) -> None:
    let("SELECT", "storage.allow_only_operation('storage.object.get_authenticated')")
    assert explain(anon).allowed
    assert not explain(anon.doing(Operation.OBJECT_LIST)).allowed
