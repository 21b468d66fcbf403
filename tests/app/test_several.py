"""What is taken back in several buckets at once: what has changed since is told apart from what only failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import pytest

from app.bridge.reversals import WEIGHT_MAX, Reversal, Reversed
from app.bridge.several import Several
from app.bridge.tasks import Ticket
from engine.errors import Cancelled, DatabaseLocked, ObjectNotFound, StorageError
from engine.storage import FileStorage
from engine.types import RlsContext


@dataclass(frozen=True)
class Part:
    """A reversal of five things, which comes to a given end."""

    bucket: str
    error: StorageError | None = None
    weight: int = 5
    stopped: bool = False
    is_final: bool = False
    back: int = 5

    @property
    def shows_in(self) -> str:
        return self.bucket

    def run(self, _storage: FileStorage, _ticket: Ticket, _me: RlsContext) -> Reversed:
        if self.error is not None:
            raise self.error
        if self.stopped:
            return Reversed(Part(f"back in {self.bucket}"), rest=Part(f"rest in {self.bucket}"), failure=STOPPED)
        back = None if self.is_final else Part(f"back in {self.bucket}", weight=self.back)
        return Reversed(back, shows=(self.bucket,), is_final=self.is_final)


def run(*parts: Part) -> Reversed:
    several = Several(cast("tuple[Reversal, ...]", parts))
    return several.run(cast("FileStorage", None), Ticket("", None), RlsContext.service())


def buckets(reversal: Reversal | None) -> list[str]:
    return [part.bucket for part in reversal.parts] if isinstance(reversal, Several) else []


GONE, LOCKED, STOPPED = ObjectNotFound("gone"), DatabaseLocked("locked"), Cancelled("stopped")


def test_what_has_changed_since_keeps_none_of_the_others() -> None:
    result = run(Part("a", GONE), Part("b"), Part("c", GONE), Part("d"))

    assert (result.left, result.rest, result.failure) == (10, None, None)
    assert buckets(result.back) == ["back in d", "back in b"]  # what was done last goes first


@pytest.mark.parametrize("failure", [LOCKED, STOPPED])
def test_what_only_failed_has_not_changed_and_can_be_tried_again(failure: StorageError) -> None:
    result = run(Part("a"), Part("b", GONE), Part("c", failure), Part("d"))

    assert (result.left, result.failure) == (5, failure)
    assert buckets(result.back) == ["back in a"]
    assert buckets(result.rest) == ["c", "d"]


@pytest.mark.parametrize("second", [Part("b", is_final=True), Part("b", back=WEIGHT_MAX)])
def test_where_what_takes_all_back_would_name_too_much_no_part_is_taken_back_again(second: Part) -> None:
    result = run(Part("a"), second, Part("c"))
    assert (result.back, result.is_final) == (None, True)


def test_of_one_that_was_stopped_in_the_middle_the_rest_can_be_tried_again() -> None:
    result = run(Part("a"), Part("b", stopped=True), Part("c"))

    assert result.failure is STOPPED
    assert buckets(result.back) == ["back in b", "back in a"]
    assert buckets(result.rest) == ["rest in b", "c"]


def test_where_nothing_was_taken_back_all_of_it_can_be_tried_again() -> None:
    with pytest.raises(DatabaseLocked):
        run(Part("a", GONE), Part("b", LOCKED), Part("c"))
    with pytest.raises(ObjectNotFound):
        run(Part("a", GONE), Part("b", GONE))
