"""Speeds and estimates."""

from __future__ import annotations

import pytest

from engine.transfers.speed import TRUSTED_AFTER_S, SpeedMeter
from tests.engine.transfers.fakes import Clock


def test_rate_is_that_of_the_last_seconds(clock: Clock) -> None:
    meter = SpeedMeter(clock)
    total = 0
    for rate in (10, 1000):
        for _ in range(100):
            clock.advance(0.1)
            total += rate
            meter.add(total)
    assert meter.rate() == pytest.approx(10_000, rel=0.05)


def test_rate_falls_to_nothing_when_nothing_comes(clock: Clock) -> None:
    meter = SpeedMeter(clock)
    meter.add(0)
    clock.advance(1)
    meter.add(1000)
    assert meter.rate() == 1000
    clock.advance(3)
    assert meter.rate() == 250
    clock.advance(10)
    assert meter.rate() == 0


def test_estimate_is_kept_back_until_it_can_be_trusted(clock: Clock) -> None:
    meter = SpeedMeter(clock)
    meter.add(0)
    for step in range(1, 101):
        clock.advance(0.1)
        meter.add(step * 100)
        if step * 0.1 < TRUSTED_AFTER_S - 0.05:
            assert meter.time_left(5000) is None
    assert meter.time_left(5000) == pytest.approx(5.0, rel=0.05)


def test_nothing_is_known_before_the_first_sample(clock: Clock) -> None:
    meter = SpeedMeter(clock)
    assert (meter.rate(), meter.elapsed_s, meter.time_left(1)) == (0.0, 0.0, None)


def test_a_flood_of_samples_keeps_its_rate(clock: Clock) -> None:
    meter = SpeedMeter(clock)
    for step in range(20_000):
        clock.advance(0.001)
        meter.add(step)
    assert meter.rate() == pytest.approx(1000, rel=0.05)
