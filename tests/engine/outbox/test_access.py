"""Whoever may see something else now is told to read it anew, in one event, and learns nothing else by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from engine.access_types import Policy, PolicyCommand, PolicySpec
from engine.errors import PolicyNotFound
from engine.permissions.rows import PolicyTable
from engine.types import Bucket, RlsContext
from engine.workspace import Workspace
from tests.engine.outbox.conftest import Listen

SERVICE = RlsContext.service()
ALICE = RlsContext.user("a11ce000-0000-4000-8000-000000000001")
NOBODY = RlsContext.anonymous()
OBJECTS, BUCKETS = "storage.object.*", "storage.bucket.*"
Resets = Callable[..., list[tuple[str, str]]]


def policy(
    using: str = "true",
    command: PolicyCommand = PolicyCommand.SELECT,
    roles: tuple[str, ...] = ("anon",),
    table: PolicyTable = PolicyTable.OBJECTS,
) -> PolicySpec:
    check = "true" if command is PolicyCommand.INSERT else None
    return PolicySpec(f"{command} {table} {using}", table, command, roles, None if check else using, check)


def let_list_buckets(workspace: Workspace, using: str = "true") -> None:
    workspace.storage.policies.create(policy(using, table=PolicyTable.BUCKETS, roles=("public",)), SERVICE)


@pytest.fixture
def here(workspace: Workspace, photos: Bucket) -> Callable[[], int]:
    """Return a function that returns the number to listen from."""
    return workspace.storage.outbox.newest


def test_each_change_of_what_a_policy_shows_is_told_to_those_whom_it_concerns(
    workspace: Workspace, here: Callable[[], int], resets: Resets
) -> None:
    policies = workspace.storage.policies
    kept: list[Policy] = []

    def put_back() -> object:
        return policies.put_back(policies.delete_many([kept[0].id], SERVICE), SERVICE)

    for change in (
        lambda: kept.append(policies.create(policy(), SERVICE)),
        lambda: policies.replace(kept[0].id, policy("name = 'a'"), SERVICE),
        lambda: policies.replace(kept[0].id, policy("name = 'a'", roles=("anon", "editor")), SERVICE),
        lambda: policies.replace(kept[0].id, policy("name = 'a'", PolicyCommand.ALL), SERVICE),
        lambda: policies.set_enabled(kept[0].id, False, SERVICE),
        lambda: policies.set_enabled(kept[0].id, True, SERVICE),
        put_back,
        lambda: policies.delete(kept[0].id, SERVICE),
        lambda: policies.apply("CREATE POLICY p ON storage.objects FOR SELECT TO anon USING (true)", SERVICE),
        lambda: policies.apply("DROP POLICY p ON storage.objects", SERVICE),
    ):
        start = here()
        change()
        assert resets(NOBODY, start) == [(OBJECTS, "")]
        assert resets(ALICE, start) == []
        assert resets(SERVICE, start) == []


def test_what_changes_nobodys_picture_is_not_told(
    workspace: Workspace, here: Callable[[], int], resets: Resets
) -> None:
    policies = workspace.storage.policies
    shown = policies.create(policy(), SERVICE)
    start = here()
    for command in (PolicyCommand.INSERT, PolicyCommand.UPDATE, PolicyCommand.DELETE):
        made = policies.create(policy(command=command), SERVICE)
        policies.delete(made.id, SERVICE)
    policies.replace(shown.id, replace(shown.spec, name="Another name"), SERVICE)
    policies.set_enabled(shown.id, True, SERVICE)

    assert resets(NOBODY, start) == []

    policies.set_enabled(shown.id, False, SERVICE)
    start = here()
    policies.replace(shown.id, policy("name = 'b'"), SERVICE)
    policies.delete(shown.id, SERVICE)

    assert resets(NOBODY, start) == []


def test_what_is_rolled_back_is_not_told(workspace: Workspace, here: Callable[[], int], resets: Resets) -> None:
    start = here()
    text = "CREATE POLICY p ON storage.objects FOR SELECT USING (true); DROP POLICY none ON storage.objects"
    with pytest.raises(PolicyNotFound):
        workspace.storage.policies.apply(text, SERVICE)

    assert resets(NOBODY, start) == []
    assert here() == start


def test_a_bucket_is_named_to_who_sees_it_and_for_others_it_may_be_any(
    workspace: Workspace, here: Callable[[], int], resets: Resets
) -> None:
    workspace.storage.create_bucket("secret", SERVICE)
    let_list_buckets(workspace, "name = 'photos'")
    start = here()
    workspace.storage.policies.create(policy(), SERVICE, "photos")

    assert resets(NOBODY, start) == [(OBJECTS, "photos")]
    assert resets(NOBODY, start, bucket="photos") == [(OBJECTS, "photos")]
    assert resets(NOBODY, start, bucket="secret") == []
    assert resets(NOBODY, start, bucket="nowhere") == []

    start = here()
    workspace.storage.policies.create(policy("name = 'a'"), SERVICE, "secret")

    for bucket in (None, "photos", "secret", "nowhere"):
        assert resets(NOBODY, start, bucket=bucket) == [(OBJECTS, "")]


def test_who_wants_to_know_of_buckets_alone_is_not_told_of_objects(
    workspace: Workspace, here: Callable[[], int], resets: Resets
) -> None:
    start = here()
    workspace.storage.policies.create(policy(), SERVICE)
    let_list_buckets(workspace)

    assert resets(NOBODY, start, types=("storage.bucket.created",)) == [(BUCKETS, "")]
    assert resets(NOBODY, start, types=("storage.object.*",)) == [(OBJECTS, "")]
    assert resets(NOBODY, start) == [(OBJECTS, ""), (BUCKETS, "")]


def test_many_changes_are_told_once_and_behind_what_came_before_them(
    workspace: Workspace, here: Callable[[], int], resets: Resets, told: Listen
) -> None:
    storage = workspace.storage
    let_list_buckets(workspace)
    for number in range(17):
        storage.create_bucket(f"b{number}", SERVICE)
    start = here()
    for number in range(5):
        storage.policies.create(policy(f"name = '{number}'"), SERVICE, "photos")
    storage.upload("photos", "0", b"1", SERVICE)
    storage.policies.create(policy("name = 'last'"), SERVICE, "photos")

    assert [event.type.value for event in told(NOBODY, start)] == ["storage.object.created", "storage.access.changed"]

    start = here()
    storage.policies.apply(
        "".join(
            f"CREATE POLICY \"{number}\" ON storage.objects FOR SELECT TO anon USING (bucket_id = 'b{number}');"
            for number in range(17)
        ),
        SERVICE,
    )

    with workspace._core.executor.snapshot(SERVICE) as tx:
        assert tx.run_text("SELECT sum(count) FROM storage_events WHERE id > ?", (start,)) == [(1,)]
    assert resets(NOBODY, start) == [(OBJECTS, "")]


def test_another_name_of_a_bucket_is_told_to_those_who_know_it_by_its_objects_alone(
    workspace: Workspace, photos: Bucket, here: Callable[[], int], resets: Resets
) -> None:
    storage = workspace.storage
    start = here()
    storage.rename_bucket("photos", "pictures", SERVICE)
    assert resets(ALICE, start) == [(OBJECTS, "")]
    assert resets(ALICE, start, types=("storage.bucket.*",)) == []

    let_list_buckets(workspace)
    start = here()
    storage.rename_bucket("pictures", "photos", SERVICE)
    assert resets(ALICE, start) == []


def test_where_policies_ask_for_the_name_of_a_bucket_another_one_shows_other_objects(
    workspace: Workspace, here: Callable[[], int], resets: Resets
) -> None:
    let_list_buckets(workspace)
    workspace.storage.policies.create(policy("bucket_id LIKE 'p%'"), SERVICE)
    start = here()
    workspace.storage.rename_bucket("photos", "secret", SERVICE)

    assert resets(NOBODY, start) == [(OBJECTS, "secret")]
    assert resets(ALICE, start) == []


def test_a_user_of_whom_something_else_is_known_reads_anew(
    workspace: Workspace, here: Callable[[], int], resets: Resets
) -> None:
    users = workspace.users
    dora = users.add("dora", SERVICE, claims={"team": "blue"})
    context = users.context_of(dora)
    for changes, is_told in (
        ({"role": "editor"}, True),
        ({"role": "editor"}, False),
        ({"claims": {"team": "red"}}, True),
        ({"claims": {"team": "red"}, "name": "Dora"}, False),
        ({"password": "long enough, and secret"}, False),
    ):
        start = here()
        users.change(dora.id, SERVICE, **changes)
        assert resets(context, start) == ([("*", "")] if is_told else []), changes
        assert resets(ALICE, start) == []
    start = here()
    users.remove(dora.id, SERVICE)
    assert resets(context, start) == [("*", "")]
