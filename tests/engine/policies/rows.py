"""The rows that policies judge: objects and buckets, as many of them awkward as a small table holds.

Only what our engine stores is here; what Supabase's tables have beside it follows from that (`document`).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

ALICE = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
BOB = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
STRANGER = "00000000-0000-4000-8000-000000000000"

CACHE_CONTROL = "max-age=3600"
_HOUR_US = 3_600_000_000
EPOCH_US = 1_790_000_000_000_000
"""September 2026; the rows' times lie around it."""


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """An object.

    Attributes:
        n: Its number, by which answers are compared.
        user_metadata: JSON as text, exactly as it is stored.
    """

    n: int
    bucket: str
    name: str
    owner_id: str | None
    size_bytes: int
    mime_type: str
    user_metadata: str
    created_us: int
    updated_us: int

    @property
    def id(self) -> str:
        """Return a UUID of its own."""
        return str(uuid.UUID(int=(0x0198_0000_0000_7000_8000 << 48) + self.n * 65537))

    @property
    def version(self) -> str:
        """Return the id of its content."""
        return str(uuid.UUID(int=(0x0199_0000_0000_7000_8000 << 48) + self.n * 257))

    @property
    def checksum(self) -> str:
        """Return what stands for the hash of its content."""
        return f"{self.n:064x}"


@dataclass(frozen=True, slots=True)
class BucketRow:
    """A bucket.

    Attributes:
        n: Its number, by which answers are compared.
    """

    n: int
    name: str
    owner_id: str | None
    public: bool
    file_size_limit: int | None
    allowed_mime_types: tuple[str, ...]
    created_us: int
    updated_us: int


NAMES = (
    "favicon.ico",
    "cat.jpg",
    "CAT.JPG",
    "README",
    ".hidden",
    "a.tar.gz",
    "trailing.",
    "public/hello.txt",
    "public/sub folder/Hello World.TXT",
    "private/avatar.png",
    f"{ALICE}/avatar.png",
    f"{ALICE}/notes/2024/plan.md",
    f"{ALICE.upper()}/shout.png",
    f"{BOB}/avatar.jpeg",
    f"{BOB}/deep/er/and/deeper/still/x.y.z",
    f"{STRANGER}/nobody.bin",
    "not-a-uuid/file.pdf",
    "1/one.txt",
    "2/two.txt",
    "10/ten.txt",
    "007/bond.txt",
    "-5/minus.txt",
    "2147483648/over.txt",
    "100%/sure.txt",
    "50%_off/50%.txt",
    "snake_case/file_name.txt",
    "back\\slash/a\\b.txt",
    "it's/quoted 'name'.txt",
    'double"quote/x"y.json',
    "a//b",
    "a///",
    "folder/",
    "folder/.emptyFolderPlaceholder",
    "ärger/straße.txt",
    "ÄRGER/STRASSE.TXT",
    "İstanbul/\u0131.txt",
    "ﬁsh/ﬃ.txt",
    "ΣΊΣΥΦΟΣ/ς.txt",
    "emoji 🐈/😀.png",
    "combining/é.txt",
    "composed/é.txt",
    "日本語/写真.jpg",
    "ǆ/ǅ/Ǆ.txt",
    "{a,b}/[1].txt",
    "$1/$$/dollar.txt",
    "null/true.false",
    "team-red/report.docx",
    "team-blue/report.docx",
)  # fmt: skip

DOCUMENTS = (
    "{}",
    '{"team": "red", "public": true, "level": 3}',
    '{"team": "blue", "public": false, "level": 10}',
    '{"team": null, "level": "3", "public": "true"}',
    '{"level": 1e5, "price": 1.50, "zero": -0, "tiny": 1E-7, "big": 12345678901234567890}',
    '{"level": 2147483648, "price": 0.1, "ratio": 100.0}',
    '{"a": {"b": {"c": [1, "two", null, {"d": true}]}}, "tags": ["x", "y", "red"]}',
    '{"tags": [], "a": {}, "team": ""}',
    '{"tags": ["red", 7, null], "a": {"b": "leaf"}, "team": ["red"]}',
    '{"ключ": "значение", "a.b": 1, "quo\\"te": 2, "$x": 3, "": "empty key", "sp ace": "y"}',
    '{"owner": "' + ALICE + '", "team": "RED", "public": "yes"}',
    '{"emoji": "\\ud83d\\ude00", "tab": "a\\tb", "slash": "a\\/b", "u": "\\u00e4"}',
    '{"team": "red", "team": "blue", "level": -7}',
    '{"public": "off", "level": "", "when": "2026-09-21T15:00:00Z"}',
    '{"public": "maybe", "level": "3.7", "owner": "not-a-uuid"}',
    '{"level": " 42 ", "public": " t ", "owner": "' + BOB.upper() + '"}',
)

_OWNERS = (ALICE, BOB, None, ALICE, "not-a-uuid", BOB, STRANGER, ALICE.upper(), "")
_SIZES = (0, 1, 3, 100, 1023, 1024, 1025, 5_000_000, 2_147_483_647, 2_147_483_648, 9_000_000_000_000)
_TYPES = ("image/png", "image/jpeg", "text/plain", "application/pdf", "application/octet-stream", "IMAGE/PNG", "")
BUCKETS = ("avatars", "cats", "Docs", "my_bucket", "100% ö")


def object_rows() -> tuple[ObjectRow, ...]:
    """Return the objects; the columns go round at different speeds, so that they meet in many ways."""
    return tuple(
        ObjectRow(
            n=n,
            bucket=BUCKETS[n % 3 if n % 7 else n % 5],
            name=name,
            owner_id=_OWNERS[n % len(_OWNERS)],
            size_bytes=_SIZES[n % len(_SIZES)],
            mime_type=_TYPES[n * 3 % len(_TYPES)],
            user_metadata=DOCUMENTS[n % len(DOCUMENTS)],
            created_us=EPOCH_US + (n % 9 - 4) * 24 * _HOUR_US + n % 4 * 250_000,
            updated_us=EPOCH_US + (n % 5) * _HOUR_US + n % 3,
        )
        for n, name in enumerate(NAMES)
    )


def bucket_rows() -> tuple[BucketRow, ...]:
    """Return the buckets."""
    return tuple(
        BucketRow(
            n=n,
            name=name,
            owner_id=_OWNERS[n],
            public=n % 2 == 0,
            file_size_limit=(None, 1024, 50_000_000)[n % 3],
            allowed_mime_types=((), ("image/png", "image/*"), ("text/plain",))[n % 3],
            created_us=EPOCH_US + n * 24 * _HOUR_US,
            updated_us=EPOCH_US + n * _HOUR_US,
        )
        for n, name in enumerate(BUCKETS)
    )


def metadata(row: ObjectRow, *, is_new: bool) -> dict[str, Any]:
    """Return what Supabase keeps as `metadata` of an object.

    Args:
        row: The object.
        is_new: Whether it is about to be written: then only type and length are known.
    """
    if is_new:
        return {"mimetype": row.mime_type, "contentLength": row.size_bytes}
    modified = datetime.fromtimestamp(row.updated_us // 1_000_000, UTC) + timedelta(
        microseconds=row.updated_us % 1_000_000
    )
    return {
        "eTag": f'"{row.checksum}"',
        "size": row.size_bytes,
        "mimetype": row.mime_type,
        "cacheControl": CACHE_CONTROL,
        "lastModified": modified.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "contentLength": row.size_bytes,
        "httpStatusCode": 200,
    }
