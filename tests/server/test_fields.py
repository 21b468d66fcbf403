"""Values of JSON bodies and queries, coerced as Supabase's server does it, with its messages."""

from __future__ import annotations

import pytest

from engine.errors import InvalidRequest
from engine.server.fields import Fields


def _body(**values: object) -> Fields:
    return Fields("body", values)


@pytest.mark.parametrize(("value", "expected"), [(60, 60), ("60", 60), (60.0, 60), (None, 5)])
def test_integers(value: object, expected: int):
    assert _body(n=value).integer("n", 5, minimum=1, maximum=100) == expected


@pytest.mark.parametrize("value", [True, "x", "1.5", 1.5, [], {}, "", "٣", float("inf"), 0, 101, "1" * 5000])
def test_what_is_no_integer_in_range_is_refused(value: object):
    with pytest.raises(InvalidRequest, match=r"^body/n must be"):
        _body(n=value).integer("n", 5, minimum=1, maximum=100)


@pytest.mark.parametrize(("value", "expected"), [(True, True), ("true", True), ("FALSE", False), (None, False)])
def test_flags(value: object, expected: bool):
    assert _body(f=value).flag("f", default=False) is expected


@pytest.mark.parametrize("value", [1, "yes", []])
def test_what_is_no_flag_is_refused(value: object):
    with pytest.raises(InvalidRequest, match="body/f must be boolean"):
        _body(f=value).flag("f", default=False)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("", None),
        (20, 20),
        ("20", 20),
        ("20mb", 20_000_000),
        ("1.5 GB", 1_500_000_000),
        ("3kB", 3000),
        ("7b", 7),
    ],
)
def test_sizes_take_decimal_units(value: object, expected: int | None):
    assert _body(size=value).size_bytes("size") == expected


@pytest.mark.parametrize("value", ["20 parsecs", "-5", -5, "mb", True, "1" * 30])
def test_what_is_no_size_is_refused(value: object):
    with pytest.raises(InvalidRequest):
        _body(size=value).size_bytes("size")


def test_texts():
    assert _body(name="a").required_text("name") == "a"
    with pytest.raises(InvalidRequest, match="body must have required property 'name'"):
        _body().required_text("name")
    with pytest.raises(InvalidRequest, match="body/name must be string"):
        _body(name=5).required_text("name")


def test_lists():
    assert _body(p=["a", "b"]).texts("p", max_items=2) == ("a", "b")
    assert _body(p=[]).optional_texts("p") == ()
    for wrong in (["a", "b", "c"], [], "a", [1]):
        with pytest.raises(InvalidRequest):
            _body(p=wrong).texts("p", max_items=2)


def test_nested():
    assert _body(sort={"by": "x"}).nested("sort").text("by", "") == "x"
    assert _body().nested("sort").text("by", "y") == "y"
    with pytest.raises(InvalidRequest, match="body/sort must be object"):
        _body(sort=[]).nested("sort")
