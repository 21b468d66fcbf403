"""How a resumable upload stands after a request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """It.

    Attributes:
        offset_bytes: How many bytes are there.
        expires_at: When it is thrown away.
    """

    offset_bytes: int
    expires_at: datetime
