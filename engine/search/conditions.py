"""What is looked for as conditions on rows of objects. Pure functions over `storage_objects`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, and_, case, cast, exists, func, literal, literal_column, or_, select
from sqlalchemy.types import BigInteger, LargeBinary, Text

from engine.errors import InvalidRequest
from engine.files.past_queries import moment_us
from engine.folding import MATCHES, packed
from engine.metadata.tables import storage_objects
from engine.paths import prefix_end
from engine.search.families import MIME_PREFIXES
from engine.search_types import SearchFilter

_O: Final = storage_objects.c
PLACE: Final = literal_column("storage_objects.rowid", BigInteger)
"""The rowid by which the index knows an object. Later ones came later."""

_BOUND_MAX: Final = 2**63 - 1
_ONE_BY_ONE_MAX: Final = 50
"""Words up to which each is a condition of its own: they stand inside one another, and SQLite allows a thousand."""


def named(column: ColumnElement[str], words: tuple[str, ...]) -> ColumnElement[bool]:
    """Return the condition of names that have all words.

    Names of ASCII alone, which folding only makes lower case, are judged without a step into Python: a million of these
    steps take two seconds, and the window's main thread hardly gets a turn meanwhile.

    Args:
        column: The name.
        words: Of `engine.folding.words_of`, at least one.
    """
    matched = func.__getattr__(MATCHES)(column, packed(words), type_=BigInteger) == 1
    if len(words) > _ONE_BY_ONE_MAX:
        return matched
    is_ascii = func.length(column) == func.length(cast(column, LargeBinary))
    has_all = and_(*(func.instr(func.lower(column), word) > 0 for word in words))
    return case((is_ascii, has_all), else_=matched)


def conditions_of(wanted: SearchFilter, bucket_id: str | None, words: tuple[str, ...]) -> list[ColumnElement[bool]]:
    """Return what rows have to meet, folder marks left out.

    Args:
        wanted: What is looked for.
        bucket_id: Id of the bucket that it names, if it names one.
        words: Those of its text.

    Raises:
        InvalidRequest: A moment has no time zone, or a bound is no possible size.
    """
    found = [_O.leaf != "", *where(wanted.prefix, bucket_id), *_typed(wanted), *_bounded(wanted)]
    found += [_has(key, value) for key, value in wanted.metadata]
    # Last, so that it is asked of as few rows as possible.
    return [*found, named(_O.leaf, words)] if words else found


def where(prefix: str, bucket_id: str | None) -> list[ColumnElement[bool]]:
    """Return the conditions of a place.

    Args:
        prefix: `""`, or a folder of the bucket.
        bucket_id: Id of the bucket, or None for all.
    """
    if bucket_id is None:
        return []
    here = [_O.bucket_id == bucket_id]
    return [*here, _O.parent >= prefix, _O.parent < prefix_end(prefix)] if prefix else here


def _typed(wanted: SearchFilter) -> list[ColumnElement[bool]]:
    """Return the conditions of the type."""
    found = []
    if wanted.family is not None:
        found.append(_begins(MIME_PREFIXES[wanted.family]))
    if wanted.mime_type:
        found.append(_begins([wanted.mime_type.lower()]))
    return found


def _begins(prefixes: Sequence[str]) -> ColumnElement[bool]:
    return or_(*(_O.mime_type.startswith(prefix, autoescape=True) for prefix in prefixes))


def _bounded(wanted: SearchFilter) -> list[ColumnElement[bool]]:
    """Return the conditions of size and time."""
    found: list[ColumnElement[bool]] = []
    if wanted.min_bytes is not None:
        found.append(_O.size_bytes >= _size(wanted.min_bytes))
    if wanted.max_bytes is not None:
        found.append(_O.size_bytes <= _size(wanted.max_bytes))
    if wanted.changed_from is not None:
        found.append(_O.updated_at >= moment_us(wanted.changed_from))
    if wanted.changed_before is not None:
        found.append(_O.updated_at < moment_us(wanted.changed_before))
    return found


def _size(size_bytes: int) -> int:
    if not 0 <= size_bytes <= _BOUND_MAX:
        raise InvalidRequest("A size is a number of bytes")
    return size_bytes


def _has(key: str, value: str | None) -> ColumnElement[bool]:
    """Return the condition of one key of the user metadata, and of the value that it has to have as text."""
    pairs = func.json_each(_O.user_metadata).table_valued("key", "value", "type", name="pairs")
    said = case((pairs.c.type.in_(("true", "false", "null")), pairs.c.type), else_=cast(pairs.c.value, Text))
    conditions = [pairs.c.key == literal(key, Text)]
    if value is not None:
        conditions.append(said == value)
    return exists(select(literal(1)).select_from(pairs).where(*conditions).correlate(storage_objects))
