"""Takes secrets out of texts that are about to be logged.

Nobody logs secrets on purpose; this is for those that come inside something else: an address that was pasted as a name,
a message of a library. What looks like a token, a key or a password is replaced, whether or not it is one.
"""

from __future__ import annotations

import re
from typing import Final

_HIDDEN: Final = "[hidden]"

_NAMES: Final = (
    r"(?:[a-z0-9_]+[_-])?"
    r"(?:token|apikey|key|secret|password|passwd|pwd|signature|sig|credential|jwt|authorization)"
)
_SECRETS: Final = re.compile(
    # a JSON web token, or what is left of one: its head is always the base64 of `{"`
    r"(?P<jwt>eyJ[\w-]+(?:\.[\w-]*){0,2})"
    # `Bearer …`, `Basic …`
    r"|(?P<scheme>\b(?:bearer|basic)(?:\s|%20|\+)+)[^\s\"',;&]+"
    # `name=value`, `name: value`, `"name": "value"`, also percent-encoded
    rf"|(?P<name>(?<![a-z0-9_]){_NAMES}[\"']?\s*(?:=|:|%3d|%3a)\s*)(?:\"[^\"]*\"|'[^']*'|[^\s\"',;&]+)"
    # `//user:password@host`
    r"|(?P<user>//[^/\s:@]+:)[^/\s@]+(?=@)"
    # PEM
    r"|(?P<pem>-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
    re.IGNORECASE | re.DOTALL,
)


def redacted(text: str) -> str:
    """Return a text without what looks like a secret.

    Args:
        text: About to be logged.
    """
    lower = text.lower()
    # What every secret that is found has in it; most texts have none of that, which is cheap to see.
    if (
        ":" in lower
        or "=" in lower
        or "%3" in lower
        or "eyj" in lower
        or "bearer" in lower
        or "basic" in lower
        or "private key" in lower
    ):
        return _SECRETS.sub(_hidden, text)
    return text


def _hidden(found: re.Match[str]) -> str:
    if found["jwt"]:
        return _HIDDEN
    return (found["scheme"] or found["name"] or found["user"] or found["pem"] or "") + _HIDDEN
