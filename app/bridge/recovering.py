"""Recoveries of a workspace that cannot be opened, for the window. Called in workers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from app.bridge.tasks import Ticket
from engine.config import Settings

if TYPE_CHECKING:
    from engine.recovery.values import RecoveryReport


@dataclass(frozen=True, slots=True)
class RecoveryChoices:
    """What can be done about a lost database.

    Attributes:
        backup_made_at: When the newest backup was made, or None where there is none.
    """

    backup_made_at: datetime | None


def find_choices(settings: Settings) -> RecoveryChoices:
    """Look what there is to recover from.

    Args:
        settings: Of which data folder.
    """
    from engine.recovery.recovery import Recovery

    backups = Recovery(settings).backups()
    return RecoveryChoices(backups[0].made_at if backups else None)


def restore(settings: Settings, ticket: Ticket) -> RecoveryReport:
    """Put the newest sound backup in the database's place.

    Args:
        settings: Of which data folder.
        ticket: Told of the progress; its cancellation stops the work.
    """
    from engine.recovery.recovery import Recovery

    return Recovery(settings, ticket.report, ticket.token).restore()


def rebuild(settings: Settings, ticket: Ticket) -> RecoveryReport:
    """Make the database anew from the files.

    Args:
        settings: Of which data folder.
        ticket: Told of the progress; its cancellation stops the work.
    """
    from engine.recovery.recovery import Recovery

    return Recovery(settings, ticket.report, ticket.token).rebuild()
