"""`NameMapper`: every path has a name that a file system can hold, and no two paths have the same."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.backends.names import ASIDE_FOLDER, NameMapper, folded
from engine.errors import InvalidKey
from engine.ids import new_id
from engine.paths import validate_object_path

FILE_NAME_MAX_BYTES = 255


def is_valid(path: str) -> bool:
    try:
        validate_object_path(path)
    except InvalidKey:
        return False
    return True


AWKWARD = st.sampled_from(
    [
        "%",
        "%4",
        "%41",
        "%2F",
        "%~",
        "/",
        "//",
        ".",
        "a",
        "A",
        "con",
        "nul.txt",
        " ",
        ":",
        "\\",
        "\u00e9",
        "e\u0301",
        "\u0130",
    ]
)
PATHS = st.one_of(
    st.text(min_size=1, max_size=40),
    st.lists(AWKWARD, min_size=1, max_size=8).map("".join),
    st.tuples(st.sampled_from("x%\u00e9\U0001f600"), st.integers(60, 400), st.text(max_size=3)).map(
        lambda parts: parts[0] * parts[1] + parts[2]
    ),
).filter(is_valid)


@pytest.fixture(params=[False, True], ids=["plain", "portable"])
def mapper(request: pytest.FixtureRequest) -> NameMapper:
    return NameMapper(portable=request.param)


def mappers() -> list[NameMapper]:
    return [NameMapper(portable=False), NameMapper(portable=True)]


@given(first=PATHS, second=PATHS)
@example(first="a/", second="a/%")
@example(first="a//b", second="a/%/b")
@example(first="%41", second="A")
@example(first="x" * 201, second="x" * 202)
@example(first="con", second="%63on")
@example(first="a.", second="a%2E")
def test_different_paths_have_different_names(first: str, second: str) -> None:
    for mapper in mappers():
        assert (mapper.natural(first) == mapper.natural(second)) == (first == second)


@given(paths=st.lists(PATHS, min_size=2, max_size=12, unique=True), tail=st.text(alphabet="xy%", max_size=6))
def test_paths_that_are_much_alike_have_different_names(paths: list[str], tail: str) -> None:
    alike = [path for base in paths for path in (base, base + tail, base + "%", base + "/") if is_valid(path)]
    for mapper in mappers():
        assert len({mapper.natural(path) for path in alike}) == len(set(alike))


@given(path=PATHS)
def test_every_name_can_be_held_by_a_file_system(path: str) -> None:
    for mapper in mappers():
        segments = mapper.natural(path).split("/")

        assert len(segments) == path.count("/") + 1
        for segment in segments:
            assert segment not in {"", ".", ".."}
            assert "\0" not in segment
            assert len(segment.encode()) <= FILE_NAME_MAX_BYTES


@given(path=PATHS)
def test_portable_names_suit_windows(path: str) -> None:
    for segment in NameMapper(portable=True).natural(path).split("/"):
        assert not re.search(r'[<>:"\\|?*\x00-\x1f]|[. ]$', segment)
        assert not re.match(r"(?i)(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(\.|$)", segment)


@given(path=PATHS, other=PATHS)
def test_spare_paths_are_nobody_elses_and_can_be_held(path: str, other: str) -> None:
    for mapper in mappers():
        folder, name = mapper.spare(path, new_id()).split("/")

        assert folder == ASIDE_FOLDER
        assert len(name.encode()) <= FILE_NAME_MAX_BYTES
        assert not mapper.natural(other).startswith(f"{ASIDE_FOLDER}/")
        assert mapper.natural(other) != ASIDE_FOLDER
        assert mapper.spare(path, "v1") != mapper.spare(path, "v2")


@pytest.mark.parametrize(
    "path",
    [
        "avatar.jpg",
        "users/123/avatar.jpg",
        "Größe/été 2026 (1).txt",
        "日本語/ファイル.txt",
        ".hidden/…",
        "x" * 200,
        "a b",
    ],
)
def test_ordinary_paths_stay_as_they_are(mapper: NameMapper, path: str) -> None:
    assert mapper.natural(path) == path


@pytest.mark.parametrize(
    ("path", "plain", "portable"),
    [
        ("50%", "50%25", "50%25"),
        ("a//b", "a/%/b", "a/%/b"),
        ("folder/", "folder/%", "folder/%"),
        ("a:b", "a:b", "a%3Ab"),
        ("CON", "CON", "%43ON"),
        ("com1.txt", "com1.txt", "%63om1.txt"),
        ("console", "console", "console"),
        ("dot.", "dot.", "dot%2E"),
        ("back\\slash", "back\\slash", "back%5Cslash"),
    ],
)
def test_what_cannot_stay_is_escaped_byte_by_byte(path: str, plain: str, portable: str) -> None:
    assert NameMapper(portable=False).natural(path) == plain
    assert NameMapper(portable=True).natural(path) == portable


def test_an_over_long_name_keeps_its_beginning(mapper: NameMapper) -> None:
    name = mapper.natural("Minutes of the meeting of " + "x" * 400)

    assert name.startswith("Minutes of the meeting of xxx")
    assert len(name) <= 200


def test_a_spare_name_still_tells_what_it_was(mapper: NameMapper) -> None:
    assert mapper.spare("photos/Été.jpg", "v7") == "%conflict/v7-Été.jpg"
    assert mapper.spare("photos/", "v7") == "%conflict/v7-photos"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("b/Photo.JPG", "b/photo.jpg"),
        ("b/caf\u00e9", "b/cafe\u0301"),
        ("b/\u212bngstr\u00f6m", "b/\u00c5NGSTRO\u0308M"),
        ("b/stra\u00dfe", "b/STRASSE"),
        ("b/\ufb01le", "b/FILE"),
    ],
)
def test_names_that_a_file_system_may_take_for_one_fold_alike(first: str, second: str) -> None:
    assert folded(first) == folded(second)


def test_names_that_none_takes_for_one_fold_apart() -> None:
    assert len({folded(name) for name in ["a", "b", "a/b", "a b", "\u00e4", "1"]}) == 6
