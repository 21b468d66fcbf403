"""Telling of outside changes without following them.

An object whose file is another, or gone, goes into quarantine: it is shown as damaged or missing, stays as it is, and
is sound again by itself when its file is. A file that no object claims stays where it is, remembered as the cleanup
remembers such files. Everything is told once, whichever process comes first.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from engine.audit import Operation
from engine.errors import BucketNotFound
from engine.events import OutsideKind
from engine.files.mutations import Mutation
from engine.files.quarantine import Problem
from engine.files.records import find_bucket
from engine.types import Bucket, RlsContext, StorageObject
from engine.watch.ground import ACTOR, Ground, LookAgain
from engine.watch.looks import Claim, claims_by_key
from engine.watch.stored_file import Content

_SYSTEM: Final = RlsContext.service()


class Reporting:
    """Reports.

    Args:
        ground: The workspace's parts.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def edited(self, claim: Claim, content: Content, reason: str = "") -> None:
        """Report an object's file that holds something else.

        Args:
            claim: What its row says.
            content: What it holds.
            reason: Why that is not taken in although it should be.

        Raises:
            LookAgain: Row or file changed meanwhile.
        """
        told = self._ground.mutations.run(_SYSTEM, partial(self._damaged, claim=claim, content=content, reason=reason))
        if told is not None:
            self._ground.tell([told], OutsideKind.EDITED, taken_in=False, reason=reason)

    def deleted(self, claims: Sequence[Claim], reason: str = "") -> None:
        """Report objects whose files are gone; those that are there again are passed over."""
        news = self._ground.mutations.run(_SYSTEM, partial(self._missing, claims=claims))
        self._ground.tell(news, OutsideKind.DELETED, taken_in=False, reason=reason)

    def added(self, key: str, path: str, reason: str = "") -> None:
        """Report a file that no object claims.

        Args:
            key: Where it is.
            path: What it would be called, or its name where it cannot be called anything.
            reason: Why it is not taken in although it should be.
        """
        bucket = self._ground.mutations.run(_SYSTEM, partial(self._stray, key=key, reason=reason))
        if bucket is not None:
            about = (bucket.id, bucket.name, [path], OutsideKind.ADDED)
            self._ground.announcer.outside(*about, taken_in=False, reason=reason)

    def sound(self, claim: Claim, content: Content) -> None:
        """Let an object leave the quarantine whose file turned out to be its own.

        Raises:
            LookAgain: Row or file changed meanwhile.
        """
        if self._ground.quarantine.has_any():
            self._ground.mutations.run(_SYSTEM, partial(self._released, claim=claim, content=content))

    def _damaged(self, change: Mutation, claim: Claim, content: Content, reason: str) -> StorageObject | None:
        """Put an object into quarantine; return it if that is news."""
        ground = self._ground
        _, info = ground.claimant(change, claim)
        ground.check_still(claim.key, content.signature)
        found = f"another program wrote {content.size_bytes} bytes with the SHA-256 {content.checksum}"
        if not ground.quarantine.enter(change.system, info, Problem.DAMAGED, change.moment_us, found):
            return None
        detail = {"problem": Problem.DAMAGED.value, "found": found, "reason": reason}
        ground.note(change, Operation.QUARANTINED, info, detail)
        return info

    def _missing(self, change: Mutation, claims: Sequence[Claim]) -> list[StorageObject]:
        """Put objects into quarantine that have no file; return those of which that is news."""
        ground, news = self._ground, []
        for claim in claims:
            try:
                _, info = ground.claimant(change, claim)
            except LookAgain:
                continue
            found = f"{info.size_bytes} bytes are not at {claim.key}"
            if not ground.backend.exists(claim.key) and ground.quarantine.enter(
                change.system, info, Problem.MISSING, change.moment_us, found
            ):
                detail = {"problem": Problem.MISSING.value, "key": claim.key}
                ground.note(change, Operation.QUARANTINED, info, detail)
                news.append(info)
        return news

    def _stray(self, change: Mutation, key: str, reason: str) -> Bucket | None:
        """Remember a file without a row; return its bucket if that is news."""
        ground = self._ground
        try:
            bucket = find_bucket(change.system, key.partition("/")[0])
        except BucketNotFound:
            return None
        file = ground.files.glances([key])[key]
        if file is None or claims_by_key(change.system, [key]) or ground.is_known_stray(change, key, file.st_size):
            return None
        detail = {"size_bytes": file.st_size, "reason": reason}
        ground.audit.record(change.system, ACTOR, Operation.OUTSIDE_REPORTED, bucket.id, key, detail)
        return bucket

    def _released(self, change: Mutation, claim: Claim, content: Content) -> None:
        """Take an object out of quarantine if it is in."""
        ground = self._ground
        _, info = ground.claimant(change, claim)
        ground.check_still(claim.key, content.signature)
        if ground.quarantine.leave(change.system, info.version):
            ground.note(change, Operation.RELEASED, info, {})
