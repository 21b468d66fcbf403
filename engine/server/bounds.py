"""Every bound of the HTTP server, with its unit and its reason."""

from __future__ import annotations

from typing import Final

from engine.limits import KIB, MIB

CONNECTIONS_MAX: Final = 256
"""Open connections; further ones are refused with 503, so that sockets and files stay below `DESCRIPTORS`."""

DESCRIPTORS: Final = 4_096
"""Files that a serving process may have open: a dozen a connection, and the database's."""

BACKLOG_CONNECTIONS: Final = 128
"""Connections that wait in the kernel until the loop accepts them."""

READER_THREADS: Final = 8
"""Reading calls of the engine that run at once."""

WRITER_THREADS: Final = 16
"""Writing calls that run at once; they may wait for the database's one writer, and readers never wait for them."""

SCAN_THREADS: Final = 8
"""Contents that are scanned for viruses at once, in threads of their own: a scanner that is slow stops nothing else.
ClamAV's own looks at ten."""

HEAD_MAX_BYTES: Final = 64 * KIB
"""Bytes of a request's line and fields: Supabase's longest tokens fit several times over."""

HEADER_TIMEOUT_S: Final = 10.0
"""Time for a whole request head: enough for a bad mobile link, too little to hold connections for nothing."""

BODY_IDLE_TIMEOUT_S: Final = 30.0
"""Silence in the middle of a body after which the client counts as gone."""

WRITE_IDLE_TIMEOUT_S: Final = 30.0
"""Time without one byte taken by the client after which it counts as gone."""

KEEP_ALIVE_TIMEOUT_S: Final = 10.0
"""Silence between two requests of a connection."""

SWEEP_INTERVAL_S: Final = 1.0
"""How often the time limits of the connections are looked at."""

JSON_BODY_MAX_BYTES: Final = 1 * MIB
"""Largest JSON body: a bulk delete of a thousand longest paths fits."""

FORM_FIELDS_MAX: Final = 16
"""Parts of a multipart upload; Supabase's clients send at most four."""

FORM_FIELD_MAX_BYTES: Final = 128 * KIB
"""Bytes of one text field of a multipart upload; user metadata is the largest that is taken."""

READ_CHUNK_BYTES: Final = 256 * KIB
"""Bytes read and sent at a time; larger ones gain little, and a client that stalls holds as many in memory."""

SENDFILE_SLICE_BYTES: Final = 1 * MIB
"""Bytes handed from the page cache to a socket before other connections get their turn: ~0.2 ms."""

READ_HERE_MAX_BYTES: Final = 256 * KIB
"""Up to here a cached answer is read in the loop's own thread; a thread hop costs more than the read."""

WRITE_BUFFER_BYTES: Final = 1 * MIB
"""Bytes of a body collected before a worker stores them; the next as many are collected meanwhile."""

BODY_AHEAD_BYTES: Final = 512 * KIB
"""Bytes of a body that are read before a handler asks for them; then the client has to wait."""

TUS_SILENCE_S: Final = 2.0
"""Silence in the middle of a part after which its own client may go on over another connection: it knows better than
the server that the first one is broken."""

TUS_LEAVE_TIMEOUT_S: Final = 5.0
"""How long it is waited for what such a connection had sent to become durable."""

TUS_FINISHING_MAX: Final = CONNECTIONS_MAX
"""Whole resumable uploads that are scanned, or wait for it with their files open, whether or not clients wait too."""

TUS_RESULT_WAIT_S: Final = 20.0
"""How long a client that asks has to wait for the end of a scan before it is told to ask again: less than any proxy
waits."""

LINGER_MAX_BYTES: Final = 8 * MIB
"""Bytes of an unwanted body that are read away so that the client sees the answer instead of a reset."""

LINGER_TIMEOUT_S: Final = 2.0
"""The same bound in time."""

OPENER_THREADS: Final = 2
"""Objects that are opened at once, as long as that gets on."""

OPENING_SLOW_S: Final = 0.05
"""For how long no opening has to end until those that come then go to the readers."""

OPEN_OBJECTS_MAX: Final = 64
"""Objects kept open between requests; as many file descriptors."""

OPEN_OBJECT_LIFE_S: Final = 1.0
"""How long an object is kept open at most: bounds what a file changed from outside, or a rule that looks at the
clock, can be late by."""

LIST_LIMIT_DEFAULT: Final = 100
"""Rows of a listing when the caller names no number: Supabase's default."""

LIST_LIMIT_MAX: Final = 10_000
"""Rows of one listing over HTTP; more are asked for with an offset."""

BULK_PATHS_MAX: Final = 1_000
"""Paths of one bulk call: S3's and Supabase's bound."""

SIGN_EXPIRES_DEFAULT_S: Final = 3_600
"""Life of a signed link when the caller names none, in seconds."""

SIGN_UPLOAD_EXPIRES_S: Final = 2 * 3_600
"""Life of a token to upload, in seconds: Supabase's two hours."""

EVENT_STREAMS_MAX: Final = 128
"""Streams of events at once: half of all connections, so that the other half can be used for something."""

EVENT_STREAMS_A_CALLER_MAX: Final = 16
"""Streams of one caller from one address, or network of IPv6, so that nobody takes all; the service role may."""

EVENT_POLL_S: Final = 0.02
"""How often it is looked whether another process changed something, while anybody listens: a look costs 5 µs."""

EVENT_READERS_AT_ONCE: Final = 8
"""Streams that are read for in one go: the others need not wait until everything is read for all."""

EVENT_HEARTBEAT_S: Final = 15.0
"""Silence after which a stream shows that it is alive: proxies cut idle connections after 30 s or more."""

EVENT_RETRY_MS: Final = 1_000
"""After how long a browser connects again."""

PICTURE_MAX_BYTES: Final = 50 * MIB
"""Largest object that a picture is made of; twice Supabase's."""

PAINTERS: Final = 2
"""Pictures that are drawn at once, each by a process of its own that may take 1 GiB."""

PICTURES_WAITING_MAX: Final = 32
"""Pictures that wait to be drawn; further ones are refused with 503."""

PICTURE_CACHE_BYTES: Final = 64 * MIB
"""Bytes of drawn pictures that are remembered."""

RECENT_REQUESTS_MAX: Final = 1_000
"""Requests that the log for the window remembers."""
