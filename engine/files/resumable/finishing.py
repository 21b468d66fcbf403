"""What is written down of an upload whose bytes are all there, until it is known what becomes of it.

To have a content scanned may take longer than its client waits, and than the process lives. So it is written down who
brought the last byte: in their name it is stored, whoever goes on with it. Whoever comes back is told why it was not.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final, Self

from engine import errors
from engine.context import Origin
from engine.errors import RequestFault
from engine.scanning.errors import InfectedContent, TooLargeToScan
from engine.types import RlsContext

_KINDS: Final = {
    kind.__name__: kind
    for kind in (
        InfectedContent,
        TooLargeToScan,
        errors.BucketNotFound,
        errors.InvalidKey,
        errors.InvalidRequest,
        errors.ObjectAlreadyExists,
        errors.PayloadTooLarge,
        errors.Unauthorized,
        errors.UnsupportedMediaType,
    )
}
"""What a whole upload may be refused with."""


@dataclass(frozen=True, slots=True)
class Finishing:
    """A whole upload that waits to be stored.

    Attributes:
        size_bytes: How many bytes are durable: all.
        caller: Who brought the last of them.
        since_us: When they did, in microseconds since 1970, UTC: who they were then they need not be any more.
    """

    size_bytes: int
    caller: RlsContext
    since_us: int

    @property
    def written(self) -> str:
        """Return it as text."""
        caller, origin = self.caller, self.caller.origin
        return json.dumps(
            {
                "size_bytes": self.size_bytes,
                "since_us": self.since_us,
                "user_id": caller.user_id,
                "role": caller.role,
                "claims": dict(caller.claims),
                "can_bypass_rls": caller.can_bypass_rls,
                "origin": None if origin is None else [origin.request_id, origin.remote_address],
            }
        )

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what `written` wrote."""
        said = json.loads(text)
        origin = None if said["origin"] is None else Origin(*said["origin"])
        caller = RlsContext(said["user_id"], said["role"], said["claims"], said["can_bypass_rls"], origin=origin)
        return cls(said["size_bytes"], caller, said["since_us"])


def written_refusal(refusal: RequestFault) -> str:
    """Return as text why an upload was refused.

    Args:
        refusal: Why.
    """
    kind = next((kind.__name__ for kind in type(refusal).__mro__ if kind.__name__ in _KINDS), "")
    return json.dumps([kind, refusal.message])


def read_refusal(text: str) -> RequestFault:
    """Return why an upload was refused; what is of no known kind has its words alone.

    Args:
        text: As `written_refusal` wrote it.
    """
    kind, message = json.loads(text)
    return _KINDS.get(kind, RequestFault)(message)
