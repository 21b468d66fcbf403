"""The steps of an example that are no single operation."""

from __future__ import annotations

from dataclasses import dataclass

from tests.engine.model.objects import Upload
from tests.engine.model.operation import Operation


@dataclass(frozen=True)
class Together:
    """Several threads do something at once."""

    operations: tuple[Operation, ...]


@dataclass(frozen=True)
class BeginToRead:
    """Open an object, which reads on as what it was, whatever is done to it."""

    bucket: str
    number: int


@dataclass(frozen=True)
class EndReading:
    """Read what is open to its end."""


@dataclass(frozen=True)
class BeginToSend:
    """Send all bytes of an upload, and leave it open."""

    upload: Upload


@dataclass(frozen=True)
class EndSending:
    """Commit, or give up, the uploads that are open."""

    aborting: bool


@dataclass(frozen=True)
class Remember:
    """Note what stands now."""


@dataclass(frozen=True)
class LookBack:
    """See that a moment is shown as it was."""

    number: int


@dataclass(frozen=True)
class PassDays:
    """Let days pass."""

    days: int


@dataclass(frozen=True)
class Refuse:
    """Let the disk refuse, or obey again."""

    refusing: bool


@dataclass(frozen=True)
class Reopen:
    """Close the workspace and open it again."""
