"""The thread of background jobs: in time, at once when asked, never ended by a failure, never in the way of closing."""

from __future__ import annotations

import logging
import threading
import time

import pytest

from engine.cancel import CancelToken
from engine.jobs.scheduler import Job, Scheduler


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_a_job_runs_after_its_first_wait_and_then_every_interval() -> None:
    clock, runs = Clock(), []
    scheduler = Scheduler([Job("look", 100.0, lambda _: runs.append(clock()), first_after_s=1000.0)], clock)
    scheduler.plan()

    waits = []
    for moment_s in (999.0, 1000.0, 1050.0, 1100.0):
        clock.now_s = moment_s
        waits.append(scheduler.run_due())
    scheduler.close()

    assert runs == [1000.0, 1100.0]
    assert waits == [1.0, 100.0, 50.0, 100.0]


def test_a_run_that_fails_is_told_and_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    clock, runs = Clock(), []

    def fail(_: CancelToken) -> None:
        runs.append("bad")
        raise ValueError("broken")

    jobs = [Job("bad", 10.0, fail), Job("good", 10.0, lambda _: runs.append("good"))]
    scheduler = Scheduler(jobs, clock)
    scheduler.plan()
    with caplog.at_level(logging.WARNING):
        for moment_s in (30.0, 40.0):
            clock.now_s = moment_s
            scheduler.run_due()
    scheduler.close()

    assert runs == ["bad", "good", "bad", "good"]
    assert "'bad' failed" in caplog.text


def test_a_job_can_be_asked_for_at_once() -> None:
    done = threading.Event()
    scheduler = Scheduler([Job("look", 3600.0, lambda _: done.set(), first_after_s=3600.0)])
    scheduler.start()

    scheduler.run_now("look")

    assert done.wait(5)
    scheduler.close()


def test_a_job_that_is_not_there_cannot_be_asked_for() -> None:
    with pytest.raises(KeyError):
        Scheduler([]).run_now("look")


def test_closing_cancels_the_run_that_goes_on_and_waits_for_it() -> None:
    began, ended = threading.Event(), threading.Event()

    def work(cancel: CancelToken) -> None:
        began.set()
        try:
            while True:
                cancel.raise_if_cancelled()
                time.sleep(0.001)
        finally:
            ended.set()

    scheduler = Scheduler([Job("long", 1.0, work, first_after_s=0.0)])
    scheduler.start()
    assert began.wait(5)
    scheduler.close()

    assert ended.is_set()
    scheduler.close()


def test_nothing_runs_after_the_end() -> None:
    clock, runs = Clock(), []
    scheduler = Scheduler([Job("look", 1.0, lambda _: runs.append(1))], clock)
    scheduler.start()
    scheduler.close()
    clock.now_s = 1000.0

    scheduler.run_due()

    assert runs == []
