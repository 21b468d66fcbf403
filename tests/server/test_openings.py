"""Objects are opened in few threads, and in others while those do not get on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest

from engine.server import bounds
from engine.server.openings import Openings


class Threads:
    """Workers whose calls end when they are told to."""

    def __init__(self) -> None:
        self.running: list[asyncio.Future[None]] = []

    async def run(self, call: Callable[..., Any], *arguments: Any) -> Any:
        self.running.append(asyncio.get_running_loop().create_future())
        await self.running[-1]
        return call(*arguments)


def openings() -> tuple[Openings, Threads, Threads]:
    quick, patient = Threads(), Threads()
    return Openings(cast("Any", quick), cast("Any", patient)), quick, patient


async def begun(tasks: list[asyncio.Task[int]], where: Threads, count: int) -> None:
    """Wait until as many calls have begun."""
    while len(where.running) < count:
        await asyncio.sleep(0)
        assert not any(task.done() for task in tasks)


def test_what_comes_while_none_ends_goes_to_the_patient_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> list[int]:
        opener, quick, patient = openings()
        monkeypatch.setattr(bounds, "OPENING_SLOW_S", 3_600)
        tasks = [asyncio.create_task(opener.run(abs, -number)) for number in range(3)]
        await begun(tasks, quick, 3)
        monkeypatch.setattr(bounds, "OPENING_SLOW_S", -1)
        tasks.append(asyncio.create_task(opener.run(abs, -3)))
        await begun(tasks, patient, 1)
        for one in (*quick.running, *patient.running):
            one.set_result(None)
        return await asyncio.gather(*tasks)

    assert asyncio.run(run()) == [0, 1, 2, 3]


def test_the_quick_threads_are_asked_first_after_any_pause_and_after_failures() -> None:
    async def run() -> None:
        opener, quick, patient = openings()
        opener._moved_s = -3_600.0
        for number in range(1, 4):
            task = asyncio.create_task(opener.run(int, "no number" if number < 3 else "3"))
            await begun([task], quick, number)
            quick.running[-1].set_result(None)
            if number < 3:
                with pytest.raises(ValueError, match="no number"):
                    await task
        assert await task == 3
        assert patient.running == []

    asyncio.run(run())
