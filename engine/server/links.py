"""Which object a link of Supabase's form is for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from engine.errors import InvalidKey, WrongSignature
from engine.server.routing import Target
from engine.server.targets import decode

T = TypeVar("T")


def meant_by(target: Target, check: Callable[[str, str], T]) -> tuple[Target, T]:
    """Return the object that was meant, with what its token says.

    storage-js encodes an address that holds escapes a second time. The token names the object, so reading the address
    once more opens that one or none.

    Args:
        target: As the address reads.
        check: Holds a token against a bucket and a path.

    Raises:
        InvalidLink: The token does not hold, or is for something else.
    """
    try:
        return target, check(target.bucket, target.path)
    except WrongSignature as wrong:
        again = _read_again(target, wrong)
        return again, check(again.bucket, again.path)


def _read_again(target: Target, wrong: WrongSignature) -> Target:
    try:
        again = Target(decode(target.bucket.encode()), decode(target.path.encode()))
    except InvalidKey:
        raise wrong from None
    if again == target:
        raise wrong
    return again
