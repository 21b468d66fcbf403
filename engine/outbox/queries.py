"""Remembers the queries that are made of callers' policies: making one costs ten times what running it does.

Who listens asks again and again, with the same policies nearly always. What was made counts for the very same caller as
long as the policies are the same object; where one of them asks for the time, nothing is remembered.

Threads: any.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Final

from sqlalchemy import Select

from engine.metadata.transactions import Transaction
from engine.permissions.made_clauses import ask_for_time
from engine.permissions.rules import Rule
from engine.types import RlsContext

_QUERIES_MAX: Final = 512


class Queries:
    """Makes queries, or finds them made."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: Sequence[Rule] = ()
        self._are_timeless = True
        self._made: dict[Hashable, tuple[RlsContext, Select[Any]]] = {}

    def get(self, tx: Transaction, what: Hashable, make: Callable[[], Select[Any]]) -> Select[Any]:
        """Return a query for the caller of a transaction.

        Args:
            tx: Whose rules are in the query.
            what: Tells it from others of the same caller.
            make: Makes it.
        """
        key, rules = (id(tx.context), what), tx.rules
        with self._lock:
            if rules is not self._rules:
                self._rules, self._are_timeless = rules, not ask_for_time(rules)
                self._made = {}
            found = self._made.get(key)
        if found is not None and found[0] is tx.context:
            return found[1]
        query = make()
        with self._lock:
            if self._are_timeless and rules is self._rules:
                if len(self._made) >= _QUERIES_MAX:
                    self._made = {}
                self._made[key] = tx.context, query
        return query
