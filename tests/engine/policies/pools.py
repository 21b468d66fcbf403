"""What generated expressions compare with: values near those of the rows, so that answers are not all empty."""

from __future__ import annotations

import random

from tests.engine.policies.rows import ALICE, BOB, BUCKETS, NAMES, STRANGER

_SEGMENTS = tuple(sorted({segment for name in NAMES for segment in name.split("/")[:-1]}))
_FILES = tuple(sorted({name.rpartition("/")[2] for name in NAMES}))

TEXTS = {
    "name": NAMES,
    "bucket": BUCKETS,
    "owner": (ALICE, BOB, STRANGER, "not-a-uuid", ALICE.upper(), ""),
    "segment": _SEGMENTS,
    "file": _FILES,
    "extension": ("png", "jpg", "txt", "TXT", "gz", "jpeg", "pdf", "docx", "", "md", "README", "hidden"),
    "type": ("image/png", "image/jpeg", "text/plain", "IMAGE/PNG", "application/pdf", ""),
    "role": ("anon", "authenticated", "editor", "service_role"),
    "email": ("alice@example.com", "Bob.Ärger@Example.com", "@example.com"),
    "operation": (
        "storage.object.list",
        "object.list",
        "storage.object.get_authenticated",
        "object.upload",
        "storage.object.sign",
        "object.delete",
        "storage.",
        "",
    ),
    "scalar": ("red", "blue", "RED", "true", "false", "3", "10", "yes", "", "1.50", "100000", "0", "null", "x", "-7"),
    "document": ('{"b": "leaf"}', "{}", "[]", '["x", "y", "red"]', '"red"', "7"),
    "number": ("0", "1", "3", "1024", "2147483647", " 42 ", "-7", "3.7", "abc", "", "+5", "1e3", "99999999999"),
    "case": ("äöü", "ÄÖÜ", "straße", "STRASSE", "i", "İ", "ﬁsh", "σίσυφος", "ΣΊΣΥΦΟΣ", "ǆ", "😀", "é", "é"),
    "": ("a", "public", "private", "%", "_", "\\", "'", "/", ".", "", " ", "red", "png", "team-red"),
}  # fmt: skip
"""By the pools that expressions name; the one without a name is everybody's."""

DELIMITERS = ("/", ".", "-", "_", " ", "", "/", "er", "%", "💡", "aa")
KEYS = (
    "team", "level", "public", "tags", "a", "owner", "price", "zero", "big", "when", "ключ", "a.b", 'quo"te', "$x", "",
    "sp ace", "missing", "ratio", "tiny", "emoji", "tab", "slash", "u", "0", "1", "-1", "b",
    "mimetype", "size", "contentLength", "eTag", "cacheControl", "lastModified", "httpStatusCode",
    "sub", "role", "email", "app_metadata", "user_role", "teams", "nothing", "exp", "scope", "admin",
)  # fmt: skip
PATHS = (
    "{a,b,c}", "{a,b,c,0}", "{a,b,c,-1,d}", "{a,b}", "{tags,0}", "{tags,-1}", "{tags,x}", "{team}", "{}", "{tags,1}",
    "{app_metadata,team}", "{app_metadata,level}", "{teams,1}", "{missing,deep}", '{"a.b"}', '{"sp ace"}', '{""}',
    "{app_metadata,tags,0}", "{tags, 0}", "{tags,01}", "{a,NULL}",
)  # fmt: skip
INTEGERS = (0, 1, 2, 3, 4, 5, 7, 10, 100, 1023, 1024, 1025, 5_000_000, 2_147_483_646, 2_147_483_647)
LONG_INTEGERS = (2_147_483_648, 9_000_000_000_000, 9_223_372_036_854_775_807)
UUIDS = (ALICE, BOB, STRANGER, ALICE.upper(), "{" + BOB + "}", BOB.replace("-", ""))
TIMES = (
    "2026-09-21 14:13:20+00", "2026-09-21T15:13:20Z", "2026-09-22", "2026-09-20 14:13:20.5+00",
    "2026-09-21 16:13:20+02", "2026-09-21 14:13:20.000001+00", "2026-11-27 06:00+00", "1970-01-01",
    "2100-01-01 00:00:00+05:30",
)  # fmt: skip
INTERVALS = ("1 day", "7 days", "1 hour 30 minutes", "0 seconds", "-1 day", "2 weeks", "90 min", "1000 days")


def literal(random_: random.Random, pool: str) -> str:
    """Return a text that is likely to be met by an expression of this pool."""
    kind = random_.random()
    if kind < 0.7:
        return random_.choice(TEXTS[pool])
    return random_.choice(TEXTS["" if kind < 0.9 else random_.choice(list(TEXTS))])


def pattern(random_: random.Random, pool: str) -> str:
    """Return a pattern of LIKE that is likely to match: a text of the pool with parts given up."""
    text = literal(random_, pool)
    for _ in range(random_.randrange(3)):
        start = random_.randrange(len(text) + 1)
        end = min(len(text), start + random_.randrange(4))
        wild = random_.choice(("%", "_", "%", "%%", "_%", "\\%", "\\_", "\\\\", "\\a", ""))
        text = text[:start] + wild + text[end:]
    place = random_.random()
    return text + "%" if place < 0.3 else "%" + text if place < 0.5 else text
