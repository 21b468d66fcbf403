"""How an object presents itself to a browser: attachment names, inert active content, clean field values.

Stored MIME types, cache rules and names come from anybody; nothing of them reaches a header unchecked.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

OCTET_STREAM: Final = "application/octet-stream"

SANDBOX: Final = (
    b"sandbox; default-src 'none'; img-src data:; media-src data:; font-src data:; style-src 'unsafe-inline'; "
    b"base-uri 'none'; form-action 'none'"
)
"""Content-Security-Policy of active content: it may show itself with its inline styles, and do nothing."""

_MIME_TYPE: Final = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(?:[ \t]*;[ -~]*)?")
_PRINTABLE: Final = re.compile(r"[\t -~]*")
_INERT: Final = re.compile(r"(?:image|audio|video|font)/[^;\s]*|text/(?:plain|csv|markdown)|application/(?:pdf|json)")
_NOT_IN_A_NAME: Final = re.compile(r"[\x00-\x1f\x7f-\x9f/\\]")
_NOT_IN_A_TOKEN: Final = re.compile(r"[^ !#$&-.0-9A-Z\[\]^-~]")
_ATTR_CHARS: Final = "!#$&+-.^_`|~"


def safe_mime_type(mime_type: str) -> str:
    """Return a stored MIME type if it is one, else `application/octet-stream`.

    Args:
        mime_type: As stored; anything.
    """
    return mime_type if _MIME_TYPE.fullmatch(mime_type) else OCTET_STREAM


def safe_field(value: str, default: str) -> str:
    """Return a stored field value if it fits into a header, else `default`.

    Args:
        value: As stored; anything.
        default: What to send instead.
    """
    return value if value and _PRINTABLE.fullmatch(value) else default


def is_inert(mime_type: str) -> bool:
    """Return whether browsers show this type without running anything in it.

    Whatever is not known to be inert counts as active: HTML, SVG, XML, scripts, and types yet to be invented.

    Args:
        mime_type: A MIME type, parameters allowed.
    """
    essence = mime_type.partition(";")[0].strip().lower()
    return "xml" not in essence and _INERT.fullmatch(essence) is not None


def attachment(name: str) -> str:
    """Return a Content-Disposition that makes browsers save the answer as `name`.

    Args:
        name: Any text; separators and controls are dropped.

    Returns:
        ASCII; the plain form for old clients, the extended form when the name needs it.

    Source: RFC 6266 section 4, RFC 8187 (formerly 5987) section 3.2.
    """
    clean = _NOT_IN_A_NAME.sub("", name.encode("utf-8", "ignore").decode()).strip() or "download"
    plain = _NOT_IN_A_TOKEN.sub("_", clean)
    if plain == clean:
        return f'attachment; filename="{clean}"'
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(clean, safe=_ATTR_CHARS)}"
