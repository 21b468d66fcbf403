"""Keys are replaced without anybody noticing, until the overlap is over."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import jwt
import pytest
from sqlalchemy import delete, select

from engine import limits
from engine.auth import ApiKeys, TokenVerifier
from engine.config import Settings
from engine.errors import InvalidRequest, InvalidToken, SecretsUnavailable, StorageError, Unauthorized, WrongSignature
from engine.identities.generation import AccessGeneration
from engine.identities.known import KnownIdentities
from engine.identities.signing_keys import SigningKeys
from engine.metadata.tables import storage_signing_keys
from engine.secrets import FixedSecrets, open_secret_store
from engine.signed_url import UrlSigner
from engine.times import now_us
from engine.types import RlsContext
from engine.workspace import Workspace, open_workspace
from tests.engine.identities.conftest import MASTER
from tests.engine.identities.trusting import EC_KEY, RSA_KEY, jwk_of, jwks_of

HOUR_S = 3600


@dataclass
class FailingSecrets:
    """A store that gives nothing new once it is told to fail."""

    inner: FixedSecrets = field(default_factory=lambda: FixedSecrets(MASTER))
    failing: Callable[[str], bool] = lambda name: False
    where: str = "memory"
    notice: None = None

    def names(self) -> tuple[str, ...]:
        return ()

    def get_or_create(self, name: str) -> bytes:
        if self.failing(name):
            raise SecretsUnavailable("The keyring does not answer")
        return self.inner.get_or_create(name)


def rows(workspace: Workspace) -> list[Any]:
    query = select(storage_signing_keys).order_by(storage_signing_keys.c.created_at, storage_signing_keys.c.id)
    return list(workspace._core.executor.execute(query, RlsContext.service()))


def link_of(signer: UrlSigner) -> Callable[[UrlSigner], None]:
    """Make a link in both forms; return what checks them with another signer."""
    url = urlsplit(signer.sign("b", "a/b.txt", 10 * HOUR_S).path_and_query)
    query = parse_qs(url.query)
    token = signer.sign_jwt("b", "a/b.txt", 10 * HOUR_S)
    assert unquote(url.path).endswith("/b/a/b.txt")

    def check(other: UrlSigner) -> None:
        other.verify("b", "a/b.txt", method="GET", token=query["token"][0], expires=query["expires"][0])
        other.verify_jwt("b", "a/b.txt", token)

    return check


@dataclass
class Later:
    """The same workspace with its clock set forward."""

    verifier: TokenVerifier
    signer: UrlSigner


def later(workspace: Workspace, offset_s: float) -> Later:
    core, generation = workspace._core, AccessGeneration(workspace._core.executor)
    keys = SigningKeys(core.executor, core.permissions, workspace.secrets, generation)
    known = KnownIdentities(core.executor, generation, keys)

    def clock() -> float:
        return time.time() + offset_s

    return Later(TokenVerifier(known, clock=clock), UrlSigner(keys.link_keys, clock))


def test_a_workspace_begins_with_one_key_of_each_kind(workspace: Workspace, neighbour: Workspace) -> None:
    found = [(row.purpose, row.secret_name, row.retires_at) for row in rows(neighbour)]

    assert sorted(found) == [("jwt", "jwt-secret", None), ("links", "link-signing-key", None)]
    assert workspace.jwt_secret == FixedSecrets(MASTER).get_or_create("jwt-secret").hex()


def test_a_kind_that_is_missing_is_begun_and_the_other_left_alone(workspace: Workspace, service: RlsContext) -> None:
    workspace.signing_keys.rotate(service, HOUR_S)
    gone = delete(storage_signing_keys).where(storage_signing_keys.c.purpose == "links")
    workspace._core.executor.execute(gone, service)
    known = rows(workspace)

    with open_workspace(workspace.settings, FixedSecrets(MASTER)) as reopened:
        assert rows(reopened)[: len(known)] == known
        assert [row.secret_name for row in rows(reopened)[len(known) :]] == ["link-signing-key"]
        assert reopened.keys.anon == workspace.keys.anon


def test_tokens_and_keys_name_the_key_that_signed_them(workspace: Workspace, service: RlsContext) -> None:
    tokens = [workspace.keys.anon, workspace.keys.service_role, workspace.tokens.mint(service, sub="x").token]
    (before,) = {jwt.get_unverified_header(token)["kid"] for token in tokens}
    workspace.signing_keys.rotate(service, HOUR_S)
    tokens = [workspace.keys.anon, workspace.keys.service_role, workspace.tokens.mint(service, sub="x").token]
    (after,) = {jwt.get_unverified_header(token)["kid"] for token in tokens}

    assert before != after


def test_old_keys_tokens_and_links_count_during_the_overlap(
    workspace: Workspace, neighbour: Workspace, service: RlsContext
) -> None:
    old_keys, old_secret, old_link = workspace.keys, workspace.jwt_secret, link_of(workspace.signer)
    old = [
        old_keys.anon,
        old_keys.service_role,
        workspace.tokens.mint(service, sub="x").token,
        jwt.encode({"role": "anon"}, old_secret, algorithm="HS256"),
        jwt.encode({"role": "anon"}, old_secret, algorithm="HS256", headers={"kid": "of another program"}),
    ]
    for token in old:
        assert neighbour.verifier.context(token)

    until = workspace.signing_keys.rotate(service, HOUR_S)
    assert abs((until - datetime.now(UTC)).total_seconds() - HOUR_S) < 60
    for place in (workspace, neighbour):
        assert place.jwt_secret != old_secret
        assert place.keys.service_role != old_keys.service_role
        new = [place.keys.anon, place.keys.service_role, place.tokens.mint(service, sub="x").token]
        for other in (workspace, neighbour):
            assert [other.verifier.context(token).role for token in old[:2]] == ["anon", "service_role"]
            assert all(other.verifier.context(token) for token in (*old, *new))
            old_link(other.signer)
            link_of(place.signer)(other.signer)


def test_after_the_overlap_they_do_not(workspace: Workspace, service: RlsContext) -> None:
    old_token, old_link = workspace.keys.service_role, link_of(workspace.signer)
    nameless = jwt.encode({"role": "anon"}, workspace.jwt_secret, algorithm="HS256")
    workspace.signing_keys.rotate(service, HOUR_S)
    new_token, new_link = workspace.keys.service_role, link_of(workspace.signer)
    before, after = later(workspace, HOUR_S - 60), later(workspace, HOUR_S + 60)

    assert before.verifier.context(old_token).can_bypass_rls
    old_link(before.signer)
    for token in (old_token, nameless):
        with pytest.raises(InvalidToken, match="signature verification failed"):
            after.verifier.context(token)
    with pytest.raises(WrongSignature):
        old_link(after.signer)
    assert after.verifier.context(new_token).can_bypass_rls
    new_link(after.signer)


def test_a_supabase_link_of_an_old_key_ends_as_well(workspace: Workspace, service: RlsContext) -> None:
    token = workspace.signer.sign_jwt("b", "a", 10 * HOUR_S)
    workspace.signing_keys.rotate(service, 0)

    with pytest.raises(WrongSignature):
        workspace.signer.verify_jwt("b", "a", token)


def test_without_overlap_all_ends_at_once_in_every_process(
    workspace: Workspace, neighbour: Workspace, service: RlsContext
) -> None:
    tokens, links = [workspace.keys.service_role], [link_of(workspace.signer)]
    workspace.signing_keys.rotate(service, HOUR_S)
    tokens.append(workspace.keys.service_role)
    links.append(link_of(workspace.signer))
    assert all(neighbour.verifier.context(token) for token in tokens)

    neighbour.signing_keys.rotate(service, 0)
    for place in (workspace, neighbour):
        for token, link in zip(tokens, links, strict=True):
            with pytest.raises(InvalidToken, match="signature verification failed"):
                place.verifier.context(token)
            with pytest.raises(WrongSignature):
                link(place.signer)
        assert place.verifier.context(neighbour.keys.service_role).can_bypass_rls


def test_a_longer_overlap_does_not_bring_older_keys_more_time(workspace: Workspace, service: RlsContext) -> None:
    first = workspace.keys.service_role
    workspace.signing_keys.rotate(service, HOUR_S)
    second = workspace.keys.service_role
    workspace.signing_keys.rotate(service, 10 * HOUR_S)
    third = workspace.keys.service_role
    after = later(workspace, 2 * HOUR_S)

    assert len({first, second, third}) == 3
    with pytest.raises(InvalidToken):
        after.verifier.context(first)
    assert after.verifier.context(second).can_bypass_rls
    assert after.verifier.context(third).can_bypass_rls


@pytest.mark.parametrize("context", [RlsContext.anonymous(), RlsContext.user("x")], ids=["anon", "user"])
def test_only_the_service_role_replaces_keys(workspace: Workspace, context: RlsContext) -> None:
    before = workspace.keys.anon

    with pytest.raises(Unauthorized):
        workspace.signing_keys.rotate(context, HOUR_S)
    assert workspace.keys.anon == before


@pytest.mark.parametrize("overlap_s", [-1, limits.LINK_EXPIRES_MAX_S + 1, True])
def test_an_overlap_that_cannot_be(workspace: Workspace, service: RlsContext, overlap_s: int) -> None:
    with pytest.raises(InvalidRequest):
        workspace.signing_keys.rotate(service, overlap_s)
    assert len(rows(workspace)) == 2


def test_a_secret_from_outside_is_not_replaced(data_dir: Path, service: RlsContext) -> None:
    settings = Settings(data_dir, jwt_secret="from outside")
    with open_workspace(settings, FixedSecrets(MASTER)) as workspace:
        assert workspace.keys.anon == ApiKeys("from outside").anon
        with pytest.raises(InvalidRequest, match="HOLDALL_JWT_SECRET"):
            workspace.signing_keys.rotate(service, HOUR_S)
        assert workspace.keys.anon == ApiKeys("from outside").anon
        assert [row.retires_at for row in rows(workspace)] == [None, None]


@pytest.mark.parametrize("kind", ["jwt-secret-", "link-signing-key-"])
def test_a_store_that_fails_leaves_everything_as_it_was(data_dir: Path, service: RlsContext, kind: str) -> None:
    secrets = FailingSecrets()
    with open_workspace(Settings(data_dir), secrets) as workspace:
        before, link, known = workspace.keys.service_role, link_of(workspace.signer), rows(workspace)
        secrets.failing = lambda name: name.startswith(kind)
        with pytest.raises(SecretsUnavailable):
            workspace.signing_keys.rotate(service, 0)
        assert rows(workspace) == known
        assert workspace.keys.service_role == before
        assert workspace.verifier.context(before).can_bypass_rls
        link(workspace.signer)
    with open_workspace(Settings(data_dir), FixedSecrets(MASTER)) as reopened:
        assert reopened.keys.service_role == before


def test_keys_are_the_same_after_a_restart(data_dir: Path, service: RlsContext) -> None:
    settings = Settings(data_dir)
    with open_workspace(settings) as workspace:
        first = workspace.keys.service_role
        workspace.signing_keys.rotate(service, HOUR_S)
        second, link = workspace.keys.service_role, link_of(workspace.signer)
    with open_workspace(settings) as workspace:
        assert workspace.keys.service_role == second
        assert workspace.verifier.context(first).can_bypass_rls
        link(workspace.signer)


def test_a_new_database_does_not_bring_back_a_key_that_was_replaced(data_dir: Path, service: RlsContext) -> None:
    settings = Settings(data_dir)
    with open_workspace(settings) as workspace:
        first, link = workspace.keys.service_role, link_of(workspace.signer)
        workspace.signing_keys.rotate(service, 0)
        second = workspace.keys.service_role
    for path in data_dir.glob("holdall.db*"):
        path.unlink()
    with open_workspace(settings) as workspace:
        assert workspace.keys.service_role == second
        with pytest.raises(InvalidToken):
            workspace.verifier.context(first)
        with pytest.raises(StorageError):
            link(workspace.signer)


def test_the_store_is_asked_for_a_key_once(data_dir: Path, service: RlsContext) -> None:
    secrets = FailingSecrets()
    with open_workspace(Settings(data_dir), secrets) as workspace:
        secrets.failing = lambda name: True
        workspace.users.add("alice", service)
        assert workspace.verifier.context(workspace.keys.anon).role == "anon"
        link_of(workspace.signer)(workspace.signer)


def test_retired_keys_are_not_asked_of_the_store(data_dir: Path, service: RlsContext) -> None:
    secrets = FailingSecrets()
    with open_workspace(Settings(data_dir), secrets) as workspace:
        workspace.signing_keys.rotate(service, 0)
    secrets.failing = lambda name: name in ("jwt-secret", "link-signing-key")
    with open_workspace(Settings(data_dir), secrets) as workspace:
        assert workspace.verifier.context(workspace.keys.anon).role == "anon"


def test_names_that_the_store_remembers(data_dir: Path) -> None:
    store = open_secret_store(data_dir)
    assert store.names() == ()
    store.get_or_create("b")
    store.get_or_create("a")
    assert store.names() == open_secret_store(data_dir).names() == ("b", "a")
    assert FixedSecrets().names() == ()


def test_times_are_kept_in_microseconds(workspace: Workspace, service: RlsContext) -> None:
    before = now_us()
    until = workspace.signing_keys.rotate(service, HOUR_S)
    retired = [row for row in rows(workspace) if row.retires_at is not None]

    assert {row.secret_name for row in retired} == {"jwt-secret", "link-signing-key"}
    assert all(before + HOUR_S * 1_000_000 <= row.retires_at <= now_us() + HOUR_S * 1_000_000 for row in retired)
    assert until.tzinfo is UTC


class TestList:
    def test_old_keys_are_told_until_their_time_is_over(self, workspace: Workspace, service: RlsContext) -> None:
        before = workspace.key_ring.list(service)
        assert [(key.signs_links, key.algorithm, key.until) for key in before] == [
            (False, "HS256", None), (True, "HS256", None),
        ]  # fmt: skip
        until = workspace.signing_keys.rotate(service, HOUR_S)
        after = workspace.key_ring.list(service)
        assert sorted(key.until is None for key in after) == [False, False, True, True]
        assert {key.until for key in after[2:]} == {until}
        assert {key.key_id for key in before} <= {key.key_id for key in after}
        workspace.signing_keys.rotate(service, 0)
        assert len(workspace.key_ring.list(service)) == 2

    def test_others_keys_are_told_with_their_file(self, data_dir: Path, tmp_path: Path, service: RlsContext) -> None:
        good, bad = tmp_path / "keys.json", tmp_path / "key.pem"
        good.write_bytes(jwks_of(jwk_of(RSA_KEY, "rsa-1"), jwk_of(EC_KEY, "ec-1")))
        bad.write_text("no key")
        settings = Settings(data_dir=data_dir, jwt_public_key_file=bad, jwks_file=good, jwt_secret="s" * 40)
        with open_workspace(settings, FixedSecrets(MASTER)) as workspace:
            told = {(key.algorithm, key.key_id, key.source) for key in workspace.key_ring.list(service)}
            assert told == {
                ("HS256", None, "HOLDALL_JWT_SECRET"), ("HS256", None, ""), ("", None, str(bad)),
                ("RS256", "rsa-1", str(good)), ("ES256", "ec-1", str(good)),
            }  # fmt: skip

    def test_is_for_the_service_role(self, workspace: Workspace) -> None:
        with pytest.raises(Unauthorized):
            workspace.key_ring.list(RlsContext.anonymous())
