"""`user`, `token` and `keys --rotate`: the commands, and what a server that runs meanwhile makes of them."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from engine.config import load_settings
from engine.workspace import open_workspace
from tests.cli.conftest import Holdall
from tests.cli.test_serving import fetch, serving

ID = "7b0c5a5e-8a3c-4b8e-9d3f-2f6b8f0d1c11"


def claims_of(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def test_users_are_added_listed_and_removed(holdall: Holdall):
    assert holdall("user", "list").out == ""
    assert holdall("user", "list", "--json").document == []
    added = holdall("user", "add", "alice").out
    bob = holdall("user", "add", "bob", "--role", "editor", "--id", ID.upper(), "--claims", '{"team": 1}', "--json")
    assert bob.document == {
        "kind": "user", "id": ID, "name": "bob", "role": "editor", "claims": {"team": 1}, "has_password": False,
        "created_at": bob.document["created_at"],
    }  # fmt: skip
    (alice, _) = holdall("user", "list", "--json").document
    assert added == f"added user alice, {alice['id']}\n"
    assert holdall("user", "list").lines == [f"{alice['id']}  authenticated  alice", f"{ID}  editor         bob"]

    assert holdall("user", "remove", "alice").out == "removed user alice\n"
    assert holdall("user", "remove", ID, "--json").document == {"removed": ID}
    assert holdall("user", "list").out == ""


def test_a_password_is_read_from_standard_input(holdall: Holdall, data_dir: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse \r\nnot this\n"))
    assert holdall("user", "add", "alice", "--password-stdin", "--json").document["has_password"]
    with open_workspace(load_settings(data_dir)) as workspace:
        assert workspace.users.verify_password("alice", "correct horse ").name == "alice"


def test_what_fails_says_why(holdall: Holdall):
    holdall("user", "add", "alice")
    assert "UserAlreadyExists" in holdall("user", "add", "alice", "--json", code=1).err
    assert "There is no such user: bob" in holdall("user", "remove", "bob", code=1).err
    assert "There is no such user: bob" in holdall("token", "--user", "bob", code=1).err
    assert "contains a slash" in holdall("user", "add", "a/b", code=1).err
    assert "UUID" in holdall("user", "add", "bob", "--id", "1", code=1).err
    assert "No policy and no user has this role: editor" in holdall("token", "--role", "editor", code=1).err
    error = json.loads(holdall("token", "revoke", "unknown", "--json", code=1).err)["error"]
    assert (error["code"], error["path"]) == ("TokenNotFound", "unknown")


@pytest.mark.parametrize(
    "argv",
    [
        ("user",), ("user", "frobnicate"), ("user", "add"), ("user", "remove"), ("user", "list", "alice"),
        ("user", "remove", "alice", "--role", "editor"), ("user", "list", "--password-stdin"),
        ("user", "add", "a", "--claims", "{"), ("user", "add", "a", "--claims", "[]"), ("user", "add", "a", "b"),
        ("token",), ("token", "frobnicate"), ("token", "revoke"), ("token", "list", "x"), ("token", "--expires", "60"),
        ("token", "--user", "a", "--sub", "b"), ("token", "--user", "a", "--role", "b"), ("token", "--sub", "a", "x"),
        ("token", "revoke", "x", "--user", "a"), ("token", "revoke", "x", "--sub", "a"), ("token", "--claims", "{}"),
        ("token", "list", "--role", "anon"), ("token", "--sub", "a", "--expires", "0"),
        ("keys", "--list", "--rotate"),
        ("keys", "--overlap", "60"), ("keys", "--rotate", "--overlap", "-1"), ("keys", "--rotate", "--overlap", "a"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_wrong_usage_is_told_before_anything_is_done(holdall: Holdall, argv: tuple[str, ...]):
    assert "usage: " in holdall(*argv, code=2).err


def test_a_token_is_printed_alone(holdall: Holdall):
    printed = holdall("token", "--sub", ID, "--role", "anon", "--claims", '{"team": "blue"}', "--expires", "60")
    claims = claims_of(*printed.lines)
    assert (claims["sub"], claims["role"], claims["team"]) == (ID, "anon", "blue")
    assert claims["exp"] - claims["iat"] == 60
    assert claims_of(holdall("token", "--role", "anon").out.strip()).keys().isdisjoint({"sub"})
    assert claims_of(holdall("token", "--sub", "x").out.strip())["role"] == "authenticated"


def test_a_token_of_a_user_has_their_role_and_claims(holdall: Holdall):
    holdall("user", "add", "alice", "--role", "editor", "--id", ID, "--claims", '{"email": "a@b.example"}')
    minted = holdall("token", "--user", "alice", "--json").document
    claims = claims_of(minted["token"])
    assert (claims["sub"], claims["role"], claims["email"]) == (ID, "editor", "a@b.example")
    assert (claims["jti"], claims["exp"] - claims["iat"]) == (minted["id"], 3600)


def test_tokens_are_listed_with_what_became_of_them(holdall: Holdall):
    holdall("user", "add", "alice", "--id", ID)
    first = holdall("token", "--user", "alice", "--json").document
    second = holdall("token", "--role", "anon", "--json").document
    assert holdall("token", "revoke", first["id"]).out == f"ended token {first['id']}\n"
    assert holdall("token", "revoke", first["id"], "--json").document == {"revoked": first["id"]}

    newest, oldest = holdall("token", "list").lines
    assert newest.split()[:2] == [second["id"], "until"]
    assert newest.endswith("  anon")
    assert oldest.split()[:2] == [first["id"], "ended"]
    assert oldest.endswith(f"  authenticated  {ID}")
    (listed,) = holdall("token", "list", "--user", "alice", "--json").document
    assert listed["revoked_at"] is not None
    assert listed | {"revoked_at": None} == {name: first[name] for name in first if name != "token"}


def test_keys_are_replaced_and_the_old_ones_work_on(holdall: Holdall):
    old = holdall("keys", "--json").document
    new = holdall("keys", "--rotate", "--json").document
    assert new.keys() == {"anon", "service_role", "old_until"}
    assert not set(old.values()) & set(new.values())
    assert holdall("keys", "--json").document == {name: new[name] for name in ("anon", "service_role")}
    answer = holdall("keys", "--rotate", "--overlap", "0")
    assert "the old keys, tokens and links work until" in answer.err
    assert [line.split()[0] for line in answer.lines] == ["anon", "service_role"]


def test_the_keys_that_count_are_listed_and_not_shown(
    holdall: Holdall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    public = jwt.algorithms.ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()).public_key(), as_dict=True)
    jwks = tmp_path / "theirs.json"
    jwks.write_text(json.dumps({"keys": [{**public, "kid": "their-key", "alg": "ES256"}]}))
    monkeypatch.setenv("HOLDALL_JWKS_FILE", str(jwks))
    holdall("keys", "--rotate", "--overlap", "600")
    found = holdall("keys", "--list", "--json").document["keys"]
    assert sorted((key["signs"], key["until"] is not None) for key in found if key["source"] is None) == [
        ("links", False), ("links", True), ("tokens", False), ("tokens", True),
    ]  # fmt: skip
    [theirs] = [key for key in found if key["source"] is not None]
    assert theirs == {
        "signs": "tokens", "algorithm": "ES256", "kid": "their-key", "since": None, "until": None, "source": str(jwks),
    }  # fmt: skip
    lines = holdall("keys", "--list").lines
    assert len(lines) == len(found)
    assert sum("until it is replaced  (this workspace)" in line for line in lines) == 2
    assert lines[-1] == f"tokens  ES256  their-key  as long as it is given  ({jwks})"


def test_a_secret_of_the_environment_is_not_replaced(holdall: Holdall, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOLDALL_JWT_SECRET", "s3cret")
    before = holdall("keys", "--json").document
    assert "HOLDALL_JWT_SECRET" in holdall("keys", "--rotate", code=1).err
    assert holdall("keys", "--json").document == before


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_a_running_server_follows_every_command(data_dir: Path, holdall: Holdall, tree: Path):
    holdall("mb", "b")
    holdall("put", tree, "b")
    with serving(data_dir) as (_, line):
        base = line.split()[-1]
        url = f"{base}/object/b/tree/a.txt"
        old_key = holdall("keys", "--json").document["service_role"]
        link = holdall("sign", "b/tree/a.txt").out.strip()
        assert [fetch(url, old_key), fetch(link)] == [(200, b"first")] * 2

        new_key = holdall("keys", "--rotate", "--overlap", "60", "--json").document["service_role"]
        assert [fetch(url, old_key), fetch(url, new_key), fetch(link)] == [(200, b"first")] * 3
        last_key = holdall("keys", "--rotate", "--overlap", "0", "--json").document["service_role"]
        for key in (old_key, new_key):
            assert fetch(f"{base}/bucket", key)[0] == 403
            assert fetch(url, key)[0] == 404
        assert fetch(link)[0] == 400
        assert fetch(url, last_key) == (200, b"first")

        holdall("user", "add", "alice", "--role", "service_role")
        minted = [holdall("token", "--user", "alice", "--json").document for _ in range(2)]
        assert [fetch(url, one["token"]) for one in minted] == [(200, b"first")] * 2
        holdall("token", "revoke", minted[0]["id"])
        status, body = fetch(f"{base}/bucket", minted[0]["token"])
        assert (status, json.loads(body)["message"]) == (403, "The token was revoked")
        assert fetch(url, minted[1]["token"]) == (200, b"first")
        holdall("user", "remove", "alice")
        assert fetch(f"{base}/bucket", minted[1]["token"])[0] == 403
        assert fetch(url, last_key) == (200, b"first")
