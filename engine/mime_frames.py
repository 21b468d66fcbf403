"""Streams of frames that have no signature but repeat a pattern: MPEG audio, AAC, MPEG transport streams.

Chance produces the pattern once; it counts only when a second frame stands where the first one ends.

Source: ISO/IEC 11172-3 (MPEG audio header), ISO/IEC 13818-7 (ADTS), ISO/IEC 13818-1 (transport packets).
"""

from __future__ import annotations

from typing import Final

_TS_PACKET_BYTES: Final = 188
_BITRATES_KBIT: Final = {
    (3, 3): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (3, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (3, 1): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 3): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 1): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""By MPEG version (3 is 1, 2 is 2 and 2.5) and layer (3 is I, 2 is II, 1 is III), bit rate indexes 1 to 14."""

_SAMPLE_RATES_HZ: Final = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
"""By the two version bits: MPEG 1, 2 and 2.5."""


def frames_type(head: bytes) -> str | None:
    """Tell a stream by two frames in a row.

    Args:
        head: The beginning of the content.

    Returns:
        The MIME type, or None if this is no such stream.
    """
    if head[:1] == b"G" and head[_TS_PACKET_BYTES::_TS_PACKET_BYTES][:2] == b"GG":
        return "video/mp2t"
    if len(head) < 8 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    if head[1] & 0xF6 == 0xF0:
        return "audio/aac" if _adts_repeats(head) else None
    return "audio/mpeg" if _mpeg_repeats(head) else None


def _adts_repeats(head: bytes) -> bool:
    frame_bytes = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return frame_bytes > 7 and head[frame_bytes : frame_bytes + 2] == head[:2]


def _mpeg_repeats(head: bytes) -> bool:
    frame_bytes = _mpeg_frame_bytes(head)
    following = head[frame_bytes : frame_bytes + 2]
    return frame_bytes > 0 and len(following) == 2 and following[0] == 0xFF and following[1] & 0xFE == head[1] & 0xFE


def _mpeg_frame_bytes(header: bytes) -> int:
    """Return the length of the frame that begins here, 0 if its header is impossible."""
    version, layer = header[1] >> 3 & 3, header[1] >> 1 & 3
    rates = _BITRATES_KBIT.get((3 if version == 3 else 2, layer))
    bitrate, frequency, padding = header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    if rates is None or version not in _SAMPLE_RATES_HZ or not 0 < bitrate < 15 or frequency == 3:
        return 0
    bits_per_s, rate_hz = rates[bitrate - 1] * 1000, _SAMPLE_RATES_HZ[version][frequency]
    if layer == 3:
        return (12 * bits_per_s // rate_hz + padding) * 4
    samples = 72 if layer == 1 and version != 3 else 144
    return samples * bits_per_s // rate_hz + padding
