"""Sets of policies, as they are pasted, held by the whole engine and by a real PostgreSQL: who sees and does what."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.backends.memory import MemoryBackend
from engine.config import load_settings
from engine.secrets import FixedSecrets
from engine.storage import FileStorage
from engine.workspace import open_workspace
from tests.engine.policies import deeds
from tests.engine.policies.callers import CALLERS, context_of
from tests.engine.policies.deeds import SERVICE, Deed, Delete, Move, Upload, engine_buckets, engine_rows
from tests.engine.policies.oracle import Case, Oracle
from tests.engine.policies.postgres import Postgres
from tests.engine.policies.rows import ALICE
from tests.engine.policies.sets import SetMaker

SETS = 30
"""In each part."""

PARTS = 2
SEED = 20_261_127
WHO = CALLERS[:4]
"""All but the one whose id is no UUID: what fails is compared by single conditions."""


@pytest.fixture(scope="session")
def sets_oracle(postgres: Postgres) -> Oracle:
    """Return PostgreSQL with the rows that the engine has."""
    found = Oracle(postgres.another("sets"), WHO)
    found.prepare(engine_rows(), engine_buckets())
    return found


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[FileStorage]:
    """Open a workspace in memory with the rows in it."""
    with open_workspace(load_settings(tmp_path / "data", environ={}), FixedSecrets(), MemoryBackend()) as workspace:
        for policy in workspace.storage.policies.list(SERVICE):
            workspace.storage.policies.delete(policy.id, SERVICE)
        deeds.fill(workspace.storage)
        yield workspace.storage


def tries(seed: int) -> list[Deed]:
    """Return what each caller tries under a set."""
    random_ = random.Random(seed)
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


@pytest.mark.campaign
@pytest.mark.timeout(600)  # A busy machine is no failure.
@pytest.mark.parametrize("part", range(PARTS))
def test_sets_let_callers_see_and_do_what_postgres_does(sets_oracle: Oracle, filled: FileStorage, part: int):
    maker, counts, wrong = SetMaker(SEED + part), Counter[str](), list[str]()
    sets = [(maker.policies(), tries(SEED * (part + 1) + n)) for n in range(SETS)]
    questions = [[{"see": "objects"}, {"see": "buckets"}, *({"write": deed.sql} for deed in done)] for _, done in sets]
    _, outcomes = sets_oracle.ask([Case(made, asked) for (made, _), asked in zip(sets, questions, strict=True)])
    for (made, done), outcome in zip(sets, outcomes, strict=True):
        assert outcome.refused is None, made
        filled.policies.apply("\n".join(made), SERVICE)
        for caller, (objects, buckets, *written) in zip(WHO, outcome.answers, strict=True):
            context = context_of(caller)
            seen = {name: sorted(rows) for name, rows in deeds.objects_seen(filled, context, engine_rows()).items()}
            names = {row.name for row in engine_buckets() if row.n in buckets["rows"]}
            pairs = [(how, objects["rows"], rows) for how, rows in seen.items()]
            pairs.append(("buckets", sorted(names), sorted(deeds.buckets_seen(filled, context))))
            for deed, postgres in zip(done, written, strict=True):
                ours = deed.done(filled, context)
                counts[f"{type(deed).__name__} {ours}"] += 1
                pairs.append((str(deed), postgres, postgres if deeds.agree(postgres, ours) else ours))
            wrong.extend(f"{caller.label}: {pair}\n" + "\n".join(made) for pair in pairs if pair[1] != pair[2])
            counts["answers"] += len(pairs)
        for policy in filled.policies.list(SERVICE):
            filled.policies.delete(policy.id, SERVICE)
    print(f"seed {SEED + part}: {SETS} sets, {dict(counts)}")
    assert wrong == []
    assert min(counts[f"{deed} done"] for deed in ("Upload", "Delete", "Move")) > 0
