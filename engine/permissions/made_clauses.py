"""Remembers the SQL that is made of callers' policies: making it costs several times what running it does.

What was made counts for a caller of whom policies know the same, as long as the policies are the same object; where one
of them asks for the time, nothing is remembered. All that is remembered is bounded by its size, for a clause is as
large as the policies that it is made of.

Threads: any.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import ColumnElement
from sqlalchemy.sql.visitors import iterate

from engine.access_types import PolicyCommand
from engine.limits import CLAUSE_ELEMENTS_MAX
from engine.permissions.rows import PolicyTable
from engine.permissions.rules import Rule
from engine.types import RlsContext

if TYPE_CHECKING:
    from engine.permissions.language.tree import Node

_OF_THE_ACT: Final = frozenset({"storage.operation", "storage.allow_only_operation", "storage.allow_any_operation"})
"""Facts and functions that ask what is being done; all others are about who does it, or about the row."""

_STAYING: Final = frozenset({"id", "bucket_id", "name", "path_tokens", "owner", "owner_id", "created_at"})
"""Columns of an object that are the same after its content was replaced."""


@dataclass(frozen=True, slots=True)
class _Made:
    """What was made for one caller.

    Attributes:
        claims: Theirs; as long as they are held, no others have their identity.
        clause: What it came to.
        elements: How many it consists of.
    """

    claims: object
    clause: ColumnElement[bool]
    elements: int


class MadeClauses:
    """Makes clauses, or finds them made.

    Args:
        elements_max: How many elements all that are remembered may have together.
    """

    def __init__(self, elements_max: int = CLAUSE_ELEMENTS_MAX) -> None:
        self._elements_max = elements_max
        self._lock = threading.Lock()
        self._rules: Sequence[Rule] = ()
        self._are_timeless = True
        self._ask_for_operation = False
        self._judge_contents = False
        self._made: dict[Hashable, _Made] = {}
        self._elements = 0

    def get(
        self, rules: Sequence[Rule], context: RlsContext, what: Hashable, make: Callable[[], ColumnElement[bool]]
    ) -> ColumnElement[bool]:
        """Return a clause for a caller.

        Args:
            rules: What it is made of; the very same object as long as they are the same.
            context: Who asks.
            what: Tells it from others of the same caller.
            make: Makes it.
        """
        with self._lock:
            self._follow(rules)
            operation = context.act.operation if self._ask_for_operation and context.act is not None else None
            key = context.user_id, context.role, id(context.claims), operation, what
            found = self._made.get(key)
        if found is not None:
            return found.clause
        clause = make()
        made = _Made(context.claims, clause, sum(1 for _ in iterate(clause)))
        with self._lock:
            if self._are_timeless and rules is self._rules:
                self._keep(key, made)
        return clause

    def judge_contents(self, rules: Sequence[Rule]) -> bool:
        """Return whether an object may come into sight or leave it by another content.

        Args:
            rules: As `get`.
        """
        with self._lock:
            self._follow(rules)
            return self._judge_contents

    def forget(self) -> None:
        """Let go of everything that was made: the rules are about to be others."""
        with self._lock:
            self._made, self._elements = {}, 0

    def _keep(self, key: Hashable, made: _Made) -> None:
        """Remember what was made, in the place of what was made first. Needs the lock."""
        if made.elements > self._elements_max or key in self._made:
            return
        self._made[key] = made
        self._elements += made.elements
        while self._elements > self._elements_max:
            self._elements -= self._made.pop(next(iter(self._made))).elements

    def _follow(self, rules: Sequence[Rule]) -> None:
        """Forget what was made of other rules. Needs the lock."""
        if rules is not self._rules:
            self._rules, self._made, self._elements = rules, {}, 0
            self._are_timeless = not ask_for_time(rules)
            self._ask_for_operation = ask_for_operation(rules)
            self._judge_contents = judge_contents(rules)


def judge_contents(rules: Sequence[Rule]) -> bool:
    """Return whether it depends on an object's content, or on what is said with it, who sees the object.

    Args:
        rules: Any.
    """
    from engine.permissions.language.tree import Column  # see there: many a start sees no policy

    seeing = {PolicyCommand.ALL, PolicyCommand.SELECT}
    said = [rule.using for rule in rules if rule.table is PolicyTable.OBJECTS and rule.command in seeing]
    nodes = (node for one in said if one is not None for node in one.root.walk())
    return any(isinstance(node, Column) and node.name not in _STAYING for node in nodes)


def ask_for_time(rules: Sequence[Rule]) -> bool:
    """Return whether what rules say may change while they stay the same.

    Args:
        rules: Any.
    """
    from engine.permissions.language.tree import Fact  # see there: many a start sees no policy

    return any(isinstance(node, Fact) and node.name == "now" for node in _nodes(rules))


def ask_for_operation(rules: Sequence[Rule]) -> bool:
    """Return whether what rules say depends on what the caller is doing.

    Args:
        rules: Any.
    """
    from engine.permissions.language.tree import Call, Fact  # see there: many a start sees no policy

    return any(isinstance(node, Fact | Call) and node.name in _OF_THE_ACT for node in _nodes(rules))


def _nodes(rules: Sequence[Rule]) -> Iterator[Node]:
    """Return everything that rules consist of."""
    said = (expression for rule in rules for expression in (rule.using, rule.check) if expression is not None)
    return (node for expression in said for node in expression.root.walk())
