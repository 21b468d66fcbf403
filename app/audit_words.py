"""Entries of the audit in plain words: what was done, who did it, how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from app.i18n import QT_TRANSLATE_NOOP, translate
from engine.access_types import AuditEntry, AuditResult
from engine.audit.entries import ANONYMOUS
from engine.context import Operation as O
from engine.context import Role

_WORDS: Final[Mapping[str, str]] = {
    O.BUCKET_CREATE: QT_TRANSLATE_NOOP("AuditWords", "Make a bucket"),
    O.BUCKET_GET: QT_TRANSLATE_NOOP("AuditWords", "Look at a bucket"),
    O.BUCKET_LIST: QT_TRANSLATE_NOOP("AuditWords", "List buckets"),
    O.BUCKET_UPDATE: QT_TRANSLATE_NOOP("AuditWords", "Change a bucket"),
    O.BUCKET_EMPTY: QT_TRANSLATE_NOOP("AuditWords", "Empty a bucket"),
    O.BUCKET_DELETE: QT_TRANSLATE_NOOP("AuditWords", "Delete a bucket"),
    O.OBJECT_UPLOAD: QT_TRANSLATE_NOOP("AuditWords", "Upload"),
    O.OBJECT_UPDATE: QT_TRANSLATE_NOOP("AuditWords", "Replace"),
    O.OBJECT_UPLOAD_MANY: QT_TRANSLATE_NOOP("AuditWords", "Upload several"),
    O.OBJECT_SIGN_UPLOAD: QT_TRANSLATE_NOOP("AuditWords", "Make a link to upload"),
    O.OBJECT_UPLOAD_SIGNED: QT_TRANSLATE_NOOP("AuditWords", "Upload by a link"),
    O.OBJECT_GET: QT_TRANSLATE_NOOP("AuditWords", "Download"),
    O.OBJECT_GET_PUBLIC: QT_TRANSLATE_NOOP("AuditWords", "Download from a public bucket"),
    O.OBJECT_GET_SIGNED: QT_TRANSLATE_NOOP("AuditWords", "Download by a link"),
    O.RENDER: QT_TRANSLATE_NOOP("AuditWords", "Picture in another size"),
    O.RENDER_PUBLIC: QT_TRANSLATE_NOOP("AuditWords", "Public picture in another size"),
    O.RENDER_SIGNED: QT_TRANSLATE_NOOP("AuditWords", "Picture in another size, by a link"),
    O.CACHE_PURGE: QT_TRANSLATE_NOOP("AuditWords", "Pictures in other sizes forgotten"),
    O.OBJECT_DOWNLOAD_MANY: QT_TRANSLATE_NOOP("AuditWords", "Download several"),
    O.OBJECT_INFO: QT_TRANSLATE_NOOP("AuditWords", "Look at an object"),
    O.OBJECT_INFO_PUBLIC: QT_TRANSLATE_NOOP("AuditWords", "Look at a public object"),
    O.OBJECT_LIST: QT_TRANSLATE_NOOP("AuditWords", "List objects"),
    O.OBJECT_LIST_V2: QT_TRANSLATE_NOOP("AuditWords", "List objects"),
    O.OBJECT_SIGN: QT_TRANSLATE_NOOP("AuditWords", "Make a link"),
    O.OBJECT_SIGN_MANY: QT_TRANSLATE_NOOP("AuditWords", "Make links"),
    O.OBJECT_MOVE: QT_TRANSLATE_NOOP("AuditWords", "Move or rename"),
    O.OBJECT_COPY: QT_TRANSLATE_NOOP("AuditWords", "Copy"),
    O.OBJECT_LABEL: QT_TRANSLATE_NOOP("AuditWords", "Change metadata"),
    O.OBJECT_DELETE: QT_TRANSLATE_NOOP("AuditWords", "Delete"),
    O.OBJECT_DELETE_MANY: QT_TRANSLATE_NOOP("AuditWords", "Delete several"),
    O.TUS_CREATE: QT_TRANSLATE_NOOP("AuditWords", "Begin an upload in parts"),
    O.TUS_PART: QT_TRANSLATE_NOOP("AuditWords", "Upload a part"),
    O.TUS_GET: QT_TRANSLATE_NOOP("AuditWords", "Look at an upload in parts"),
    O.TUS_DELETE: QT_TRANSLATE_NOOP("AuditWords", "Throw away an upload in parts"),
    O.VERSION_LIST: QT_TRANSLATE_NOOP("AuditWords", "List versions"),
    O.VERSION_GET: QT_TRANSLATE_NOOP("AuditWords", "Download a version"),
    O.VERSION_RESTORE: QT_TRANSLATE_NOOP("AuditWords", "Restore a version"),
    O.VERSION_DELETE: QT_TRANSLATE_NOOP("AuditWords", "Delete a version"),
    O.PAST_LIST: QT_TRANSLATE_NOOP("AuditWords", "List the past"),
    O.PAST_GET: QT_TRANSLATE_NOOP("AuditWords", "Download from the past"),
    O.TRASH_LIST: QT_TRANSLATE_NOOP("AuditWords", "Look into the trash"),
    O.TRASH_RESTORE: QT_TRANSLATE_NOOP("AuditWords", "Restore from the trash"),
    O.TRASH_EMPTY: QT_TRANSLATE_NOOP("AuditWords", "Empty the trash"),
    O.EVENT_LISTEN: QT_TRANSLATE_NOOP("AuditWords", "Listen to events"),
    O.POLICY_CHANGE: QT_TRANSLATE_NOOP("AuditWords", "Change policies"),
    O.USER_CHANGE: QT_TRANSLATE_NOOP("AuditWords", "Change a user"),
    O.TOKEN_CHANGE: QT_TRANSLATE_NOOP("AuditWords", "Make or end a token"),
    O.KEYS_ROTATE: QT_TRANSLATE_NOOP("AuditWords", "Replace keys"),
    O.CHECK: QT_TRANSLATE_NOOP("AuditWords", "Check"),
    "cleanup.set-aside": QT_TRANSLATE_NOOP("AuditWords", "Stray file put aside"),
    "cleanup.row-removed": QT_TRANSLATE_NOOP("AuditWords", "Lost object removed"),
    "cleanup.staged-swept": QT_TRANSLATE_NOOP("AuditWords", "Unfinished uploads thrown away"),
    "quarantine.entered": QT_TRANSLATE_NOOP("AuditWords", "Found damaged or missing"),
    "quarantine.left": QT_TRANSLATE_NOOP("AuditWords", "There again"),
    "outside.edited": QT_TRANSLATE_NOOP("AuditWords", "Changed outside Holdall"),
    "outside.added": QT_TRANSLATE_NOOP("AuditWords", "Added outside Holdall"),
    "outside.deleted": QT_TRANSLATE_NOOP("AuditWords", "Deleted outside Holdall"),
    "outside.reported": QT_TRANSLATE_NOOP("AuditWords", "Found outside Holdall"),
    "recovery.restored": QT_TRANSLATE_NOOP("AuditWords", "Database restored from a backup"),
    "recovery.rebuilt": QT_TRANSLATE_NOOP("AuditWords", "Database rebuilt from the files"),
    "audit.pruned": QT_TRANSLATE_NOOP("AuditWords", "Old entries removed"),
    "audit.retention": QT_TRANSLATE_NOOP("AuditWords", "Time to keep entries changed"),
    "audit.exported": QT_TRANSLATE_NOOP("AuditWords", "Audit exported"),
    "audit.omitted": QT_TRANSLATE_NOOP("AuditWords", "Entries only counted"),
}

_CHANGES: Final = (
    O.BUCKET_CREATE, O.BUCKET_UPDATE, O.BUCKET_EMPTY, O.BUCKET_DELETE, O.OBJECT_UPLOAD, O.OBJECT_UPDATE,
    O.OBJECT_UPLOAD_MANY, O.OBJECT_UPLOAD_SIGNED, O.OBJECT_MOVE, O.OBJECT_COPY, O.OBJECT_LABEL, O.OBJECT_DELETE,
    O.OBJECT_DELETE_MANY, O.TUS_CREATE, O.TUS_PART, O.TUS_DELETE, O.VERSION_RESTORE, O.VERSION_DELETE,
    O.TRASH_RESTORE, O.TRASH_EMPTY, O.POLICY_CHANGE, O.USER_CHANGE, O.TOKEN_CHANGE, O.KEYS_ROTATE, "cleanup.",
    "outside.", "audit.",
)  # fmt: skip

GROUPS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    (QT_TRANSLATE_NOOP("AuditWords", "Everything"), ()),
    (QT_TRANSLATE_NOOP("AuditWords", "All changes"), _CHANGES),
    (
        QT_TRANSLATE_NOOP("AuditWords", "Uploads"),
        (
            O.OBJECT_UPLOAD, O.OBJECT_UPDATE, O.OBJECT_UPLOAD_MANY, O.OBJECT_UPLOAD_SIGNED, O.OBJECT_COPY,
            "storage.tus.",
        ),
    ),
    (
        QT_TRANSLATE_NOOP("AuditWords", "Downloads"),
        (
            O.OBJECT_GET, O.OBJECT_GET_PUBLIC, O.OBJECT_GET_SIGNED, O.OBJECT_DOWNLOAD_MANY, O.VERSION_GET, O.PAST_GET,
            "storage.render.", O.CACHE_PURGE,
        ),
    ),
    (
        QT_TRANSLATE_NOOP("AuditWords", "Moves and deletions"),
        (
            O.OBJECT_MOVE, O.OBJECT_DELETE, O.OBJECT_DELETE_MANY, O.BUCKET_EMPTY, O.VERSION_DELETE, O.VERSION_RESTORE,
            O.TRASH_RESTORE, O.TRASH_EMPTY,
        ),
    ),
    (
        QT_TRANSLATE_NOOP("AuditWords", "Looks and lists"),
        (
            O.BUCKET_GET, O.BUCKET_LIST, O.OBJECT_INFO, O.OBJECT_INFO_PUBLIC, O.OBJECT_LIST, O.OBJECT_LIST_V2,
            O.VERSION_LIST, O.PAST_LIST, O.TRASH_LIST, O.EVENT_LISTEN,
        ),
    ),
    (QT_TRANSLATE_NOOP("AuditWords", "Changes of metadata"), (O.OBJECT_LABEL,)),
    (QT_TRANSLATE_NOOP("AuditWords", "Links"), (O.OBJECT_SIGN, O.OBJECT_SIGN_MANY, O.OBJECT_SIGN_UPLOAD)),
    (QT_TRANSLATE_NOOP("AuditWords", "Buckets"), ("storage.bucket.",)),
    (
        QT_TRANSLATE_NOOP("AuditWords", "Policies, users, keys"),
        (O.POLICY_CHANGE, O.USER_CHANGE, O.TOKEN_CHANGE, O.KEYS_ROTATE),
    ),
    (
        QT_TRANSLATE_NOOP("AuditWords", "Upkeep and outside"),
        ("cleanup.", "quarantine.", "outside.", "recovery.", "audit.", O.CHECK),
    ),
)  # fmt: skip
"""Titles of operations that belong together, and which they are; those that end with a dot are beginnings."""

_RESULTS: Final[Mapping[str, tuple[str, str | None]]] = {
    AuditResult.DONE: (QT_TRANSLATE_NOOP("AuditWords", "Done"), None),
    AuditResult.DENIED: (QT_TRANSLATE_NOOP("AuditWords", "Denied"), "danger"),
    AuditResult.FAILED: (QT_TRANSLATE_NOOP("AuditWords", "Failed"), "warning"),
}


@dataclass(frozen=True, slots=True)
class Names:
    """How people are called.

    Attributes:
        own_id: The person at this computer.
        users: Id → name.
    """

    own_id: str = ""
    users: Mapping[str, str] = field(default_factory=dict)

    def who(self, entry: AuditEntry) -> str:
        """Return who did something, and as whom where they tried out somebody else."""
        if entry.role is None and entry.actor not in {self.own_id, Role.SERVICE, *self.users}:
            return translate("AuditWords", "Holdall ({job})").format(job=entry.actor)
        if entry.acted_by is None:
            return self._person(entry.actor, translate("AuditWords", "A visitor"))
        identity = self._person(entry.actor, translate("AuditWords", "a visitor"))
        text = translate("AuditWords", "{person}, acting as {identity}")
        return text.format(person=self._person(entry.acted_by, ""), identity=identity)

    def _person(self, actor: str, visitor: str) -> str:
        if actor == self.own_id:
            return translate("AuditWords", "You")
        return visitor if actor == ANONYMOUS else self.users.get(actor, actor)


def operation_words(operation: str) -> str:
    """Return what was done; the name itself where a later program wrote it."""
    text = _WORDS.get(operation)
    return translate("AuditWords", text) if text is not None else operation


def result_words(result: str) -> tuple[str, str | None]:
    """Return how it ended, and the colour token of that or None for the usual one."""
    text, tone = _RESULTS.get(result, (result, None))
    return translate("AuditWords", text), tone


def address_words(entry: AuditEntry) -> str:
    """Return where it came from."""
    return entry.remote_address or translate("AuditWords", "This computer")
