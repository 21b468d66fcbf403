"""A `Trust` that tests fill by hand, keys of strangers, and tokens of every kind of wrong."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from engine.auth import TokenKey
from engine.tokens import TokenCodec

SECRET = "super-secret-jwt-token-with-at-least-32-characters-long"
NOW_S = 1_800_000_000.5

RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self, now_s: float = NOW_S) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s


@dataclass
class FixedTrust:
    """Knows what it is told; `version` is to be raised with each change."""

    own: list[TokenKey] = field(default_factory=list)
    others: list[TokenKey] = field(default_factory=list)
    roles: set[str] = field(default_factory=lambda: {"anon", "authenticated", "service_role"})
    ended: set[str] = field(default_factory=set)
    tokens_from: dict[str, int] = field(default_factory=dict)
    version: int = 0
    asked: int = 0

    def stamp(self) -> int:
        return self.version

    def token_keys(self) -> list[TokenKey]:
        self.asked += 1
        return [*self.own, *self.others]

    def knows_role(self, role: str) -> bool:
        return role in self.roles

    def has_ended(self, token_id: str) -> bool:
        return token_id in self.ended

    def tokens_from_unix_s(self, user_id: str) -> int:
        return self.tokens_from.get(user_id, 0)


def own_key(secret: str = SECRET, **options: Any) -> TokenKey:
    codec = TokenCodec(secret.encode())
    return TokenKey(codec, codec.key_id, is_own=True, **options)


def pem_of(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def jwk_of(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, kid: str | None = None, **more: Any) -> dict[str, Any]:
    algorithm = RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else ECAlgorithm
    found = json.loads(algorithm.to_jwk(key.public_key()))
    return (
        {name: found[name] for name in ("kty", "n", "e", "crv", "x", "y") if name in found}
        | ({"kid": kid} if kid else {})
        | more
    )


def jwks_of(*keys: dict[str, Any]) -> bytes:
    return json.dumps({"keys": keys}).encode()


def signed(key: Any, algorithm: str, kid: str | None = None, **claims: Any) -> str:
    headers = {"kid": kid} if kid else None
    return jwt.encode({"role": "authenticated", "sub": "user-1", **claims}, key, algorithm=algorithm, headers=headers)


def unsigned(header: dict[str, Any], claims: dict[str, Any], signature: str = "A" * 43) -> str:
    parts = (urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, claims))
    return ".".join((*parts, signature))
