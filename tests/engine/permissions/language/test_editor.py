"""What an editor needs: colours, and the parts of a condition."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.permissions.language import TokenKind, highlight, parse, parts
from engine.permissions.rows import PolicyTable
from tests.engine.permissions.language.asking import ROWS, Asker
from tests.engine.permissions.language.test_answers import CASES


def coloured(text: str) -> list[tuple[str, str]]:
    return [(each.kind.value, text[each.start : each.start + each.length]) for each in highlight(text)]


def test_a_condition_has_colours():
    text = "(storage.foldername(\"name\"))[1] = 'a''b'::text AND size > 10 -- why"
    assert coloured(text) == [
        ("function", "storage"),
        ("function", "foldername"),
        ("column", '"name"'),
        ("number", "1"),
        ("operator", "="),
        ("string", "'a''b'"),
        ("operator", "::"),
        ("keyword", "text"),
        ("keyword", "AND"),
        ("column", "size"),
        ("operator", ">"),
        ("number", "10"),
        ("comment", "-- why"),
    ]


def test_words_of_statements_and_words_that_are_called():
    assert coloured("create policy x on storage.objects using (true)") == [
        ("keyword", "create"),
        ("keyword", "policy"),
        ("column", "x"),
        ("keyword", "on"),
        ("column", "storage"),
        ("column", "objects"),
        ("keyword", "using"),
        ("keyword", "true"),
    ]
    assert coloured("coalesce /* c */ (1.5) in ('x')")[:3] == [
        ("function", "coalesce"),
        ("comment", "/* c */"),
        ("number", "1.5"),
    ]
    assert coloured("x in (1)")[1] == ("keyword", "in")


@pytest.mark.parametrize(("text", "wrong"), [("name = 'x", "'x"), ("a $ b", "$"), ("/* x", "/* x"), ("E'x'", "E'x'")])
def test_what_is_no_token_is_an_error(text: str, wrong: str):
    assert (TokenKind.ERROR.value, wrong) in coloured(text)


@given(st.text(alphabet=st.sampled_from("ab_1.5'\"()[]:;,-/*+<>=!|?#$@ \n\t\u00e4\x00\ud800eEuU&"), max_size=60))
def test_any_text_has_colours_in_order(text: str):
    tokens = highlight(text)
    ends = [each.start + each.length for each in tokens]
    assert all(end <= each.start for end, each in zip(ends, tokens[1:], strict=False))
    assert all(each.length > 0 for each in tokens)
    assert not ends or ends[-1] <= len(text)


@pytest.mark.parametrize("piece", ["+", "/*", "(", "'", '"', "a.", "-", "$", "a::", "1.", "<!"])
def test_long_texts_take_no_longer_than_they_are(piece: str):
    text = piece * 10_000
    start = time.process_time()
    highlight(text)
    assert time.process_time() - start < 5


def test_parts_are_named_by_their_text_and_place():
    text = " (( owner = auth.uid() )) or ((name) like 'x%')"
    assert [(each.text, each.start, each.depth) for each in parts(parse(text, PolicyTable.OBJECTS))] == [
        ("(( owner = auth.uid() )) or ((name) like 'x%')", 1, 0),
        ("owner = auth.uid()", 4, 1),
        ("owner", 4, 2),
        ("auth.uid()", 12, 2),
        ("(name) like 'x%'", 30, 1),
        ("name", 31, 2),
    ]


def test_parts_can_be_asked_for_their_values(asker: Asker):
    text = "lower(storage.extension(name)) = 'jpg' and size + 1 > 5"
    found = {each.text: each.expression for each in parts(parse(text, PolicyTable.OBJECTS))}
    assert asker.value(found["lower(storage.extension(name))"], 0) == "jpg"
    assert asker.value(found["size + 1"], 0) == ROWS[0]["size_bytes"] + 1
    assert asker.value(found["size + 1 > 5"], 0) is True
    assert [each for each, part in found.items() if part.is_condition] == [text, text.split(" and ")[0], "size + 1 > 5"]


def test_every_part_is_where_it_says():
    for _, text in CASES:
        for each in parts(parse(text, PolicyTable.OBJECTS)):
            assert text[each.start : each.start + each.length] == each.text
            assert each.length, text
