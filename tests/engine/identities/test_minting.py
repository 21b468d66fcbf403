"""Tokens that are minted here: what they say, and that they end at once, in every process."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from sqlalchemy import select

from engine import limits
from engine.access_types import AuditFilter
from engine.config import Settings
from engine.context import Operation
from engine.errors import InvalidRequest, InvalidToken, StorageError, TokenNotFound, Unauthorized
from engine.identities.generation import AccessGeneration
from engine.identities.tokens import Tokens
from engine.metadata.executor import Transaction
from engine.metadata.tables import storage_settings, storage_tokens
from engine.permissions.generation import ACCESS_GENERATION
from engine.secrets import FixedSecrets
from engine.times import now_us
from engine.types import RlsContext
from engine.workspace import Workspace, open_workspace

ALICE = "a11ce000-0000-4000-8000-000000000001"
NOT_SERVICE = (RlsContext.anonymous(), RlsContext.user(ALICE))


def is_good(workspace: Workspace, token: str) -> bool:
    try:
        workspace.verifier.context(token)
    except InvalidToken as error:
        if str(error) != "The token was revoked":
            raise
        return False
    return True


def generation(workspace: Workspace, service: RlsContext) -> int:
    query = select(storage_settings.c.value).where(storage_settings.c.name == ACCESS_GENERATION)
    rows = workspace._core.executor.execute(query, service)
    return int(rows[0][0]) if rows else 0


def test_a_token_says_who_in_which_role_until_when_and_what_else(workspace: Workspace, service: RlsContext) -> None:
    minted = workspace.tokens.mint(
        service, sub=ALICE, role="authenticated", claims={"email": "a@b.example", "aud": "authenticated"},
        expires_in_s=60,
    )  # fmt: skip
    context = workspace.verifier.context(minted.token)

    assert (context.user_id, context.role, context.can_bypass_rls) == (ALICE, "authenticated", False)
    assert (context.claims["email"], context.claims["aud"]) == ("a@b.example", "authenticated")
    assert context.claims["jti"] == minted.info.id
    assert context.claims["exp"] - context.claims["iat"] == 60
    assert minted.info.expires_at == datetime.fromtimestamp(context.claims["exp"], UTC)
    assert minted.token not in repr(minted)


def test_other_programs_read_our_tokens(workspace: Workspace, service: RlsContext) -> None:
    minted = workspace.tokens.mint(service, sub=ALICE)

    assert jwt.decode(minted.token, workspace.jwt_secret, algorithms=["HS256"])["sub"] == ALICE


def test_without_an_end_or_a_holder(workspace: Workspace, service: RlsContext) -> None:
    minted = workspace.tokens.mint(service, sub=None, role="anon")

    assert workspace.verifier.context(minted.token).user_id is None
    assert (minted.info.user_id, minted.info.expires_at) == (None, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"role": "editor"}, {"role": ""}, {"role": "public"}, {"sub": "x" * 256}, {"sub": "a\0"}, {"sub": "\ud800"},
        {"expires_in_s": 0}, {"expires_in_s": -1}, {"expires_in_s": limits.TOKEN_EXPIRES_MAX_S + 1},
        {"expires_in_s": True}, {"expires_in_s": 1.5}, {"claims": {"role": "service_role"}}, {"claims": {"iss": "x"}},
        {"claims": {"jti": "x"}}, {"claims": {"x": "y" * 9000}},
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_minted(workspace: Workspace, service: RlsContext, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        workspace.tokens.mint(service, **{"sub": ALICE, "role": "authenticated", **wrong})
    assert workspace.tokens.list(service) == ()


def test_the_largest_claims_make_a_token_that_is_taken(workspace: Workspace, service: RlsContext) -> None:
    minted = workspace.tokens.mint(service, sub="x" * 255, claims={"x": "y" * 8000}, expires_in_s=60)

    assert workspace.verifier.context(minted.token).user_id == "x" * 255


@pytest.mark.parametrize("context", NOT_SERVICE, ids=["anon", "user"])
@pytest.mark.parametrize(
    "call",
    [
        lambda tokens, _, context: tokens.mint(context, sub=ALICE),
        lambda tokens, _, context: tokens.list(context),
        lambda tokens, _, context: tokens.list(context, ALICE),
        lambda tokens, minted, context: tokens.revoke(minted.info.id, context),
        lambda tokens, _, context: tokens.revoke("unknown", context),
        lambda tokens, _, context: tokens.revoke_all(ALICE, context),
    ],
)
def test_only_the_service_role_manages_tokens(
    workspace: Workspace, service: RlsContext, context: RlsContext, call: Callable[..., Any]
) -> None:
    minted = workspace.tokens.mint(service, sub=ALICE)

    with pytest.raises(Unauthorized):
        call(workspace.tokens, minted, context)
    assert workspace.tokens.list(service) == (minted.info,)
    assert is_good(workspace, minted.token)


def test_a_revoked_token_ends_at_once_in_every_process(
    workspace: Workspace, neighbour: Workspace, service: RlsContext
) -> None:
    ended, other = (workspace.tokens.mint(service, sub=ALICE) for _ in range(2))
    for place in (workspace, neighbour):
        assert is_good(place, ended.token)
        assert is_good(place, other.token)

    neighbour.tokens.revoke(ended.info.id, service)
    for place in (workspace, neighbour):
        assert not is_good(place, ended.token)
        assert is_good(place, other.token)
    revoked_at = {info.id: info.revoked_at for info in workspace.tokens.list(service)}
    assert revoked_at[other.info.id] is None
    workspace.tokens.revoke(ended.info.id, service)
    assert revoked_at == {info.id: info.revoked_at for info in workspace.tokens.list(service)}


def test_revoking_what_is_not_there(workspace: Workspace, service: RlsContext) -> None:
    before = generation(workspace, service)

    with pytest.raises(TokenNotFound):
        workspace.tokens.revoke("unknown", service)
    assert generation(workspace, service) == before


def test_all_tokens_of_a_user_end_and_later_ones_do_not(
    workspace: Workspace, neighbour: Workspace, service: RlsContext
) -> None:
    user, other = (workspace.users.add(name, service) for name in ("alice", "bob"))
    minted = [workspace.tokens.mint_for(user, service).token for _ in range(3)]
    foreign = jwt.encode(
        {"role": "authenticated", "sub": user.id, "iat": int(time.time())}, workspace.jwt_secret, algorithm="HS256"
    )
    untouched = workspace.tokens.mint_for(other, service).token
    assert all(is_good(workspace, token) for token in (*minted, foreign))

    assert neighbour.tokens.revoke_all(user.id, service) == 3
    assert not any(is_good(workspace, token) for token in (*minted, foreign))
    assert is_good(workspace, untouched)
    assert is_good(workspace, workspace.tokens.mint_for(user, service).token)
    assert neighbour.tokens.revoke_all("nobody", service) == 0


def test_a_removed_users_tokens_end_even_if_the_user_comes_back(
    workspace: Workspace, neighbour: Workspace, service: RlsContext
) -> None:
    user = workspace.users.add("alice", service, role="editor", user_id=ALICE)
    token = workspace.tokens.mint_for(user, service).token
    plain = workspace.tokens.mint(service, sub=ALICE).token
    assert is_good(neighbour, token)

    workspace.users.remove("alice", service)
    with pytest.raises(InvalidToken, match="role"):
        neighbour.verifier.context(token)
    assert not is_good(neighbour, plain)
    workspace.users.add("alice", service, role="editor", user_id=ALICE)
    assert not is_good(neighbour, token)


def test_a_token_that_nobody_remembers_does_not_count(workspace: Workspace, service: RlsContext) -> None:
    claims = {"iss": "holdall", "role": "authenticated", "sub": ALICE, "jti": "0193b3a0-0000-7000-8000-000000000000"}

    assert not is_good(workspace, jwt.encode(claims, workspace.jwt_secret, algorithm="HS256"))


def test_an_expired_token_is_expired_and_in_time_forgotten(workspace: Workspace, service: RlsContext) -> None:
    core, long_ago = workspace._core, now_us() - 3600 * 1_000_000
    past = Tokens(core.executor, core.permissions, workspace.signing_keys, workspace.tokens._known, lambda: long_ago)
    minted = past.mint(service, sub=ALICE, expires_in_s=60)
    lasting = past.mint(service, sub=ALICE)

    with pytest.raises(InvalidToken, match="exp"):
        workspace.verifier.context(minted.token)
    assert [info.id for info in workspace.tokens.list(service, ALICE)] == [lasting.info.id, minted.info.id]
    later = now_us() + limits.TOKEN_KEPT_S * 1_000_000
    future = Tokens(core.executor, core.permissions, workspace.signing_keys, workspace.tokens._known, lambda: later)
    newest = future.mint(service, sub="bob")
    assert [info.id for info in workspace.tokens.list(service)] == [newest.info.id, lasting.info.id]
    assert [info.id for info in workspace.tokens.list(service, ALICE)] == [lasting.info.id]


def test_roles_exist_while_a_user_or_a_policy_has_them(
    workspace: Workspace, neighbour: Workspace, service: RlsContext, policy_for: Callable[[str], None]
) -> None:
    def token(role: str) -> str:
        return jwt.encode({"role": role, "sub": ALICE}, workspace.jwt_secret, algorithm="HS256")

    for role in ("editor", "auditor", "public"):
        with pytest.raises(InvalidToken, match="role"):
            neighbour.verifier.context(token(role))
    policy_for("editor")
    user = workspace.users.add("alice", service, role="auditor")
    assert neighbour.verifier.context(token("editor")).role == "editor"
    assert neighbour.verifier.context(token("auditor")).role == "auditor"
    assert neighbour.tokens.mint(service, sub=ALICE, role="editor").info.role == "editor"
    with pytest.raises(InvalidToken, match="role"):
        neighbour.verifier.context(token("public"))
    workspace.users.remove(user.id, service)
    with pytest.raises(InvalidToken, match="role"):
        neighbour.verifier.context(token("auditor"))


def test_every_change_raises_the_generation_and_says_what_it_is(
    workspace: Workspace, service: RlsContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    acts: list[tuple[str, str]] = []
    real = type(workspace._core.executor).transaction

    def watched(executor: Any, context: RlsContext, patience_s: float | None = None) -> Any:
        if context.act is not None:
            acts.append((context.act.operation, context.act.path))
        return real(executor, context, patience_s)

    monkeypatch.setattr(type(workspace._core.executor), "transaction", watched)
    user = workspace.users.add("alice", service)
    minted = workspace.tokens.mint_for(user, service)
    workspace.users.change(user.id, service, name="bob")
    workspace.tokens.revoke(minted.info.id, service)
    workspace.tokens.revoke_all(user.id, service)
    workspace.users.remove("bob", service)
    workspace.signing_keys.rotate(service, 60)

    assert acts == [
        (Operation.USER_CHANGE, "alice"), (Operation.TOKEN_CHANGE, ""), (Operation.USER_CHANGE, user.id),
        (Operation.TOKEN_CHANGE, minted.info.id), (Operation.TOKEN_CHANGE, user.id), (Operation.USER_CHANGE, "bob"),
        (Operation.KEYS_ROTATE, ""),
    ]  # fmt: skip


def test_what_is_refused_and_what_fails_is_in_the_audit_once(workspace: Workspace, service: RlsContext) -> None:
    for call in (
        lambda: workspace.users.add("eve", RlsContext.anonymous()),
        lambda: workspace.tokens.mint(RlsContext.anonymous(), sub=ALICE),
        lambda: workspace.signing_keys.rotate(RlsContext.anonymous(), 0),
        lambda: workspace.users.remove("nobody", service),
    ):
        with pytest.raises(StorageError):
            call()
    workspace.users.add("alice", service)

    workspace.audit.flush()
    told = [(entry.operation, entry.result) for entry in workspace.audit.page(AuditFilter(), service).entries]
    assert sorted(told) == sorted([
        (Operation.USER_CHANGE, "denied"), (Operation.TOKEN_CHANGE, "denied"), (Operation.KEYS_ROTATE, "denied"),
        (Operation.USER_CHANGE, "failed"), (Operation.USER_CHANGE, "done"),
    ])  # fmt: skip


def test_tokens_that_ended_stay_ended_when_their_user_is_gone_or_comes_again(
    workspace: Workspace, service: RlsContext
) -> None:
    user = workspace.users.add("alice", service)
    claims = {"sub": user.id, "role": "authenticated", "iat": int(time.time())}
    token = jwt.encode(claims, workspace.signing_keys.jwt_secret, algorithm="HS256")
    assert is_good(workspace, token)

    workspace.tokens.revoke_all(user.id, service)
    assert not is_good(workspace, token)
    workspace.users.remove(user.id, service)
    assert not is_good(workspace, token)
    workspace.users.add("alice", service, user_id=user.id)
    assert not is_good(workspace, token)


def test_a_change_that_fails_leaves_everything_as_it_was(
    workspace: Workspace, service: RlsContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = workspace.users.add("alice", service, role="editor")
    minted = workspace.tokens.mint_for(user, service)
    before = generation(workspace, service)

    def fail(tx: Transaction) -> None:
        raise RuntimeError

    for module in ("users", "tokens", "signing_keys"):
        monkeypatch.setattr(f"engine.identities.{module}.raise_generation", fail)
    for call in (
        lambda: workspace.users.add("bob", service),
        lambda: workspace.users.change(user.id, service, role="auditor"),
        lambda: workspace.users.remove(user.id, service),
        lambda: workspace.tokens.mint_for(user, service),
        lambda: workspace.tokens.revoke(minted.info.id, service),
        lambda: workspace.tokens.revoke_all(user.id, service),
        lambda: workspace.signing_keys.rotate(service, 0),
    ):
        with pytest.raises(RuntimeError):
            call()
    assert workspace.users.list(service) == (user,)
    assert workspace.tokens.list(service) == (minted.info,)
    assert is_good(workspace, minted.token)
    assert generation(workspace, service) == before


def test_looking_up_the_generation_asks_for_the_row_only_after_a_commit(
    workspace: Workspace, service: RlsContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor, asked = workspace._core.executor, []
    counter = AccessGeneration(executor)
    real = executor.execute
    monkeypatch.setattr(executor, "execute", lambda *args: asked.append(1) or real(*args))

    assert [counter.current() for _ in range(3)] == [0, 0, 0]
    assert len(asked) == 1
    workspace.storage.create_bucket("b", service)
    assert [counter.current() for _ in range(3)] == [0, 0, 0]
    assert len(asked) == 2
    workspace.users.add("alice", service)
    assert counter.current() > 0


def test_tokens_of_a_secret_from_the_environment(workspace: Workspace, service: RlsContext) -> None:
    settings = Settings(workspace.settings.data_dir, jwt_secret="shared with others")
    with open_workspace(settings, FixedSecrets(b"\x07" * 32)) as shared:
        minted = shared.tokens.mint(service, sub=ALICE)
        foreign = jwt.PyJWS().encode(b'{"role":"authenticated","sub":"x"}', b"shared with others".ljust(32, b"\0"))
        assert shared.verifier.context(minted.token).user_id == ALICE
        assert shared.verifier.context(foreign).user_id == "x"
        assert shared.jwt_secret == "shared with others"
        with pytest.raises(InvalidToken, match="signature"):
            shared.verifier.context(workspace.keys.anon)
    with pytest.raises(InvalidToken, match="signature"):
        workspace.verifier.context(minted.token)


def test_the_row_keeps_no_token(workspace: Workspace, service: RlsContext) -> None:
    minted = workspace.tokens.mint(service, sub=ALICE)

    (row,) = workspace._core.executor.execute(select(storage_tokens), service)
    assert not any(str(value) in minted.token for value in row if value is not None and len(str(value)) > 20)
    assert minted.token.rpartition(".")[2].encode() not in workspace.settings.database_path.read_bytes()
