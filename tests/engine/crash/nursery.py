"""A nursery of processes that die: it has everything imported, and forks a child for each line that it reads,

    {"start": {"data_dir": …, "log": …, "seed": …, "steps": …, "kill": {"point": …, "count": …}, …}}

answering with the child's process id; `{"wait": pid}` is answered with how the child ended.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[3]))

from engine.failpoints import NO_FAILPOINTS, Failpoint, Failpoints
from engine.workspace import Workspace
from tests.engine.crash.load import Log, Rival, Worker
from tests.engine.crash.past_load import PastWorker
from tests.engine.crash.record import opened

Load = Worker | Rival | PastWorker


class Dying:
    """Failpoints at one of which the process dies, when it comes there for the `count`-th time."""

    def __init__(self, point: str, count: int) -> None:
        self._point = Failpoint(point)
        self._left = count

    def reach(self, point: Failpoint) -> None:
        if point is self._point:
            self._left -= 1
            if self._left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)


class Noting:
    """Failpoints that write down which of them are reached."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reached: set[Failpoint] = set()

    def reach(self, point: Failpoint) -> None:
        if point not in self._reached:
            self._reached.add(point)
            self._path.write_text(json.dumps(sorted(self._reached)))


def failpoints_of(plan: dict[str, Any]) -> Failpoints:
    """Return what is to happen at the steps of the protocol."""
    if "kill" in plan:
        return Dying(**plan["kill"])
    return Noting(Path(plan["note"])) if "note" in plan else NO_FAILPOINTS


def loads_of(plan: dict[str, Any], workspace: Workspace, log: Log) -> list[tuple[Load, int]]:
    """Return who is to work, and how many steps."""
    storage, seed, scratch, steps = workspace.storage, plan["seed"], Path(plan["scratch"]), plan["steps"]
    loads: list[tuple[Load, int]] = [(Worker(storage, log, name, seed, scratch), steps) for name in plan["workers"]]
    loads += [(Rival(storage, seed + number), steps) for number in range(plan.get("rivals", 0))]
    if plan["past"]:
        loads.append((PastWorker(workspace, log, Path(plan["log"]), seed, scratch), plan["past"]))
    return loads


def run(plan: dict[str, Any]) -> None:
    """Do what a plan says, in this process."""
    logging.disable()
    log = Log(Path(plan["log"]))
    failures: list[BaseException] = []
    with opened(Path(plan["data_dir"]), failpoints_of(plan)) as workspace:

        def work(load: Load, steps: int) -> None:
            try:
                load.run(steps)
            except BaseException as error:  # noqa: BLE001 - handed to the main thread
                failures.append(error)

        threads = [threading.Thread(target=work, args=one) for one in loads_of(plan, workspace, log)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    log.close()
    if failures:
        raise failures[0]


def fork(work: Callable[[dict[str, Any]], None], plan: dict[str, Any]) -> int:
    """Start a child that works by a plan and return its process id."""
    pid = os.fork()
    if pid:
        return pid
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    try:
        work(plan)
    except BaseException:  # noqa: BLE001 - shown, and told by the exit status
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os._exit(0)


def serve(work: Callable[[dict[str, Any]], None]) -> None:
    """Fork children as told on standard input."""
    for line in sys.stdin:
        order = json.loads(line)
        if "start" in order:
            answer = fork(work, order["start"])
        else:
            answer = os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    serve(run)
