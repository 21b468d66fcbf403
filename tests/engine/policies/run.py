"""Compares random policies with PostgreSQL, and prints how many and what differs: `make policies`.

python -m tests.engine.policies.run [--policies 20000] [--sets 200] [--texts 20000] [--seed N] [--table objects|buckets]
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from engine.permissions.rows import PolicyTable
from tests.engine.policies.callers import CALLERS
from tests.engine.policies.compare import Comparer, Difference, Tally
from tests.engine.policies.compare_sets import compare_sets, filled_storage, sets_oracle
from tests.engine.policies.conditions import ConditionMaker
from tests.engine.policies.expr import Expr
from tests.engine.policies.mutations import Mutator
from tests.engine.policies.oracle import Oracle
from tests.engine.policies.ours import Ours
from tests.engine.policies.postgres import Postgres, running_server, why_not
from tests.engine.policies.rows import bucket_rows, object_rows
from tests.engine.policies.survival import Survivor

BATCH = 100
"""Policies a round trip."""

WRITTEN = 5
"""Rows a policy that are asked whether they may be written."""

_DEPTHS = (1, 2, 2, 3, 3, 4)
_TRIES = 20


def conditions(seed: int, table: PolicyTable) -> Iterator[Expr]:
    """Yield random conditions without end; nearly all of them look at the row."""
    random_ = random.Random(seed)
    maker = ConditionMaker(random_, table.value)
    while True:
        depth = random_.choice(_DEPTHS)
        for _ in range(_TRIES):
            condition = maker.condition(depth)
            if condition.looks_at_the_row:
                break
        yield condition


def compare(oracle: Oracle, ours: Ours, table: PolicyTable, count: int, seed: int) -> Tally:
    """Compare so many random policies on a table.

    Args:
        oracle: PostgreSQL with the rows.
        ours: Our side.
        table: What the policies are about.
        count: How many.
        seed: Repeats an earlier run.

    Returns:
        What was compared.
    """
    comparer, source = Comparer(oracle, ours, table), conditions(seed, table)
    numbers = sorted(ours.numbers(table))
    random_ = random.Random(seed)
    for begin in range(0, count, BATCH):
        batch = [next(source) for _ in range(min(BATCH, count - begin))]
        comparer.compare(batch, [random_.sample(numbers, min(WRITTEN, len(numbers))) for _ in batch])
    return comparer.tally


def smallest(oracle: Oracle, ours: Ours, table: PolicyTable, difference: Difference) -> Difference:
    """Return the smallest condition found below one that differs, which differs as well."""
    best, rounds = difference, 0
    while rounds < _TRIES:
        rounds += 1
        smaller = sorted(best.condition.smaller(), key=lambda each: each.size)[:BATCH]
        numbers = sorted(ours.numbers(table))[:WRITTEN]
        found = Comparer(oracle, ours, table).compare(smaller, [numbers] * len(smaller)) if smaller else []
        if not found:
            break
        best = min(found, key=lambda each: each.condition.size)
    return best


def _made_small(oracle: Oracle, ours: Ours, table: PolicyTable, tally: Tally, count: int) -> list[Difference]:
    """Return one small difference for each of the first conditions that differ, each condition once."""
    first = {each.condition.sql: each for each in reversed(tally.differences)}
    small = [smallest(oracle, ours, table, difference) for difference in list(first.values())[-count:]]
    return list({each.condition.sql: each for each in small}.values())


def main() -> int:
    """Run as told on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--policies", type=int, default=20_000, help="how many")
    parser.add_argument("--sets", type=int, default=200, help="how many sets of policies, through the whole engine")
    parser.add_argument("--texts", type=int, default=20_000, help="how many texts that are nearly policies")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32), help="repeat an earlier run")
    parser.add_argument("--table", choices=[table.value for table in PolicyTable], help="only policies on this table")
    parser.add_argument("--show", type=int, default=20, help="how many differences are shown, made small")
    options = parser.parse_args()
    reason = why_not()
    if reason:
        print(reason, file=sys.stderr)
        return 1
    tables = [PolicyTable(options.table)] if options.table else [PolicyTable.OBJECTS, PolicyTable.BUCKETS]
    print(f"seed {options.seed}", flush=True)
    _survive(options)
    with running_server() as server:
        oracle = Oracle(server, CALLERS)
        oracle.prepare(object_rows(), bucket_rows())
        failed = max(_run(oracle, table, options) for table in tables)
        return max(failed, _run_sets(server, options)) if options.sets else failed


def _survive(options: argparse.Namespace) -> None:
    """Give the language texts that are nearly policies, and print what came of it.

    Raises:
        AssertionError: One crashed it, took too long, or became other SQL than the compiler's.
    """
    survivor, began = Survivor(), time.monotonic()
    for text in Mutator(options.seed).inputs(options.texts):
        survivor.survive(text)
    survivor.close()
    took_s, slowest = survivor.slowest
    print(
        f"texts    {dict(survivor.counts)} in {time.monotonic() - began:.0f} s; slowest {took_s:.3f} s: {slowest}",
        flush=True,
    )


def _run(oracle: Oracle, table: PolicyTable, options: argparse.Namespace) -> int:
    """Compare policies on one table, and print what came of it. Returns 1 where something differs."""
    ours, began = Ours(object_rows(), bucket_rows()), time.monotonic()
    share = options.policies if options.table else options.policies * (9 if table is PolicyTable.OBJECTS else 1) // 10
    tally = compare(oracle, ours, table, share, options.seed)
    print(f"{table.value:8} {tally} in {time.monotonic() - began:.0f} s", flush=True)
    for reason, times in tally.refused.most_common():
        print(f"    refused {times:5} times: {reason}")
    for difference in _made_small(oracle, ours, table, tally, options.show):
        print(difference)
    ours.close()
    return 1 if tally.differences else 0


def _run_sets(server: Postgres, options: argparse.Namespace) -> int:
    """Compare sets of policies, and print what came of it. Returns 1 where something differs."""
    oracle, began = sets_oracle(server), time.monotonic()
    with tempfile.TemporaryDirectory() as folder, filled_storage(Path(folder) / "data") as storage:
        tally = compare_sets(oracle, storage, options.sets, options.seed)
    print(f"sets     {tally} in {time.monotonic() - began:.0f} s", flush=True)
    for difference in tally.differences[: options.show]:
        print(difference)
    return 1 if tally.differences else 0


if __name__ == "__main__":
    sys.exit(main())
