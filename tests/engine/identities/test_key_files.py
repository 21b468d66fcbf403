"""Files with the public keys of others: what is taken from them, and what a change or a fault does."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from jwt.algorithms import RSAAlgorithm

from engine.identities.key_files import KeyFile, keys_of_jwks, keys_of_pem
from tests.engine.identities.trusting import EC_KEY, RSA_KEY, Clock, jwk_of, jwks_of, pem_of, signed

WEAK = rsa.generate_private_key(public_exponent=65537, key_size=1024)
OTHER_CURVE = ec.generate_private_key(ec.SECP384R1())


def names(keys: tuple[Any, ...]) -> list[tuple[str, str | None]]:
    return [(key.reader.algorithm, key.key_id) for key in keys]


@pytest.mark.parametrize(("key", "algorithm"), [(RSA_KEY, "RS256"), (EC_KEY, "ES256")])
def test_one_key_as_pem(key: Any, algorithm: str) -> None:
    (found,) = keys_of_pem(pem_of(key))

    assert (found.reader.algorithm, found.key_id, found.is_own) == (algorithm, None, False)
    assert found.reader.decode(signed(key, algorithm))["sub"] == "user-1"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no key",
        pem_of(WEAK),
        pem_of(OTHER_CURVE),
        ed25519.Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        RSA_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        b"-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n",
    ],
    ids=["empty", "none", "weak", "curve", "ed25519", "private", "broken"],
)
def test_what_is_no_key_for_us(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        keys_of_pem(content)


def test_a_set_gives_the_keys_for_signatures_and_passes_over_the_rest() -> None:
    rsa_key, ec_key = jwk_of(RSA_KEY, "rsa-1"), jwk_of(EC_KEY, "ec-1", use="sig", alg="ES256", key_ops=["verify"])
    others = [
        {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA", "kid": "oct", "alg": "HS256"},
        {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": "okp"},
        jwk_of(RSA_KEY, "enc", use="enc"),
        jwk_of(RSA_KEY, "ops", key_ops=["encrypt"]),
        jwk_of(RSA_KEY, "odd-ops", key_ops="verify"),
        jwk_of(RSA_KEY, "rs512", alg="RS512"),
        jwk_of(RSA_KEY, "confused", alg="HS256"),
        jwk_of(WEAK, "weak"),
        jwk_of(OTHER_CURVE, "p384"),
        {"kty": "RSA", "kid": "incomplete"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "off the curve"},
        {"kty": ["RSA"], "kid": "odd"},
        {},
    ]

    assert names(keys_of_jwks(jwks_of(rsa_key, *others, ec_key))) == [("RS256", "rsa-1"), ("ES256", "ec-1")]
    assert names(keys_of_jwks(json.dumps({"keys": ["text", None, ec_key]}).encode())) == [("ES256", "ec-1")]


def test_of_a_key_with_its_private_part_the_public_one_is_taken() -> None:
    private = json.loads(RSAAlgorithm.to_jwk(RSA_KEY)) | {"key_ops": ["sign", "verify"]}
    (found,) = keys_of_jwks(jwks_of(private))

    assert found.reader.decode(signed(RSA_KEY, "RS256"))["sub"] == "user-1"


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"{}", b'{"keys":{}}', b'{"keys":[]}', b'{"keys":[{"kty":"oct","k":"AA"}]}', b"[" * 100_000,
     b"\xff", json.dumps({"keys": [jwk_of(EC_KEY)] * 101}).encode()],
)  # fmt: skip
def test_what_is_no_set_for_us(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        keys_of_jwks(content)


def replace(path: Path, content: bytes) -> None:
    """Put another file in the place of one, as programs do that must not be caught half way."""
    fresh = path.with_suffix(".new")
    fresh.write_bytes(content)
    fresh.replace(path)


def test_a_replaced_file_is_read_again_and_not_at_every_look(tmp_path: Path) -> None:
    path, clock = tmp_path / "keys.json", Clock(0)
    path.write_bytes(jwks_of(jwk_of(EC_KEY, "a")))
    file = KeyFile(path, keys_of_jwks, clock)
    before = file.version()

    replace(path, jwks_of(jwk_of(EC_KEY, "b")))
    assert (file.version(), names(file.token_keys())) == (before, [("ES256", "a")])
    clock.now_s = 1
    assert file.version() != before
    assert names(file.token_keys()) == [("ES256", "b")]
    clock.now_s = 2
    unchanged = file.version()
    clock.now_s = 3
    assert file.version() == unchanged


@pytest.mark.parametrize("fault", [b"", b"{", b'{"keys":[]}', b" " * 2_000_000, None])
def test_a_broken_file_leaves_the_last_good_keys_and_is_told_of_once(
    tmp_path: Path, fault: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    path, clock = tmp_path / "keys.json", Clock(0)
    path.write_bytes(jwks_of(jwk_of(EC_KEY, "a")))
    file = KeyFile(path, keys_of_jwks, clock)
    before = file.version()
    if fault is None:
        path.unlink()
    else:
        replace(path, fault)

    with caplog.at_level(logging.WARNING):
        for clock.now_s in (1, 2, 3):
            assert file.version() == before
    assert names(file.token_keys()) == [("ES256", "a")]
    assert [str(path) in record.getMessage() for record in caplog.records] == [True]

    replace(path, jwks_of(jwk_of(EC_KEY, "b")))
    clock.now_s = 4
    assert file.version() != before
    assert names(file.token_keys()) == [("ES256", "b")]


def test_a_file_that_is_not_there_yet_gives_no_keys_until_it_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock(0)
    file = KeyFile(tmp_path / "key.pem", keys_of_pem, clock)
    assert file.token_keys() == ()
    assert "key.pem" in caplog.text

    (tmp_path / "key.pem").write_bytes(pem_of(RSA_KEY))
    clock.now_s = 1
    file.version()
    assert names(file.token_keys()) == [("RS256", None)]
