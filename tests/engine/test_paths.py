"""Path rules: a corpus of names that are legal, a corpus of attacks that are not, and properties over all text."""

from __future__ import annotations

import itertools
import sys
import unicodedata
from urllib.parse import quote, unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.errors import InvalidBucketName, InvalidKey
from engine.paths import (
    leaf_of,
    parent_of,
    prefix_end,
    validate_bucket_name,
    validate_object_path,
    validate_prefix,
)

LEGAL = [
    "a",
    "users/123/avatar.jpg",
    "a//b",
    "a///b//",
    "folder/",
    "folder//",
    "folder/.emptyFolderPlaceholder",
    ".emptyFolderPlaceholder",
    ".git/config",
    "a/.hidden",
    "...",
    "a/.../b",
    "a/..b",
    "a/b..",
    "a/b./c",
    "..a/b",
    ".a",
    "a.",
    "a..b",
    "a/. ./b",
    " ",
    " leading and trailing ",
    "__init__.py",
    "sp ace/and'quote\"s/(1) [2] {3}.txt",
    "!.*'() &$@=;:+,?-_~#<>|^`%",
    "100%",
    "100%.txt",
    "50%/.25",
    "%zz",
    "%2",
    "a%20b",
    "a%2fb",
    "%2fa",
    "a%00b",
    "%u0041",
    "%u002",
    "a%2e%2eb",
    "%2e%2ehidden",
    "C:/Windows/system32",
    "CON",
    "nul.txt",
    "back\\slash",
    "\\\\server\\share",
    "dev-disk-by\\x2dlabel.mount",
    "trailing\\",
    "Übersicht/Café.txt",
    unicodedata.normalize("NFD", "Übersicht/Café.txt"),
    "日本語/写真.jpg",
    "صور/عطلة.png",
    "\u05ea\u05de\u05d5\u05e0\u05d4/\u200f\u05d7\u05d5\u05e3.png",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645.txt",
    "👩\u200d👩\u200d👧/🏴󠁧󠁢󠁥󠁮󠁧󠁿.png",
    "soft\u00adhyphen",
    "nbsp\u00a0here",
    "ideographic\u3000space",
    "\ufeffbom.txt",
    "ellipsis…",
    "…",
    "\uff0fleading full-width slash",
    "a\uff0fb",
    "。。/middle·dot",
    "\u0387\u0387/x",
    "½/⅓",
    "ﬁ/ﬂ",
    "\U0001f4a9" * 256,
    "x" * 1024,
    "é" * 512,
    "/".join("a" * 128),
    "\ue000private",
    "\u0378unassigned",
]

_DOT_FORMS = [".", "%2e", "%2E", "%252e", "%25252E", "\uff0e", "\u2024", "\ufe52", "%ef%bc%8e", "%c0%ae", "%u002e"]
_TWO_DOT_FORMS = ["\u2025", "\ufe30", "%e2%80%a5", "%u2025"]
DOT_SEGMENTS = [
    *_DOT_FORMS,
    *("".join(pair) for pair in itertools.product(_DOT_FORMS, repeat=2)),
    *_TWO_DOT_FORMS,
    "%e0%80%ae.",
    "%f0%80%80%ae.",
    "\uff05\uff12\uff45.",
    "%%32%65.",
    "%%32e.",
    "%2%65.",
    "%uff05u002e.",
    "%25u002e.",
    ".\u200b.",
    "\ufeff..",
    "..\u00ad",
    ".\u200d.",
    "..\ufe0f",
    "..%00",
    "%00..",
    ".%0a.",
]
ATTACKS = [
    *DOT_SEGMENTS,
    *(f"a/{segment}" for segment in DOT_SEGMENTS),
    *(f"{segment}/etc/passwd" for segment in DOT_SEGMENTS),
    *(f"users/{segment}/x" for segment in DOT_SEGMENTS),
    "a/..//b",
    "..\\windows",
    "a\\..\\b",
    "a\\.",
    "a/..\\b",
    "a\uff3c..\uff3cb",
    "a\ufe68..\ufe68b",
    "a%5c..%5cb",
    "a%255c..",
    "a%2f..%2fb",
    "a%252f%252e%252e",
    "a%c0%af..",
    "a%c1%9c..",
    "a%e0%81%9c..",
    "a%u2215..%u002f..",
    "a\uff0f..\uff0fb",
    "a\uff0f\uff0e\uff0e\uff0fb",
    "a%ef%bc%8f..",
]
FORBIDDEN_CHARACTERS = [
    *map(chr, [*range(0x20), *range(0x7F, 0xA0)]),
    "\u2028",
    "\u2029",
    *map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]),
    *map(chr, [*range(0xFDD0, 0xFDF0)]),
    *(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF)),
    "\ud800",
    "\udbff",
    "\udc80",
    "\udfff",
]


@pytest.mark.parametrize("path", LEGAL)
def test_printable_text_is_taken_as_it_is(path: str) -> None:
    assert validate_object_path(path) is path


def refusal_of(path: str) -> InvalidKey | None:
    """Return the error that `path` gets, or None if it is taken."""
    try:
        assert validate_object_path(path) is path
    except InvalidKey as error:
        return error
    return None


def test_a_dot_segment_is_refused_however_written() -> None:
    refusals = {path: refusal_of(path) for path in ATTACKS}

    assert [path for path, refusal in refusals.items() if refusal is None] == []
    assert {path: str(refusal) for path, refusal in refusals.items()} == {
        path: f"Invalid key: {path}" for path in ATTACKS
    }
    assert {refusal.code for refusal in refusals.values() if refusal} == {"InvalidKey"}


def test_the_corpus_is_a_few_hundred_attacks() -> None:
    assert len(set(ATTACKS)) > 400


def test_characters_that_cannot_be_shown_are_refused_and_named_by_escapes() -> None:
    for character in FORBIDDEN_CHARACTERS:
        for path in (character, f"a/{character}b.txt", f"a{character}"):
            shown = str(refusal_of(path))
            escaped = path.replace(character, character.encode("unicode_escape").decode())
            assert shown == f"Invalid key: {escaped}"


@pytest.mark.parametrize("path", ["", "/", "/a", "//a", "/../a"])
def test_the_empty_path_and_a_leading_slash_are_refused(path: str) -> None:
    with pytest.raises(InvalidKey, match=r"^Invalid key: "):
        validate_object_path(path)


@pytest.mark.parametrize("path", ["x" * 1025, "é" * 513, "\U0001f4a9" * 257, "a/" * 600])
def test_more_than_1024_bytes_are_refused(path: str) -> None:
    with pytest.raises(InvalidKey) as raised:
        validate_object_path(path)

    assert raised.value.hint == "The name is longer than 1024 bytes."
    assert len(raised.value.message) <= 1024 + len("Invalid key: ")


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("", "empty"),
        ("/a", "begins with a slash"),
        ("\ud800", "not valid Unicode"),
        ("a\nb", "control"),
        ("\u202egpj.exe", "direction"),
        ("a/%2e%2e/b", "the one above"),
    ],
)
def test_the_hint_says_which_rule_was_broken(path: str, hint: str) -> None:
    with pytest.raises(InvalidKey) as raised:
        validate_object_path(path)

    assert hint in str(raised.value.hint)


def test_every_character_that_normalises_to_a_dot_segment_is_refused() -> None:
    disguises = [
        chr(code) for code in range(sys.maxunicode + 1) if unicodedata.normalize("NFKC", chr(code)) in {".", ".."}
    ]

    assert len(disguises) >= 5
    for disguise in disguises:
        with pytest.raises(InvalidKey):
            validate_object_path(f"a/{disguise}/b")


def test_no_character_that_normalises_to_a_dot_or_slash_hides_a_dot_segment() -> None:
    for code in range(0x80, sys.maxunicode + 1):
        character = chr(code)
        if set(unicodedata.normalize("NFKC", character)) & set("./\\"):
            for path in (f"a/.{character}", f"a/{character}.", f"a{character}..", f"..{character}a"):
                segments = unicodedata.normalize("NFKC", path).replace("\\", "/").split("/")
                assert (refusal_of(path) is not None) == bool({".", ".."} & set(segments)), path


@given(st.text())
def test_what_is_taken_comes_back_unchanged_and_holds_no_dot_segment(path: str) -> None:
    refusal = refusal_of(path)
    if refusal:
        refusal.message.encode()
        assert not set(refusal.message) & set(FORBIDDEN_CHARACTERS)
        return
    assert 1 <= len(path.encode()) <= 1024
    assert not path.startswith("/")
    assert not any(unicodedata.category(character) == "Cc" for character in path)
    assert not {".", ".."} & set(unicodedata.normalize("NFKC", path).replace("\\", "/").split("/"))


@given(st.text(alphabet="./%25eEcC0\\a\uff0e\u2024\u200b", max_size=12))
@example("%25%32%65")
def test_no_sequence_of_decoders_finds_a_dot_segment_in_a_legal_path(path: str) -> None:
    if refusal_of(path):
        return
    seen = path
    for _ in range(6):
        assert not {".", ".."} & set(seen.replace("\\", "/").split("/"))
        seen = unicodedata.normalize("NFKC", unquote(seen))


@given(
    st.lists(
        st.text(st.characters(whitelist_categories=["L", "N", "Zs", "Sc"]), min_size=1, max_size=8),
        min_size=1,
        max_size=6,
    )
)
def test_letters_digits_and_blanks_are_always_legal(segments: list[str]) -> None:
    path = "/".join(segments)

    assert validate_object_path(path) is path


@given(st.sampled_from(["..", "."]), st.integers(1, 6), st.sampled_from(["a/{}", "{}/a", "a/{}/b", "{}"]))
def test_any_depth_of_percent_encoding_is_seen_through(segment: str, depth: int, shape: str) -> None:
    masked = "".join(f"%{ord(character):02x}" for character in segment)
    for _ in range(depth - 1):
        masked = quote(masked, safe="")

    with pytest.raises(InvalidKey):
        validate_object_path(shape.format(masked))


@pytest.mark.parametrize(
    ("path", "legal"),
    [
        ("%" + "25" * 500 + "2e", False),
        ("%%32%35" * 140 + "2e", True),
        ("%25" * 341, True),
        ("\ufdfa" * 300, True),
        ("%" * 1024, True),
    ],
    ids=["nested", "interleaved", "percent", "expanding", "bare"],
)
def test_the_deepest_nesting_that_fits_still_ends(path: str, legal: bool) -> None:
    assert (refusal_of(path) is None) == legal


@pytest.mark.parametrize("prefix", ["", "a/", "a//", "a/b/", "Übersicht/日本語/"])
def test_a_prefix_is_empty_or_ends_with_a_slash(prefix: str) -> None:
    assert validate_prefix(prefix) is prefix


@pytest.mark.parametrize("prefix", ["a", "/", "//", "../", "a/./", "a/b", "%2e%2e/", "a\x00/"])
def test_a_wrong_prefix_is_an_invalid_key(prefix: str) -> None:
    with pytest.raises(InvalidKey, match=r"^Invalid key: "):
        validate_prefix(prefix)


@pytest.mark.parametrize(
    "name",
    ["a", "avatars", "My photos 2026", "Fotos & Übersicht", "写真", "...", "a..b", "x" * 100, "a\\b", "100%", "(1)!"],
)
def test_bucket_names_are_any_printable_text_without_a_slash(name: str) -> None:
    assert validate_bucket_name(name) is name


@pytest.mark.parametrize(
    "name",
    ["", " ", " a", "a ", "a\u00a0", "\u3000a", "a\t", "\na", "a/b", "/", ".", "..", "%2e%2e", "\uff0e.", "x" * 101,
     "a\x00", "a\x85b", "\u202ea", "\ud800", "é\u2028", "..\\x"],
)  # fmt: skip
def test_wrong_bucket_names_are_refused_in_one_sentence(name: str) -> None:
    with pytest.raises(InvalidBucketName) as raised:
        validate_bucket_name(name)

    assert str(raised.value) == "Bucket name invalid"
    assert raised.value.hint


@pytest.mark.parametrize(
    ("path", "parent", "leaf"),
    [
        ("a", "", "a"),
        ("a/b", "a/", "b"),
        ("a/b/c.txt", "a/b/", "c.txt"),
        ("a//b", "a//", "b"),
        ("a/", "a/", ""),
        ("日本語/写真", "日本語/", "写真"),
    ],
)
def test_a_path_is_its_folder_and_its_leaf(path: str, parent: str, leaf: str) -> None:
    assert (parent_of(path), leaf_of(path)) == (parent, leaf)


_SEGMENT = st.text(st.characters(exclude_characters="/", exclude_categories=["Cs"]), max_size=6)


@given(st.lists(_SEGMENT, min_size=1, max_size=3), st.lists(_SEGMENT, min_size=1, max_size=3))
@example(["a"], ["a0"])
@example(["a", ""], ["a", "\U0010ffff"])
def test_the_range_of_a_prefix_holds_what_is_below_it_and_nothing_else(folder: list[str], other: list[str]) -> None:
    prefix, path = "/".join(folder) + "/", "/".join(other)

    inside = prefix.encode() <= path.encode() < prefix_end(prefix).encode()

    assert inside == path.startswith(prefix)
    assert prefix.encode() <= (prefix + path).encode() < prefix_end(prefix).encode()


@pytest.mark.parametrize("prefix", ["", "a"])
def test_only_a_folder_bounds_a_range(prefix: str) -> None:
    with pytest.raises(ValueError, match="trailing slash"):
        prefix_end(prefix)
