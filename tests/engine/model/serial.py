"""Whether what several threads saw and left behind is what some order of their operations would have."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.engine.model.operation import Bench, Done, Operation, Step, outcome_of, take
from tests.engine.model.world import World

_TRIALS_MAX = 200_000
"""Steps that are tried before a bundle counts as too large to be judged."""


def run_at_once(pool: ThreadPoolExecutor, operations: Sequence[Operation], bench: Bench) -> list[object]:
    """Run operations in a thread each, all from one signal on, and return what each caller saw."""
    barrier = threading.Barrier(len(operations))

    def run(operation: Operation) -> object:
        barrier.wait()
        return outcome_of(operation, bench)

    return list(pool.map(run, operations))


def orders(world: World, operations: Sequence[Operation], outcomes: Sequence[object]) -> Iterator[World]:
    """Yield what the world may be after operations that ran at once: once for each order that explains all outcomes.

    Steps of one operation stay in order, those of others may come in between.
    """
    trials = iter(range(_TRIALS_MAX))
    waiting = tuple((operation.first_step, outcome) for operation, outcome in zip(operations, outcomes, strict=True))
    yield from _orders(world, waiting, trials)


def _orders(world: World, waiting: tuple[tuple[Step, object], ...], trials: Iterator[int]) -> Iterator[World]:
    if not waiting:
        yield world
    for place, (step, outcome) in enumerate(waiting):
        assert next(trials, None) is not None, "too many orders to try"
        later = world.copy()
        ended = take(step, later)
        others = (*waiting[:place], *waiting[place + 1 :])
        if not isinstance(ended, Done):
            yield from _orders(later, ((ended, outcome), *others), trials)
        elif ended.outcome == outcome:
            yield from _orders(later, others, trials)
