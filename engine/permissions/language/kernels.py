"""What functions and casts of a policy do to values, exactly as PostgreSQL does: for constants, and for rare inputs.

All are strict: nothing here is called with NULL. What PostgreSQL raises is a `ValueError` with its message.

Source: PostgreSQL, "String Functions and Operators", "Boolean Type", "UUID Type"; numutils.c, bool.c, uuid.c, like.c.
"""

from __future__ import annotations

import re

from engine.permissions.language.kinds import MAX_INT4, MAX_INT8

BLANKS = " \t\n\v\f\r"
"""What PostgreSQL skips around numbers and truth values."""

_INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)
_UUID = re.compile(r"(?:[0-9a-f]{4}-?){7}[0-9a-f]{4}", re.ASCII | re.IGNORECASE)
_TRUTHS = {True: ("true", "yes", "on", "1"), False: ("false", "no", "off", "0")}


def text_to_int(text: str, top: int, name: str) -> int:
    """Return the integer that a text stands for.

    Args:
        text: Digits, with a sign or not, blanks around.
        top: The largest that may be.
        name: The type's name.

    Raises:
        ValueError: It stands for none, or for one that is too large.
    """
    body = text.strip(BLANKS)
    if not _INTEGER.fullmatch(body):
        raise ValueError(f'invalid input syntax for type {name}: "{text}"')
    digits = body.lstrip("+-").lstrip("0")
    value = int(digits or "0") if len(digits) <= len(str(top)) else top + 2
    value = -value if body.startswith("-") else value
    if not -top - 1 <= value <= top:
        raise ValueError(f'value "{text}" is out of range for type {name}')
    return value


def text_to_int4(text: str) -> int:
    """Return the `integer` that a text stands for."""
    return text_to_int(text, MAX_INT4, "integer")


def text_to_int8(text: str) -> int:
    """Return the `bigint` that a text stands for."""
    return text_to_int(text, MAX_INT8, "bigint")


def text_to_boolean(text: str) -> bool:
    """Return the truth value that a text stands for; beginnings of the words do, where only one of them fits."""
    word = text.strip(BLANKS).lower()
    for value, names in _TRUTHS.items():
        if word and word != "o" and any(name.startswith(word) for name in names):
            return value
    raise ValueError(f'invalid input syntax for type boolean: "{text}"')


def text_to_uuid(text: str) -> str:
    """Return the UUID that a text stands for, in its usual form."""
    body = text[1:-1] if text.startswith("{") and text.endswith("}") and len(text) > 1 else text
    if not _UUID.fullmatch(body):
        raise ValueError(f'invalid input syntax for type uuid: "{text}"')
    digits = body.replace("-", "").lower()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _lower_of(character: str) -> str:
    """Return the one small letter of a character; the C library knows no longer mappings."""
    small = character.lower()
    return small if len(small) == 1 else small[:1]


def _upper_of(character: str) -> str:
    """Return the one capital letter of a character, or itself where only several together would do."""
    for capital in (character.upper(), character.title()):
        if len(capital) == 1:
            return capital
    return character


def lower(text: str) -> str:
    """Return a text in small letters, character by character."""
    return text.lower() if text.isascii() else "".join(map(_lower_of, text))


def upper(text: str) -> str:
    """Return a text in capital letters, character by character."""
    return text.upper() if text.isascii() else "".join(map(_upper_of, text))


def substring(text: str, start: int, length: int | None = None) -> str:
    """Return the characters from a place (from 1), which may lie before the text."""
    if length is None:
        return text[max(start, 1) - 1 :]
    if length < 0:
        raise ValueError("negative substring length not allowed")
    end = max(start + length, 1)
    return text[max(start, 1) - 1 : end - 1]


def split_part(text: str, delimiter: str, field: int) -> str:
    """Return a field of a text, counted from 1, or from the end with a negative number."""
    if field == 0:
        raise ValueError("field position must not be zero")
    if not text:
        return ""
    fields = text.split(delimiter) if delimiter else [text]
    place = field - 1 if field > 0 else len(fields) + field
    return fields[place] if 0 <= place < len(fields) else ""


def strpos(text: str, part: str) -> int:
    """Return where a part begins, from 1; 0 where it is not in the text."""
    return text.find(part) + 1


def left(text: str, count: int) -> str:
    """Return the first characters, or all but the last ones with a negative number."""
    return text[:count]


def right(text: str, count: int) -> str:
    """Return the last characters, or all but the first ones with a negative number."""
    return text[max(len(text) - count, 0) :] if count >= 0 else text[-count:]


def starts_with(text: str, prefix: str) -> bool:
    """Return whether a text begins with another."""
    return text.startswith(prefix)


def like(text: str, pattern: str, escape: str = "\\") -> bool:
    """Return whether a text matches a pattern with `%` and `_`.

    Args:
        text: The text.
        pattern: What it should look like.
        escape: What takes the meaning from the next character; empty for nothing.

    Raises:
        ValueError: The pattern ends with `escape` and the text comes to there, or that is longer than a character.
    """
    return _matches(text, _pattern_parts(pattern, escape))


_BAD_END = "LIKE pattern must not end with escape character"
_ENDS_BADLY = "escape"
"""The part of a pattern that stands for an escape with nothing behind it: an error, as soon as it is reached."""


def _pattern_parts(pattern: str, escape: str) -> list[str | None]:
    """Return the characters of a pattern; None for `_`, and an empty string for any number of them."""
    if len(escape) > 1:
        raise ValueError("invalid escape string")
    parts: list[str | None] = []
    characters = iter(pattern)
    for each in characters:
        if each == escape:
            parts.append(next(characters, _ENDS_BADLY))
        else:
            parts.append({"%": "", "_": None}.get(each, each))
    return parts


def _matches(text: str, parts: list[str | None]) -> bool:
    """Return whether a text matches the parts of a pattern; goes back to the last `%` only, so never takes long."""
    at = part = 0
    back_at = back_part = -1
    while at < len(text):
        if part < len(parts) and parts[part] == _ENDS_BADLY:
            raise ValueError(_BAD_END)
        if part < len(parts) and parts[part] == "":
            back_at, back_part = at, part
            part += 1
        elif part < len(parts) and parts[part] in (None, text[at]):
            at, part = at + 1, part + 1
        elif back_part >= 0:
            back_at += 1
            at, part = back_at, back_part + 1
        else:
            return False
    if back_part >= 0 and parts[part:] == [_ENDS_BADLY] and not any(parts[back_part + 1 : part]):
        raise ValueError(_BAD_END)
    return all(rest == "" for rest in parts[part:])


def foldername(path: str) -> list[str] | None:
    """Return the folders of a path; none at all for an empty path."""
    return path.split("/")[:-1] if path else None


def filename(path: str) -> str | None:
    """Return the last part of a path, or None for an empty path."""
    return path.rpartition("/")[2] if path else None


def extension(path: str) -> str | None:
    """Return what follows the last dot of the last part of a path, all of it where there is no dot."""
    return path.rpartition("/")[2].rpartition(".")[2] if path else None


def ilike(text: str, pattern: str, escape: str = "\\") -> bool:
    """Return whether a text matches a pattern, small and capital letters alike."""
    parts = [each and lower(each) for each in _pattern_parts(pattern, escape)]
    return _matches(lower(text), parts)


def glob(pattern: str, escape: str = "\\", *, ignores_case: bool = False) -> str | None:
    """Return a LIKE pattern as one for SQLite's GLOB, or None where only `like` can tell.

    Args:
        pattern: With `%` and `_`.
        escape: What takes the meaning from the next character.
        ignores_case: Whether what it is matched with is in small letters.
    """
    parts = _pattern_parts(pattern, escape) if len(escape) < 2 else [_ENDS_BADLY]
    if _ENDS_BADLY in parts:
        return None
    return "".join(map(_glob_part, [each and lower(each) for each in parts] if ignores_case else parts))


def _glob_part(part: str | None) -> str:
    """Return a part of a pattern as GLOB has it."""
    if part is None:
        return "?"
    return f"[{part}]" if part in ("*", "?", "[") else part or "*"
