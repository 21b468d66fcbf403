"""What a job has found, moved, failed and left out: the numbers behind its row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from engine import limits
from engine.transfers.speed import SpeedMeter
from engine.transfers.values import ItemNote, NoteKind
from engine.types import Progress

FILE_WEIGHT_BYTES: Final = 64 * limits.KIB
"""Moving one more file costs about as much as this many bytes; makes bars and estimates honest for small files."""


@dataclass(frozen=True, slots=True)
class Figures:
    """A tally at one moment; the names mean what they mean in `JobSnapshot`."""

    done_files: int
    total_files: int
    done_bytes: int
    total_bytes: int
    done_work: int
    total_work: int
    counting: bool
    finalising: bool
    current: str
    failed: int
    left_out: int
    speed_bytes_per_s: float | None
    time_left_s: float | None

    @property
    def fraction(self) -> float:
        """Share of the work that is done, 0.0 to 1.0."""
        return min(1.0, self.done_work / self.total_work) if self.total_work else 0.0


class Tally:
    """Counts of one job. Not thread-safe: the job that owns it locks.

    Finished calls are settled for good; the one call that runs is live and dropped without a trace when it is
    cancelled, so that what was cancelled never counts as done.

    Args:
        clock: Seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._notes: list[ItemNote] = []
        self._total_files = self._total_bytes = 0
        self._settled_files = self._settled_bytes = 0
        self._failed = 0
        self.start()

    @property
    def first_failure(self) -> str:
        """Why the first failed item failed, or nothing."""
        return next((note.explanation for note in self._notes if note.kind is NoteKind.FAILED), "")

    @property
    def notes(self) -> tuple[ItemNote, ...]:
        """Everything that was not moved, in the order it was met."""
        return tuple(self._notes)

    def start(self) -> None:
        """Begin a run; what was counted before stays, speeds begin anew."""
        self._live = Progress(0, None, 0, None)
        self._moved_bytes = self._moved_work = 0
        self._counting = False
        self._bytes_meter = SpeedMeter(self._clock)
        self._work_meter = SpeedMeter(self._clock)

    def forget_failed(self) -> tuple[ItemNote, ...]:
        """Take the failed items out, to be found again by a retry.

        Returns:
            Their notes.
        """
        failed = tuple(note for note in self._notes if note.kind is NoteKind.FAILED)
        self._notes = [note for note in self._notes if note.kind is not NoteKind.FAILED]
        self._failed = 0
        return failed

    def forget_all(self) -> None:
        """Begin from nothing, for a retry of the whole job."""
        self._notes = []
        self._failed = 0
        self._total_files = self._total_bytes = 0
        self._settled_files = self._settled_bytes = 0

    def count(self, *, counting: bool) -> None:
        """Say whether items are still being found."""
        self._counting = counting

    def found(self, files: int, size_bytes: int) -> None:
        """Add to what is wanted."""
        self._total_files += files
        self._total_bytes += size_bytes

    def settle(self, files: int, size_bytes: int) -> None:
        """Add to what is done for good; ends the running call."""
        self.already_there(files, size_bytes)
        self.drop_live()

    def already_there(self, files: int, size_bytes: int) -> None:
        """Add to what is done for good without having been moved; the running call goes on."""
        self._settled_files += files
        self._settled_bytes += size_bytes

    def drop_live(self) -> None:
        """Forget what the running call has moved so far."""
        self._live = Progress(0, None, 0, None)

    def note(self, note: ItemNote, size_bytes: int = 0, files: int = 0) -> None:
        """Remember an item that is not moved.

        Args:
            note: Why.
            size_bytes: Bytes that are no longer wanted.
            files: Items that are no longer wanted.
        """
        self._notes.append(note)
        self._failed += note.kind is NoteKind.FAILED
        self.found(-files, -size_bytes)

    def live(self, progress: Progress) -> None:
        """Take what the running call reports, counted from its own beginning."""
        grown_bytes = max(0, progress.done_bytes - self._live.done_bytes)
        grown_files = max(0, progress.done_files - self._live.done_files)
        self._moved_bytes += grown_bytes
        self._moved_work += grown_bytes + grown_files * FILE_WEIGHT_BYTES
        self._bytes_meter.add(self._moved_bytes)
        self._work_meter.add(self._moved_work)
        self._live = progress

    def figures(self) -> Figures:
        """Return the numbers as they stand."""
        done_files = self._settled_files + self._live.done_files
        done_bytes = self._settled_bytes + self._live.done_bytes
        total_files = max(self._total_files, done_files)
        total_bytes = max(self._total_bytes, done_bytes)
        done_work = done_bytes + done_files * FILE_WEIGHT_BYTES
        total_work = total_bytes + total_files * FILE_WEIGHT_BYTES
        return Figures(
            done_files=done_files,
            total_files=total_files,
            done_bytes=done_bytes,
            total_bytes=total_bytes,
            done_work=done_work,
            total_work=total_work,
            counting=self._counting,
            finalising=self._live.finalising and not self._counting and done_bytes >= total_bytes,
            current=self._live.current,
            failed=self._failed,
            left_out=len(self._notes) - self._failed,
            speed_bytes_per_s=self._bytes_meter.rate() or None,
            time_left_s=None if self._counting else self._work_meter.time_left(total_work - done_work),
        )
