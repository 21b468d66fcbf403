"""Folding: what counts as the same name, and where in a name words stand."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.folding import fold, matches, packed, spans, words_of


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("README", "readme"),
        ("Résumé", "resume"),
        ("Straße", "strasse"),
        ("STRASSE", "strasse"),
        ("İstanbul", "istanbul"),
        ("ﬁle", "file"),
        ("\uff26\uff35\uff2c\uff2c", "full"),
        ("Й", "и"),
        ("\u210c", "h"),
        ("한국", "한국"),
        ("が", "が"),
    ],
)
def test_a_name_is_folded(name: str, folded: str) -> None:
    assert fold(name) == folded


@given(st.text())
def test_what_is_folded_stays_as_it_is(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(), st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_the_form_that_unicode_writes_a_name_in_makes_no_difference(text: str, form: str) -> None:
    assert fold(unicodedata.normalize(form, text)) == fold(text)  # type: ignore[arg-type]


@given(st.text(st.characters(codec="ascii")))
def test_plain_names_fold_the_short_way_as_they_would_the_long_one(text: str) -> None:
    assert fold(text + "é") == fold(text) + "e"


@given(st.text(st.characters(max_codepoint=0x2FF)))
def test_latin_names_fold_the_short_way_as_they_would_the_long_one(text: str) -> None:
    assert fold(text + "が") == fold(text) + "が"


def test_every_latin_letter_folds_the_short_way_as_it_would_the_long_one() -> None:
    letters = [chr(number) for number in range(0x300)]
    assert [fold(letter + "が") for letter in letters] == [fold(letter) + "が" for letter in letters]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ()),
        ("  ", ()),
        ("Annual  REPORT", ("annual", "report")),
        ('annual "Final  Draft" x', ("annual", "final draft", "x")),
        ('12" disk', ('12"', "disk")),
        ('""', ()),
        ("a a A", ("a",)),
    ],
)
def test_a_text_is_read_as_words(text: str, words: tuple[str, ...]) -> None:
    assert words_of(text) == words


@given(st.text(min_size=1), st.text(), st.text())
def test_a_part_of_a_name_is_in_it_as_a_word(part: str, before: str, after: str) -> None:
    word = fold(part)
    if word and "\n" not in word and word in fold(before + part + after):
        assert matches(before + part + after, packed((word,)))


@pytest.mark.parametrize(
    ("name", "text", "marked"),
    [
        ("Annual Report.pdf", "report", ["Report"]),
        ("Résumé.pdf", "resume", ["Résumé"]),
        ("Re\u0301sume\u0301.pdf", "resume", ["Re\u0301sume"]),
        ("Straße", "ss", ["ß"]),
        ("banana", "ana", ["anana"]),
        ("a-b-a", "a b", ["a", "b", "a"]),
        ("x", "y", []),
    ],
)
def test_it_is_told_where_words_stand(name: str, text: str, marked: list[str]) -> None:
    assert [name[start:end] for start, end in spans(name, words_of(text))] == marked


@pytest.mark.parametrize("text", ["\0", "a\0b", "\udcff", "\ud800x"])
def test_what_no_name_can_hold_is_looked_for_without_harm(text: str):
    for word in words_of(text):
        assert "\0" not in word
        word.encode()
