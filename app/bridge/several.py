"""What was done at once with things of several buckets, and what takes it back at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.bridge.carriage import Carried
from app.bridge.reversals import WEIGHT_MAX, Reversal, Reversed
from app.bridge.tasks import Ticket
from app.bridge.trash import Restored
from app.bridge.trashings import Uncopying
from engine.errors import Cancelled, RequestFault, StorageError
from engine.storage import FileStorage
from engine.types import RlsContext


@dataclass(frozen=True, slots=True)
class Several:
    """Reversals that belong together, at least one.

    Attributes:
        parts: They, in the order in which they are run: what was done last is taken back first.
    """

    parts: tuple[Reversal, ...]

    @property
    def bucket(self) -> str:
        """See `Reversal`."""
        return self.parts[0].bucket

    @property
    def shows_in(self) -> str:
        """See `Reversal`."""
        return self.parts[0].shows_in

    @property
    def weight(self) -> int:
        """See `Reversal`."""
        return sum(part.weight for part in self.parts)

    def run(self, storage: FileStorage, ticket: Ticket, me: RlsContext) -> Reversed:
        """See `Reversal`; what cannot be taken back any more in one bucket keeps none of the others.

        A failure that may pass, as of a database that is locked, ends it: what is left can be tried again.
        """
        done: list[Reversed] = []
        changed: list[StorageError] = []
        failure: StorageError | None = None
        left = tried = 0
        stopped: tuple[Reversal, ...] = ()
        for part in self.parts:
            tried += 1
            try:
                one = part.run(storage, ticket, me)
            except StorageError as error:
                if isinstance(error, Cancelled) or not isinstance(error, RequestFault):
                    failure, stopped = error, (part,)
                    break
                changed.append(error)
                left += part.weight
                continue
            done.append(_bounded(one, done))
            if one.failure is not None:
                failure, stopped = one.failure, () if one.rest is None else (one.rest,)
                break
        if not done:
            raise failure or changed[0]
        is_final = any(one.is_final for one in done)
        back = () if is_final else tuple(one.back for one in done if one.back is not None)
        restored = _together([one.restored for one in done if one.restored is not None])
        return Reversed(
            Several(back[::-1]) if back else None, left + sum(one.left for one in done), done[0].shows,
            None if changed or failure else restored, rest=self._rest(stopped, tried), failure=failure,
            is_final=is_final,
        )  # fmt: skip

    def _rest(self, stopped: tuple[Reversal, ...], tried: int) -> Several | None:
        """Return what was not come to, after what is left of the one that was stopped."""
        parts = (*stopped, *self.parts[tried:])
        return Several(parts) if parts else None


def _bounded(one: Reversed, before: Sequence[Reversed]) -> Reversed:
    """Return what became of a part; without what takes it back where that would name too much with those before it."""
    weight = sum(part.back.weight for part in (*before, one) if part.back is not None)
    is_final = weight > WEIGHT_MAX or any(part.is_final for part in before)
    return replace(one, back=None, is_final=True) if is_final else one


def carried_together(done: Sequence[Carried]) -> Carried:
    """Return as one what was carried to one place, in the order in which it was.

    Args:
        done: Of each bucket it came from what became of it; at least one.
    """
    if len(done) == 1:
        return done[0]
    cargo = replace(done[0].order.cargo, bucket="", paths=tuple(path for one in done for path in one.order.cargo.paths))
    back = tuple(one.reversal for one in done if one.reversal is not None)
    is_whole = all(one.reversal is not None for one in done if one.objects)
    return Carried(
        replace(done[0].order, cargo=cargo),
        sum(one.objects for one in done),
        tuple(path for one in done for path in one.paths),
        tuple(failure for one in done for failure in one.failures),
        next((one.ended for one in done if one.ended is not None), None),
        _back(back) if back and is_whole else None,
    )


def _back(parts: tuple[Reversal, ...]) -> Reversal:
    """Return as one what takes back what was carried to one place; copies as one, for which a person is asked once."""
    copies = [part for part in parts if isinstance(part, Uncopying) and part.trashed is None]
    if len(copies) < len(parts):
        return Several(parts[::-1])
    return Uncopying(copies[0].bucket, tuple(made for part in copies for made in part.made))


def _together(parts: list[Restored]) -> Restored | None:
    """Return what came out of several trashes as one."""
    if not parts:
        return None
    taken = tuple(path for part in parts for path in part.taken)
    return Restored(sum(part.objects for part in parts), taken, tuple(path for part in parts for path in part.paths))
