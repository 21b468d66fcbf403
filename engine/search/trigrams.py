"""The table of three-letter groups behind searches: SQLite's FTS5 with its trigram tokenizer, and how it is asked.

It holds no text, only which groups a folded name has: what it gives are candidates, which are held against their rows.
Two letters that no name has end each name, so that every letter begins a group: by the groups that begin with them, one
and two letters are found as well, where they are rare.

The table is made when it is first filled, not by a migration: where SQLite lacks FTS5 or the tokenizer (before 3.34),
the database works all the same, and searches read every name.

Source: SQLite, "FTS5 Extension": "The Trigram Tokenizer", "Contentless Tables", "The detail Option", "The fts5vocab
Virtual Table Module".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, bindparam, column, literal_column, table
from sqlalchemy.types import BigInteger

from engine.folding import fold
from engine.metadata.executor import Transaction

NAME: Final = "storage_search_trigrams"
"""The table. Whatever names it fails where SQLite knows no such tables, and where this one is damaged or gone."""

TRIGRAMS: Final = table(NAME, column("rowid", BigInteger), column(NAME))
MATCHED: Final[ColumnElement[bool]] = literal_column(NAME).op("MATCH", is_comparison=True)(bindparam("groups"))
"""The condition of candidates. Parameter: `groups`, of `groups_of` or `rare_groups_of`."""

_TERMS: Final = "storage_search_terms"
_SIZE: Final = 3
_END: Final = "\x02\x02"
_NOBODYS: Final = "\x02\x02\x02"
_LAST: Final = "\U0010ffff"
_CREATE: Final = (
    f"CREATE VIRTUAL TABLE IF NOT EXISTS {NAME} USING fts5(name, content='', detail='none',"
    " tokenize='trigram case_sensitive 1')",
    f"CREATE VIRTUAL TABLE IF NOT EXISTS {_TERMS} USING fts5vocab({NAME}, 'row')",
)
_DROP: Final = (f"DROP TABLE IF EXISTS {_TERMS}", f"DROP TABLE IF EXISTS {NAME}")
_ADD: Final = f"INSERT INTO {NAME} (rowid, name) VALUES (?, ?)"  # noqa: S608 - the name is a constant
_FORGET: Final = f"INSERT INTO {NAME} ({NAME}, rowid, name) VALUES ('delete', ?, ?)"  # noqa: S608 - likewise
_BEGINNING: Final = f"SELECT term, doc FROM {_TERMS} WHERE term >= ? AND term < ? LIMIT ?"  # noqa: S608 - likewise
_SOME: Final = f"SELECT count(*) FROM (SELECT 1 FROM {NAME} WHERE {NAME} MATCH ? LIMIT ?)"  # noqa: S608 - likewise
_PLACES: Final = f"SELECT rowid FROM {NAME} WHERE {NAME} MATCH ?"  # noqa: S608 - likewise
_HAS: Final = f"SELECT count(*) FROM {NAME} WHERE {NAME} MATCH ? AND rowid = ?"  # noqa: S608 - likewise
_GROUPS_MAX: Final = 200
"""How many groups are asked for as one: more of them begin with letters that are not rare."""


def create(tx: Transaction) -> None:
    """Make the table, if it is not there."""
    for statement in _CREATE:
        tx.run_text(statement)


def drop(tx: Transaction) -> None:
    """Remove the table with all that is in it."""
    for statement in _DROP:
        tx.run_text(statement)


def add(tx: Transaction, rows: Sequence[tuple[int, str]]) -> None:
    """Add names that are not in it, each with the rowid of its object."""
    tx.run_text(_ADD, [(place, _ended(leaf)) for place, leaf in rows])


def forget(tx: Transaction, rows: Sequence[tuple[int, str]]) -> None:
    """Remove names, exactly as they were added."""
    tx.run_text(_FORGET, [(place, _ended(leaf)) for place, leaf in rows])


def has(tx: Transaction, place: int, leaf: str) -> bool:
    """Return whether a name is in it."""
    return bool(tx.run_text(_HAS, (_all_of([_ended(leaf)]), place))[0][0])


def groups_of(words: Sequence[str]) -> str | None:
    """Return what to ask for, for names that have all words; None where each of them is too short.

    Args:
        words: Folded.
    """
    long = [word for word in words if len(word) >= _SIZE]
    return _all_of(long) if long else None


def rare_groups_of(tx: Transaction, words: Sequence[str], most: int) -> str | None:
    """Return what to ask for, for names that have one of some short words; None where each of them is common.

    Args:
        tx: Where.
        words: Folded, all too short for `groups_of`.
        most: How many names a word may be in to count as rare.
    """
    for word in words:
        found = tx.run_text(_BEGINNING, (word, word + _LAST, _GROUPS_MAX + 1))
        if len(found) <= _GROUPS_MAX and sum(row[1] for row in found) <= most:
            # An empty text would be no question: what nobody has is asked for by what no name can have.
            return " OR ".join(_quoted(row[0]) for row in found) or _quoted(_NOBODYS)
    return None


def are_few(tx: Transaction, groups: str, most: int) -> bool:
    """Return whether no more names than that are candidates."""
    return int(tx.run_text(_SOME, (groups, most + 1))[0][0]) <= most


def places(tx: Transaction, groups: str) -> Sequence[tuple[int]]:
    """Return the rowids of all candidates."""
    return [(row[0],) for row in tx.run_text(_PLACES, (groups,))]


def _ended(leaf: str) -> str:
    return fold(leaf) + _END


def _all_of(words: Sequence[str]) -> str:
    """Return the question for all groups of some words."""
    groups = dict.fromkeys(word[at : at + _SIZE] for word in words for at in range(len(word) - _SIZE + 1))
    return " AND ".join(map(_quoted, groups))


def _quoted(group: str) -> str:
    return '"' + group.replace('"', '""') + '"'
