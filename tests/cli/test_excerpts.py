"""A line of a text with a mark under what is wrong."""

from __future__ import annotations

import pytest

from engine.cli.excerpts import excerpt


def test_the_part_is_marked():
    text = "create policy a\n  using (ownr = 1)\n"
    assert excerpt(text, 2, 10, 4) == ("  using (ownr = 1)", "         ^^^^")
    assert excerpt(text, 1, 1, 6) == ("create policy a", "^^^^^^")


def test_there_is_always_a_mark():
    assert excerpt("using (", 1, 8, 1) == ("using (", "       ^")
    assert excerpt("", 1, 1, 0) == ("", "^")
    assert excerpt("a\n", 2, 1, 5) == ("", "^")
    assert excerpt("a", 7, 3, 1) == ("", "^")


def test_a_mark_ends_with_its_line():
    assert excerpt("ab cd\nef", 1, 4, 9) == ("ab cd", "   ^^")


@pytest.mark.parametrize(
    ("line", "shown", "marks"),
    [
        ("\tx = 1", " x = 1", " ^"),
        ("日本 x", "日本 x", "     ^"),
        ("e\u0301 x", "e\u0301 x", "  ^"),
        ("\x1b[2J x", "\\x1b[2J x", "        ^"),
        ("x\r", "x", "^"),
    ],
)
def test_columns_are_those_of_a_terminal(line: str, shown: str, marks: str):
    assert excerpt(line, 1, line.index("x") + 1, 1) == (shown, marks)


def test_a_long_line_is_cut_around_the_place():
    line = "a" * 300 + "wrong" + "b" * 300
    shown, marks = excerpt(line, 1, 301, 5)
    assert len(shown) < 120
    assert shown.startswith("\u2026a")
    assert shown.endswith("b\u2026")
    assert shown[marks.index("^") : marks.rindex("^") + 1] == "wrong"
