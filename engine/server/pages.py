"""The one page for people: what a browser shows when a link no longer opens."""

from __future__ import annotations

from string import Template
from typing import Final

from engine.errors import ExpiredLink, InvalidLink, StorageError
from engine.server.exchange import NOSNIFF, Header

PAGE_HEADERS: Final[tuple[Header, ...]] = (
    (b"content-type", b"text/html; charset=utf-8"),
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    NOSNIFF,
)
"""Header fields of the page; it runs nothing and loads nothing."""

_PAGE: Final = Template(
    """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
:root { color-scheme: light dark }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: Canvas; color: CanvasText;
       font: 1rem/1.5 system-ui, sans-serif }
main { max-width: 26rem; padding: 2rem; text-align: center }
h1 { font-size: 1.4rem; font-weight: 600; margin: 0 0 .5rem }
p { margin: 0; opacity: .75 }
</style>
</head>
<body><main><h1>$title</h1><p>$advice</p></main></body>
</html>
"""
)


def link_page(error: StorageError) -> bytes:
    """Return the page for a link that does not open.

    Args:
        error: Why; nothing of its own text is shown.
    """
    title, advice = _words(error)
    return _PAGE.substitute(title=title, advice=advice).encode()


def _words(error: StorageError) -> tuple[str, str]:
    if isinstance(error, ExpiredLink):
        return "This link has expired", "Ask the person who sent it to you for a new one."
    if isinstance(error, InvalidLink):
        return "This link does not work", "It is incomplete or was changed. Check that you copied all of it."
    return "There is nothing here", "The file was moved or deleted, or it is not shared with you."
