"""Settings as the text of an INI file in Qt's form, which `QSettings` reads back.

Written here and not by `QSettings`: that waits for the disk while it holds the interpreter, in whatever thread, and no
other thread goes on meanwhile.

Source: Qt, "QSettings", format `IniFormat`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import groupby
from typing import Final

from PySide6.QtCore import QByteArray

_GENERAL: Final = "General"
_PLAIN_KEY: Final = re.compile(r"[A-Za-z0-9_.-]")
_QUOTED: Final = re.compile(r'[;,="\\]|^\s|\s$|^$')
_NAMED: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
_BYTES: Final = "@ByteArray({})"


def ini_text(values: Mapping[str, object]) -> str:
    """Return settings as text.

    Args:
        values: By key, `group/name` or `name`; texts, whole numbers, bytes, and lists of texts. Whatever is of another
            kind is left out.
    """
    lines = [(*_place_of(key), text) for key, value in values.items() if (text := _value_text(value))]
    sections = groupby(sorted(lines), key=lambda line: line[0])
    return "\n".join(
        "".join((f"[{group}]\n", *(f"{name}={text}\n" for _, name, text in own))) for group, own in sections
    )


def _place_of(key: str) -> tuple[str, str]:
    """Return the section and the name in it that stand for a key."""
    group, slash, name = key.partition("/")
    if not slash:
        return _GENERAL, _escaped_key(key)
    # `[General]` is where names without a group are
    section = f"%{group}" if group.casefold() == _GENERAL.casefold() else _escaped_key(group)
    return section, _escaped_key(name)


def _escaped_key(key: str) -> str:
    return "".join(_key_letter(letter) for letter in key)


def _key_letter(letter: str) -> str:
    if _PLAIN_KEY.fullmatch(letter):
        return letter
    if letter == "/":
        return "\\"
    units = letter.encode("utf-16-be", "surrogatepass")
    pairs = (int.from_bytes(units[i : i + 2]) for i in range(0, len(units), 2))
    return "".join(f"%{unit:02X}" if unit < 0x100 else f"%U{unit:04X}" for unit in pairs)


def _value_text(value: object) -> str:
    """Return a value as it stands behind the sign, nothing where it is of no kind that is written."""
    if isinstance(value, list):
        is_plain = len(value) > 1 and all(isinstance(one, str) for one in value)
        return ", ".join(map(_marked, value)) if is_plain else ""
    if isinstance(value, QByteArray):
        return _escaped(_BYTES.format(bytes(value.data()).decode("latin-1")))
    if isinstance(value, str):
        return _marked(value)
    return str(int(value)) if isinstance(value, int) else ""


def _marked(text: str) -> str:
    """Return a text that is not taken for the sign of another kind."""
    return _escaped(f"@{text}" if text.startswith("@") else text)


def _escaped(text: str) -> str:
    letters: list[str] = []
    after_code = False
    for letter in text:
        # a digit behind a code would be read as a part of it
        is_code = (letter < " " and letter not in _NAMED) or (after_code and letter in "0123456789abcdefABCDEF")
        letters.append(f"\\x{ord(letter):x}" if is_code else _NAMED.get(letter, letter))
        after_code = is_code
    escaped = "".join(letters)
    return f'"{escaped}"' if _QUOTED.search(text) else escaped
