"""Tokens that others signed: which key they are checked with, and every way to make a verifier choose another."""

from __future__ import annotations

import hashlib
import hmac
import json
import math
from base64 import urlsafe_b64encode
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from engine.auth import TokenKey, TokenRules, TokenVerifier
from engine.errors import InvalidToken
from engine.identities.key_files import keys_of_jwks, keys_of_pem
from tests.engine.identities.trusting import (
    EC_KEY,
    NOW_S,
    RSA_KEY,
    SECRET,
    Clock,
    FixedTrust,
    jwk_of,
    jwks_of,
    own_key,
    pem_of,
    signed,
    unsigned,
)

BOTH = keys_of_jwks(jwks_of(jwk_of(RSA_KEY, "rsa-1"), jwk_of(EC_KEY, "ec-1")))
ADMIN = {"role": "authenticated", "sub": "admin"}


def a_verifier(*others: TokenKey, own: bool = True, **rules: Any) -> TokenVerifier:
    trust = FixedTrust([own_key()] if own else [], list(others))
    return TokenVerifier(trust, TokenRules(**rules), Clock())


def refusal(token: str, verifier: TokenVerifier) -> str:
    with pytest.raises(InvalidToken) as raised:
        verifier.context(token)
    return str(raised.value)


@pytest.mark.parametrize(("key", "algorithm", "kid"), [(RSA_KEY, "RS256", "rsa-1"), (EC_KEY, "ES256", "ec-1")])
def test_a_key_of_a_set_is_found_by_its_name(key: Any, algorithm: str, kid: str) -> None:
    context = a_verifier(*BOTH).context(signed(key, algorithm, kid, email="a@b.example"))

    assert (context.user_id, context.role, context.claims["email"]) == ("user-1", "authenticated", "a@b.example")


@pytest.mark.parametrize(("key", "algorithm"), [(RSA_KEY, "RS256"), (EC_KEY, "ES256")])
@pytest.mark.parametrize("kid", [None, "of their own"])
def test_the_only_key_of_its_kind_needs_no_name(key: Any, algorithm: str, kid: str | None) -> None:
    assert a_verifier(*keys_of_pem(pem_of(key))).context(signed(key, algorithm, kid)).user_id == "user-1"


def test_without_a_name_the_only_key_of_the_algorithm_is_taken_and_of_several_none() -> None:
    second = ec.generate_private_key(ec.SECP256R1())
    several = keys_of_jwks(jwks_of(jwk_of(EC_KEY, "a"), jwk_of(second, "b"), jwk_of(RSA_KEY, "c")))

    assert a_verifier(*BOTH).context(signed(EC_KEY, "ES256")).user_id == "user-1"
    assert a_verifier(*several).context(signed(RSA_KEY, "RS256")).user_id == "user-1"
    assert refusal(signed(EC_KEY, "ES256"), a_verifier(*several)) == "no applicable key found in the JSON Web Key Set"


def test_a_name_that_no_key_has_finds_none() -> None:
    assert refusal(signed(EC_KEY, "ES256", "ec-2"), a_verifier(*BOTH)) == (
        "no applicable key found in the JSON Web Key Set"
    )


def test_without_keys_of_others_nothing_but_hs256_counts() -> None:
    assert refusal(signed(RSA_KEY, "RS256"), a_verifier()) == '"alg" (Algorithm) Header Parameter value not allowed'


@pytest.mark.parametrize("kid", [None, "rsa-1", "ec-1"])
@pytest.mark.parametrize("secret", [pem_of(RSA_KEY), pem_of(RSA_KEY).strip(), pem_of(EC_KEY)])
def test_a_public_key_is_no_secret(secret: bytes, kid: str | None) -> None:
    header = {"alg": "HS256", "typ": "JWT"} | ({"kid": kid} if kid else {})
    signed_part = unsigned(header, ADMIN).rpartition(".")[0]
    mac = urlsafe_b64encode(hmac.digest(secret, signed_part.encode(), hashlib.sha256)).rstrip(b"=").decode()

    for own in (True, False):
        assert refusal(f"{signed_part}.{mac}", a_verifier(*BOTH, own=own)) in (
            "signature verification failed",
            '"alg" (Algorithm) Header Parameter value not allowed',
        )


@pytest.mark.parametrize("algorithm", ["none", "None", "nOnE", "", None, "RS512", "PS256", "ES384", "EdDSA", ["RS256"]])
@pytest.mark.parametrize("kid", ["rsa-1", "ec-1", None])
def test_algorithms_that_no_key_has_are_refused(algorithm: Any, kid: str | None) -> None:
    token = unsigned({"alg": algorithm, "kid": kid} if kid else {"alg": algorithm}, ADMIN)

    assert refusal(token, a_verifier(*BOTH)) == '"alg" (Algorithm) Header Parameter value not allowed'
    assert refusal(token.rpartition(".")[0] + ".", a_verifier(*BOTH)) == "Invalid Compact JWS"


def test_other_algorithms_of_the_same_key_are_refused() -> None:
    for algorithm in ("RS384", "RS512", "PS256"):
        token = jwt.encode(ADMIN, RSA_KEY, algorithm=algorithm, headers={"kid": "rsa-1"})
        assert refusal(token, a_verifier(*BOTH)) == '"alg" (Algorithm) Header Parameter value not allowed'


def test_a_name_binds_to_its_key() -> None:
    own_name = own_key().key_id
    assert refusal(signed(EC_KEY, "ES256", "rsa-1"), a_verifier(*BOTH)).startswith('"alg"')
    assert refusal(signed(EC_KEY, "ES256", own_name), a_verifier(*BOTH)).startswith('"alg"')
    assert refusal(signed(SECRET, "HS256", "ec-1"), a_verifier(*BOTH)).startswith('"alg"')
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert refusal(signed(stranger, "RS256", "rsa-1"), a_verifier(*BOTH)) == "signature verification failed"


def test_a_foreign_key_of_our_secrets_name_takes_nothing_from_it() -> None:
    name = own_key().key_id
    verifier = a_verifier(*keys_of_jwks(jwks_of(jwk_of(RSA_KEY, name))))

    assert verifier.context(signed(SECRET, "HS256", name, role="service_role")).can_bypass_rls
    assert verifier.context(signed(RSA_KEY, "RS256", name)).user_id == "user-1"
    assert "elsewhere" in refusal(signed(RSA_KEY, "RS256", name, role="service_role"), verifier)


@pytest.mark.parametrize("kid", [1, None, ["rsa-1"], {"kid": "rsa-1"}])
def test_a_name_that_is_no_text_is_no_token(kid: Any) -> None:
    assert refusal(unsigned({"alg": "RS256", "kid": kid}, ADMIN), a_verifier(*BOTH)) == "Invalid Compact JWS"


@pytest.mark.parametrize(
    "header",
    [{"alg": "RS256", "kid": "rsa-1", "crit": ["exp"]}, {"alg": "ES256", "crit": ["b64"], "b64": False}, {"kid": "x"}],
)
def test_headers_that_ask_for_more_are_refused(header: dict[str, Any]) -> None:
    assert refusal(unsigned(header, ADMIN), a_verifier(*BOTH)) in (
        "Invalid Compact JWS",
        '"alg" (Algorithm) Header Parameter value not allowed',
    )


@pytest.mark.parametrize("member", ["jwk", "jku", "x5u", "x5c"])
def test_a_key_that_a_token_brings_along_is_not_used(member: str) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    brought = jwk_of(stranger, "mine") if member == "jwk" else ["https://evil.example/keys"]
    token = jwt.encode(ADMIN, stranger, algorithm="RS256", headers={member: brought})

    assert refusal(token, a_verifier(*BOTH)) == "signature verification failed"


def test_a_changed_token_is_refused_whatever_was_changed() -> None:
    token = signed(EC_KEY, "ES256", "ec-1")
    verifier = a_verifier(*BOTH)
    header, claims, signature = token.split(".")
    forged = unsigned({"alg": "ES256", "kid": "ec-1"}, {"role": "anon"}).split(".")[1]

    assert refusal(f"{header}.{forged}.{signature}", verifier) == "signature verification failed"
    assert refusal(f"{header}.{claims}.{'A' * 86}", verifier) == "signature verification failed"
    assert refusal(f"{header}.{claims}.{signature[:-4]}", verifier) == "signature verification failed"
    assert verifier.context(token).user_id == "user-1"


def test_others_do_not_give_the_service_role() -> None:
    token = signed(RSA_KEY, "RS256", role="service_role")

    assert refusal(token, a_verifier(*BOTH)) == (
        '"role" claim must not be service_role in a token that was signed elsewhere'
    )
    assert a_verifier(*BOTH, external_service_role=True).context(token).can_bypass_rls


def test_others_do_not_mint_our_tokens() -> None:
    verifier = a_verifier(*BOTH, audience="us", issuer="https://id.example")
    token = signed(RSA_KEY, "RS256", iss="holdall", aud="us", jti="token-1")

    assert refusal(token, verifier) == 'unexpected "iss" claim value'


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"iss": "https://id.example", "aud": "us"}, None),
        ({"iss": "https://id.example", "aud": ["them", "us"]}, None),
        ({"aud": "us"}, 'unexpected "iss" claim value'),
        ({"iss": "https://id.example/", "aud": "us"}, 'unexpected "iss" claim value'),
        ({"iss": ["https://id.example"], "aud": "us"}, 'unexpected "iss" claim value'),
        ({"iss": "https://id.example"}, 'unexpected "aud" claim value'),
        ({"iss": "https://id.example", "aud": "them"}, 'unexpected "aud" claim value'),
        ({"iss": "https://id.example", "aud": "us too"}, 'unexpected "aud" claim value'),
        ({"iss": "https://id.example", "aud": ["them"]}, 'unexpected "aud" claim value'),
        ({"iss": "https://id.example", "aud": {"us": 1}}, 'unexpected "aud" claim value'),
        ({"iss": "https://id.example", "aud": None}, 'unexpected "aud" claim value'),
    ],
)
def test_who_made_a_token_and_for_whom(claims: dict[str, Any], expected: str | None) -> None:
    verifier = a_verifier(*BOTH, audience="us", issuer="https://id.example")
    payload = jwt.PyJWS().encode(json.dumps({**ADMIN, **claims}).encode(), RSA_KEY, "RS256", {"kid": "rsa-1"})

    if expected is None:
        assert verifier.context(payload).user_id == "admin"
    else:
        assert refusal(payload, verifier) == expected


def test_our_own_keys_and_tokens_need_no_audience_but_those_of_who_shares_the_secret_do() -> None:
    verifier = a_verifier(audience="us", issuer="https://id.example")

    assert verifier.context(signed(SECRET, "HS256", iss="holdall", jti="token-1")).user_id == "user-1"
    assert refusal(signed(SECRET, "HS256"), verifier) == 'unexpected "iss" claim value'


def test_expiry_counts_for_everybody() -> None:
    verifier = a_verifier(*BOTH, leeway_s=5)

    assert verifier.context(signed(EC_KEY, "ES256", exp=NOW_S - 4)).user_id == "user-1"
    assert refusal(signed(EC_KEY, "ES256", exp=NOW_S - 5), verifier) == '"exp" claim timestamp check failed'


def test_a_key_that_is_gone_from_its_set_no_longer_counts() -> None:
    trust = FixedTrust([own_key()], list(BOTH))
    verifier = TokenVerifier(trust, clock=Clock())
    token = signed(EC_KEY, "ES256", "ec-1")
    assert verifier.context(token).user_id == "user-1"

    trust.others = [key for key in BOTH if key.key_id != "ec-1"]
    trust.version += 1
    assert refusal(token, verifier) == '"alg" (Algorithm) Header Parameter value not allowed'


def test_tokens_larger_than_any_header_are_not_looked_at() -> None:
    trust = FixedTrust([own_key()], list(BOTH))

    assert refusal(signed(RSA_KEY, "RS256", blob="x" * 20_000), TokenVerifier(trust)) == "Invalid Compact JWS"
    assert trust.asked == 0


def test_keys_of_others_do_not_retire() -> None:
    assert {key.retires_unix_s for key in BOTH} == {math.inf}
    assert not any(key.is_own for key in BOTH)
