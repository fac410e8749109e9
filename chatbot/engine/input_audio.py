"""The sound a client has sent and nobody has used up: bytes on the session's time line."""

from __future__ import annotations


class InputAudio:
    """Positions count bytes from the session's first sample, whatever was dropped since."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._start = 0

    @property
    def start(self) -> int:
        """Position of the first byte still kept."""
        return self._start

    @property
    def end(self) -> int:
        """Position after the last byte that came."""
        return self._start + len(self._kept)

    def append(self, pcm: bytes) -> None:
        """Add what came."""
        self._kept += pcm

    def between(self, start: int, end: int) -> bytes:
        """Sound from `start` to `end`, as far as it is kept."""
        return bytes(self._kept[max(0, start - self._start) : max(0, end - self._start)])

    def drop_before(self, position: int) -> None:
        """Forget what is older than `position`."""
        surplus = min(max(0, position - self._start), len(self._kept))
        del self._kept[:surplus]
        self._start += surplus

    def clear(self) -> None:
        """Forget all of it; the time line goes on."""
        self.drop_before(self.end)
