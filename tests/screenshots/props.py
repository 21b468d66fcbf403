"""What stands on the stage: a few buckets with files that look like somebody's."""

from __future__ import annotations

import io
import struct
import zlib

from app.actions import ActionId
from engine.types import Retention, RlsContext, UploadOptions
from tests.app.helpers import Desk

ME_ALICE = "alice"
FILES: dict[str, bytes] = {
    "2026/summer/beach.jpg": b"\xff\xd8\xff\xe0" + bytes(5000),
    "2026/winter/snow.jpg": b"\xff\xd8\xff\xe0" + bytes(9000),
    "invoices/2026-10.pdf": b"%PDF-1.4 x",
    "budget.csv": b"month,rent,food\nOctober,900,420\nNovember,900,388\n",
    "letter.txt": b"Dear all,\n\nthe pictures of the summer are here.\n",
    "notes.txt": b"Hello\nworld\n",
    "report.pdf": b"%PDF-1.4 x",
    "settings.json": b'{"theme": "dark", "columns": ["name", "size"], "zoom": 1.25}',
}


def png(width: int, height: int) -> bytes:
    """Return a picture with a slow change of colours."""
    rows = b"".join(
        b"\0" + bytes(value for x in range(width) for value in (x * 255 // width, y * 255 // height, 160))
        for y in range(height)
    )
    out = io.BytesIO(b"\x89PNG\r\n\x1a\n")
    out.seek(0, io.SEEK_END)
    for kind, data in (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    ):
        out.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))
    return out.getvalue()


def furnish(desk: Desk, **options: object) -> None:
    """Make a bucket of files and go into it."""
    desk.bucket("photos", retention=Retention(versions=10, trash_days=30), **options)
    for path, content in (FILES | {"sunset.png": png(320, 200)}).items():
        desk.storage.upload("photos", path, content, desk.me, UploadOptions(replace=True))
    desk.session.controllers.navigator.refresh()
    desk.until(lambda: "sunset.png" in desk.names)


def people(desk: Desk) -> None:
    """Let alice, bob and an editor be users, alice with a few objects of her own."""
    users = desk.session._side._workspace.users
    users.add("alice", desk.me, claims={"team": "blue"}, password="correct horse")
    users.add("bob", desk.me)
    users.add("editor", desk.me, role="editors", claims={"teams": ["a", "b"], "plan": "pro"})
    desk.adopt("owner-only")
    alice = users.context_of(users.get("alice", desk.me))
    for path in ("mine.txt", "holiday/kite.png"):
        desk.storage.upload("photos", path, b"mine", alice, UploadOptions(replace=True))


def act(desk: Desk, action: ActionId) -> None:
    """Do what a menu entry does."""
    desk.session._tracker.update()
    desk.session.actions[action].trigger()


def visitor() -> RlsContext:
    """Return who is not signed in."""
    return RlsContext.anonymous()
