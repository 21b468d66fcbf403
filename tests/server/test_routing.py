"""Addresses: decoded once, strictly; route words win over buckets of their name where they fit."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidKey, InvalidRequest
from engine.server.exchange import Exchange
from engine.server.routing import Route, Router, Shape, Target
from engine.server.targets import decode, parse_query


async def _plain(exchange: Exchange, target: Target) -> None: ...


async def _bucket(exchange: Exchange, target: Target) -> None: ...


async def _object(exchange: Exchange, target: Target) -> None: ...


async def _public(exchange: Exchange, target: Target) -> None: ...


async def _upload(exchange: Exchange, target: Target) -> None: ...


ROUTER = Router(
    [
        Route("POST", "object/move", Shape.PLAIN, _plain),
        Route("DELETE", "object", Shape.BUCKET, _bucket),
        Route("GET", "object", Shape.OBJECT, _object),
        Route("POST", "object", Shape.OBJECT, _upload),
        Route("GET", "object/public", Shape.OBJECT, _public),
        Route("GET", "object/info/public", Shape.OBJECT, _public),
    ]
)


@pytest.mark.parametrize(
    ("method", "path", "handler", "target"),
    [
        ("POST", b"object/move", _plain, Target()),
        ("DELETE", b"object/photos", _bucket, Target("photos")),
        ("GET", b"object/photos/a/b.txt", _object, Target("photos", "a/b.txt")),
        ("HEAD", b"object/photos/a.txt", _object, Target("photos", "a.txt")),
        ("GET", b"object/photos/", _object, Target("photos", "")),
        ("GET", b"object/public/photos/a.txt", _public, Target("photos", "a.txt")),
        ("GET", b"object/info/public/photos/a//b/", _public, Target("photos", "a//b/")),
        ("GET", b"object/public/a.txt", _object, Target("public", "a.txt")),
        ("POST", b"object/public/a/b.txt", _upload, Target("public", "a/b.txt")),
        ("GET", b"object/ph%6Ftos/a%2Fb", _object, Target("photos", "a/b")),
        ("GET", b"object/photos/%C3%A4+%2B%20", _object, Target("photos", "ä++ ")),
        ("GET", b"object/photos/%252e%252e", _object, Target("photos", "%2e%2e")),
        ("GET", b"object/photos/../secret", _object, Target("photos", "../secret")),
        ("GET", b"object/a%2Fb/c", _object, Target("a/b", "c")),
    ],
)
def test_addresses_lead_to_their_handlers(method, path, handler, target):
    match = ROUTER.match(method, b"/storage/v1/" + path)
    assert match.handler is handler
    assert match.target == target


@pytest.mark.parametrize(
    "path", [b"/", b"/storage/v1", b"/storage/v2/object/a/b", b"/storage/v1/", b"/storage/v1/%6fbject/a/b"]
)
def test_unknown_addresses_lead_nowhere(path: bytes):
    match = ROUTER.match("GET", path)
    assert match.handler is None
    assert match.allowed == ()


def test_a_known_address_names_its_methods():
    match = ROUTER.match("PATCH", b"/storage/v1/object/photos/a")
    assert match.handler is None
    assert match.allowed == ("GET", "HEAD", "POST")


@pytest.mark.parametrize("raw", [b"%", b"%2", b"%zz", b"a%G0", b"%ff", b"%C3", b"%ED%A0%80", b"%C0%AE"])
def test_what_does_not_decode_is_refused(raw: bytes):
    with pytest.raises(InvalidKey):
        decode(raw)


@given(st.text(max_size=40))
def test_decoding_undoes_encoding(text: str):
    try:
        raw = quote(text, safe="").encode()
    except UnicodeEncodeError:
        return
    assert decode(raw) == text


@given(st.text(alphabet="ab=&+%20\xe4;", max_size=30))
def test_queries_without_escapes_are_read_like_all_others(text: str):
    raw = text.encode("latin-1")
    assert parse_query(raw) == dict(reversed(parse_qsl(text, keep_blank_values=True)))


def test_queries():
    assert parse_query(b"") == {}
    assert parse_query(b"a=1&b=&a=2&c=%C3%A4+x") == {"a": "1", "b": "", "c": "ä x"}
    with pytest.raises(InvalidRequest):
        parse_query(b"&".join(b"a=1" for _ in range(100)))
