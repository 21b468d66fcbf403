"""The chain: each entry's hash covers the entry and the hash before it, by a key that is not in the database.

    hash = HMAC-SHA256(key, hash of the entry before, the entry's columns as a JSON array)

Numbers have no gaps. Entries from before there was a chain have no hash, and stand at its beginning alone. A record in
`storage_settings` says after which entry the chain begins and with which it ends, under a code of its own, so that
what is cut off at either end is missed too. Where that record does not hold, the next entry is made not to follow from
anything: what was done to the audit is never covered up by writing on.

What nobody can tell: whether the whole database was put back to an earlier moment, or the audit removed as a whole
together with its record. Whoever has the key, and so the workspace's secrets, can write any audit.

Threads: any; writing is inside a writing transaction.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from engine import limits
from engine.access_types import ChainReport
from engine.audit.entries import COLUMNS, Draft
from engine.metadata.executor import Transaction

HEAD_SETTING: Final = "audit_chain"
"""Name of the setting that says where the chain begins and ends."""

_NOTHING: Final = bytes(32)
"""Stands for the hash before the first."""

_BROKEN: Final = b"\xff" * 32
"""Stands for the hash before an entry that follows from nothing, because the record does not hold."""

_NAMES: Final = ", ".join(COLUMNS)
_INSERT: Final = f"INSERT INTO storage_audit ({_NAMES}, hash) VALUES ({', '.join('?' * (len(COLUMNS) + 1))})"  # noqa: S608 - constants
_PAGE: Final = f"SELECT {_NAMES}, hash FROM storage_audit WHERE id > ? ORDER BY id LIMIT ?"  # noqa: S608 - likewise
_HEAD: Final = "SELECT value FROM storage_settings WHERE name = ?"
_SET_HEAD: Final = (
    "INSERT INTO storage_settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)
_LAST: Final = "SELECT id, hash FROM storage_audit ORDER BY id DESC LIMIT 1"
_USED: Final = "SELECT seq FROM sqlite_sequence WHERE name = 'storage_audit'"


@dataclass(frozen=True, slots=True)
class Link:
    """A place in the chain: an entry's number and hash."""

    id: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain begins and ends.

    Attributes:
        first: After which entry it begins: the last one that was removed, or that was there before.
        last: The last entry.
        holds: Whether the record of it was written by somebody who has the key.
    """

    first: Link
    last: Link
    holds: bool = True


class Chain:
    """Writes entries, each after the one before it.

    Args:
        key: Secret, 32 bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def append(self, tx: Transaction, drafts: Sequence[Draft]) -> None:
        """Write entries.

        Args:
            tx: Writing.
            drafts: In order.
        """
        head = self.head(tx) or _beginning(tx)
        link = head.last if head.holds else Link(max(head.last.id, _last_id(tx)), _BROKEN)
        rows = []
        for draft in drafts:
            row = (link.id + 1, *draft)
            link = Link(row[0], self._hash(link.hash, row))
            rows.append((*row, link.hash))
        tx.run_text(_INSERT, rows if len(rows) != 1 else rows[0])
        self.set_head(tx, replace(head, last=link))

    def head(self, tx: Transaction) -> Head | None:
        """Return where the chain begins and ends, or None where no record says it and none has to."""
        text = tx.run_text(_HEAD, (HEAD_SETTING,)).scalar()
        if text is not None:
            return self._read(str(text))
        last = tx.run_text(_LAST).first()
        if last is None or last[1] is None:
            return None
        return Head(Link(0, _NOTHING), Link(int(last[0]), _BROKEN), holds=False)

    def set_head(self, tx: Transaction, head: Head) -> None:
        """Record where the chain begins and ends."""
        ends = [[link.id, link.hash.hex()] for link in (head.first, head.last)]
        tx.run_text(_SET_HEAD, (HEAD_SETTING, json.dumps([*ends, self._code(ends)])))

    def verify(self, tx: Transaction, told: Callable[[int], None]) -> ChainReport:
        """Read the audit from its beginning to its end.

        Args:
            tx: Reading; one moment of the database.
            told: Told how many entries were read, now and then; may raise.
        """
        head = self.head(tx)
        walk = _Walk(head)
        for rows in _pages(tx):
            for row in rows:
                walk.take(row, self._hash)
                if walk.reason:
                    return walk.report()
            told(walk.entries)
        walk.end()
        return walk.report()

    def _read(self, text: str) -> Head:
        """Return what a record says, and whether it holds."""
        try:
            first, last, code = json.loads(text)
            head = Head(Link(int(first[0]), bytes.fromhex(first[1])), Link(int(last[0]), bytes.fromhex(last[1])))
            holds = hmac.compare_digest(str(code), self._code([first, last]))
        except (ValueError, TypeError, LookupError):
            return Head(Link(0, _NOTHING), Link(0, _BROKEN), holds=False)
        return replace(head, holds=holds)

    def _code(self, ends: Sequence[Any]) -> str:
        """Return the code that only who has the key can write under a record."""
        return hmac.digest(self._key, b"ends" + json.dumps(ends).encode(), hashlib.sha256).hex()

    def _hash(self, before: bytes, row: Sequence[Any]) -> bytes:
        """Return the hash of a row that follows another."""
        text = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
        return hmac.digest(self._key, before + text.encode("utf-8", "surrogatepass"), hashlib.sha256)


class _Walk:
    """One reading of the audit, entry by entry."""

    def __init__(self, head: Head | None) -> None:
        self._head = head
        self._link = Link(0, _NOTHING) if head is None else head.first
        self.entries = 0
        self.reason = ""
        self._wrong: int | None = None

    def take(self, row: Sequence[Any], hash_of: Callable[[bytes, Sequence[Any]], bytes]) -> None:
        """Hold one entry against the one before it."""
        self.entries += 1
        number, found = int(row[0]), row[-1]
        if self._head is None or number <= self._head.first.id:
            if found is not None:
                self._refuse(number, "it stands before the beginning of the chain")
        elif number != self._link.id + 1:
            self._refuse(number, f"entries are missing before it: {self._link.id + 1} to {number - 1}")
        elif found is None or not hmac.compare_digest(bytes(found), hash_of(self._link.hash, row[:-1])):
            self._refuse(number, "it was changed, or does not follow from the one before it")
        else:
            self._link = Link(number, bytes(found))

    def end(self) -> None:
        """Hold the end against the record of it."""
        head = self._head
        if head is None:
            return
        if not head.holds:
            self._refuse(None, "the record of where the audit begins and ends is gone or was changed")
        elif head.last != self._link:
            self._refuse(self._link.id + 1, f"entries are missing at the end: {self._link.id + 1} to {head.last.id}")

    def report(self) -> ChainReport:
        """Return what was found."""
        return ChainReport(self.entries, not self.reason, self._wrong, self.reason)

    def _refuse(self, number: int | None, reason: str) -> None:
        self._wrong, self.reason = number, reason


def _beginning(tx: Transaction) -> Head:
    """Return the head of a chain that begins now, after whatever is there or was."""
    link = Link(_last_id(tx), _NOTHING)
    return Head(link, link)


def _last_id(tx: Transaction) -> int:
    """Return the highest number that an entry ever had."""
    last = tx.run_text(_LAST).first()
    return max(0 if last is None else int(last[0]), int(tx.run_text(_USED).scalar() or 0))


def _pages(tx: Transaction) -> Iterator[Sequence[Sequence[Any]]]:
    """Yield all rows, the oldest first, a page at a time."""
    after = -1
    while rows := tx.run_text(_PAGE, (after, limits.AUDIT_PAGE_MAX)).all():
        yield [tuple(row) for row in rows]
        after = int(rows[-1][0])
