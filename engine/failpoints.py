"""Failpoints: named places in the protocol and in the jobs where a test lets the process die.

One object is handed through the constructors, and at each step it is told the step's name. Outside tests it does
nothing, which costs a call of an empty method. Every name is one step of something that changes what is stored, and a
test proves that each is reached.

Threads: `reach` is called from any thread.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Protocol


class Failpoint(StrEnum):
    """Where a process may die. After the name, what has happened by then."""

    STAGE_CREATED = "stage-created"
    """A staged file has its name and no bytes."""
    STAGE_WRITTEN = "stage-written"
    """All its bytes are written, none is durable."""
    STAGE_FLUSH = "stage-flush"
    """Some staged files are about to be made durable."""
    STAGE_FLUSHED = "stage-flushed"
    """They are."""
    STAGE_DISCARD = "stage-discard"
    """A staged file that nobody needs is about to go."""
    BATCH_STAGED = "batch-staged"
    """A whole batch of a bulk upload waits to be made durable."""
    BATCH_FLUSHED = "batch-flushed"
    """It is durable and not committed."""
    BATCH_COMMITTED = "batch-committed"
    """It is committed, and its files have followed."""
    COMMIT_BEGIN = "commit-begin"
    """A change is about to open its transaction."""
    COMMIT_WRITTEN = "commit-written"
    """Its rows and its journal record are written, and the transaction is open."""
    COMMIT_DONE = "commit-done"
    """It is committed; no file has followed."""
    HISTORY_KEPT = "history-kept"
    """Contents that lose their place have their rows of history; the live rows are unchanged, the transaction open."""
    MOVE_NOTED = "move-noted"
    """Objects that are about to move have rows of history where they stood; the transaction is open."""
    HISTORY_FORGOTTEN = "history-forgotten"
    """Rows of history are removed, and bytes that others mean are named by those; the transaction is open."""
    TRASH_LEFT = "trash-left"
    """Objects have their rows again and are out of the trash; the transaction is open."""
    SETTLE_BEGIN = "settle-begin"
    """The work of a journal record is about to begin."""
    SETTLE_DONE = "settle-done"
    """A `publish` record's files are where they belong, durably, and the record is there."""
    RECORD_REMOVE = "record-remove"
    """A record is about to be removed, in a transaction that may hold the work itself."""
    RECORD_REMOVED = "record-removed"
    """It is removed, and that is committed."""
    PUBLISH = "publish"
    """Staged bytes are about to be renamed to their key."""
    PUBLISHED = "published"
    """They are; the folder is not durable."""
    RELOCATE = "relocate"
    """Bytes are about to leave their key for another."""
    RELOCATED = "relocated"
    """They have; neither folder is durable, and the row names the old key."""
    ARCHIVE = "archive"
    """The bytes of an old version are about to leave their key."""
    ARCHIVED = "archived"
    """They have; neither folder is durable."""
    REMOVE = "remove"
    """The bytes of a deleted object are about to go."""
    REMOVED = "removed"
    """They are gone; the folder is not durable."""
    PRUNE = "prune"
    """Folders that were left empty are about to go."""
    FOLDER_SYNC = "folder-sync"
    """Changed folders are about to be made durable."""
    FOLDER_SYNCED = "folder-synced"
    """They are."""
    ROLL_FORWARD = "roll-forward"
    """Records that were left open are about to be finished."""
    SWEEP = "sweep"
    """The leases of dead processes are about to be looked for."""
    SWEEP_LEASE = "sweep-lease"
    """One is held, and what its process had committed is about to be finished."""
    SWEPT = "swept"
    """They are gone."""
    BUCKET_CREATED = "bucket-created"
    """A bucket's row is committed."""
    BUCKET_CHANGED = "bucket-changed"
    """Other settings of a bucket are committed; its sidecar says the old ones."""
    BUCKET_EMPTY = "bucket-empty"
    """A bucket is about to be emptied."""
    BUCKET_EMPTIED = "bucket-emptied"
    """All its objects are deleted."""
    BUCKET_DELETE = "bucket-delete"
    """A bucket's row is deleted, and the transaction is open."""
    BUCKET_ROW_GONE = "bucket-row-gone"
    """The transaction is committed; the bucket's folder is there."""
    BUCKET_GONE = "bucket-gone"
    """The folder is removed."""
    TRASH_EMPTIED = "trash-emptied"
    """A part of a trash is gone, and its bytes."""
    EXPIRY = "expiry"
    """What one bucket keeps is about to be looked through."""
    EXPIRED = "expired"
    """A part of what it keeps no longer is gone, and its bytes."""
    CLEANUP = "cleanup"
    """A cleanup is about to begin."""
    CLEANUP_LOOKED = "cleanup-looked"
    """What disagrees is written down; nothing is taken away."""
    SET_ASIDE = "set-aside"
    """A stray file is moved and durable; the transaction that says so is open."""
    ROW_REMOVED = "row-removed"
    """The row of a content without bytes is removed and audited; the transaction is open."""
    CLEANUP_DONE = "cleanup-done"
    """All that was due is taken away; when that was is not written down."""
    QUARANTINED = "quarantined"
    """A content without sound bytes is noted; the transaction is open."""
    SCRUB_READ = "scrub-read"
    """The scrub has read one content and says nothing yet."""
    SCRUB_PLACE = "scrub-place"
    """The scrub is about to write down how far it came."""


class Failpoints(Protocol):
    """Told of every step."""

    def reach(self, point: Failpoint) -> None:
        """Take note that a step is reached; may not return."""


class _NoFailpoints:
    """Lets everything go on."""

    def reach(self, point: Failpoint) -> None:
        """Do nothing."""


NO_FAILPOINTS: Final[Failpoints] = _NoFailpoints()
"""What stands in the place of failpoints outside tests."""
