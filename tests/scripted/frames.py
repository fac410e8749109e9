"""WebSocket frames by hand, where a library would cost more than what is measured.

Peers of ours neither fragment nor compress, so a frame is a message.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import NamedTuple

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
#: Time of sending, in nanoseconds of CLOCK_MONOTONIC, little-endian, padded to whole base64.
STAMP_BYTES = 9
STAMP_CHARACTERS = 12

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_SHORT, _MEDIUM = 126, 127


class Frame(NamedTuple):
    """One frame; `payload` is still masked when `mask` is not empty."""

    opcode: int
    mask: bytes
    payload: bytes

    def head(self, size: int) -> bytes:
        """The first bytes of the payload, unmasked."""
        return unmask(self.payload[:size], self.mask)


def unmask(payload: bytes, mask: bytes) -> bytes:
    """Mask or unmask; the same thing."""
    if not mask:
        return payload
    size = len(payload)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload) ^ int.from_bytes(key)).to_bytes(size)


def header(opcode: int, size: int, mask: bytes = b"") -> bytes:
    """What stands before a payload of this size."""
    bit = 0x80 if mask else 0
    if size < _SHORT:
        length = bytes([bit | size])
    elif size < 1 << 16:
        length = bytes([bit | _SHORT]) + size.to_bytes(2)
    else:
        length = bytes([bit | _MEDIUM]) + size.to_bytes(8)
    return bytes([0x80 | opcode]) + length + mask


def frame(opcode: int, payload: bytes, mask: bytes = b"") -> bytes:
    """A whole frame; clients must mask."""
    return header(opcode, len(payload), mask) + unmask(payload, mask)


def accept_key(key: bytes) -> bytes:
    """The answer to a `Sec-WebSocket-Key`."""
    return base64.b64encode(hashlib.sha1(key + _GUID).digest())  # noqa: S324 - RFC 6455 says so


class FrameReader:
    """Cuts a stream into frames."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that are whole now."""
        if self._rest:
            data = self._rest + data
        start, end = 0, len(data)
        while end - start >= 2:
            at, size = start + 2, data[start + 1] & 0x7F
            if size >= _SHORT:
                width = 2 if size == _SHORT else 8
                size = int.from_bytes(data[at : at + width])
                at += width
            masked = 4 if data[start + 1] & 0x80 else 0
            stop = at + masked + size
            if end < stop:
                break
            yield Frame(data[start] & 0x0F, data[at : at + masked], data[at + masked : stop])
            start = stop
        self._rest = data[start:]
