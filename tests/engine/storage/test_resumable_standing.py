"""Whole uploads that are stored later than their last byte came: not for who would not be let in by then."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.access_types import User
from engine.errors import Unauthorized
from engine.identities.standing import still_counts
from engine.storage import FileStorage
from engine.types import Bucket, RlsContext, Role
from engine.workspace import Workspace
from tests.engine.storage.test_resumable_finishing import finish, set_aside

pytestmark = pytest.mark.parametrize("workspace", ["memory"], indirect=True)
SECOND_US = 1_000_000


@pytest.fixture
def user(workspace: Workspace, service: RlsContext) -> User:
    """Make somebody known."""
    return workspace.users.add("carol", service, claims={"team": "blue"})


def signed_in(workspace: Workspace, user: User, service: RlsContext, expires_in_s: int | None = None) -> RlsContext:
    return workspace.verifier.context(workspace.tokens.mint_for(user, service, expires_in_s).token)


def is_counted(workspace: Workspace, caller: RlsContext, since_s: float, now_s: float) -> bool:
    with workspace.storage._executor.snapshot(RlsContext.service()) as tx:
        return still_counts(tx, caller, int(since_s * SECOND_US), int(now_s * SECOND_US))


def removed(workspace: Workspace, user: User, service: RlsContext) -> None:
    workspace.users.remove(user.id, service)


def in_another_role(workspace: Workspace, user: User, service: RlsContext) -> None:
    workspace.users.change(user.id, service, role="guest")


def with_other_claims(workspace: Workspace, user: User, service: RlsContext) -> None:
    workspace.users.change(user.id, service, claims={"team": "red"})


def signed_out(workspace: Workspace, user: User, service: RlsContext) -> None:
    for token in workspace.tokens.list(service, user.id):
        workspace.tokens.revoke(token.id, service)


def signed_out_everywhere(workspace: Workspace, user: User, service: RlsContext) -> None:
    workspace.tokens.revoke_all(user.id, service)


Happening = Callable[[Workspace, User, RlsContext], None]


@pytest.mark.parametrize("happens", [removed, in_another_role, with_other_claims, signed_out, signed_out_everywhere])
def test_who_brought_it_with_a_token_that_ended_is_refused(
    workspace: Workspace, storage: FileStorage, bucket: Bucket, user: User, service: RlsContext, happens: Happening
) -> None:
    caller = signed_in(workspace, user, service)
    upload = set_aside(storage, caller)
    happens(workspace, user, service)

    with pytest.raises(Unauthorized):
        storage.resumable.finish(upload.id)

    assert isinstance(storage.resumable.find(upload.id, caller).refusal, Unauthorized)
    assert storage.resumable.finishing(9) == []


@pytest.mark.parametrize("happens", [removed, in_another_role, with_other_claims, signed_out_everywhere])
def test_what_came_with_a_token_to_upload_is_its_makers_who_may_be_gone(
    workspace: Workspace, storage: FileStorage, bucket: Bucket, user: User, service: RlsContext, happens: Happening
) -> None:
    upload = set_aside(storage, RlsContext.service(user.id))
    happens(workspace, user, service)

    with pytest.raises(Unauthorized):
        storage.resumable.finish(upload.id)


def test_who_is_as_they_were_is_stored_for(
    workspace: Workspace, storage: FileStorage, bucket: Bucket, user: User, service: RlsContext
) -> None:
    signed_in(workspace, user, service)
    workspace.users.change(user.id, service, role=Role.AUTHENTICATED, claims={"team": "red"})
    caller = signed_in(workspace, workspace.users.get(user.id, service), service, 3600)
    upload = set_aside(storage, caller)
    workspace.users.change(user.id, service, name="caroline")

    finish(storage, upload.id)

    assert storage.info("photos", "f/letter.txt", service).owner_id == user.id


@pytest.mark.parametrize("life_s", [60, 60.5])
def test_a_token_counts_until_it_expires(workspace: Workspace, life_s: float) -> None:
    caller = RlsContext("elsewhere", Role.AUTHENTICATED, {"iss": "others", "iat": 1, "exp": 1000 + life_s})

    assert is_counted(workspace, caller, 1000, 1059)
    assert not is_counted(workspace, caller, 1000, 1061)


def test_a_token_of_others_counts_by_when_it_was_made(workspace: Workspace, user: User, service: RlsContext) -> None:
    workspace.tokens.revoke_all(user.id, service)
    ended_s = workspace.users.get(user.id, service).changed_at.timestamp()
    before, after = ({"iss": "others", "iat": ended_s + seconds} for seconds in (-10, 1000))

    assert not is_counted(workspace, RlsContext(user.id, claims=before), ended_s + 2000, ended_s + 2000)
    assert is_counted(workspace, RlsContext(user.id, claims=after), ended_s + 2000, ended_s + 2000)


def test_another_ones_token_says_nothing_of_a_caller(workspace: Workspace, user: User, service: RlsContext) -> None:
    theirs = dict(signed_in(workspace, user, service).claims)
    workspace.tokens.revoke_all(user.id, service)

    assert is_counted(workspace, RlsContext("elsewhere", claims=theirs), 0, 1)
    assert not is_counted(workspace, RlsContext(user.id, claims=theirs), 0, 1)


def test_nobody_in_particular_always_counts(workspace: Workspace) -> None:
    assert is_counted(workspace, RlsContext.anonymous(), 0, 1)
    assert is_counted(workspace, RlsContext.service(), 0, 1)
