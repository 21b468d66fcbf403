"""What can never be written costs its batch, not all that comes after it."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from engine.audit.gathering import Gathering, Told
from engine.context import Operation
from engine.types import RlsContext


def test_an_act_that_cannot_be_written_is_counted_and_keeps_no_other_from_it() -> None:
    written: list[tuple[int, int]] = []

    def write(waiting: Sequence[Told], omitted: int, _patience_s: float | None) -> None:
        if any(told.context.user_id == "bad" for told in waiting):
            raise TypeError("no text")
        written.append((len(waiting), omitted))

    gathering = Gathering(write, lambda: 0)
    gathering.add(RlsContext.service("bad").doing(Operation.OBJECT_INFO), None)
    with contextlib.suppress(TypeError):  # its own thread may have come first
        gathering.flush()
    gathering.add(RlsContext.service("good").doing(Operation.OBJECT_INFO), None)
    gathering.close()
    assert [sum(numbers) for numbers in zip(*written, strict=True)] == [1, 1]
