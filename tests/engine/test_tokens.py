"""JWTs of our one kind: what is signed is read back, what is not is refused by its kind of fault."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidRequest
from engine.tokens import TokenCodec

KEY = b"0123456789abcdef0123456789abcdef"

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.text(), _JSON, max_size=4))
def test_claims_come_back(claims: dict[str, object]) -> None:
    codec = TokenCodec(KEY)

    assert codec.decode(codec.encode(claims)) == claims


@pytest.mark.parametrize("key", [b"k", b"secret", KEY, KEY * 8], ids=len)
@pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")
def test_other_programs_read_and_write_the_same_tokens(key: bytes) -> None:
    claims = {"role": "anon", "sub": "ünï"}

    assert jwt.decode(TokenCodec(key).encode(claims), key, algorithms=["HS256"]) == claims
    assert TokenCodec(key).decode(jwt.encode(claims, key, algorithm="HS256")) == claims


def test_another_key_is_a_wrong_signature() -> None:
    token = TokenCodec(KEY).encode({})

    with pytest.raises(jwt.InvalidSignatureError):
        TokenCodec(KEY[::-1]).decode(token)


@pytest.mark.parametrize("algorithm", ["none", "None", "hs256", "HS384", "RS256", "ES256", "", None, 1, ["HS256"]])
def test_any_other_algorithm_is_refused(algorithm: object) -> None:
    head = urlsafe_b64encode(json.dumps({"alg": algorithm}).encode()).rstrip(b"=").decode()

    with pytest.raises(jwt.InvalidTokenError) as raised:
        TokenCodec(KEY).decode(f"{head}.e30.{'A' * 43}")
    assert not isinstance(raised.value, jwt.InvalidSignatureError)


@pytest.mark.parametrize("payload", [b"[]", b"null", b"1", b"{", b"\xff", b'"text"', b"[" * 5000])
def test_claims_that_are_no_object_are_no_token(payload: bytes) -> None:
    token = jwt.PyJWS().encode(payload, KEY, algorithm="HS256")

    with pytest.raises(jwt.DecodeError):
        TokenCodec(KEY).decode(token)


def test_padding_and_blanks_make_it_no_token() -> None:
    token = TokenCodec(KEY).encode({"a": 1})

    for changed in (token + "=", f" {token}", f"{token}\n", token.replace(".", "=.", 1), f"{token}.", f".{token}"):
        with pytest.raises(jwt.DecodeError):
            TokenCodec(KEY).decode(changed)


@pytest.mark.parametrize("key", [b"", b"-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n", b"ssh-rsa AAAA"])
def test_what_cannot_be_a_shared_key_is_refused_at_once(key: bytes) -> None:
    with pytest.raises(InvalidRequest, match="JWT secret"):
        TokenCodec(key)
