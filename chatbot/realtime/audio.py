"""24 kHz mono PCM16 little-endian, said once: sizes and times of raw speech."""

from __future__ import annotations

import base64
import binascii

SAMPLE_RATE_HZ = 24_000
BYTES_PER_SAMPLE = 2
BYTES_PER_SECOND = SAMPLE_RATE_HZ * BYTES_PER_SAMPLE

#: A browser sends 40 ms frames; a second at once is more than any client of ours needs.
MAX_FRAME_BYTES = BYTES_PER_SECOND


def ms_of(size_bytes: int) -> int:
    """How long `size_bytes` of audio last, in whole milliseconds, rounded down."""
    return size_bytes * 1000 // BYTES_PER_SECOND


def bytes_of(duration_ms: int) -> int:
    """How many bytes hold `duration_ms` of audio; always whole samples."""
    return duration_ms * SAMPLE_RATE_HZ // 1000 * BYTES_PER_SAMPLE


def to_base64(pcm: bytes) -> str:
    """PCM16 as the protocol carries it inside JSON."""
    return base64.b64encode(pcm).decode("ascii")


def from_base64(text: str) -> bytes:
    """The PCM16 inside a protocol event.

    Raises:
        ValueError: the text is no base64.
    """
    return binascii.a2b_base64(text, strict_mode=True)
