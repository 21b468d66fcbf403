"""Claims as people type them: a JSON object, checked as the engine checks it, with the reason in a sentence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from app.i18n import translate
from engine.context import NO_CLAIMS
from engine.errors import StorageError
from engine.identities.rules import checked_claims


class NotClaims(ValueError):
    """The text is no claims; says why."""


def parse_claims(text: str) -> Mapping[str, Any]:
    """Return the claims that a person typed; nothing is none.

    Args:
        text: JSON.

    Raises:
        NotClaims: It is no JSON object, or says what tokens say by themselves.
    """
    if not text.strip():
        return NO_CLAIMS
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotClaims(_place(error)) from error
    if not isinstance(found, dict):
        raise NotClaims(translate("Claims", 'Claims are a JSON object such as {"team": "blue"}.'))
    try:
        return checked_claims(found)
    except StorageError as error:
        raise NotClaims(f"{error}. {error.hint or ''}".strip()) from error


def claims_text(claims: Mapping[str, Any]) -> str:
    """Return claims as they are shown and edited; nothing for none."""
    return json.dumps(dict(claims), indent=2, ensure_ascii=False) if claims else ""


def _place(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        text = translate("Claims", "This is no JSON: look at line {line}, column {column}.")
        return text.format(line=error.lineno, column=error.colno)
    return translate("Claims", "This is no JSON.")
