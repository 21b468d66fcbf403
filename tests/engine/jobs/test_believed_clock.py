"""A clock that leaps ahead makes nothing old, before it has stood by it."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from engine.backends.base import StorageBackend
from engine.housekeeping import Housekeeping
from engine.jobs.believed import BelievedClock
from engine.jobs.expiry import Expiry
from engine.storage import FileStorage
from engine.types import Bucket, Retention, RlsContext
from engine.workspace import Workspace
from tests.engine.jobs.conftest import Calendar, Clock

Another = Callable[[], BelievedClock]


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)


@pytest.fixture
def another(workspace: Workspace, calendar: Calendar, clock: Clock) -> Another:
    """Return a function that makes a clock as the next process has it."""
    return lambda: BelievedClock(workspace._core.executor, calendar, clock)


@pytest.fixture
def believed(another: Another) -> BelievedClock:
    """Return a clock that has looked once."""
    made = another()
    made()
    return made


def pass_hours(calendar: Calendar, clock: Clock, hours: float) -> None:
    calendar.pass_hours(hours)
    clock.now_s += hours * 3600


def test_it_goes_on_with_the_computers_clock_also_over_a_weekend(believed: BelievedClock, calendar: Calendar) -> None:
    for hours in (1, 24, 66):
        calendar.pass_hours(hours)
        assert believed() == calendar()


def test_a_leap_counts_once_the_clock_has_stood_by_it(
    believed: BelievedClock, calendar: Calendar, clock: Clock
) -> None:
    before = calendar()
    calendar.pass_hours(40 * 24)
    for _ in range(6):
        assert believed() == before
        pass_hours(calendar, clock, 1)
    assert believed() == calendar()


def test_a_clock_that_is_put_right_is_believed_at_once(believed: BelievedClock, calendar: Calendar) -> None:
    before = calendar()
    calendar.pass_hours(40 * 24)
    assert believed() == before
    calendar.pass_hours(-40 * 24 + 1)
    assert believed() == calendar()
    calendar.pass_hours(20 * 24)
    assert believed() == before + 3_600_000_000


def test_two_leaps_are_no_time_that_passed(believed: BelievedClock, calendar: Calendar) -> None:
    before = calendar()
    for _ in range(2):
        calendar.pass_hours(40 * 24)
        assert believed() == before


def test_a_computer_that_is_seldom_on_catches_up(another: Another, calendar: Calendar) -> None:
    believed = []
    for _ in range(3):
        calendar.pass_hours(30 * 24)
        believed.append(calendar())
        assert another()() == believed[max(len(believed) - 2, 0)]


@pytest.mark.parametrize("hours", [5, 8])
def test_the_trial_goes_on_over_restarts(another: Another, calendar: Calendar, hours: int) -> None:
    before = calendar()
    another()()
    calendar.pass_hours(40 * 24)
    another()()
    calendar.pass_hours(hours)
    assert another()() == (before if hours < 6 else calendar())


def test_neither_trash_nor_rows_without_files_go_at_once(
    workspace: Workspace,
    storage: FileStorage,
    backend: StorageBackend,
    service: RlsContext,
    calendar: Calendar,
    clock: Clock,
    believed: BelievedClock,
) -> None:
    bucket: Bucket = storage.create_bucket("bin", service, retention=Retention(trash_days=30))
    house = Housekeeping(workspace.settings, workspace.housekeeping.premises, calendar, believed)
    expiry = Expiry(workspace._core.executor, workspace._core.mutations, believed)
    storage.upload("bin", "thrown", b"away", service)
    storage.delete("bin", "thrown", service)
    storage.upload("bin", "lost", b"bytes", service)
    backend.delete(f"{bucket.id}/lost")
    house.cleanup.run(service)

    calendar.pass_hours(40 * 24)
    assert expiry.run() == 0
    house.cleanup.run(service)
    assert storage.exists("bin", "lost", service)

    pass_hours(calendar, clock, 6)
    assert expiry.run() == 1
    house.cleanup.run(service)
    assert not storage.exists("bin", "lost", service)
