"""API keys and bearer tokens: who the caller is, and why a token is refused."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import Any

import jwt
import pytest

from engine.auth import ApiKeys, TokenVerifier
from engine.errors import InvalidRequest, InvalidToken, Unauthorized

SECRET = "super-secret-jwt-token-with-at-least-32-characters-long"
NOW_S = 1_800_000_000.5


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self, now_s: float = NOW_S) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s


def a_token(**claims: Any) -> str:
    return jwt.encode({"role": "authenticated", **claims}, SECRET, algorithm="HS256")


def a_verifier(clock: Clock | None = None) -> TokenVerifier:
    return TokenVerifier(SECRET, clock or Clock())


def refusal(token: str) -> str:
    with pytest.raises(InvalidToken) as raised:
        a_verifier().context(token)
    assert isinstance(raised.value, Unauthorized)
    assert raised.value.code == "AccessDenied"
    return str(raised.value)


def test_the_service_key_bypasses_policies_and_the_anon_key_does_not() -> None:
    keys, verifier = ApiKeys(SECRET), a_verifier()

    service, anon = verifier.context(keys.service_role), verifier.context(keys.anon)

    assert (service.role, service.can_bypass_rls, service.user_id) == ("service_role", True, None)
    assert (anon.role, anon.can_bypass_rls, anon.user_id) == ("anon", False, None)


def test_keys_depend_on_the_secret_alone() -> None:
    assert (ApiKeys(SECRET).anon, ApiKeys(SECRET).service_role) == (ApiKeys(SECRET).anon, ApiKeys(SECRET).service_role)
    assert ApiKeys(SECRET).anon != ApiKeys(SECRET[::-1]).anon
    assert ApiKeys(SECRET).anon != ApiKeys(SECRET).service_role


@pytest.mark.parametrize("role", ["anon", "service_role"])
def test_keys_are_plain_jwts_that_other_programs_read(role: str) -> None:
    claims = jwt.decode(getattr(ApiKeys(SECRET), role), SECRET, algorithms=["HS256"])

    assert claims["iss"] == "holdall"
    assert claims["role"] == role
    assert isinstance(claims["iat"], int)


def test_a_short_secret_works() -> None:
    assert TokenVerifier("s").context(ApiKeys("s").service_role).can_bypass_rls


@pytest.mark.parametrize("secret", ["", "-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n"])
def test_a_secret_that_cannot_be_one_is_refused_at_once(secret: str) -> None:
    with pytest.raises(InvalidRequest):
        ApiKeys(secret)
    with pytest.raises(InvalidRequest):
        TokenVerifier(secret)


def test_a_users_token_names_the_user_and_keeps_all_claims() -> None:
    context = a_verifier().context(a_token(sub="user-1", email="a@b.example", app_metadata={"team": 1}))

    assert context.user_id == "user-1"
    assert context.role == "authenticated"
    assert not context.can_bypass_rls
    assert context.claims["email"] == "a@b.example"
    assert context.claims["app_metadata"] == {"team": 1}
    with pytest.raises(TypeError):
        context.claims["sub"] = "user-2"


@pytest.mark.parametrize("token", [a_token(), a_token(sub=None), a_token(sub="")])
def test_a_token_without_subject_is_nobody_in_particular(token: str) -> None:
    assert a_verifier().context(token).user_id is None


def test_the_service_role_may_act_for_a_user() -> None:
    context = a_verifier().context(a_token(role="service_role", sub="user-1"))

    assert (context.user_id, context.can_bypass_rls) == ("user-1", True)


@pytest.mark.parametrize(
    "token",
    ["", " ", "x", "a.b", "..", "a.b.c", "é.é.é", "\ud800", "Bearer x.y.z", a_token() + "=", a_token() + "\n",
     a_token() + ".x", "x" * 20_000, jwt.PyJWS().encode(b"[1]", SECRET), jwt.PyJWS().encode(b"\xff", SECRET)],
)  # fmt: skip
def test_what_is_no_token_is_an_invalid_compact_jws(token: str) -> None:
    assert refusal(token) == "Invalid Compact JWS"


def test_a_token_signed_by_somebody_else_is_refused() -> None:
    stranger = jwt.encode({"role": "service_role"}, SECRET[::-1], algorithm="HS256")
    header, claims, _ = a_token(role="anon").split(".")
    promoted = urlsafe_b64encode(json.dumps({"role": "service_role"}).encode()).rstrip(b"=").decode()
    signature = a_token(role="anon").rpartition(".")[2]

    assert refusal(stranger) == "signature verification failed"
    assert refusal(f"{header}.{promoted}.{signature}") == "signature verification failed"
    assert refusal(f"{header}.{claims}.{'A' * 43}") == "signature verification failed"


@pytest.mark.parametrize("algorithm", ["none", "NONE", "HS384", "HS512", "RS256", "ES256", "EdDSA"])
def test_the_token_does_not_choose_its_algorithm(algorithm: str) -> None:
    head = urlsafe_b64encode(json.dumps({"alg": algorithm, "typ": "JWT"}).encode()).rstrip(b"=").decode()
    claims = urlsafe_b64encode(json.dumps({"role": "service_role"}).encode()).rstrip(b"=").decode()

    assert refusal(f"{head}.{claims}.{'A' * 43}") == '"alg" (Algorithm) Header Parameter value not allowed'


def test_other_hmacs_of_the_same_secret_are_refused() -> None:
    for algorithm in ("HS384", "HS512"):
        token = jwt.encode({"role": "service_role"}, SECRET * 2, algorithm=algorithm)
        with pytest.raises(InvalidToken, match="alg"):
            TokenVerifier(SECRET * 2).context(token)


@pytest.mark.parametrize("role", ["admin", "postgres", "", "Anon", "service_role ", None, 1, True, ["anon"], {"a": 1}])
def test_unknown_roles_are_refused(role: object) -> None:
    assert refusal(a_token(role=role)) == '"role" claim must be one of anon, authenticated, service_role'


def test_a_token_without_role_is_refused() -> None:
    token = jwt.encode({"sub": "user-1"}, SECRET, algorithm="HS256")

    assert refusal(token).startswith('"role" claim must be')


@pytest.mark.parametrize("subject", [1, True, ["a"], {}])
def test_a_subject_that_is_no_text_is_refused(subject: object) -> None:
    token = jwt.PyJWS().encode(json.dumps({"role": "anon", "sub": subject}).encode(), SECRET)

    assert refusal(token) == '"sub" claim must be a string'


def test_a_token_is_good_until_its_expiry_also_when_it_was_seen_before() -> None:
    clock = Clock()
    verifier = a_verifier(clock)
    token = a_token(sub="user-1", exp=int(NOW_S) + 10)

    clock.now_s = int(NOW_S) + 9.999
    assert verifier.context(token).user_id == "user-1"
    assert verifier.context(token).user_id == "user-1"
    for now_s in (int(NOW_S) + 10, int(NOW_S) + 10**9):
        clock.now_s = now_s
        with pytest.raises(InvalidToken, match=r'^"exp" claim timestamp check failed$'):
            verifier.context(token)


def test_a_token_is_not_good_before_its_time() -> None:
    clock = Clock()
    verifier = a_verifier(clock)
    token = a_token(nbf=NOW_S + 10)

    with pytest.raises(InvalidToken, match=r'^"nbf" claim timestamp check failed$'):
        verifier.context(token)
    clock.now_s = NOW_S + 10
    assert verifier.context(token).role == "authenticated"


def test_an_expired_token_that_was_changed_has_a_wrong_signature() -> None:
    token = jwt.encode({"role": "anon", "exp": 1}, SECRET[::-1], algorithm="HS256")

    assert refusal(token) == "signature verification failed"
    assert refusal(a_token(exp=1)) == '"exp" claim timestamp check failed'


@pytest.mark.parametrize("claim", ["exp", "nbf"])
@pytest.mark.parametrize("value", ['"1900000000"', "null", "true", "[]", "NaN", "Infinity", "-Infinity"])
def test_times_that_are_no_numbers_are_refused(claim: str, value: str) -> None:
    token = jwt.PyJWS().encode(f'{{"role":"anon","{claim}":{value}}}'.encode(), SECRET)

    assert refusal(token) == f'"{claim}" claim must be a number'


def test_times_beyond_all_measure_are_only_numbers() -> None:
    far = "9" * 400

    assert a_verifier().context(jwt.PyJWS().encode(f'{{"role":"anon","exp":{far}}}'.encode(), SECRET)).role == "anon"
    assert refusal(jwt.PyJWS().encode(f'{{"role":"anon","nbf":{far}}}'.encode(), SECRET)).startswith('"nbf"')


def test_a_refused_token_stays_refused_and_others_are_unharmed() -> None:
    verifier = a_verifier()

    for _ in range(3):
        with pytest.raises(InvalidToken):
            verifier.context("x.y.z")
        assert verifier.context(a_token(sub="user-1")).user_id == "user-1"
        assert verifier.context(a_token(sub="user-2")).user_id == "user-2"


def test_more_tokens_than_are_remembered_all_work() -> None:
    verifier = a_verifier()

    for round_ in range(2):
        for number in range(300):
            assert verifier.context(a_token(sub=f"user-{number}")).user_id == f"user-{number}", round_
