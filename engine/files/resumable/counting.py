"""Whose resumable uploads are whose, and how many of them may be open at once.

Users are counted one by one. Whoever has no user is counted by where they come from, and so is whoever shows a token to
upload, which may be in many hands: else one of them could use up what all of them may have. All tokens that one person
made count as one: they may make as many as they like. A network of IPv6 counts as one address, for each of its hosts
has as many addresses as it likes. Nobody counts the service role's.

Users, visitors and holders of tokens have each a number for all of them together. The fuller that is, the less one of
them may have: so a few do not fill it. From enough addresses it can be filled all the same.
"""

from __future__ import annotations

import json
from typing import Final

from sqlalchemy import ColumnElement, func, select

from engine import limits
from engine.addresses import counted_address
from engine.metadata.executor import Transaction
from engine.metadata.tables import storage_resumable_uploads
from engine.resumable_types import TooManyUploads
from engine.types import RlsContext

_U: Final = storage_resumable_uploads.c
_USER: Final = "user"
_VISITOR: Final = "visitor"
_TOKEN: Final = "token"  # noqa: S105 - the name of a kind
_REFUSAL: Final = "Too many uploads are open: finish or end some of them, or try again later"
"""Without a number, which would tell how many others have open."""


def holder_of(context: RlsContext) -> str:
    """Return who may go on with what a caller began: nobody but them; without a user, those of the same role.

    Args:
        context: The caller.
    """
    return json.dumps(["caller", context.role, context.user_id])


def counted_for(context: RlsContext, holder: str | None) -> str | None:
    """Return whose open uploads a caller's are, or None if they are not counted.

    Args:
        context: The caller; with a token to upload, whoever made it.
        holder: Who may go on, if that is not simply the caller: whoever has a token to upload.
    """
    address = "" if context.origin is None else counted_address(context.origin.remote_address)
    if holder is not None:
        return f"{_TOKEN} {address} {context.user_id or ''}"
    if context.can_bypass_rls:
        return None
    if context.user_id is None:
        return f"{_VISITOR} {address} {holder_of(context)}"
    return f"{_USER} {holder_of(context)}"


def check_room(tx: Transaction, party: str, now_us: int) -> None:
    """Refuse one more open upload than somebody may have.

    Args:
        tx: Holds the write lock, so that the number holds.
        party: As `counted_for` told.
        now_us: The present moment.

    Raises:
        TooManyUploads: There are enough.
    """
    held = _number(tx, _U.counted_for == party, now_us)
    most = limits.RESUMABLE_OPEN_MAX
    if held < most:
        kind = party.partition(" ")[0]
        together = _number(tx, (_U.counted_for >= f"{kind} ") & (_U.counted_for < f"{kind}!"), now_us)
        left = max(limits.RESUMABLE_OPEN_ALL_MAX - together, 0)
        most = min(most, left // limits.RESUMABLE_OPEN_SHARE)
    if held >= most:
        raise TooManyUploads(_REFUSAL)


def _number(tx: Transaction, whose: ColumnElement[bool], now_us: int) -> int:
    """Return how many of some uploads are open; the index alone is read."""
    return int(tx.execute(select(func.count()).where(whose, _U.expires_at > now_us)).scalar_one())
