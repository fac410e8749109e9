"""WebSocket frames as both ends write them (RFC 6455, section 5): one message, one frame.

Frames of a call are written by hand: the libraries make them from options that no call uses.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import Final

from websockets.frames import apply_mask as xor  # type: ignore[attr-defined]  # in C, if built

TEXT: Final = 0x81
BINARY: Final = 0x82
MASKED: Final = 0x80
IN_16_BITS: Final = 126
IN_64_BITS: Final = 127

_KEYS_AT_ONCE = 1024


def header(first: int, size: int, mask: int = 0) -> bytes:
    """What stands before `size` bytes: `first` is TEXT or BINARY, `mask` is MASKED or nothing."""
    if size < IN_16_BITS:
        return bytes((first, mask | size))
    if size < 1 << 16:
        return struct.pack("!BBH", first, mask | IN_16_BITS, size)
    return struct.pack("!BBQ", first, mask | IN_64_BITS, size)


def masked_text(text: str) -> bytes:
    """A text frame from a client."""
    payload, key = text.encode(), next(_keys)
    return b"".join((header(TEXT, len(payload), MASKED), key, masked(payload, key)))


def masked(payload: bytes, key: bytes) -> bytes:
    """The payload masked, or what was masked unmasked."""
    result: bytes = xor(payload, key)
    return result


def _random_keys() -> Iterator[bytes]:
    """Masks that nobody can foresee; the system is asked for many at once."""
    while True:
        for (key,) in struct.iter_unpack("4s", os.urandom(_KEYS_AT_ONCE * 4)):
            yield key


_keys = _random_keys()
