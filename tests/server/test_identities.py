"""Identities over real sockets: minted and foreign tokens, and what is replaced or ended while the server runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import jwt
import pytest

from engine.config import Settings
from engine.secrets import FixedSecrets
from engine.server import StorageServer
from engine.workspace import Workspace, open_workspace
from tests.engine.identities.trusting import EC_KEY, RSA_KEY, jwk_of, jwks_of, pem_of, signed
from tests.policies import let_owners
from tests.server.clients import api_client, error_of
from tests.server.conftest import ALICE, BOB

REVOKED = (403, "Unauthorized", "AccessDenied", "The token was revoked")
UNSIGNED = (403, "Unauthorized", "AccessDenied", "signature verification failed")


@pytest.fixture
def neighbour(workspace: Workspace, secrets: FixedSecrets) -> Iterator[Workspace]:
    """Open the server's workspace a second time, as another process does."""
    with open_workspace(workspace.settings, secrets) as opened:
        yield opened


@pytest.fixture
def secret_file(api: httpx.Client, photos: str) -> str:
    """Store an object that is hidden from all but the service role; return its path in the API."""
    api.post(f"/object/{photos}/a", content=b"secret").raise_for_status()
    return f"/object/{photos}/a"


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def test_a_minted_token_is_its_user(nobody: httpx.Client, workspace: Workspace, photos: str):
    user = workspace.users.add("alice", workspace.context)
    headers = bearer(workspace.tokens.mint_for(user, workspace.context, 60).token)

    nobody.post(f"/object/{photos}/mine", content=b"x", headers=headers).raise_for_status()
    assert nobody.get(f"/object/{photos}/mine", headers=headers).content == b"x"
    assert workspace.storage.info(photos, "mine", workspace.context).owner_id == user.id
    assert nobody.get(f"/object/{photos}/mine").status_code == 404


def test_a_token_ends_for_connections_and_objects_that_are_open(
    nobody: httpx.Client, workspace: Workspace, neighbour: Workspace, photos: str
):
    user = workspace.users.add("alice", workspace.context)
    minted = [workspace.tokens.mint_for(user, workspace.context) for _ in range(3)]
    headers = [bearer(one.token) for one in minted]
    nobody.post(f"/object/{photos}/mine", content=b"x", headers=headers[0]).raise_for_status()
    url = f"/object/authenticated/{photos}/mine"
    for _ in range(3):
        assert [nobody.get(url, headers=one).status_code for one in headers] == [200] * 3

    neighbour.tokens.revoke(minted[0].info.id, neighbour.context)
    assert error_of(nobody.get(url, headers=headers[0])) == REVOKED
    assert nobody.get(f"/object/{photos}/mine", headers=headers[0]).status_code == 404
    assert nobody.get(url, headers=headers[1]).content == b"x"
    neighbour.tokens.revoke_all(user.id, neighbour.context)
    assert [error_of(nobody.get(url, headers=one)) for one in headers] == [REVOKED] * 3


def test_a_removed_user_is_out_at_once(
    nobody: httpx.Client, workspace: Workspace, neighbour: Workspace, secret_file: str
):
    user = workspace.users.add("root", workspace.context, role="service_role")
    headers = bearer(workspace.tokens.mint_for(user, workspace.context).token)
    assert nobody.get(secret_file, headers=headers).content == b"secret"

    neighbour.users.remove("root", neighbour.context)
    assert nobody.get(secret_file, headers=headers).status_code == 404
    assert error_of(nobody.get("/bucket", headers=headers)) == REVOKED


def test_keys_are_replaced_under_a_running_server(
    nobody: httpx.Client, workspace: Workspace, neighbour: Workspace, secret_file: str
):
    old = bearer(workspace.keys.service_role)
    links = nobody.post("/object/sign/photos/a", json={"expiresIn": 600}, headers=old).json()
    url = urlsplit(links["url"])
    forms = (links["signedURL"], f"{url.path.removeprefix('/storage/v1')}?{url.query}")

    neighbour.signing_keys.rotate(neighbour.context, 600)
    new = bearer(workspace.keys.service_role)
    assert new != old
    for headers in (old, new):
        assert nobody.get(secret_file, headers=headers).content == b"secret"
    assert [nobody.get(form).content for form in forms] == [b"secret"] * 2
    later = nobody.post("/object/sign/photos/a", json={"expiresIn": 600}, headers=old).json()["signedURL"]
    assert later.partition("?")[2] != forms[0].partition("?")[2]

    workspace.signing_keys.rotate(workspace.context, 0)
    for headers in (old, new):
        assert error_of(nobody.get("/bucket", headers=headers)) == UNSIGNED
    for form in (*forms, later):
        assert error_of(nobody.get(form))[2] == "InvalidSignature"
    assert nobody.get(secret_file, headers=bearer(neighbour.keys.service_role)).content == b"secret"


def test_a_secret_of_the_settings_is_the_only_one(data_dir: Path, secrets: FixedSecrets):
    settings = Settings(data_dir, jwt_secret="shared with another program, and long enough")
    with open_workspace(settings, secrets) as workspace:
        server = StorageServer(workspace)
        server.start()
        try:
            with api_client(server, workspace.keys.service_role) as client:
                assert client.get("/bucket").status_code == 200
                foreign = signed(settings.jwt_secret, "HS256", "a name of theirs", sub=ALICE)
                assert client.get("/bucket", headers=bearer(foreign)).json() == []
                own = jwt.encode({"role": "service_role"}, secrets.get_or_create("jwt-secret").hex(), algorithm="HS256")
                assert error_of(client.get("/bucket", headers=bearer(own))) == UNSIGNED
        finally:
            server.stop()


@pytest.fixture
def trusting(data_dir: Path, tmp_path: Path, secrets: FixedSecrets) -> Iterator[StorageServer]:
    """Start a server that takes the tokens of two others."""
    (tmp_path / "key.pem").write_bytes(pem_of(RSA_KEY))
    (tmp_path / "keys.json").write_bytes(jwks_of(jwk_of(EC_KEY, "ec-1")))
    settings = Settings(
        data_dir,
        jwt_public_key_file=tmp_path / "key.pem",
        jwks_file=tmp_path / "keys.json",
        jwt_audience="authenticated",
        jwt_issuer="https://id.example/auth/v1",
    )
    with open_workspace(settings, secrets) as workspace:
        workspace.storage.create_bucket("photos", workspace.context)
        let_owners(workspace.storage, "photos")
        server = StorageServer(workspace)
        server.start()
        yield server
        server.stop()


def test_users_of_others_come_in_with_their_own_tokens(trusting: StorageServer, tmp_path: Path):
    claims = {"aud": "authenticated", "iss": "https://id.example/auth/v1"}
    alice = bearer(signed(RSA_KEY, "RS256", sub=ALICE, **claims))
    bob = bearer(signed(EC_KEY, "ES256", "ec-1", sub=BOB, **claims))
    with api_client(trusting) as client:
        for headers, path in ((alice, "hers"), (bob, "his")):
            client.post(f"/object/photos/{path}", content=path.encode(), headers=headers).raise_for_status()
        assert client.get("/object/photos/hers", headers=alice).content == b"hers"
        assert client.get("/object/photos/hers", headers=bob).status_code == 404
        assert [row["name"] for row in client.post("/object/list/photos", json={}, headers=bob).json()] == ["his"]

        def refused(token: str) -> str:
            return error_of(client.get("/bucket", headers=bearer(token)))[3]

        assert refused(signed(RSA_KEY, "RS256", sub=ALICE)) == 'unexpected "iss" claim value'
        assert refused(signed(RSA_KEY, "RS256", **claims | {"aud": "them"})) == 'unexpected "aud" claim value'
        assert "service_role" in refused(signed(RSA_KEY, "RS256", role="service_role", **claims))
        assert refused(signed(pem_of(RSA_KEY).decode().strip()[27:80], "HS256", **claims)) == UNSIGNED[3]
        assert refused(signed(RSA_KEY, "RS512", **claims)).startswith('"alg"')
        assert refused(signed(EC_KEY, "ES256", "ec-2", **claims)).startswith("no applicable key")
        assert refused("x" * 17_000) == "Invalid Compact JWS"
