"""JSON Web Tokens of the kinds that Holdall speaks: compact, one algorithm a key, a JSON object of claims.

Only the form and the signature are judged here; what the claims must say is the business of whoever reads them
(`engine.auth`, `engine.signed_url`). A key is used with the one algorithm that it was made for, whatever a token says
of itself. Immutable and thread-safe. PyJWT is imported where the first token is read or signed: it brings most of
cryptography, and every start makes keys.

Source: RFC 7515, RFC 7519, RFC 8725 sections 3.1 and 3.2.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NoReturn

from engine.errors import InvalidRequest

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from jwt import PyJWS

HS256: Final = "HS256"
"""HMAC with SHA-256: one secret signs and checks."""

RS256: Final = "RS256"
"""RSA (PKCS #1 v1.5) with SHA-256."""

ES256: Final = "ES256"
"""ECDSA on the curve P-256 with SHA-256."""

_KEY_ID_BYTES: Final = 6
_COMPACT: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_HMAC_KEY_BYTES: Final = 32
_OWN_FORM: Final = re.compile(rb"[0-9a-f]{32,}")
"""What the secrets look like that are made here: no form of a public key or certificate."""


class TokenReader:
    """Reads claims back that were signed with one key.

    Args:
        key: The secret, or the public key.
        algorithm: What it signs with; tokens that name any other are refused.
    """

    def __init__(self, key: bytes | RSAPublicKey | EllipticCurvePublicKey, algorithm: str) -> None:
        self.algorithm: Final = algorithm
        self._key = key

    @cached_property
    def _jws(self) -> PyJWS:
        from jwt import PyJWS

        return PyJWS(algorithms=[self.algorithm])

    def decode(self, token: str) -> dict[str, Any]:
        """Read the claims of a token after checking its form, its algorithm and its signature, in that order.

        Args:
            token: Text as it came.

        Returns:
            The claims, none of them judged: expiry is for the caller to check.

        Raises:
            jwt.InvalidAlgorithmError: It names another algorithm than this key's.
            jwt.InvalidSignatureError: It was signed with another key, or changed since.
            jwt.InvalidTokenError: It is no such token at all.
        """
        from jwt import DecodeError

        _refuse_other_forms(token)
        payload = self._jws.decode(token, self._key, algorithms=[self.algorithm])
        try:
            claims = json.loads(payload.decode(), parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise DecodeError("the claims are not JSON") from error
        if not isinstance(claims, dict):
            raise DecodeError("the claims are no object")
        return claims


class TokenCodec(TokenReader):
    """Signs claims and reads them back with one shared key.

    Args:
        key: The HMAC key, not empty. Shorter ones than 32 bytes are taken as they are, for the sake of keys that
            other programs have chosen.

    Raises:
        InvalidRequest: The key is empty, or is a public key or certificate.
    """

    def __init__(self, key: bytes) -> None:
        # HMAC fills a short key with zeros by itself (RFC 2104), so this changes no signature.
        filled = key.ljust(_HMAC_KEY_BYTES, b"\0") if key else key
        super().__init__(filled, HS256)
        self._secret = filled
        if not _OWN_FORM.fullmatch(filled):
            self._refuse_public_keys()

    @property
    def key_id(self) -> str:
        """Return what names the key in `kid`: it follows from the key, and says no more of it than a signature does."""
        digest = hmac.digest(self._secret, b"holdall token key id", hashlib.sha256)
        return urlsafe_b64encode(digest[:_KEY_ID_BYTES]).decode("ascii")

    def encode(self, claims: Mapping[str, Any], key_id: str | None = None) -> str:
        """Sign claims.

        Args:
            claims: What JSON can hold.
            key_id: For the header's `kid`, or None for a header without.

        Returns:
            The token; equal claims in equal order give equal tokens.
        """
        payload = json.dumps(dict(claims), separators=(",", ":")).encode()
        headers = None if key_id is None else {"kid": key_id}
        return self._jws.encode(payload, self._secret, algorithm=HS256, headers=headers)

    def _refuse_public_keys(self) -> None:
        from jwt import InvalidKeyError

        try:
            self.encode({})
        except InvalidKeyError as error:
            raise InvalidRequest("This text cannot be a JWT secret", hint=str(error)) from error


def header_of(token: str) -> Mapping[str, Any]:
    """Return what a token says of itself. Nothing of it is to be believed: it only tells which keys to try.

    Args:
        token: Text as it came.

    Raises:
        jwt.InvalidTokenError: It is no token.
    """
    from jwt import get_unverified_header

    _refuse_other_forms(token)
    return get_unverified_header(token)


def _refuse_other_forms(token: str) -> None:
    """Refuse padding, blanks and missing parts, which decoders forgive."""
    from jwt import DecodeError

    if not _COMPACT.fullmatch(token):
        raise DecodeError("not three parts of base64url")


def _refuse_constant(name: str) -> NoReturn:
    """Refuse `NaN` and `Infinity`, which Python reads and nobody else does (RFC 8259 section 6)."""
    raise ValueError(name)
