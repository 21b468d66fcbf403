"""What becomes of suspects: each is looked at closely, and taken in or reported as the person chose. One thread."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from engine import limits
from engine.config import OutsideChanges
from engine.errors import BackendUnreachable, DatabaseFault, StorageError
from engine.watch.ground import Ground, LookAgain
from engine.watch.guard import Guard
from engine.watch.hints import HINTS_MAX, Doubt
from engine.watch.looks import Claim, Suspect
from engine.watch.reporting import Reporting
from engine.watch.taking_in import TakingIn, is_passing

_logger = logging.getLogger(__name__)
_QUIET_LOOKS: Final = 4
"""Looks without anything more that is gone, before it is settled: a second."""

_TOO_MANY: Final = "Too many files were deleted at once"
_IN_THE_WAY: Final = "Something else stands where the file was"


class Settlement:
    """Settles suspects.

    Args:
        ground: The workspace's parts.
        guard: Says how many objects may go.
        monitor: Told the bytes of every step of reading; raises to stop.
        look_again: Told of a key that could not be settled yet.
    """

    def __init__(
        self,
        ground: Ground,
        guard: Guard,
        monitor: Callable[[int], None],
        look_again: Callable[[str, Doubt], None],
    ) -> None:
        self._ground = ground
        self._guard = guard
        self._monitor = monitor
        self._look_again = look_again
        self._reporting = Reporting(ground)
        self._taking_in = TakingIn(ground, self._reporting, monitor)
        self._gone: dict[str, Claim] = {}
        self._quiet_looks = 0
        self.way = OutsideChanges.REPORT

    def settle(self, suspects: Iterable[Suspect]) -> None:
        """Settle what is there, and gather what is gone until no more goes: only then is it known how much that is.

        Raises:
            Cancelled: `monitor` said so.
            BackendUnreachable: The storage folder is gone; so is everything in it, and nothing was deleted.
            DatabaseFault: The database failed.
        """
        self._taking_in.begin_round()
        before = len(self._gone)
        for suspect in suspects:
            if suspect.is_file:
                self._guarded(suspect)
            elif suspect.claim is not None and len(self._gone) <= HINTS_MAX:
                self._gone[suspect.key] = suspect.claim
        self._quiet_looks = self._quiet_looks + 1 if len(self._gone) == before else 0
        if self._gone and (self._quiet_looks >= _QUIET_LOOKS or before > HINTS_MAX):
            claims = list(self._gone.values())
            self.forget_gone()
            self._deleted(claims)

    def forget_gone(self) -> None:
        """Forget what is gone: it may be nothing but its disk."""
        self._gone = {}
        self._quiet_looks = 0

    @property
    def is_waiting(self) -> bool:
        """Return whether `settle` should be called again although there may be nothing new."""
        return bool(self._gone)

    def _guarded(self, suspect: Suspect) -> None:
        """Settle one file; what cannot be read is left to the scrub."""
        try:
            self._file(suspect)
        except LookAgain:
            self._look_again(suspect.key, Doubt.WRITTEN)
        except (BackendUnreachable, DatabaseFault):
            raise
        except StorageError as error:
            self._monitor(0)
            _logger.warning("%s was changed by another program and cannot be taken in", suspect.key, exc_info=error)

    def _file(self, suspect: Suspect) -> None:
        """Settle one file.

        Raises:
            LookAgain: It is not to be settled yet.
        """
        if suspect.claim is not None:
            self._claimed(suspect.claim)
        elif is_passing(suspect.key):
            _logger.debug("%s is taken for a passing file", suspect.key)
        elif self.way is OutsideChanges.TAKE_IN:
            self._taking_in.added(suspect.key)
        else:
            self._reporting.added(suspect.key, suspect.key.partition("/")[2])

    def _claimed(self, claim: Claim) -> None:
        """Settle the file of an object."""
        content = self._ground.files.read(claim.key, self._monitor)
        if content is None:
            raise LookAgain
        if content.checksum == claim.checksum:
            self._reporting.sound(claim, content)
        elif self.way is OutsideChanges.TAKE_IN:
            self._taking_in.edited(claim, content)
        else:
            self._reporting.edited(claim, content)

    def _deleted(self, claims: list[Claim]) -> None:
        """Settle everything that is gone."""
        if self.way is not OutsideChanges.TAKE_IN:
            self._report_deleted(claims)
            return
        sure = [claim for claim in claims if self._ground.files.is_gone(claim.key)]
        known = set(sure)
        self._report_deleted([claim for claim in claims if claim not in known], _IN_THE_WAY)
        if self._guard.allows(len(sure)):
            for part in self._parts(sure):
                self._taking_in.deleted(part)
        else:
            _logger.warning("%d files were deleted by another program, too many to delete their objects", len(sure))
            self._report_deleted(sure, _TOO_MANY)

    def _report_deleted(self, claims: list[Claim], reason: str = "") -> None:
        """Report what is gone."""
        for part in self._parts(claims):
            self._reporting.deleted(part, reason)

    def _parts(self, claims: list[Claim]) -> Iterator[list[Claim]]:
        """Yield as many at a time as are settled under one hold of the write lock."""
        for start in range(0, len(claims), limits.CLEANUP_BATCH):
            self._monitor(0)
            yield claims[start : start + limits.CLEANUP_BATCH]
