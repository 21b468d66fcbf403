"""What goes through the pipe between the window and its decoder: a JSON head and raw bytes, lengths first.

The window believes nothing that comes back: a decoder may have been taken over by what it read. Lengths are bounded,
the head is JSON and nothing else, and blobs are bytes.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

_LENGTH: Final = struct.Struct(">Q")
_HEAD_MAX_BYTES: Final = 32 * 1024 * 1024
_BLOBS_MAX_BYTES: Final = 320 * 1024 * 1024


class BrokenWire(Exception):
    """What came through the pipe is no message, or the pipe ended."""


@dataclass(frozen=True, slots=True)
class Message:
    """One question, or one answer.

    Attributes:
        head: What JSON can hold.
        blobs: Raw bytes.
    """

    head: Mapping[str, Any]
    blobs: tuple[bytes, ...] = ()


def send(pipe: BinaryIO, head: Mapping[str, Any], blobs: Sequence[bytes] = ()) -> None:
    """Write one message.

    Args:
        pipe: Where to.
        head: What JSON can hold.
        blobs: Raw bytes.
    """
    text = json.dumps({**head, "blobs": [len(blob) for blob in blobs]}).encode()
    pipe.write(_LENGTH.pack(len(text)) + text)
    for blob in blobs:
        pipe.write(blob)
    pipe.flush()


def receive(pipe: BinaryIO) -> Message:
    """Read one message; waits for it.

    Args:
        pipe: Where from.

    Raises:
        BrokenWire: The pipe ended, or what came is no message.
    """
    length = _LENGTH.unpack(_exactly(pipe, _LENGTH.size))[0]
    if length > _HEAD_MAX_BYTES:
        raise BrokenWire
    try:
        head = json.loads(_exactly(pipe, length))
        lengths = [int(size) for size in head.pop("blobs")]
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        raise BrokenWire from error
    if any(size < 0 for size in lengths) or sum(lengths) > _BLOBS_MAX_BYTES:
        raise BrokenWire
    return Message(head, tuple(_exactly(pipe, size) for size in lengths))


def _exactly(pipe: BinaryIO, count: int) -> bytes:
    parts: list[bytes] = []
    while count:
        part = pipe.read(count)
        if not part:
            raise BrokenWire
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
