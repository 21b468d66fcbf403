"""What users may be called, which roles and claims tokens may carry. Pure functions."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from engine.access_types import EVERYONE
from engine.context import NO_CLAIMS
from engine.errors import InvalidRequest, StorageError
from engine.ids import is_id
from engine.paths import validate_bucket_name

RESERVED_CLAIMS: Final = frozenset({"iss", "sub", "role", "iat", "nbf", "exp", "jti"})
"""What tokens say by themselves, and nobody else for them."""

CLAIMS_MAX_BYTES: Final = 8 * 1024
"""JSON bytes of custom claims: with them a token still is one header of an HTTP request."""

ROLE_MAX_BYTES: Final = 63
"""UTF-8 bytes of a role's name: PostgreSQL's bound."""

SUBJECT_MAX_CHARS: Final = 255
"""Characters of a token's subject: OpenID Connect's bound."""

_UNFIT: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

TOKENS_FROM: Final = "tokens_from:"
"""Settings that begin so say, by the subject that follows, from which second on their tokens count."""


def checked_user_name(name: str) -> str:
    """Check what a user is called: as buckets are, and not like an id.

    Args:
        name: As typed.

    Returns:
        `name`, unchanged.

    Raises:
        InvalidRequest: It breaks the rules.
    """
    try:
        validate_bucket_name(name)
    except StorageError as error:
        text = "This cannot be the name of a user"
        raise InvalidRequest(text, path=error.path, hint=error.hint, about="name") from error
    if is_id(name.lower()):
        raise InvalidRequest("The name of a user must not look like an id", path=name, about="name")
    return name


def checked_user_id(user_id: str) -> str:
    """Check the id of a user.

    Args:
        user_id: A UUID in any of its forms.

    Returns:
        It in its canonical form, as policies compare it.

    Raises:
        InvalidRequest: It is none.
    """
    try:
        return str(UUID(user_id))
    except ValueError as error:
        given = user_id[:SUBJECT_MAX_CHARS]
        raise InvalidRequest("The id of a user must be a UUID", path=given, about="user_id") from error


def checked_role(role: str) -> str:
    """Check the name of a role.

    Args:
        role: Any text.

    Returns:
        `role`, unchanged.

    Raises:
        InvalidRequest: No role can have that name.
    """
    if not role.strip() or role == EVERYONE or _UNFIT.search(role) or len(role.encode()) > ROLE_MAX_BYTES:
        raise InvalidRequest("This cannot be a role", path=role[:ROLE_MAX_BYTES], about="role")
    return role


def checked_subject(subject: str | None) -> str | None:
    """Check whom a token is for.

    Args:
        subject: Usually a user's id; None or `""` for nobody in particular.

    Returns:
        It, or None.

    Raises:
        InvalidRequest: It is too long, or holds characters that no database takes.
    """
    if not subject:
        return None
    if len(subject) > SUBJECT_MAX_CHARS or _UNFIT.search(subject):
        raise InvalidRequest(f"The subject of a token is text of up to {SUBJECT_MAX_CHARS} characters")
    return subject


def checked_claims(claims: Mapping[str, Any] | None) -> dict[str, Any]:
    """Check the claims that tokens carry beside their own.

    Args:
        claims: What JSON can hold, or None for nothing.

    Returns:
        Them as they will be read back.

    Raises:
        InvalidRequest: They are too long, no JSON, hold characters that no database takes, or say what tokens say
            by themselves.
    """
    given = dict(NO_CLAIMS if claims is None else claims)
    reserved = sorted(RESERVED_CLAIMS & given.keys())
    if reserved:
        text = f"Tokens say by themselves: {', '.join(reserved)}"
        raise InvalidRequest(text, hint="Leave these claims out.", about="claims")
    try:
        text = json.dumps(given, allow_nan=False, ensure_ascii=False)
        text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidRequest("The claims are not JSON", hint=str(error), about="claims") from error
    if "\\u0000" in text.replace("\\\\", ""):
        raise InvalidRequest("The claims hold a character that no database takes", about="claims")
    if len(json.dumps(given)) > CLAIMS_MAX_BYTES:
        raise InvalidRequest(f"The claims are longer than {CLAIMS_MAX_BYTES} bytes", about="claims")
    found: dict[str, Any] = json.loads(text)
    return found
