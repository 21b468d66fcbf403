"""Every bound of the engine, with its unit and its reason."""

from __future__ import annotations

from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB

OBJECT_PATH_MAX_BYTES: Final = 1024
"""UTF-8 bytes of an object path: what S3 and Supabase take."""

BUCKET_NAME_MAX_CHARS: Final = 100
"""Characters of a bucket name: Supabase's bound."""

SEGMENT_MAX_BYTES: Final = 200
"""UTF-8 bytes of one path segment kept as it is on disk; file systems take 255, escapes need the rest."""

LIST_PAGE_MAX: Final = 1000
"""Rows of one listing page: S3's and Supabase's bound."""

COPY_CHUNK_BYTES: Final = 8 * MIB
"""Bytes a copy moves between two looks at progress and cancellation: ~4 ms on an ordinary disk."""

HASH_CHUNK_BYTES: Final = 1 * MIB
"""Bytes hashed at a time: large enough to release the GIL for long, small enough to stay in the cache."""

SNIFF_BYTES: Final = 4 * KIB
"""Bytes from the start of an object that decide its type; signatures reach no further."""

BATCH_FILES: Final = 2_500
"""Files that share one flush and one transaction in a bulk upload."""

BATCH_BYTES: Final = 256 * MIB
"""Bytes that share one flush and one transaction in a bulk upload; bounds what a crash can undo."""

SMALL_FILE_BYTES: Final = 1 * MIB
"""Up to here a bulk upload reads a file whole instead of piping it."""

RESUMABLE_LIFE_S: Final = 24 * 3600
"""How long a resumable upload waits for its next byte, in seconds: Supabase's day."""

RESUMABLE_REFUSED_LIFE_S: Final = 3600
"""How long is remembered why a resumable upload was refused when all of it was there, in seconds."""

RESUMABLE_FLUSH_BYTES: Final = 32 * MIB
"""Bytes of a resumable upload after which they are made durable: what a crash may take back of one that goes on."""

RESUMABLE_FLUSH_S: Final = 5.0
"""The same bound in time, for slow connections."""

RESUMABLE_HASHES_MAX: Final = 256
"""Resumable uploads whose checksum so far is remembered; others are read again when they are complete."""

RESUMABLE_SWEEP_ROWS: Final = 500
"""Resumable uploads whose day is over that are forgotten under one hold of the write lock."""

RESUMABLE_OPEN_MAX: Final = 1_000
"""Resumable uploads that one caller may have open at once: more than any client sends, and few enough to keep."""

RESUMABLE_OPEN_ALL_MAX: Final = 50_000
"""Resumable uploads that all callers of a kind may have open together: to count so many takes 20 ms."""

RESUMABLE_OPEN_SHARE: Final = 50
"""One caller may have so many times fewer open than callers of the kind could still begin, so that no few fill all."""

RESUMABLE_NOTE_MAX_CHARS: Final = 16 * KIB
"""Characters of what a caller wants to be told again about a resumable upload."""

USER_METADATA_MAX_BYTES: Final = 64 * KIB
"""JSON bytes of an object's user metadata."""

LINK_EXPIRES_MAX_S: Final = 10 * 366 * 24 * 3600
"""Longest life of a signed link, in seconds: ten years."""

TOKEN_EXPIRES_MAX_S: Final = LINK_EXPIRES_MAX_S
"""Longest life of a token that ends by itself, in seconds: ten years."""

TOKEN_KEPT_S: Final = 30 * 24 * 3600
"""How long a token that has expired is remembered, for who looks what there was."""

BUSY_TIMEOUT_S: Final = 30.0
"""How long a statement waits for another process's transaction before it gives up."""

CLOSING_PATIENCE_S: Final = 0.5
"""How long closing, or what closing waits for, waits for another process's transaction; what is left to tidy, the next
start tidies."""

OPENING_TIMEOUT_S: Final = 10.0
"""How long opening a workspace waits for another process that opens, restores or rebuilds it."""

RECOVERY_BATCH: Final = 500
"""Files that are taken in with one transaction when a database is made from them."""

RECOVERY_CHANGE_MARGIN_S: Final = 2
"""By how many seconds a file's last change, a rename too, has to be before a backup to be surely in it: as coarse as
the times of file systems are."""

RECOVERY_PROBLEMS_MAX: Final = 1000
"""Problems of a recovery that are told one by one; all are counted."""

REPAIR_REMOVALS_MIN: Final = 10
"""Rows without bytes that a repair removes, and bytes without rows that it moves away, in any case."""

REPAIR_REMOVALS_SHARE: Final = 0.1
"""Share of all rows above which a repair takes none away: a disk that is not there looks like lost bytes, and a
database that is not the right one like bytes that are nobody's."""

CLEANUP_REMOVALS_MIN: Final = 1000
"""Files and rows that a cleanup takes away without being told to, in any case."""

CLEANUP_REMOVALS_SHARE: Final = 0.05
"""Share of all rows up to which it does so where that is more: beyond, somebody has to look first."""

CLEANUP_BUCKET_MIN: Final = 10
"""Rows of one bucket that have to be without bytes before that looks like a bucket that lost its files as a whole."""

CLEANUP_BUCKET_SHARE: Final = 0.9
"""Share of a bucket's rows that looks so: an upload since then may have a file again."""

CLEANUP_BATCH: Final = 50
"""Files that are put aside, or rows that are looked at, under one hold of the write lock."""

AUDIT_KEPT_DAYS: Final = 365
"""How long an entry of the audit is kept unless told otherwise: in a year, whoever misses something comes to look."""

AUDIT_KEPT_MIN: Final = 10_000
"""Newest entries of the audit that are kept however old they are, so that a clock that is ahead takes not all of it."""

AUDIT_PATHS_MAX: Final = 10_000
"""Paths that one entry of the audit names: more than any one commit changes, but for a folder that moves as a whole."""

AUDIT_TEXT_MAX: Final = 2_000
"""Characters of a path or a message that the audit takes from a request, which may have sent a megabyte."""

AUDIT_GATHER_S: Final = 1.0
"""How long reads and refusals wait to be written down together: what a crash may lose of them."""

AUDIT_GATHER_WAKE: Final = 1_000
"""Of these, how many different ones are written down at once."""

AUDIT_GATHER_MAX: Final = 20_000
"""Of these, how many different ones are remembered while they cannot be written down; more are only counted."""

METRIC_BUCKETS_MAX: Final = 100
"""Buckets that metrics tell apart: each is ten series, which Prometheus keeps in memory."""

LOG_FILE_BYTES: Final = 10_000_000
"""When a file of the log is full: some 40,000 lines, which an editor still opens at once."""

LOG_FILES: Final = 5
"""Files of the log that are kept."""

LOG_TEXT_MAX: Final = 4_000
"""Characters of one text that a line of the log holds: what a request sends may be much longer."""

LOG_LINES_MAX: Final = 100_000
"""Lines that wait to be written, at some 300 bytes each; more are only counted."""

AUDIT_PAGE_MAX: Final = 1_000
"""Entries of one page of the audit."""

AUDIT_BATCH: Final = 1000
"""Entries of the audit that are removed in one transaction."""

EVENTS_KEPT_S: Final = 7 * 24 * 3600
"""How long it is known what was changed, for those who listen and were away; who is away longer reads all anew."""

EVENTS_KEPT_BYTES: Final = 64 * MIB
"""What is kept of it at most: some hundred thousand deletions, or millions of uploads."""

EVENTS_BATCH: Final = 200
"""Rows of it that are removed in one transaction."""

RECOVERED_VERSIONS_GRACE_S: Final = 30 * 24 * 3600
"""How long what lies below `.versions/` without a row stays there after a recovery, which has no rows for it."""

RETENTION_MAX: Final = 36_500
"""Largest number of versions or days that a bucket can be told to keep: a century."""

CLAUSE_ELEMENTS_MAX: Final = 100_000
"""Elements of SQL made of policies that are remembered, all callers' together: 35 MiB, at some 20 to 40 a policy."""
