"""The transfer queue: uploads and downloads of files and folders, with progress, conflicts, cancel and retry.

`TransferQueue` is the door; `values` holds what passes through it. Knows nothing of windows: whoever shows a queue
subscribes a `TransferListener` and calls back. `scan` finds files, `uploads` and `downloads` run a job, `job` keeps
its state, `conflicts` what is asked and decided, `tally` and `speed` the numbers.
"""

from engine.transfers.queue import TransferQueue
from engine.transfers.values import (
    ConflictAction,
    ConflictPolicy,
    ConflictQuestion,
    ConflictSide,
    Decision,
    DownloadJob,
    ItemNote,
    JobKind,
    JobRequest,
    JobSnapshot,
    JobState,
    NoteKind,
    QueueSummary,
    TransferListener,
    UploadJob,
    failures_text,
    printable,
)

__all__ = [
    "ConflictAction",
    "ConflictPolicy",
    "ConflictQuestion",
    "ConflictSide",
    "Decision",
    "DownloadJob",
    "ItemNote",
    "JobKind",
    "JobRequest",
    "JobSnapshot",
    "JobState",
    "NoteKind",
    "QueueSummary",
    "TransferListener",
    "TransferQueue",
    "UploadJob",
    "failures_text",
    "printable",
]
