"""What a policy may say, whether a person asks for it or a file says that it was so."""

from __future__ import annotations

from typing import Final

from engine.access_types import PolicySpec
from engine.errors import InvalidRequest

_NAME_MAX: Final = 200


def check_spec(spec: PolicySpec) -> None:
    """Refuse a policy that could not be applied.

    Raises:
        InvalidPolicy: An expression breaks the rules of the language.
        InvalidRequest: Something else is wrong with it.

    Source: PostgreSQL, CREATE POLICY: INSERT has no USING, SELECT and DELETE have no WITH CHECK.
    """
    from engine.permissions.language import misfit, parse  # see there: many a start sees no policy

    if not is_name(spec.name):
        raise InvalidRequest(f"The name of a policy must have 1 to {_NAME_MAX} characters")
    if not spec.roles or not all(map(is_name, spec.roles)):
        raise InvalidRequest("A policy is for one role or more")
    if (wrong := misfit(spec)) is not None:
        raise InvalidRequest(wrong)
    for text in (spec.using, spec.check):
        if text is not None:
            parse(text, spec.table)


def is_name(text: str) -> bool:
    """Return whether a text can name a policy or a role."""
    return bool(text.strip()) and len(text) <= _NAME_MAX and text.isprintable()
