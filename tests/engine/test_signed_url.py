"""Signed links: they open what they were made for until their time, and nothing survives tampering."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import assume, given
from hypothesis import strategies as st

from engine import limits
from engine.errors import (
    ExpiredLink,
    InvalidBucketName,
    InvalidKey,
    InvalidLink,
    InvalidRequest,
    MalformedLink,
    WrongSignature,
)
from engine.paths import validate_object_path
from engine.signed_url import LinkKey, UploadGrant, UrlSigner
from engine.types import SignedUrl

KEY = bytes(range(32))
NOW_S = 1_800_000_000
BUCKET, PATH = "avatars", "users/123/avatar.jpg"


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self, now_s: float = NOW_S) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s


def a_signer(clock: Clock | None = None, key: bytes = KEY) -> UrlSigner:
    return UrlSigner(lambda: [LinkKey(key)], clock or Clock())


def parts_of(link: SignedUrl) -> tuple[str, str, str, str]:
    """Return bucket, path, token and expires as a server reads them from the link."""
    url = urlsplit(link.path_and_query)
    assert url.path.startswith("/storage/v1/object/")
    bucket, _, path = url.path.removeprefix("/storage/v1/object/").partition("/")
    query = parse_qs(url.query, strict_parsing=True)
    assert set(query) == {"token", "expires"}
    return unquote(bucket), unquote(path), query["token"][0], query["expires"][0]


def bit_flips(text: str) -> list[str]:
    """Return every text that differs from `text` in one bit of its UTF-8."""
    raw = text.encode()
    flipped = (raw[:at] + bytes((raw[at] ^ 1 << bit,)) + raw[at + 1 :] for at in range(len(raw)) for bit in range(8))
    return [changed.decode("utf-8", "surrogateescape") for changed in flipped]


@pytest.mark.parametrize(("signed", "used"), [("GET", "GET"), ("GET", "HEAD"), ("HEAD", "GET"), ("PUT", "PUT")])
def test_a_link_opens_what_it_was_made_for(signed: str, used: str) -> None:
    signer = a_signer()
    bucket, path, token, expires = parts_of(signer.sign(BUCKET, PATH, 60, signed))

    assert (bucket, path, expires) == (BUCKET, PATH, str(NOW_S + 60))
    signer.verify(bucket, path, method=used, token=token, expires=expires)


def test_a_link_says_when_it_ends() -> None:
    link = a_signer(Clock(NOW_S + 0.9)).sign(BUCKET, PATH, 60)

    assert link.expires_at == datetime.fromtimestamp(NOW_S + 60, UTC)


def test_a_link_is_percent_encoded_as_rfc_3986_says() -> None:
    link = a_signer().sign("My photos & co", "a//Ünï %41+?#&=/日本.txt", 1)

    assert link.path_and_query.startswith(
        "/storage/v1/object/My%20photos%20%26%20co/a//%C3%9Cn%C3%AF%20%2541%2B%3F%23%26%3D/%E6%97%A5%E6%9C%AC.txt?token="
    )
    assert re.fullmatch(r"[A-Za-z0-9._~%/?=&-]+", link.path_and_query)


_PATHS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)


@given(_PATHS)
def test_any_legal_path_comes_back_from_its_link(path: str) -> None:
    try:
        validate_object_path(path)
    except InvalidKey:
        assume(False)
    signer = a_signer()
    bucket, seen, token, expires = parts_of(signer.sign(BUCKET, path, 60))

    assert seen == path
    signer.verify(bucket, seen, method="GET", token=token, expires=expires)
    signer.verify_jwt(bucket, seen, signer.sign_jwt(BUCKET, path, 60))


def test_every_flipped_bit_of_token_and_expiry_is_noticed() -> None:
    signer = a_signer()
    _, _, token, expires = parts_of(signer.sign(BUCKET, PATH, 60))

    for changed in bit_flips(token):
        with pytest.raises((MalformedLink, WrongSignature)):
            signer.verify(BUCKET, PATH, method="GET", token=changed, expires=expires)
    for changed in bit_flips(expires):
        with pytest.raises((MalformedLink, WrongSignature)):
            signer.verify(BUCKET, PATH, method="GET", token=token, expires=changed)


def test_every_flipped_bit_of_bucket_path_and_method_is_a_wrong_signature() -> None:
    signer = a_signer()
    _, _, token, expires = parts_of(signer.sign(BUCKET, PATH, 60))
    requests = [
        *((changed, PATH, "GET") for changed in bit_flips(BUCKET)),
        *((BUCKET, changed, "GET") for changed in bit_flips(PATH)),
        *((BUCKET, PATH, changed) for changed in bit_flips("GET")),
        *((BUCKET, PATH, method) for method in ("PUT", "POST", "DELETE", "PATCH", "OPTIONS", "get", "head", "")),
    ]

    for bucket, path, method in requests:
        with pytest.raises(WrongSignature):
            signer.verify(bucket, path, method=method, token=token, expires=expires)


@pytest.mark.parametrize(
    ("bucket", "path"),
    [("avatars/users", "123/avatar.jpg"), ("avatar", "susers/123/avatar.jpg"), ("", "avatars/users/123/avatar.jpg")],
)
def test_moving_the_border_between_bucket_and_path_is_a_wrong_signature(bucket: str, path: str) -> None:
    signer = a_signer()
    _, _, token, expires = parts_of(signer.sign(BUCKET, PATH, 60))

    with pytest.raises(WrongSignature):
        signer.verify(bucket, path, method="GET", token=token, expires=expires)


@pytest.mark.parametrize(
    "expires",
    ["", "0", "-1", "+1800000060", " 1800000060", "1800000060 ", "1800000060\n", "01800000060", "1_800_000_060",
     "1800000060.0", "1.8e9", "0x6b49d23c", "١٨٠٠٠٠٠٠٦٠", "18000000\uff160", "²", "never", "9" * 16, "9" * 5000],
)  # fmt: skip
def test_an_expiry_that_is_no_plain_number_is_malformed(expires: str) -> None:
    signer = a_signer()
    _, _, token, _ = parts_of(signer.sign(BUCKET, PATH, 60))

    with pytest.raises(MalformedLink):
        signer.verify(BUCKET, PATH, method="GET", token=token, expires=expires)


@pytest.mark.parametrize(
    "change",
    [
        lambda token: "",
        lambda token: token[:-1],
        lambda token: token + "A",
        lambda token: token + "=",
        lambda token: token + "\n",
        lambda token: token.replace(".", ""),
        lambda token: token.replace(".", ".."),
        lambda token: token.partition(".")[2],
        lambda token: token[:-1] + "é",
        lambda token: token[:-1] + "\ud800",
        lambda token: token * 1000,
    ],
)
def test_a_token_of_another_shape_is_malformed(change) -> None:
    signer = a_signer()
    _, _, token, expires = parts_of(signer.sign(BUCKET, PATH, 60))

    with pytest.raises(MalformedLink):
        signer.verify(BUCKET, PATH, method="GET", token=change(token), expires=expires)


def test_a_link_works_until_its_expiry_and_no_longer() -> None:
    clock = Clock()
    signer = a_signer(clock)
    _, _, token, expires = parts_of(signer.sign(BUCKET, PATH, 60))
    supabase = signer.sign_jwt(BUCKET, PATH, 60)

    clock.now_s = NOW_S + 59.999
    signer.verify(BUCKET, PATH, method="GET", token=token, expires=expires)
    signer.verify_jwt(BUCKET, PATH, supabase)

    for now_s in (NOW_S + 60, NOW_S + 60.001, NOW_S + 10**9):
        clock.now_s = now_s
        with pytest.raises(ExpiredLink):
            signer.verify(BUCKET, PATH, method="GET", token=token, expires=expires)
        with pytest.raises(ExpiredLink):
            signer.verify_jwt(BUCKET, PATH, supabase)


def test_an_expired_link_that_was_changed_is_a_wrong_one() -> None:
    clock = Clock()
    signer = a_signer(clock)
    _, _, token, expires = parts_of(signer.sign(BUCKET, PATH, 60))
    supabase = signer.sign_jwt(BUCKET, PATH, 60)
    clock.now_s = NOW_S + 3600

    with pytest.raises(WrongSignature):
        signer.verify(BUCKET, "other.txt", method="GET", token=token, expires=expires)
    with pytest.raises(WrongSignature):
        signer.verify(BUCKET, PATH, method="GET", token=token, expires=str(NOW_S + 10_000))
    with pytest.raises(WrongSignature):
        signer.verify_jwt(BUCKET, "other.txt", supabase)


def test_another_key_makes_and_knows_other_links() -> None:
    signer, stranger = a_signer(), a_signer(key=bytes(32))
    _, _, token, expires = parts_of(signer.sign(BUCKET, PATH, 60))
    _, _, foreign, _ = parts_of(stranger.sign(BUCKET, PATH, 60))

    assert token.partition(".")[0] != foreign.partition(".")[0]
    with pytest.raises(WrongSignature):
        signer.verify(BUCKET, PATH, method="GET", token=foreign, expires=expires)
    with pytest.raises(WrongSignature):
        signer.verify_jwt(BUCKET, PATH, stranger.sign_jwt(BUCKET, PATH, 60))


def test_a_new_signer_with_the_same_key_knows_the_links_of_the_old_one() -> None:
    _, _, token, expires = parts_of(a_signer().sign(BUCKET, PATH, 60))

    a_signer().verify(BUCKET, PATH, method="GET", token=token, expires=expires)
    a_signer().verify_jwt(BUCKET, PATH, a_signer().sign_jwt(BUCKET, PATH, 60))


def test_the_master_key_itself_signs_neither_form() -> None:
    signer = a_signer()
    _, _, token, expires = parts_of(signer.sign(BUCKET, PATH, 60))
    forged_mac = hmac.new(KEY, f"GET\n{BUCKET}\n{PATH}\n{expires}".encode(), hashlib.sha256).digest()
    forged = token.partition(".")[0] + "." + urlsafe_b64encode(forged_mac).rstrip(b"=").decode()
    claims = {"url": f"{BUCKET}/{PATH}", "scope": "download", "iat": NOW_S, "exp": NOW_S + 60}

    with pytest.raises(WrongSignature):
        signer.verify(BUCKET, PATH, method="GET", token=forged, expires=expires)
    with pytest.raises(WrongSignature):
        signer.verify_jwt(BUCKET, PATH, jwt.encode(claims, KEY, algorithm="HS256"))


@pytest.mark.parametrize("life_s", [0, -1, limits.LINK_EXPIRES_MAX_S + 1, 10**30, True, 1.5, "60", None])
def test_a_life_out_of_range_is_refused(life_s) -> None:
    with pytest.raises(InvalidRequest):
        a_signer().sign(BUCKET, PATH, life_s)
    with pytest.raises(InvalidRequest):
        a_signer().sign_jwt(BUCKET, PATH, life_s)


@pytest.mark.parametrize("life_s", [1, limits.LINK_EXPIRES_MAX_S])
def test_the_shortest_and_the_longest_life_work(life_s: int) -> None:
    signer = a_signer()
    bucket, path, token, expires = parts_of(signer.sign(BUCKET, PATH, life_s))

    assert int(expires) == NOW_S + life_s
    signer.verify(bucket, path, method="GET", token=token, expires=expires)


@pytest.mark.parametrize("path", ["", "/a", "a/../b", "%2e%2e/b", "a\nb", "\ud800"])
def test_no_link_is_made_for_a_name_that_cannot_be(path: str) -> None:
    with pytest.raises(InvalidKey):
        a_signer().sign(BUCKET, path, 60)
    with pytest.raises(InvalidKey):
        a_signer().sign_jwt(BUCKET, path, 60)
    with pytest.raises(InvalidBucketName):
        a_signer().sign("a/b", PATH, 60)
    with pytest.raises(InvalidBucketName):
        a_signer().sign_jwt("", PATH, 60)


def test_a_request_for_a_name_that_is_no_text_is_a_wrong_signature() -> None:
    signer = a_signer()
    _, _, token, expires = parts_of(signer.sign(BUCKET, PATH, 60))

    with pytest.raises(WrongSignature):
        signer.verify(BUCKET, "\udcff", method="GET", token=token, expires=expires)
    with pytest.raises(WrongSignature):
        signer.verify_jwt(BUCKET, "\udcff", signer.sign_jwt(BUCKET, PATH, 60))


@pytest.mark.parametrize("size", [0, 16, 31])
def test_a_short_key_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="at least 32 bytes"):
        LinkKey(bytes(size))


def test_supabases_form_carries_its_claims() -> None:
    token = a_signer().sign_jwt("bücket", "a/ü.txt", 60)

    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}
    assert jwt.decode(token, options={"verify_signature": False}) == {
        "url": "bücket/a/ü.txt",
        "scope": "download",
        "iat": NOW_S,
        "exp": NOW_S + 60,
    }


def test_every_flipped_bit_of_a_supabase_token_is_noticed() -> None:
    signer = a_signer()
    token = signer.sign_jwt(BUCKET, PATH, 60)

    for changed in bit_flips(token):
        with pytest.raises(InvalidLink):
            signer.verify_jwt(BUCKET, PATH, changed)


@pytest.mark.parametrize(
    "token",
    ["", ".", "..", "a.b", "a.b.c", "a.b.c.d", "e30.e30.", "é.é.é", "\ud800", "null.null.null", "x" * 100_000,
     f"{urlsafe_b64encode(b'[]').decode()}.e30.{'A' * 43}"],
)  # fmt: skip
def test_what_is_no_token_is_malformed(token: str) -> None:
    with pytest.raises(MalformedLink):
        a_signer().verify_jwt(BUCKET, PATH, token)


def test_a_token_that_says_it_needs_no_signature_is_malformed() -> None:
    claims = {"url": f"{BUCKET}/{PATH}", "scope": "download", "iat": NOW_S, "exp": NOW_S + 60}
    unsigned = jwt.encode(claims, None, algorithm="none")

    for token in (unsigned, unsigned + "AAAA", jwt.encode(claims, KEY * 2, algorithm="HS512")):
        with pytest.raises(MalformedLink):
            a_signer().verify_jwt(BUCKET, PATH, token)


@pytest.mark.parametrize(("bucket", "path"), [(BUCKET, "users/123"), ("other", PATH), ("", f"{BUCKET}/{PATH}"[1:])])
def test_a_supabase_token_opens_nothing_else(bucket: str, path: str) -> None:
    signer = a_signer()

    with pytest.raises(WrongSignature):
        signer.verify_jwt(bucket, path, signer.sign_jwt(BUCKET, PATH, 60))


def test_the_two_forms_are_not_interchangeable() -> None:
    signer = a_signer()
    _, _, token, expires = parts_of(signer.sign(BUCKET, PATH, 60))

    with pytest.raises(MalformedLink):
        signer.verify(BUCKET, PATH, method="GET", token=signer.sign_jwt(BUCKET, PATH, 60), expires=expires)
    with pytest.raises(MalformedLink):
        signer.verify_jwt(BUCKET, PATH, token)


def test_the_token_is_a_key_id_and_an_hmac() -> None:
    _, _, token, _ = parts_of(a_signer().sign(BUCKET, PATH, 60))
    key_id, _, mac = token.partition(".")

    assert len(urlsafe_b64decode(key_id)) == 6
    assert len(urlsafe_b64decode(mac + "=")) == 32


GRANT = UploadGrant("a11ce", upsert=False)


@pytest.mark.parametrize("grant", [GRANT, UploadGrant(None, upsert=True)])
def test_a_token_to_upload_says_what_it_allows(grant: UploadGrant) -> None:
    signer = a_signer()
    token = signer.sign_upload("bücket", "a/ü.txt", grant, 60)

    assert signer.verify_upload("bücket", "a/ü.txt", token) == grant
    assert jwt.decode(token, options={"verify_signature": False}) == {
        "url": "bücket/a/ü.txt",
        "owner": grant.owner_id,
        "upsert": grant.upsert,
        "scope": "upload",
        "iat": NOW_S,
        "exp": NOW_S + 60,
    }


@pytest.mark.parametrize(("bucket", "path"), [("other", PATH), (BUCKET, "other"), (BUCKET, PATH + "/"), ("", "")])
def test_a_token_to_upload_is_for_one_path(bucket: str, path: str) -> None:
    signer = a_signer()

    with pytest.raises(WrongSignature):
        signer.verify_upload(bucket, path, signer.sign_upload(BUCKET, PATH, GRANT, 60))


def test_reading_and_uploading_have_tokens_of_their_own() -> None:
    signer = a_signer()

    with pytest.raises(WrongSignature):
        signer.verify_jwt(BUCKET, PATH, signer.sign_upload(BUCKET, PATH, GRANT, 60))
    with pytest.raises(WrongSignature):
        signer.verify_upload(BUCKET, PATH, signer.sign_jwt(BUCKET, PATH, 60))


def test_a_token_to_upload_that_was_changed_or_is_late() -> None:
    clock = Clock()
    signer = a_signer(clock)
    token = signer.sign_upload(BUCKET, PATH, GRANT, 60)

    for changed in bit_flips(token):
        with pytest.raises(InvalidLink):
            signer.verify_upload(BUCKET, PATH, changed)
    with pytest.raises(MalformedLink):
        signer.verify_upload(BUCKET, PATH, "")
    clock.now_s = NOW_S + 60
    with pytest.raises(ExpiredLink):
        signer.verify_upload(BUCKET, PATH, token)


@pytest.mark.parametrize("path", ["", "a/../b", "\ud800"])
def test_no_token_to_upload_is_made_for_a_name_that_cannot_be(path: str) -> None:
    with pytest.raises(InvalidKey):
        a_signer().sign_upload(BUCKET, path, GRANT, 60)


def test_the_key_of_a_link_is_derived_as_rfc_5869_says():
    """Held against another's HKDF: links live for years, and each one says which key it was signed with."""
    secret = bytes(range(32))
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"holdall signed links, key id").derive(secret)
    assert LinkKey(secret).key_id == urlsafe_b64encode(derived[:6]).decode("ascii")
