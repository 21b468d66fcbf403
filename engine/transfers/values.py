"""The values that cross the seam between the transfer queue and whoever shows it: frozen, without threads.

Job requests hold nothing but plain data, so that a queue can be written down and read back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from engine.context import RlsContext
from engine.errors import StorageError


class JobKind(StrEnum):
    """Which way the bytes go."""

    UPLOAD = "upload"
    DOWNLOAD = "download"


class JobState(StrEnum):
    """Where a job stands.

    QUEUED waits for a free lane, WAITING for a person's answer (and holds no lane), FINALISING has moved all bytes
    and makes them durable, CANCELLING stops as soon as it can. The last four are ends.
    """

    QUEUED = "queued"
    RUNNING = "running"
    FINALISING = "finalising"
    WAITING = "waiting"
    CANCELLING = "cancelling"
    DONE = "done"
    DONE_WITH_FAILURES = "done_with_failures"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing more happens unless the job is retried."""
        return self in _ENDS

    @property
    def moving(self) -> bool:
        """Whether a thread works on the job now."""
        return self in _MOVING

    @property
    def retryable(self) -> bool:
        """Whether something of the job is left to do again."""
        return self in _RETRYABLE


_ENDS = frozenset({JobState.DONE, JobState.DONE_WITH_FAILURES, JobState.FAILED, JobState.CANCELLED})
_MOVING = frozenset({JobState.RUNNING, JobState.FINALISING, JobState.CANCELLING})
_RETRYABLE = frozenset({JobState.DONE_WITH_FAILURES, JobState.FAILED, JobState.CANCELLED})


class ConflictPolicy(StrEnum):
    """What a job does with a name that is taken at the target."""

    ASK = "ask"
    REPLACE = "replace"
    REPLACE_IF_NEWER = "replace_if_newer"
    KEEP_BOTH = "keep_both"
    SKIP = "skip"


class ConflictAction(StrEnum):
    """What a person can answer about one name that is taken."""

    REPLACE = "replace"
    REPLACE_IF_NEWER = "replace_if_newer"
    KEEP_BOTH = "keep_both"
    RENAME = "rename"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class UploadJob:
    """Files and folders that go into a bucket.

    Attributes:
        bucket: Name of the bucket.
        prefix: Folder in the bucket, `""` or with a trailing `/`.
        sources: Files and folders; a folder arrives under its own name with everything below it.
        policy: What happens to names that are taken.
        caller: Whoever it is done for, or None for whoever the queue is for.
    """

    bucket: str
    prefix: str
    sources: tuple[Path, ...]
    policy: ConflictPolicy = ConflictPolicy.ASK
    caller: RlsContext | None = None


@dataclass(frozen=True, slots=True)
class DownloadJob:
    """Objects and folders that come out of a bucket.

    Attributes:
        bucket: Name of the bucket.
        paths: Object paths, and prefixes with a trailing `/` (`""` is the whole bucket).
        target_dir: Folder that receives them; made if missing.
        policy: What happens to files that exist there.
        caller: As in `UploadJob`.
    """

    bucket: str
    paths: tuple[str, ...]
    target_dir: Path
    policy: ConflictPolicy = ConflictPolicy.ASK
    caller: RlsContext | None = None


JobRequest = UploadJob | DownloadJob


class NoteKind(StrEnum):
    """Why an item of a job was not moved."""

    FAILED = "failed"
    LEFT_OUT = "left_out"


@dataclass(frozen=True, slots=True)
class ItemNote:
    """One item that was not moved, and why.

    Attributes:
        kind: FAILED items are what a retry takes up again; LEFT_OUT ones were skipped on purpose.
        path: Path in the bucket.
        local_path: File or folder on this computer.
        reason: One sentence for a person.
        hint: What the person can do about it, if anything.
        denied: Whether policies do not let it be moved.
    """

    kind: NoteKind
    path: str
    local_path: str
    reason: str
    hint: str | None = None
    denied: bool = False

    @property
    def explanation(self) -> str:
        """Reason and hint as text."""
        return f"{self.reason.rstrip('.')}. {self.hint}" if self.hint else self.reason


@dataclass(frozen=True, slots=True)
class JobSnapshot:
    """A job at one moment.

    Attributes:
        id: Number of the job, growing in the order of submission.
        kind: Direction.
        bucket: Name of the bucket.
        prefix: Folder in the bucket that an upload goes to; `""` for downloads.
        target_dir: Folder on this computer that a download goes to, else None.
        names: The first few names of what was asked for, for a title.
        item_count: How many files and folders were asked for.
        state: Where the job stands.
        done_files: Items moved or found already there.
        total_files: Items known so far.
        done_bytes: Bytes of `done_files` and of those being moved.
        total_bytes: Bytes known so far.
        counting: The totals still grow.
        fraction: Progress from 0.0 to 1.0; small files count for the work they are, not for their bytes alone.
        speed_bytes_per_s: Smoothed over a few seconds; None unless bytes move.
        time_left_s: None until it can be trusted.
        current: Path in the bucket of an item being moved.
        failed: Items that failed.
        reason: Why the first of them failed, or nothing.
        left_out: Items skipped, each with a reason.
        questions: Names that wait for an answer.
        error: What ended the job as a whole, or None.
    """

    id: int
    kind: JobKind
    bucket: str
    prefix: str
    target_dir: Path | None
    names: tuple[str, ...]
    item_count: int
    state: JobState
    done_files: int = 0
    total_files: int = 0
    done_bytes: int = 0
    total_bytes: int = 0
    counting: bool = False
    fraction: float = 0.0
    speed_bytes_per_s: float | None = None
    time_left_s: float | None = None
    current: str = ""
    failed: int = 0
    reason: str = ""
    left_out: int = 0
    questions: int = 0
    error: StorageError | None = None


@dataclass(frozen=True, slots=True)
class QueueSummary:
    """All jobs since the queue was last at rest, as one.

    Attributes:
        running: Jobs that a thread works on.
        queued: Jobs that wait for a lane.
        waiting: Jobs that wait for an answer and for nothing else.
        ended: Jobs of any age that have ended.
        failed: Those of `ended` that failed wholly or in part.
        cancelled: Those of `ended` that somebody stopped.
        done_bytes: Bytes moved by the jobs of this run.
        total_bytes: Bytes known to be wanted by them.
        fraction: Progress from 0.0 to 1.0.
        speed_bytes_per_s: All running jobs together; None unless bytes move.
        time_left_s: None until it can be trusted.
    """

    running: int = 0
    queued: int = 0
    waiting: int = 0
    ended: int = 0
    failed: int = 0
    cancelled: int = 0
    done_bytes: int = 0
    total_bytes: int = 0
    fraction: float = 0.0
    speed_bytes_per_s: float | None = None
    time_left_s: float | None = None

    @property
    def active(self) -> int:
        """Jobs that have not ended."""
        return self.running + self.queued + self.waiting


@dataclass(frozen=True, slots=True)
class ConflictSide:
    """One of the two that want the same name.

    Attributes:
        where: Path in the bucket, or path on this computer.
        size_bytes: Length, or None when unknown.
        modified_at: Aware, UTC; None when unknown.
    """

    where: str
    size_bytes: int | None
    modified_at: datetime | None


@dataclass(frozen=True, slots=True)
class ConflictQuestion:
    """A name that is taken, to be put to a person. The rest of the queue goes on meanwhile.

    Attributes:
        id: What `TransferQueue.answer` takes.
        job_id: The job that asks.
        kind: Its direction.
        name: The name that both want.
        arriving: What the job would put there.
        existing: What is there.
        suggested_name: A name that is probably free.
        left: Further names of the same job that wait, at the moment of asking.
    """

    id: int
    job_id: int
    kind: JobKind
    name: str
    arriving: ConflictSide
    existing: ConflictSide
    suggested_name: str
    left: int


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's answer to a `ConflictQuestion`.

    Attributes:
        action: What to do.
        new_name: Last segment of the new name; with RENAME only.
        apply_to_all: Answer every other question of the job alike, those to come included; not with RENAME.
    """

    action: ConflictAction
    new_name: str | None = None
    apply_to_all: bool = False


class TransferListener(Protocol):
    """Who watches a queue. Called from worker threads, never with a lock held; must return fast."""

    def job_changed(self, job: JobSnapshot) -> None:
        """Take a job's new state: at once when the state changes, else at most ten times a second."""

    def job_removed(self, job_id: int) -> None:
        """Forget a job."""

    def question_asked(self, question: ConflictQuestion) -> None:
        """Put a question to a person; the answer goes to `TransferQueue.answer`."""


def printable(path: Path | str) -> str:
    """Return a path as text that can be shown and encoded, whatever bytes its name is made of.

    Args:
        path: A path of this computer; undecodable bytes are surrogates in it.

    Returns:
        The same text, each undecodable byte replaced.
    """
    return str(path).encode("utf-8", "replace").decode()


def failures_text(notes: Sequence[ItemNote]) -> str:
    """Return a plain text list of what was not moved, to copy or to save.

    Args:
        notes: Of one or more jobs.

    Returns:
        One line an item: path, tab, reason and hint; ends with a newline unless empty.
    """
    return "".join(f"{printable(note.path)}\t{note.explanation}\n" for note in notes)
