"""The filter of a folder's page: only what has some words in its name. Pure, but for a look into the index of names.

Where few names have the words, the index says which objects to look at; else the folder is read in its own order, and a
page of what is common is soon full. What either gives is held against the names themselves, so both show the same.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Select, bindparam, func, literal
from sqlalchemy.types import BigInteger, Text

from engine.metadata.executor import Transaction
from engine.metadata.faults import DriverError
from engine.metadata.tables import storage_objects
from engine.search.conditions import PLACE, named
from engine.search.index import places_of
from engine.search.plans import InOrder

_FEW: Final = 15_000
"""Objects that are looked up one by one in less than a hundred milliseconds."""

_MANY: Final = 30_000
"""Objects up to which that is faster than to read a whole folder."""


def filtered(query: Select[Any], tx: Transaction, words: tuple[str, ...], *, in_order: bool = False) -> Select[Any]:
    """Return a statement over objects for those that have all words in their names.

    Args:
        query: Of `engine.files.folder_queries`.
        tx: Where it is going to run.
        words: Of `engine.folding.words_of`; none for all objects.
        in_order: Whether the folder is read in the order of an index, which may end early.
    """
    if not words:
        return query
    places = _places(tx, words, _FEW if in_order else _MANY)
    query = query if places is None else query.select_from(_at(places))
    return query.where(named(storage_objects.c.leaf, words))


def filtered_then(query: Select[Any], words: tuple[str, ...]) -> Select[Any]:
    """Return a statement over what a folder showed at a moment likewise; its parts have to read all there was.

    Args:
        query: Of `engine.files.past_queries`.
        words: As for `filtered`.
    """
    return query.where(named(query.get_final_froms()[0].c.leaf, words)) if words else query


def filtered_folders(query: Select[Any], words: tuple[str, ...]) -> Select[Any]:
    """Return a statement over the folders right below a prefix likewise.

    Args:
        query: Of `engine.files.folder_queries` or `past_queries`; parameter `length` is that of the prefix.
        words: As for `filtered`.
    """
    if not words:
        return query
    folder, length = query.get_final_froms()[0].c.folder, bindparam("length", type_=BigInteger)
    return query.where(named(func.substr(folder, length + 1, func.length(folder) - length - 1, type_=Text), words))


def _places(tx: Transaction, words: tuple[str, ...], most: int) -> Sequence[int] | None:
    """Return where to look, or None where that is no help, or where there is no index."""
    try:
        return places_of(tx, words, most)
    except DriverError:
        return None


def _at(places: Sequence[int]) -> InOrder:
    """Return the objects in some places, looked up one by one: the folder's own index would have all of it read."""
    array = func.json_each(literal(json.dumps(places), Text)).table_valued("value", name="places")
    return InOrder(array, storage_objects, array.c.value == PLACE)
