"""Public keys of others, read from files: one as PEM, or a set as JWKS. Read again when a file changes.

Only keys that check signatures count: RSA of 2048 bits or more for RS256, and the curve P-256 for ES256. Other keys of
a set are passed over; of one with a private part only the public one is taken. A file that is broken or gone changes
nothing but the log: the last good keys count on. Threads: any.

Source: RFC 7517, RFC 7518 sections 3.1 and 6; RFC 8725 section 3.5.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from engine.auth import TokenKey
from engine.tokens import ES256, RS256, TokenReader

_logger = logging.getLogger(__name__)

_LOOK_S: Final = 1.0
"""Time between two looks at whether a file has changed."""

_FILE_MAX_BYTES: Final = 1024 * 1024
_KEYS_MAX: Final = 100
_RSA_MIN_BITS: Final = 2048

Parse = Callable[[bytes], tuple[TokenKey, ...]]
"""Reads the content of a file; raises ValueError, saying why, where it holds no key to use."""

_State = tuple[int, int, int] | None
"""What tells one content of a file from the next: inode, length and time of change; None where there is no file."""


class KeyFile:
    """The keys of one file.

    Args:
        path: The file.
        parse: Reads its content.
        clock: Seconds, for the time between two looks.
    """

    def __init__(self, path: Path, parse: Parse, clock: Callable[[], float] = time.monotonic) -> None:
        self.path = path
        self._parse = parse
        self._clock = clock
        self._lock = threading.Lock()
        self._state: _State = None
        self._version = 0
        self._keys: tuple[TokenKey, ...] = ()
        self._read()
        self._next_look_s = clock() + _LOOK_S

    def version(self) -> int:
        """Return a number that differs once the keys do."""
        if self._clock() >= self._next_look_s:
            with self._lock:
                self._look()
        return self._version

    def token_keys(self) -> tuple[TokenKey, ...]:
        """Return the keys that were last read."""
        return self._keys

    def _look(self) -> None:
        """Read the file if it is another than it was."""
        self._next_look_s = self._clock() + _LOOK_S
        if self._state_now() != self._state:
            self._read()

    def _read(self) -> None:
        # The state before the content: what is written meanwhile is then seen at the next look.
        self._state = self._state_now()
        try:
            self._keys = self._parse(self._content())
        except (OSError, ValueError) as error:
            _logger.warning(
                "the keys in %s cannot be used, so that those from before still count: %s", self.path, error
            )
            return
        self._version += 1

    def _state_now(self) -> _State:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns

    def _content(self) -> bytes:
        with self.path.open("rb") as file:
            content = file.read(_FILE_MAX_BYTES + 1)
        if len(content) > _FILE_MAX_BYTES:
            raise ValueError("the file is too large")
        return content


def keys_of_pem(content: bytes) -> tuple[TokenKey, ...]:
    """Read one public key.

    Args:
        content: PEM (`BEGIN PUBLIC KEY`).

    Raises:
        ValueError: It is none that can be used.
    """
    if b"PRIVATE KEY-----" in content:
        raise ValueError("this is a private key, which belongs to whoever signs")
    try:
        key = load_pem_public_key(content)
    except UnsupportedAlgorithm as error:
        raise ValueError("no key for RS256 or ES256") from error
    return (TokenKey(_reader_of(key), None),)


def keys_of_jwks(content: bytes) -> tuple[TokenKey, ...]:
    """Read a set of keys.

    Args:
        content: JSON, `{"keys": [...]}`.

    Raises:
        ValueError: It is no such set, or holds no key that can be used.
    """
    try:
        document = json.loads(content)
    except RecursionError as error:
        raise ValueError("this is no set of keys") from error
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list) or len(entries) > _KEYS_MAX:
        raise ValueError(f"this is no set of up to {_KEYS_MAX} keys")
    keys = tuple(_usable(entry for entry in entries if isinstance(entry, dict)))
    if not keys:
        raise ValueError("no key for RS256 or ES256 is in it")
    return keys


def _usable(entries: Iterable[Mapping[str, Any]]) -> Iterable[TokenKey]:
    for entry in entries:
        if not _is_for_signatures(entry):
            continue
        try:
            yield _key_of_jwk(entry)
        except (ValueError, jwt.InvalidKeyError) as error:
            _logger.info("key %r is passed over: %s", entry.get("kid"), error)


def _is_for_signatures(entry: Mapping[str, Any]) -> bool:
    """Return whether a key says, or leaves open, that it checks signatures (RFC 7517 sections 4.2 and 4.3)."""
    operations = entry.get("key_ops", ["verify"])
    return entry.get("use", "sig") == "sig" and isinstance(operations, list) and "verify" in operations


def _key_of_jwk(entry: Mapping[str, Any]) -> TokenKey:
    """Read one key of a set, its public part alone."""
    kind, key_id = entry.get("kty"), entry.get("kid")
    key: object
    if kind == "RSA":
        key = RSAAlgorithm.from_jwk({name: entry[name] for name in ("kty", "n", "e") if name in entry})
    elif kind == "EC":
        key = ECAlgorithm.from_jwk({name: entry[name] for name in ("kty", "crv", "x", "y") if name in entry})
    else:
        raise ValueError(f"keys of the kind {kind!r} are none for RS256 or ES256")
    reader = _reader_of(key)
    if entry.get("alg", reader.algorithm) != reader.algorithm:
        raise ValueError(f"it is for {entry['alg']!r}")
    return TokenKey(reader, key_id if isinstance(key_id, str) else None)


def _reader_of(key: object) -> TokenReader:
    """Return what reads tokens with a public key, by the one algorithm that fits it.

    Raises:
        ValueError: None of ours does, or the key is too weak.
    """
    if isinstance(key, RSAPublicKey):
        if key.key_size < _RSA_MIN_BITS:
            raise ValueError(f"an RSA key has at least {_RSA_MIN_BITS} bits")
        return TokenReader(key, RS256)
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return TokenReader(key, ES256)
    raise ValueError("no key for RS256 or ES256")
