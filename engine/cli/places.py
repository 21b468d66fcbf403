"""What an address means in a workspace: a bucket, a folder or an object, or nothing."""

from __future__ import annotations

from datetime import datetime
from enum import Enum, auto
from typing import TYPE_CHECKING

from engine.errors import ObjectNotFound
from engine.types import ListRequest

if TYPE_CHECKING:
    from engine.cli.addresses import Address
    from engine.cli.session import Session


class Place(Enum):
    """What stands at an address."""

    BUCKET = auto()
    FOLDER = auto()
    OBJECT = auto()


def place_of(session: Session, address: Address, moment: datetime | None = None) -> Place:
    """Find what an address means: the object of that path before the folder.

    Args:
        session: The running command.
        address: As typed.
        moment: What stood there then, or None for now.

    Returns:
        What stands there.

    Raises:
        BucketNotFound: There is no such bucket.
        ObjectNotFound: There is neither such an object nor such a folder.
        InvalidKey: The path breaks the path rules.
    """
    if not address.path:
        session.storage.get_bucket(address.bucket, session.context)
        return Place.BUCKET
    if address.path != address.prefix and _stands(session, address.bucket, address.path, moment):
        return Place.OBJECT
    if _is_folder(session, address, moment):
        return Place.FOLDER
    raise ObjectNotFound("There is no such object or folder", path=str(address), hint=f"See: ls {address.bucket}")


def _stands(session: Session, bucket: str, path: str, moment: datetime | None) -> bool:
    if moment is None:
        return session.storage.exists(bucket, path, session.context)
    try:
        session.storage.past.info(bucket, path, moment, session.context)
    except ObjectNotFound:
        return False
    return True


def _is_folder(session: Session, address: Address, moment: datetime | None) -> bool:
    request = ListRequest(prefix=address.prefix, limit=1, moment=moment)
    page = session.storage.list(address.bucket, request, session.context)
    return bool(page.folders or page.objects) or _stands(session, address.bucket, address.prefix, moment)
