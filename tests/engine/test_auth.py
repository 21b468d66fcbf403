"""API keys and bearer tokens: who the caller is, and why a token is refused."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import Any

import jwt
import pytest

from engine.auth import ApiKeys, TokenRules, TokenVerifier
from engine.errors import InvalidRequest, InvalidToken, Unauthorized
from tests.engine.identities.trusting import NOW_S, SECRET, Clock, FixedTrust, own_key


def a_token(**claims: Any) -> str:
    return jwt.encode({"role": "authenticated", **claims}, SECRET, algorithm="HS256")


def a_verifier(clock: Clock | None = None, secret: str = SECRET, leeway_s: float = 0) -> TokenVerifier:
    return TokenVerifier(FixedTrust([own_key(secret)]), TokenRules(leeway_s=leeway_s), clock or Clock())


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
    assert a_verifier(secret="s").context(ApiKeys("s").service_role).can_bypass_rls


@pytest.mark.parametrize("secret", ["", "-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n"])
def test_a_secret_that_cannot_be_one_is_refused_at_once(secret: str) -> None:
    with pytest.raises(InvalidRequest):
        ApiKeys(secret)


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
            a_verifier(secret=SECRET * 2).context(token)


@pytest.mark.parametrize("role", ["admin", "postgres", "", "Anon", "service_role ", None, 1, True, ["anon"], {"a": 1}])
def test_unknown_roles_are_refused(role: object) -> None:
    assert refusal(a_token(role=role)) == '"role" claim must name a role that is known here'


def test_a_token_without_role_is_refused() -> None:
    token = jwt.encode({"sub": "user-1"}, SECRET, algorithm="HS256")

    assert refusal(token).startswith('"role" claim must name')


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


def test_a_token_from_the_future_is_refused() -> None:
    clock = Clock()
    verifier = a_verifier(clock, leeway_s=10)
    token = a_token(iat=NOW_S + 30)

    with pytest.raises(InvalidToken, match=r'^"iat" claim timestamp check failed$'):
        verifier.context(token)
    clock.now_s = NOW_S + 20
    assert verifier.context(token).role == "authenticated"


def test_other_clocks_may_be_off_by_the_leeway_and_no_more() -> None:
    clock = Clock()
    verifier = a_verifier(clock, leeway_s=10)
    token = a_token(nbf=int(NOW_S), exp=int(NOW_S) + 60)

    for now_s, refused in ((-10.1, "nbf"), (-10, None), (69.9, None), (70, "exp")):
        clock.now_s = int(NOW_S) + now_s
        if refused is None:
            assert verifier.context(token).role == "authenticated"
            continue
        with pytest.raises(InvalidToken, match=refused):
            verifier.context(token)


def test_an_expired_token_that_was_changed_has_a_wrong_signature() -> None:
    token = jwt.encode({"role": "anon", "exp": 1}, SECRET[::-1], algorithm="HS256")

    assert refusal(token) == "signature verification failed"
    assert refusal(a_token(exp=1)) == '"exp" claim timestamp check failed'


@pytest.mark.parametrize("claim", ["exp", "nbf", "iat"])
@pytest.mark.parametrize("value", ['"1900000000"', "null", "true", "[]", "1e999", "-1e999"])
def test_times_that_are_no_numbers_are_refused(claim: str, value: str) -> None:
    token = jwt.PyJWS().encode(f'{{"role":"anon","{claim}":{value}}}'.encode(), SECRET)

    assert refusal(token) == f'"{claim}" claim must be a number'


@pytest.mark.parametrize("claim", ["exp", "anything"])
@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_what_only_python_takes_for_a_number_is_no_token(claim: str, value: str) -> None:
    token = jwt.PyJWS().encode(f'{{"role":"anon","{claim}":{value}}}'.encode(), SECRET)

    assert refusal(token) == "Invalid Compact JWS"


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


@pytest.mark.parametrize("text", ["\\u0000", "a\\u0000b", "\\ud800", "\\udc00\\ud800", "\\udfff"])
@pytest.mark.parametrize(
    "claims", ['{"role":"anon","x":"TEXT"}', '{"role":"anon","TEXT":1}', '{"role":"anon","a":[{"b":["TEXT"]}]}',
               '{"role":"anon","sub":"TEXT"}', '{"role":"anon","a":{"TEXT":{}}}'],
)  # fmt: skip
def test_characters_that_no_database_takes_are_refused(claims: str, text: str) -> None:
    token = jwt.PyJWS().encode(claims.replace("TEXT", text).encode(), SECRET)

    assert refusal(token) == "The claims hold characters that are not allowed"


def test_characters_of_all_other_kinds_are_taken() -> None:
    assert a_verifier().context(a_token(name="\U0001f600 ü \n")).claims["name"] == "\U0001f600 ü \n"


@pytest.mark.parametrize("payload", [b'{"role":"anon","x":"\xed\xa0\x80"}', '{"role":"anon"}'.encode("utf-16")])
def test_claims_that_are_no_utf_8_are_no_token(payload: bytes) -> None:
    assert refusal(jwt.PyJWS().encode(payload, SECRET)) == "Invalid Compact JWS"


def test_numbers_too_large_to_be_kept_are_refused_wherever_they_stand() -> None:
    token = jwt.PyJWS().encode(b'{"role":"anon","a":[{"b":1e999}]}', SECRET)

    assert refusal(token) == "The claims hold a number that is too large"


def test_deep_claims_are_no_way_to_break_it() -> None:
    depth = 900
    nested = b'{"role":"anon","a":' + b"[" * depth + b"]" * depth + b"}"

    assert a_verifier().context(jwt.PyJWS().encode(nested, SECRET)).role == "anon"


def test_a_role_that_is_known_counts_until_it_is_not() -> None:
    trust = FixedTrust([own_key()])
    verifier = TokenVerifier(trust, clock=Clock())
    trust.roles.add("editor")

    context = verifier.context(a_token(role="editor", sub="user-1"))
    assert (context.role, context.can_bypass_rls) == ("editor", False)

    trust.roles.remove("editor")
    trust.version += 1
    with pytest.raises(InvalidToken, match="role"):
        verifier.context(a_token(role="editor", sub="user-1"))


def test_a_signature_is_checked_once_while_nothing_changes() -> None:
    trust = FixedTrust([own_key()])
    verifier = TokenVerifier(trust, clock=Clock())

    first = verifier.context(a_token(sub="user-1"))
    assert verifier.context(a_token(sub="user-1")) is first
    assert trust.asked == 1
    trust.version += 1
    assert verifier.context(a_token(sub="user-1")) == first
    assert trust.asked == 2


def test_a_token_that_was_minted_here_counts_until_it_is_ended() -> None:
    trust = FixedTrust([own_key()])
    verifier = TokenVerifier(trust, clock=Clock())
    token = a_token(iss="holdall", jti="token-1", sub="user-1")
    assert verifier.context(token).user_id == "user-1"

    trust.ended.add("token-1")
    trust.version += 1
    for _ in range(2):
        with pytest.raises(InvalidToken, match=r"^The token was revoked$"):
            verifier.context(token)
    assert verifier.context(a_token(iss="elsewhere", jti="token-1")).role == "authenticated"


@pytest.mark.parametrize("token_id", [1, [], {}, ""])
def test_an_id_that_is_none_is_nobodys(token_id: object) -> None:
    trust = FixedTrust([own_key()], ended={""})
    token = jwt.PyJWS().encode(json.dumps({"role": "anon", "iss": "holdall", "jti": token_id}).encode(), SECRET)

    with pytest.raises(InvalidToken, match="revoked"):
        TokenVerifier(trust, clock=Clock()).context(token)


@pytest.mark.parametrize(("issued", "good"), [({"iat": 99}, False), ({}, False), ({"iat": 100}, True)])
def test_tokens_of_other_programs_end_by_when_they_were_made(issued: dict[str, int], good: bool) -> None:
    verifier = TokenVerifier(FixedTrust([own_key()], tokens_from={"user-1": 100}), clock=Clock())

    assert verifier.context(a_token(sub="user-2", **issued)).user_id == "user-2"
    if good:
        assert verifier.context(a_token(sub="user-1", **issued)).user_id == "user-1"
        return
    with pytest.raises(InvalidToken, match="revoked"):
        verifier.context(a_token(sub="user-1", **issued))


def test_a_key_counts_until_it_retires() -> None:
    clock = Clock()
    old = own_key(SECRET[::-1], retires_unix_s=NOW_S + 60)
    verifier = TokenVerifier(FixedTrust([own_key(), old]), clock=clock)
    tokens = [ApiKeys(SECRET[::-1]).anon, jwt.encode({"role": "anon"}, SECRET[::-1], algorithm="HS256")]

    assert [verifier.context(token).role for token in tokens] == ["anon", "anon"]
    clock.now_s = NOW_S + 60
    for token in tokens:
        with pytest.raises(InvalidToken, match="signature verification failed"):
            verifier.context(token)
    assert verifier.context(ApiKeys(SECRET).anon).role == "anon"
