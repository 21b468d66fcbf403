"""What takes back at once what was done at once in several buckets."""

from __future__ import annotations

from dataclasses import dataclass

from app.bridge.reversals import Reversal, Reversed
from app.bridge.tasks import Ticket
from app.bridge.trash import Restored
from engine.errors import Cancelled, RequestFault, StorageError
from engine.storage import FileStorage
from engine.types import RlsContext


@dataclass(frozen=True, slots=True)
class Several:
    """Reversals that belong together, at least one.

    Attributes:
        parts: They; each is of one bucket.
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
        for part in self.parts:
            try:
                done.append(part.run(storage, ticket, me))
            except StorageError as error:
                if isinstance(error, Cancelled) or not isinstance(error, RequestFault):
                    failure = error
                    break
                changed.append(error)
                left += part.weight
            tried += 1
        if not done:
            raise failure or changed[0]
        back = tuple(one.back for one in done if one.back is not None)
        restored = _together([one.restored for one in done if one.restored is not None])
        return Reversed(
            Several(back) if back else None, left + sum(one.left for one in done), done[0].shows,
            None if changed or failure else restored, rest=self._rest(tried), failure=failure,
        )  # fmt: skip

    def _rest(self, tried: int) -> Several | None:
        """Return what was not come to."""
        return Several(self.parts[tried:]) if tried < len(self.parts) else None


def _together(parts: list[Restored]) -> Restored | None:
    """Return what came out of several trashes as one."""
    if not parts:
        return None
    taken = tuple(path for part in parts for path in part.taken)
    return Restored(sum(part.objects for part in parts), taken, tuple(path for part in parts for path in part.paths))
