"""Holds what sets of policies let callers see and do in our engine against PostgreSQL."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.backends.memory import MemoryBackend
from engine.config import load_settings
from engine.secrets import FixedSecrets
from engine.storage import FileStorage
from engine.workspace import open_workspace
from tests.engine.policies import deeds
from tests.engine.policies.callers import CALLERS, context_of
from tests.engine.policies.deeds import SERVICE, Deed, Delete, Move, Upload, engine_buckets, engine_rows
from tests.engine.policies.oracle import Caller, Case, Oracle
from tests.engine.policies.postgres import Postgres
from tests.engine.policies.rows import ALICE
from tests.engine.policies.sets import SetMaker

WHO = CALLERS[:4]
"""All but the one whose id is no UUID: what fails is compared by single conditions."""


@dataclass(slots=True)
class SetTally:
    """What was compared.

    Attributes:
        sets: Sets of policies.
        answers: What a caller sees, or what became of a deed.
        outcomes: Deeds by what became of them.
        differences: What must not be.
    """

    sets: int = 0
    answers: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.sets} sets, {self.answers} answers, {dict(self.outcomes)}; differences: {len(self.differences)}"


def sets_oracle(postgres: Postgres) -> Oracle:
    """Return PostgreSQL with the rows that the engine has, in a database of its own."""
    found = Oracle(postgres.another("sets"), WHO)
    found.prepare(engine_rows(), engine_buckets())
    return found


@contextmanager
def filled_storage(data_dir: Path) -> Iterator[FileStorage]:
    """Open a workspace in memory with the rows in it, and no policies."""
    with open_workspace(load_settings(data_dir, environ={}), FixedSecrets(), MemoryBackend()) as workspace:
        _forget_policies(workspace.storage)
        deeds.fill(workspace.storage)
        yield workspace.storage


def compare_sets(oracle: Oracle, storage: FileStorage, count: int, seed: int) -> SetTally:
    """Compare so many random sets.

    Args:
        oracle: PostgreSQL with the rows.
        storage: Our engine with the rows.
        count: How many.
        seed: Repeats an earlier run.

    Returns:
        What was compared.
    """
    maker, tally, random_ = SetMaker(seed), SetTally(), random.Random(seed)
    sets = [(maker.policies(), _tries(random_)) for _ in range(count)]
    _, outcomes = oracle.ask([Case(made, _questions(tried)) for made, tried in sets])
    for (made, tried), outcome in zip(sets, outcomes, strict=True):
        if outcome.refused is not None:
            raise ValueError(f"{outcome.refused}: {made}")
        tally.sets += 1
        storage.policies.apply("\n".join(made), SERVICE)
        for caller, answers in zip(WHO, outcome.answers, strict=True):
            for difference in _differences(storage, caller, tried, answers, tally):
                tally.differences.append(f"{caller.label}: {difference}\n" + "\n".join(made))
        _forget_policies(storage)
    return tally


def _tries(random_: random.Random) -> list[Deed]:
    """Return what each caller tries under a set."""
    rows = random_.sample(engine_rows(), 4)
    folder = random_.choice(("new", "public", "private", ALICE))
    return [
        Upload(random_.choice(("cats", "avatars")), f"{folder}/a.png", random_.choice((3, 700)), "image/png"),
        Upload(random_.choice(("cats", "Docs")), f"new/{folder}.txt", 5, "text/plain"),
        Delete(rows[0]),
        Delete(rows[1]),
        Move(rows[2], rows[2].bucket, f"{folder}/moved.txt"),
        Move(rows[3], random_.choice(("cats", "avatars")), f"{folder}/moved-away.png"),
    ]


def _questions(tried: Sequence[Deed]) -> list[dict[str, Any]]:
    return [{"see": "objects"}, {"see": "buckets"}, *({"write": deed.sql} for deed in tried)]


def _differences(
    storage: FileStorage, caller: Caller, tried: Sequence[Deed], answers: Sequence[Any], tally: SetTally
) -> Iterator[str]:
    """Yield what one caller is answered otherwise than by PostgreSQL."""
    context = context_of(caller)
    objects, buckets, *written = answers
    for how, rows in deeds.objects_seen(storage, context, engine_rows()).items():
        tally.answers += 1
        if sorted(rows) != objects["rows"]:
            yield f"{how}: PostgreSQL {objects['rows']}, ours {sorted(rows)}"
    names = {row.name for row in engine_buckets() if row.n in buckets["rows"]}
    tally.answers += 1
    if names != deeds.buckets_seen(storage, context):
        yield f"buckets: PostgreSQL {names}, ours {deeds.buckets_seen(storage, context)}"
    for deed, postgres in zip(tried, written, strict=True):
        ours = deed.done(storage, context)
        tally.answers += 1
        tally.outcomes[f"{type(deed).__name__} {ours}"] += 1
        if not deeds.agree(postgres, ours):
            yield f"{deed}: PostgreSQL {postgres}, ours {ours}"


def _forget_policies(storage: FileStorage) -> None:
    for policy in storage.policies.list(SERVICE):
        storage.policies.delete(policy.id, SERVICE)
