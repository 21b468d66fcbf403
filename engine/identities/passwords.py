"""Passwords of local users: hashed with Argon2id, and compared at the same cost whether or not there is one.

Source: RFC 9106; OWASP, "Password Storage Cheat Sheet" (Argon2id: 19 MiB, two passes, one lane); PHC string format.
"""

from __future__ import annotations

import os
from typing import Final

from engine.errors import InvalidRequest

PASSWORD_MIN_CHARS: Final = 8
"""Shortest password: the bound of NIST SP 800-63B."""

PASSWORD_MAX_BYTES: Final = 1024
"""UTF-8 bytes of the longest password, so that nobody lets us hash a book."""

_SALT_BYTES: Final = 16
_HASH_BYTES: Final = 32
_PASSES: Final = 2
_LANES: Final = 1
_MEMORY_KIB: Final = 19 * 1024

NOBODYS_HASH: Final = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$" + 43 * "A"
"""What the password of somebody who has none is compared with: the same work, and never right."""


def hash_password(password: str) -> str:
    """Return what is kept of a password.

    Args:
        password: As typed.

    Raises:
        InvalidRequest: It is too short or too long, or no text.
    """
    material = _bytes_of(password)
    if len(password) < PASSWORD_MIN_CHARS or material is None:
        raise InvalidRequest(
            f"A password has {PASSWORD_MIN_CHARS} characters or more, and up to 1024 bytes", about="password"
        )
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id  # here: most starts see no password

    kdf = Argon2id(
        salt=os.urandom(_SALT_BYTES), length=_HASH_BYTES, iterations=_PASSES, lanes=_LANES, memory_cost=_MEMORY_KIB
    )
    return kdf.derive_phc_encoded(material)


def is_password(password: str, kept: str | None) -> bool:
    """Return whether a password is the one that was hashed; takes as long where there is none.

    Args:
        password: As typed; one that is too long is wrong.
        kept: What `hash_password` returned, or None.
    """
    from cryptography.exceptions import InvalidKey
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    material = _bytes_of(password)
    try:
        Argon2id.verify_phc_encoded(material or b"", kept or NOBODYS_HASH)
    except InvalidKey:
        return False
    return material is not None and kept is not None


def _bytes_of(password: str) -> bytes | None:
    """Return what is hashed, or None for what is no password."""
    try:
        material = password.encode()
    except UnicodeEncodeError:
        return None
    return material if len(material) <= PASSWORD_MAX_BYTES else None
