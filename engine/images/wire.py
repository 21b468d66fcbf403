"""The pipe between the server and the process that draws: a head in JSON, then bytes, each preceded by its length."""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO, Final

_LENGTHS: Final = struct.Struct("!II")
_HEAD_MAX_BYTES: Final = 64 * 1024
_BODY_MAX_BYTES: Final = 512 * 1024 * 1024


class BrokenWire(Exception):
    """The other end is gone, or sent what is no message."""


def send(stream: BinaryIO, head: dict[str, Any], body: bytes = b"") -> None:
    """Write one message.

    Args:
        stream: Binary, buffered.
        head: What `json` can write.
        body: The bytes.

    Raises:
        OSError: The other end is gone.
    """
    text = json.dumps(head).encode()
    stream.write(_LENGTHS.pack(len(text), len(body)) + text)
    stream.write(body)
    stream.flush()


def receive(stream: BinaryIO) -> tuple[dict[str, Any], bytes]:
    """Read one message.

    Args:
        stream: Binary, buffered.

    Returns:
        Its head and its bytes.

    Raises:
        BrokenWire: There is none.
    """
    head_bytes, body_bytes = _LENGTHS.unpack(_exactly(stream, _LENGTHS.size))
    if head_bytes > _HEAD_MAX_BYTES or body_bytes > _BODY_MAX_BYTES:
        raise BrokenWire("too long")
    head = json.loads(_exactly(stream, head_bytes))
    return head, _exactly(stream, body_bytes)


def _exactly(stream: BinaryIO, count: int) -> bytes:
    data = stream.read(count)
    if len(data) != count:
        raise BrokenWire("ended")
    return data
