"""Local users: who may be known, under which name, and what changes end."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from engine.errors import (
    InvalidRequest,
    InvalidToken,
    ObjectChanged,
    Unauthorized,
    UserAlreadyExists,
    UserNotFound,
    WrongPassword,
)
from engine.identities.passwords import NOBODYS_HASH, hash_password, is_password
from engine.ids import is_id
from engine.types import RlsContext
from engine.workspace import Workspace

ID = "7b0c5a5e-8a3c-4b8e-9d3f-2f6b8f0d1c11"
NOT_SERVICE = (RlsContext.anonymous(), RlsContext.user(ID))


def test_a_user_is_known_by_name_and_by_id(workspace: Workspace, service: RlsContext) -> None:
    added = workspace.users.add("alice", service, claims={"email": "a@b.example"})

    assert is_id(added.id)
    assert (added.name, added.role, added.has_password) == ("alice", "authenticated", False)
    assert dict(added.claims) == {"email": "a@b.example"}
    assert workspace.users.get("alice", service) == workspace.users.get(added.id.upper(), service) == added


def test_users_are_listed_by_name(workspace: Workspace, service: RlsContext) -> None:
    for name in ("bob", "Ärger", "alice", "a@b.example"):
        workspace.users.add(name, service)

    assert [user.name for user in workspace.users.list(service)] == ["a@b.example", "alice", "bob", "Ärger"]


def test_an_id_of_elsewhere_is_kept_in_its_canonical_form(workspace: Workspace, service: RlsContext) -> None:
    assert workspace.users.add("alice", service, user_id=f"{{{ID.upper()}}}").id == ID
    with pytest.raises(UserAlreadyExists):
        workspace.users.add("bob", service, user_id=ID)
    with pytest.raises(UserAlreadyExists):
        workspace.users.add("alice", service)
    assert [user.name for user in workspace.users.list(service)] == ["alice"]


def test_who_was_changed_meanwhile_stays_so(workspace: Workspace, service: RlsContext) -> None:
    seen = workspace.users.add("alice", service)
    changed = workspace.users.change(seen.id, service, role="editors", seen=seen)
    with pytest.raises(ObjectChanged):
        workspace.users.change(seen.id, service, role="guests", seen=seen)
    assert workspace.users.get("alice", service) == changed


def test_a_password_that_was_changed_meanwhile_stays_so(workspace: Workspace, service: RlsContext) -> None:
    seen = workspace.users.add("alice", service, password="the first one")
    changed = workspace.users.change(seen.id, service, password="the second one", seen=seen)
    assert (changed, changed.changed_at) != (seen, seen.changed_at)
    for password in ("the third one", None):
        with pytest.raises(ObjectChanged):
            workspace.users.change(seen.id, service, password=password, seen=seen)
    assert workspace.users.verify_password("alice", "the second one") == changed
    assert workspace.users.change(seen.id, service, seen=changed) == changed  # nothing is another then


@pytest.mark.parametrize(
    "name", ["", " ", " a", "a ", "a/b", "a\nb", "a\0b", "x" * 101, "\ud800", ID, ID.upper(), "..", "\u202eecila"]
)
def test_names_that_cannot_be(workspace: Workspace, service: RlsContext, name: str) -> None:
    with pytest.raises(InvalidRequest):
        workspace.users.add(name, service)
    assert workspace.users.list(service) == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"role": ""},
        {"role": " "},
        {"role": "public"},
        {"role": "a\0"},
        {"role": "x" * 64},
        {"role": "\ud800"},
        {"user_id": "1"},
        {"user_id": ""},
        {"password": "short"},
        {"password": ""},
        {"password": "x" * 1025},
        {"password": "\ud800" * 9},
        {"claims": {"role": "service_role"}},
        {"claims": {"sub": ID}},
        {"claims": {"exp": 1}},
        {"claims": {"a": float("nan")}},
        {"claims": {"a": float("inf")}},
        {"claims": {"a": b"x"}},
        {"claims": {"a": "\ud800"}},
        {"claims": {"a": ["x\0"]}},
        {"claims": {"a": "x" * 9000}},
    ],
    ids=str,
)
def test_what_else_cannot_be(workspace: Workspace, service: RlsContext, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        workspace.users.add("alice", service, **wrong)
    user = workspace.users.add("alice", service)
    if "user_id" not in wrong:
        with pytest.raises(InvalidRequest):
            workspace.users.change(user.id, service, **wrong)
    assert workspace.users.list(service) == (user,)


def test_a_backslash_is_no_escape(workspace: Workspace, service: RlsContext) -> None:
    claims = {"a": "\\u0000", "b": "C:\\u", "c": "\\\\u0000"}

    assert dict(workspace.users.add("alice", service, claims=claims).claims) == claims


@pytest.mark.parametrize("context", NOT_SERVICE, ids=["anon", "user"])
@pytest.mark.parametrize(
    "call",
    [
        lambda users, context: users.list(context),
        lambda users, context: users.get("alice", context),
        lambda users, context: users.get("nobody", context),
        lambda users, context: users.add("bob", context),
        lambda users, context: users.change("alice", context, name="bob"),
        lambda users, context: users.remove("alice", context),
    ],
)
def test_only_the_service_role_manages_users(
    workspace: Workspace, service: RlsContext, context: RlsContext, call: Callable[..., Any]
) -> None:
    alice = workspace.users.add("alice", service)

    with pytest.raises(Unauthorized):
        call(workspace.users, context)
    assert workspace.users.list(service) == (alice,)


def test_nobody_is_not_found(workspace: Workspace, service: RlsContext) -> None:
    for call in (
        lambda: workspace.users.get("alice", service),
        lambda: workspace.users.change("alice", service, name="bob"),
        lambda: workspace.users.remove("alice", service),
    ):
        with pytest.raises(UserNotFound):
            call()


def test_a_password_tells_a_user_and_nothing_else_does(workspace: Workspace, service: RlsContext) -> None:
    alice = workspace.users.add("alice", service, password="correct horse")
    workspace.users.add("bob", service)

    assert workspace.users.verify_password("alice", "correct horse") == alice
    for name, password in (
        ("alice", "correct horse "), ("alice", ""), ("alice", "x" * 100_000), ("alice", "\ud800"), ("bob", ""),
        ("bob", "correct horse"), ("nobody", "correct horse"), ("nobody", ""), (alice.id, "correct horse"),
    ):  # fmt: skip
        with pytest.raises(WrongPassword) as raised:
            workspace.users.verify_password(name, password)
        assert str(raised.value) == "The name or the password is wrong"


def test_a_password_can_be_replaced_and_taken_away(workspace: Workspace, service: RlsContext) -> None:
    user = workspace.users.add("alice", service, password="first password")

    workspace.users.change(user.id, service, password="second password")
    assert workspace.users.verify_password("alice", "second password").has_password
    with pytest.raises(WrongPassword):
        workspace.users.verify_password("alice", "first password")
    assert not workspace.users.change(user.id, service, password=None).has_password
    with pytest.raises(WrongPassword):
        workspace.users.verify_password("alice", "second password")


def test_where_there_is_no_password_the_same_work_is_done() -> None:
    kept = hash_password("correct horse")

    assert kept.split("$")[:4] == NOBODYS_HASH.split("$")[:4]
    assert [len(part) for part in kept.split("$")] == [len(part) for part in NOBODYS_HASH.split("$")]
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert hash_password("correct horse") != kept
    assert is_password("correct horse", kept)
    assert not is_password("", None)


def test_what_a_user_is_called_ends_no_token_but_what_they_may_does(workspace: Workspace, service: RlsContext) -> None:
    user = workspace.users.add("alice", service)

    def token() -> str:
        return workspace.tokens.mint_for(workspace.users.get(user.id, service), service, 60).token

    def is_good(minted: str) -> bool:
        try:
            return workspace.verifier.context(minted).user_id == user.id
        except InvalidToken:
            return False

    minted = token()
    workspace.users.change(user.id, service, name="alice b")
    assert is_good(minted)
    for change in ({"role": "editor"}, {"claims": {"team": 1}}, {"claims": None}, {"password": "correct horse"}):
        minted = token()
        assert is_good(minted)
        workspace.users.change(user.id, service, **change)
        assert not is_good(minted), change
        assert is_good(token())


@pytest.mark.parametrize(
    "other", [{"a": True}, {"a": 1.0}, {"a": [{"b": 1}]}, {"a": [{"b": True}]}, {"a": [{"b": 1.0}]}]
)
def test_claims_that_only_python_takes_for_equal_are_stored(
    workspace: Workspace, service: RlsContext, other: dict[str, object]
) -> None:
    for first in ({"a": 1}, {"a": [{"b": 1}]}, {"a": [{"b": 0}]}):
        user = workspace.users.add(f"alice {json.dumps(first)}", service, claims=first)
        workspace.users.change(user.id, service, claims=other)
        assert json.dumps(dict(workspace.users.get(user.id, service).claims)) == json.dumps(other)


def test_claims_in_another_order_are_no_change(workspace: Workspace, service: RlsContext) -> None:
    user = workspace.users.add("alice", service, claims={"a": 1, "b": {"c": 2, "d": 3}})
    assert (
        workspace.users.change(user.id, service, claims={"b": {"d": 3, "c": 2}, "a": 1}).changed_at == user.changed_at
    )


def test_a_name_that_is_taken_stays_with_who_has_it(workspace: Workspace, service: RlsContext) -> None:
    workspace.users.add("alice", service)
    bob = workspace.users.add("bob", service, claims={"team": 1})

    with pytest.raises(UserAlreadyExists):
        workspace.users.change(bob.id, service, name="alice", claims={"team": 2})
    assert workspace.users.get("bob", service) == bob
    assert workspace.users.change("bob", service, name="bob") == bob


def test_the_context_of_a_user_is_that_of_their_tokens(workspace: Workspace, service: RlsContext) -> None:
    for name, role in (("alice", "editor"), ("root", "service_role"), ("anna", "authenticated")):
        user = workspace.users.add(name, service, role=role, claims={"email": f"{name}@b.example"})
        acting = workspace.users.context_of(user)
        holding = workspace.verifier.context(workspace.tokens.mint_for(user, service).token)

        assert (acting.user_id, acting.role, acting.can_bypass_rls) == (user.id, role, role == "service_role")
        assert (acting.user_id, acting.role, acting.can_bypass_rls) == (
            holding.user_id, holding.role, holding.can_bypass_rls,
        )  # fmt: skip
        assert dict(acting.claims) == {
            name: value for name, value in holding.claims.items() if name not in ("iss", "iat", "jti")
        }


def test_users_survive_a_restart(workspace: Workspace, neighbour: Workspace, service: RlsContext) -> None:
    user = workspace.users.add("alice", service, password="correct horse", claims={"a": {"b": [1]}})

    assert neighbour.users.list(service) == (user,)
    assert neighbour.users.verify_password("alice", "correct horse") == user
