"""Byte ranges of RFC 9110: what counts, what is ignored, what lies outside."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.server.errors import RangeNotSatisfiable
from engine.server.ranges import ByteRange, parse_range

SIZE = 1000


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("bytes=0-0", ByteRange(0, 1)),
        ("bytes=0-499", ByteRange(0, 500)),
        ("bytes=999-999", ByteRange(999, 1)),
        ("bytes=990-", ByteRange(990, 10)),
        ("bytes=0-", ByteRange(0, SIZE)),
        ("bytes=-1", ByteRange(999, 1)),
        ("bytes=-500", ByteRange(500, 500)),
        ("bytes=-5000", ByteRange(0, SIZE)),
        ("bytes=500-99999", ByteRange(500, 500)),
        ("BYTES= 5-9 ", ByteRange(5, 5)),
        ("bytes=5-" + "9" * 40, ByteRange(5, 995)),
        ("bytes=-" + "9" * 400, ByteRange(0, SIZE)),
    ],
)
def test_a_single_range_is_cut_to_the_object(field: str, expected: ByteRange):
    assert parse_range(field, SIZE) == expected


@pytest.mark.parametrize(
    "field",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=5-3",
        "bytes=+1-2",
        "lines=0-5",
        "bytes=0-1,5-6",
        "bytes=٣-٤",
    ],
)
def test_what_is_no_single_range_asks_for_the_whole_object(field: str):
    assert parse_range(field, SIZE) is None


@pytest.mark.parametrize("field", ["bytes=1000-", "bytes=1000-2000", "bytes=-0", "bytes=" + "9" * 50 + "-"])
def test_a_range_outside_the_object_is_refused_with_its_size(field: str):
    with pytest.raises(RangeNotSatisfiable) as caught:
        parse_range(field, SIZE)
    assert caught.value.size_bytes == SIZE


def test_an_empty_object_has_no_offsets_but_every_suffix():
    with pytest.raises(RangeNotSatisfiable):
        parse_range("bytes=0-", 0)
    assert parse_range("bytes=-5", 0) is None


def test_many_ranges_cost_nothing():
    assert parse_range("bytes=" + ",".join("0-1" for _ in range(10_000)), SIZE) is None


def test_content_range_names_the_last_byte():
    assert ByteRange(0, 500).content_range(SIZE) == "bytes 0-499/1000"


@given(first=st.integers(0, 2000), last=st.integers(0, 2000), size=st.integers(1, 1500))
def test_the_piece_equals_the_slice(first: int, last: int, size: int):
    content = bytes(index % 251 for index in range(size))
    if first >= size and last >= first:
        with pytest.raises(RangeNotSatisfiable):
            parse_range(f"bytes={first}-{last}", size)
        return
    piece = parse_range(f"bytes={first}-{last}", size)
    if last < first:
        assert piece is None
    else:
        assert piece is not None
        assert content[piece.start : piece.start + piece.length] == content[first : last + 1]
