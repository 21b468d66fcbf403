"""How sizes, times and names look in a terminal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.cli.formatting import count_text, duration_text, local_time_text, size_text, terminal_safe, utc_time_text


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (1550, "1.6 kB"),
        (99_949, "99.9 kB"),
        (99_950, "100 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (120_000_000, "120 MB"),
        (1_073_741_824, "1.1 GB"),
        (10**18, "1000 PB"),
    ],
)
def test_sizes_are_decimal_and_round_into_the_next_unit(size_bytes: int, text: str):
    assert size_text(size_bytes) == text


@given(st.integers(0, 999 * 10**15))
def test_a_size_fits_its_column(size_bytes: int):
    assert len(size_text(size_bytes)) <= 8


def test_counts_agree_with_their_noun():
    assert [count_text(count, "file") for count in (0, 1, 2, 12_345)] == [
        "0 files",
        "1 file",
        "2 files",
        "12,345 files",
    ]


@pytest.mark.parametrize(("duration_s", "text"), [(0, "0:00"), (9.6, "0:10"), (61, "1:01"), (3_725, "1:02:05")])
def test_a_duration_reads_like_a_clock(duration_s: float, text: str):
    assert duration_text(duration_s) == text


def test_times_for_programs_are_utc():
    moment = datetime(2026, 11, 22, 8, 2, 36, 648_000, tzinfo=timezone(timedelta(hours=1)))
    assert utc_time_text(moment) == "2026-11-22T07:02:36.648Z"


def test_times_for_people_are_local():
    moment = datetime(2026, 11, 22, 7, 2, 36, tzinfo=UTC)
    assert local_time_text(moment) == moment.astimezone().strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("häuser/日本.txt", "häuser/日本.txt"),
        ("a\x1b[2Jb", r"a\x1b[2Jb"),
        ("line\nbreak", r"line\nbreak"),
        ("evil\u202egpj.exe", r"evil\u202egpj.exe"),
        ("c1\x9b31m", r"c1\x9b31m"),
        ("bad\udcff", r"bad\udcff"),
    ],
)
def test_no_name_can_steer_the_terminal(text: str, safe: str):
    assert terminal_safe(text) == safe
