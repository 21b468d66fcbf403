"""Conditional requests of RFC 9110, in its order of precedence."""

from __future__ import annotations

import pytest

from engine.server.conditions import Validators, Verdict, evaluate, range_applies

NOW = Validators('"abc"', 1_760_000_000)
BEFORE = b"Thu, 09 Oct 2025 08:53:19 GMT"
SAME = b"Thu, 09 Oct 2025 08:53:20 GMT"
LATER = b"Thu, 09 Oct 2025 08:53:21 GMT"


@pytest.mark.parametrize(
    ("headers", "verdict"),
    [
        ({}, Verdict.SEND),
        ({b"if-none-match": b'"abc"'}, Verdict.NOT_MODIFIED),
        ({b"if-none-match": b'W/"abc"'}, Verdict.NOT_MODIFIED),
        ({b"if-none-match": b'"x", "abc", "y"'}, Verdict.NOT_MODIFIED),
        ({b"if-none-match": b"*"}, Verdict.NOT_MODIFIED),
        ({b"if-none-match": b'"x,abc"'}, Verdict.SEND),
        ({b"if-none-match": b"abc"}, Verdict.SEND),
        ({b"if-modified-since": SAME}, Verdict.NOT_MODIFIED),
        ({b"if-modified-since": LATER}, Verdict.NOT_MODIFIED),
        ({b"if-modified-since": BEFORE}, Verdict.SEND),
        ({b"if-modified-since": b"yesterday"}, Verdict.SEND),
        ({b"if-modified-since": b"Mon, 99 Zzz 99999 99:99:99 GMT"}, Verdict.SEND),
        ({b"if-modified-since": LATER, b"if-none-match": b'"other"'}, Verdict.SEND),
        ({b"if-match": b'"abc"'}, Verdict.SEND),
        ({b"if-match": b"*"}, Verdict.SEND),
        ({b"if-match": b'"other"'}, Verdict.FAILED),
        ({b"if-match": b'W/"abc"'}, Verdict.FAILED),
        ({b"if-unmodified-since": BEFORE}, Verdict.FAILED),
        ({b"if-unmodified-since": SAME}, Verdict.SEND),
        ({b"if-unmodified-since": BEFORE, b"if-match": b'"abc"'}, Verdict.SEND),
        ({b"if-match": b'"other"', b"if-none-match": b'"abc"'}, Verdict.FAILED),
    ],
)
def test_verdict(headers: dict[bytes, bytes], verdict: Verdict):
    assert evaluate(headers, NOW) is verdict


@pytest.mark.parametrize(
    ("field", "applies"),
    [
        (b'"abc"', True),
        (b'"other"', False),
        (b'W/"abc"', False),
        (SAME, True),
        (LATER, False),
        (BEFORE, False),
        (b"", False),
    ],
)
def test_a_range_counts_only_for_the_very_same_content(field: bytes, applies: bool):
    assert range_applies({b"if-range": field}, NOW) is applies


def test_a_range_counts_without_a_condition():
    assert range_applies({}, NOW)
