"""Names for keeping both."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.transfers.naming import free_name, suggested_name, tagged_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("report.pdf", "report (2).pdf"),
        ("report (2).pdf", "report (3).pdf"),
        ("report (9).pdf", "report (10).pdf"),
        ("archive.tar.gz", "archive (2).tar.gz"),
        ("Makefile", "Makefile (2)"),
        (".profile", ".profile (2)"),
        ("(2).txt", "(2) (2).txt"),
        ("a.b.c", "a.b (2).c"),
        ("Ünïcode 🎉.txt", "Ünïcode 🎉 (2).txt"),
        ("line\nbreak (2)", "line\nbreak (3)"),
    ],
)
def test_number_goes_before_the_suffix_and_goes_on(name: str, expected: str) -> None:
    assert suggested_name(name) == expected


def test_taken_numbers_are_passed_over() -> None:
    assert free_name("a.txt", {"a (2).txt", "a (3).txt"}.__contains__) == "a (4).txt"


@given(st.text(min_size=1, max_size=300).filter(lambda name: "/" not in name and name.isprintable()))
def test_a_free_name_differs_and_fits_a_file_system(name: str) -> None:
    found = free_name(name, lambda form: form == name)
    assert found != name
    assert len(found.encode()) <= max(255, len(name.rpartition(".")[2].encode()) + 20)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.txt", "a (old).txt"),
        ("a.tar.gz", "a (old).tar.gz"),
        (".profile", ".profile (old)"),
        ("none", "none (old)"),
        ("ä" * 125 + ".txt", "ä" * 122 + " (old).txt"),
    ],
)
def test_a_word_about_a_file_goes_before_its_suffix_and_fits(name: str, expected: str) -> None:
    assert tagged_name(name, "old") == expected
    assert len(expected.encode()) <= 255
