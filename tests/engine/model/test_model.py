"""A thousand steps and more against the model over each backend; `make model` plays 20,000 in all."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

import pytest

from tests.engine.model.run import play_steps

STEPS = 1000
"""Over each of two backends."""

SEED = 20_261_127
"""The same steps with every run, as far as threads let it; `make model` plays others."""


@pytest.mark.campaign
@pytest.mark.timeout(600)  # A busy machine is no failure.
@pytest.mark.parametrize("backend", ["local", "memory"])
def test_the_engine_and_the_model_say_the_same(
    backend: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # In memory, where nothing waits for a disk.
    caplog.set_level(logging.CRITICAL, "engine")  # What a refusing disk is complained of.
    tally = play_steps(STEPS, in_memory=backend == "memory", chosen=SEED)
    print(tally)
    assert tally.steps >= STEPS
    assert tally.bundles >= STEPS // 20
