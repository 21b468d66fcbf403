"""What an operation is: a call of the engine, and the same thing said of the model.

The engine does some operations in one transaction and others in several, a copy for one: it opens the source, and
stores what it read later. So the model is given in steps, each of which happens at once, and between which other
threads may come in. A step is a function of the world that returns either the next step or how the operation ended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self

from engine.errors import StorageError
from engine.jobs.cleanup import Cleanup
from engine.jobs.expiry import Expiry
from engine.storage import FileStorage
from engine.types import RlsContext, StorageObject
from tests.engine.model.world import Refused, Stored, World, checksum_of

SERVICE = RlsContext.service("the person")
ALICE = RlsContext.user("alice")
BOB = RlsContext.user("bob")
NOBODY = RlsContext.anonymous()


@dataclass(frozen=True, slots=True)
class Failed:
    """An operation was refused."""

    error: type[StorageError]


@dataclass(frozen=True, slots=True)
class Done:
    """The last step was taken."""

    outcome: object


Step = Callable[[World], Any]
"""Returns `Done` or another step."""


class Bench(Protocol):
    """What operations are run against."""

    @property
    def storage(self) -> FileStorage: ...

    @property
    def expiry(self) -> Expiry: ...

    @property
    def cleanup(self) -> Cleanup: ...


class Operation:
    """One call. Subclasses are frozen dataclasses of their arguments.

    Where an argument is a number instead of a path, `aim` replaces it by something that is there: what Hypothesis
    draws must never depend on what threads made of the world.
    """

    def aim(self, world: World, row_ids: Mapping[int, int]) -> Self:
        """Return the operation with its arguments chosen.

        Args:
            world: As it is before the operation.
            row_ids: The engine's ids of what is kept, by the model's numbers.
        """
        places = {name: getattr(self, name, None) for name in ("path", "source")}
        chosen = {
            name: standing(world, getattr(self, "bucket", ""), place)
            for name, place in places.items()
            if isinstance(place, int)
        }
        return replace(self, **chosen) if chosen else self  # type: ignore[type-var]

    def run(self, bench: Bench) -> object:
        """Do it, and return what the caller sees."""
        raise NotImplementedError

    def first_step(self, world: World) -> Step | Done:
        """Take the first step in the model."""
        return Done(self.expect(world))

    def expect(self, world: World) -> object:
        """Do the whole of it in the model, where it is one transaction, and return what the caller must see."""
        raise NotImplementedError


def outcome_of(operation: Operation, bench: Bench) -> object:
    """Run an operation; a refusal is an outcome like others."""
    try:
        return operation.run(bench)
    except StorageError as error:
        return Failed(type(error))


def take(step: Step, world: World) -> Step | Done:
    """Take one step; a refusal ends the operation."""
    try:
        return step(world)
    except Refused as refused:
        return Done(Failed(refused.error))


def play(operation: Operation, world: World) -> object:
    """Do the whole of an operation in the model, with nothing in between."""
    ended = take(operation.first_step, world)
    while not isinstance(ended, Done):
        ended = take(ended, world)
    return ended.outcome


def seen(stored: StorageObject) -> tuple[object, ...]:
    """Return what a caller sees of an object, without what no model can know."""
    return stored.path, stored.size_bytes, stored.checksum, stored.owner_id


def expected(path: str, stored: Stored) -> tuple[object, ...]:
    """Return what `seen` must return."""
    return path, len(stored.data), checksum_of(stored.data), stored.owner_id


def nth(number: int, things: Sequence[Any], otherwise: Any) -> Any:
    """Return one of the things that there are."""
    return things[number % len(things)] if things else otherwise


def standing(world: World, bucket: str, number: int) -> str:
    """Return one of the paths that stand in a bucket."""
    shelf = world.shelves.get(bucket)
    return nth(number, sorted(shelf.objects) if shelf else [], "a")
