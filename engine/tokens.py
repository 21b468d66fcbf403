"""JSON Web Tokens of the one kind that Holdall speaks: compact, HS256, a JSON object of claims.

Only the form and the signature are judged here; what the claims must say is the business of whoever reads them
(`engine.auth`, `engine.signed_url`). Immutable and thread-safe.

Source: RFC 7515, RFC 7519.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

import jwt

from engine.errors import InvalidRequest

_ALGORITHM: Final = "HS256"
_COMPACT: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_HMAC_KEY_BYTES: Final = 32


class TokenCodec:
    """Signs claims and reads them back with one shared key.

    Args:
        key: The HMAC key, not empty. Shorter ones than 32 bytes are taken as they are, for the sake of keys that
            other programs have chosen.

    Raises:
        InvalidRequest: The key is empty, or is a public key or certificate.
    """

    def __init__(self, key: bytes) -> None:
        # HMAC fills a short key with zeros by itself (RFC 2104), so this changes no signature.
        self._key = key.ljust(_HMAC_KEY_BYTES, b"\0") if key else key
        self._jws = jwt.PyJWS(algorithms=[_ALGORITHM])
        try:
            self.encode({})
        except jwt.InvalidKeyError as error:
            raise InvalidRequest("This text cannot be a JWT secret", hint=str(error)) from error

    def encode(self, claims: Mapping[str, Any]) -> str:
        """Sign claims.

        Args:
            claims: What JSON can hold.

        Returns:
            The token; equal claims in equal order give equal tokens.
        """
        payload = json.dumps(dict(claims), separators=(",", ":")).encode()
        return self._jws.encode(payload, self._key, algorithm=_ALGORITHM)

    def decode(self, token: str) -> dict[str, Any]:
        """Read the claims of a token after checking its form, its algorithm and its signature, in that order.

        Args:
            token: Text as it came.

        Returns:
            The claims, none of them judged: expiry is for the caller to check.

        Raises:
            jwt.InvalidAlgorithmError: It names another algorithm than HS256.
            jwt.InvalidSignatureError: It was signed with another key, or changed since.
            jwt.InvalidTokenError: It is no such token at all.
        """
        if not _COMPACT.fullmatch(token):
            raise jwt.DecodeError("not three parts of base64url")
        payload = self._jws.decode(token, self._key, algorithms=[_ALGORITHM])
        try:
            claims = json.loads(payload)
        except (ValueError, RecursionError) as error:
            raise jwt.DecodeError("the claims are not JSON") from error
        if not isinstance(claims, dict):
            raise jwt.DecodeError("the claims are no object")
        return claims
