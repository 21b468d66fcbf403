"""Five thousand texts and more that are nearly policies or nothing at all; `make policies` has 20,000."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engine.policies.mutations import Mutator, nests
from tests.engine.policies.survival import Survivor

PARTS = 4
TEXTS = 1_300
"""In each part."""

SEED = 20_261_127


@pytest.fixture
def survivor() -> Iterator[Survivor]:
    found = Survivor()
    yield found
    found.close()


@pytest.mark.campaign
@pytest.mark.timeout(600)  # A busy machine is no failure.
@pytest.mark.parametrize("part", range(PARTS))
def test_no_text_crashes_the_language_or_becomes_sql(survivor: Survivor, part: int):
    for text in Mutator(SEED + part).inputs(TEXTS):
        survivor.survive(text)
    print(f"seed {SEED + part}: {dict(survivor.counts)}, slowest {survivor.slowest[0]:.3f} s: {survivor.slowest[1]}")
    assert survivor.counts["texts"] >= TEXTS
    assert survivor.counts["statements of SQL"] >= TEXTS // 10


@pytest.mark.campaign
@pytest.mark.timeout(600)  # A busy machine is no failure.
def test_no_depth_and_no_length_takes_long(survivor: Survivor):
    for text in nests():
        survivor.survive(text)
    print(f"{dict(survivor.counts)}, slowest {survivor.slowest[0]:.3f} s: {survivor.slowest[1]}")
