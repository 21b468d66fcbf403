"""`BUCKET[/PATH]` and the other values that commands take, as argparse types.

One rule holds wherever a path is named: it means the object of exactly that path, and the folder if there is no such
object; with a trailing `/` it always means the folder. Every parser raises `ArgumentTypeError`, which ends in
exit code 2; whether a name obeys the engine's rules is the engine's to say.
"""

from __future__ import annotations

import json
import re
from argparse import ArgumentTypeError
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from engine.limits import RETENTION_MAX

_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?) ?([kmgtp]?)(i?)b?", re.IGNORECASE | re.ASCII)
_POWERS: Final = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
_MIME_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/(?:\*|[a-z0-9][a-z0-9!#$&^_.+-]*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Address:
    """A bucket, or a place in it.

    Attributes:
        bucket: Name or id, not empty.
        path: Object path, or prefix with a trailing `/`, or `""` for the bucket itself.
    """

    bucket: str
    path: str = ""

    @property
    def prefix(self) -> str:
        """Return the path as a folder: with a trailing `/`, or `""` for the top of the bucket."""
        return self.path if not self.path or self.path.endswith("/") else f"{self.path}/"

    def __str__(self) -> str:
        """Return the address as it is typed."""
        return f"{self.bucket}/{self.path}" if self.path else self.bucket


def parse_address(text: str) -> Address:
    """Read `BUCKET[/PATH]`.

    Args:
        text: As typed.

    Returns:
        The address; `BUCKET` and `BUCKET/` are the same.

    Raises:
        ArgumentTypeError: It names no bucket.
    """
    bucket, _, path = text.partition("/")
    if not bucket:
        raise ArgumentTypeError(f"{text!r} names no bucket; write BUCKET or BUCKET/PATH")
    return Address(bucket, path)


def parse_object_address(text: str) -> Address:
    """Read `BUCKET/PATH`.

    Args:
        text: As typed.

    Returns:
        The address of an object.

    Raises:
        ArgumentTypeError: It names no bucket or no path.
    """
    address = parse_address(text)
    if not address.path:
        raise ArgumentTypeError(f"{text!r} names no object; write BUCKET/PATH")
    return address


def parse_removal(text: str) -> Address:
    """Read `BUCKET[/PATH]` of something that is to go.

    Args:
        text: As typed.

    Returns:
        The address. A bucket must be meant: `BUCKET/` is what is left of `BUCKET/$path` when a script's variable is
        empty.

    Raises:
        ArgumentTypeError: It names no bucket, or ends where a path should begin.
    """
    address = parse_address(text)
    if not address.path and text.endswith("/"):
        raise ArgumentTypeError(f"{text!r} names no object; to remove the whole bucket write {address.bucket}")
    return address


def parse_local_path(text: str) -> Path:
    """Read the path of a file or folder on this computer.

    Args:
        text: As typed.

    Returns:
        The path, whether or not anything is there.

    Raises:
        ArgumentTypeError: It is empty, as an unset variable of a script is; the present folder is written `.`.
    """
    if not text:
        raise ArgumentTypeError("the path is empty; the present folder is written .")
    return Path(text)


def parse_size(text: str) -> int:
    """Read a size: a number of bytes, or one with a unit (`20MB`, `1.5gb`; `MiB` and its like are binary).

    Args:
        text: As typed.

    Returns:
        Bytes, at least 1.

    Raises:
        ArgumentTypeError: It is no size, or zero.
    """
    match = _SIZE.fullmatch(text.strip())
    size_bytes = 0
    if match:
        number, power, binary = match.groups()
        size_bytes = int(float(number) * (1024 if binary else 1000) ** _POWERS[power.lower()])
    if size_bytes < 1:
        raise ArgumentTypeError(f"{text!r} is no size; write for example 500kB, 20MB or 1.5GB")
    return size_bytes


def parse_mime_types(text: str) -> tuple[str, ...]:
    """Read a list of MIME types, separated by commas.

    Args:
        text: Such as `image/*,application/pdf`.

    Returns:
        The types in lower case, at least one.

    Raises:
        ArgumentTypeError: A part is neither `type/subtype` nor `type/*`.
    """
    types = tuple(part.strip().lower() for part in text.split(","))
    for mime_type in types:
        if not _MIME_TYPE.fullmatch(mime_type):
            raise ArgumentTypeError(f"{mime_type!r} is no MIME type; write for example image/png or image/*")
    return types


def parse_mime_type(text: str) -> str:
    """Read one MIME type, parameters such as `; charset=utf-8` allowed.

    Args:
        text: As typed.

    Returns:
        The text without blanks around it.

    Raises:
        ArgumentTypeError: It does not begin with `type/subtype`, or names a whole family (`type/*`).
    """
    essence = text.partition(";")[0].strip().lower()
    if essence.endswith("*") or not _MIME_TYPE.fullmatch(essence):
        raise ArgumentTypeError(f"{text!r} is no MIME type of a file; write for example text/plain")
    return text.strip()


def parse_port(text: str) -> int:
    """Read a TCP port.

    Args:
        text: As typed.

    Returns:
        0 (any free one) to 65535.

    Raises:
        ArgumentTypeError: It is no such number.
    """
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise ArgumentTypeError(f"{text!r} is no port; write a number from 0 (any free one) to 65535")
    return int(text)


def parse_seconds(text: str) -> int:
    """Read a span of time.

    Args:
        text: As typed.

    Returns:
        Seconds, at least 1.

    Raises:
        ArgumentTypeError: It is no positive whole number.
    """
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise ArgumentTypeError(f"{text!r} is no number of seconds; write for example 3600")
    return int(text)


def parse_overlap(text: str) -> int:
    """Read for how long what is replaced still works.

    Args:
        text: As typed.

    Returns:
        Seconds, 0 for not at all.

    Raises:
        ArgumentTypeError: It is no whole number.
    """
    if not (text.isascii() and text.isdigit()):
        raise ArgumentTypeError(f"{text!r} is no number of seconds; write for example 86400, or 0 for not at all")
    return int(text)


def parse_claims(text: str) -> dict[str, Any]:
    """Read the claims of a token.

    Args:
        text: A JSON object.

    Returns:
        The object.

    Raises:
        ArgumentTypeError: It is none.
    """
    try:
        claims = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ArgumentTypeError(f"this is no JSON: {error}") from error
    if not isinstance(claims, dict):
        raise ArgumentTypeError('claims are a JSON object; write for example {"team": "blue"}')
    return claims


def parse_kept(text: str) -> int:
    """Read how many versions or days something is kept.

    Args:
        text: As typed.

    Returns:
        A number, at least 1.

    Raises:
        ArgumentTypeError: It is no such number.
    """
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= RETENTION_MAX):
        raise ArgumentTypeError(f"{text!r} is not possible; write a number from 1 to {RETENTION_MAX}")
    return int(text)


def parse_moment(text: str) -> datetime:
    """Read a moment: a date, or a date and a time, of this computer's zone unless it names another.

    Args:
        text: Such as `2026-11-20`, `2026-11-20 14:30` or `2026-11-20T14:30:00Z`.

    Returns:
        An aware datetime; a date alone is its beginning.

    Raises:
        ArgumentTypeError: It is no such moment.
    """
    try:
        return datetime.fromisoformat(text.strip()).astimezone()
    except (ValueError, OverflowError) as error:
        raise ArgumentTypeError(f"{text!r} is no moment; write for example 2026-11-20 or '2026-11-20 14:30'") from error


def parse_version_id(text: str) -> int:
    """Read the id of a version.

    Args:
        text: As typed.

    Returns:
        The id.

    Raises:
        ArgumentTypeError: It is no such id.
    """
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 2**63):
        raise ArgumentTypeError(f"{text!r} is no id; `versions` and `trash` show them")
    return int(text)
