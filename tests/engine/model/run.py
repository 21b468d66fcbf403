"""Plays random steps against the engine and the model, and prints how many: `make model`.

python -m tests.engine.model.run [--steps 20000] [--seed N]
"""

from __future__ import annotations

import argparse
import logging
import random
import tempfile
import time
from pathlib import Path

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from engine.backends.memory import MemoryBackend
from engine.config import Settings
from engine.secrets import FixedSecrets
from engine.workspace import open_workspace
from tests.engine.model.machine import EngineMachine, Tally

STEPS_AN_EXAMPLE = 50


def empty_database() -> bytes:
    """Return a database of the present form with nothing in it: opening a copy is faster than making one."""
    with tempfile.TemporaryDirectory() as folder:
        open_workspace(Settings(Path(folder)), FixedSecrets(bytes(32)), MemoryBackend()).close()
        return (Path(folder) / "holdall.db").read_bytes()


def play_steps(steps: int, *, in_memory: bool, chosen: int | None = None, shrinking: bool = False) -> Tally:
    """Play at least so many steps in random examples.

    Args:
        steps: How many.
        in_memory: Which backend.
        chosen: Repeats an earlier run, as far as threads let it; by default every run is another.
        shrinking: Whether a failure is made as small as possible, which takes minutes.

    Returns:
        What was done.
    """
    tally, database = Tally(), empty_database()
    chosen = random.randrange(2**32) if chosen is None else chosen
    while tally.steps < steps:
        examples = -(-(steps - tally.steps) // STEPS_AN_EXAMPLE)
        machine = seed(chosen)(lambda: EngineMachine(tally, database, in_memory=in_memory))
        run_state_machine_as_test(machine, settings=_settings(examples, shrinking=shrinking))
        chosen += 1
    return tally


def _settings(examples: int, *, shrinking: bool) -> settings:
    return settings(
        derandomize=False,
        deadline=None,
        database=None,
        max_examples=examples,
        stateful_step_count=STEPS_AN_EXAMPLE,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink] if shrinking else [Phase.generate],
        print_blob=True,
    )


def main() -> None:
    """Run as told on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=20_000, help="how many steps, half of them over each backend")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32), help="repeat an earlier run")
    parser.add_argument("--shrink", action="store_true", help="make a failure as small as possible; takes minutes")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)  # What a refusing disk is complained of.
    print(f"seed {options.seed}", flush=True)
    for in_memory in (False, True):
        began = time.monotonic()
        tally = play_steps(
            options.steps // 2, in_memory=in_memory, chosen=options.seed + in_memory, shrinking=options.shrink
        )
        print(f"{'memory' if in_memory else 'local':8} {tally} in {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
