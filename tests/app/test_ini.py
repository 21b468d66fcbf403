"""Settings as text: whatever is written, Qt reads the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QByteArray, QSettings

from app.ini import ini_text

_LETTERS = st.sampled_from("abcfXYZ019 FG,;=\"\\@()%\n\t\r\0\x01\x1f\x7f\x80ä€😀\u2028/[]#'")
_TEXTS = st.text(_LETTERS, max_size=12)
_KEYS = st.sampled_from(
    ["a/b", "a/b/c", "General/x", "general/y", "%General/q", "plain", "w ü/€ 😀", "x/=;[]", "window/open_folders"]
)
_VALUES = st.one_of(
    _TEXTS,
    st.integers(-5, 10**9),
    st.binary(max_size=40).map(QByteArray),
    st.lists(_TEXTS, min_size=2, max_size=4),
)

Reads = Callable[[str], dict[str, object]]


@pytest.fixture
def reads(tmp_path: Path) -> Reads:
    numbers = count()

    def read(text: str) -> dict[str, object]:
        path = tmp_path / f"{next(numbers)}.ini"  # Qt keeps what it has read of a file
        path.write_bytes(text.encode())
        store = QSettings(str(path), QSettings.Format.IniFormat)
        return {key: store.value(key) for key in store.allKeys()}

    return read


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(values=st.dictionaries(_KEYS, _VALUES, max_size=5))
def test_qt_reads_what_was_written(reads: Reads, values: Mapping[str, object]) -> None:
    assert reads(ini_text(values)) == {
        key: str(value) if isinstance(value, int) else value for key, value in values.items()
    }


def test_is_text_that_people_can_read() -> None:
    values = {"view/theme": "dark", "server/port": 54_321, "view/zoom": 2, "loose": "end", "links/host": "a=b"}
    assert ini_text(values) == (
        '[General]\nloose=end\n\n[links]\nhost="a=b"\n\n[server]\nport=54321\n\n[view]\ntheme=dark\nzoom=2\n'
    )


def test_what_is_of_no_known_kind_is_left_out(reads: Reads) -> None:
    assert reads(ini_text({"a/b": object(), "a/c": [1, 2], "a/d": "kept"})) == {"a/d": "kept"}
