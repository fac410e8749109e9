"""Speech that an API client ends by hand, until the upstream has taken it."""

from __future__ import annotations

from chatbot.realtime.audio import bytes_of
from chatbot.realtime.events import Event

#: The upstream takes no less than this for speech.
LEAST_BYTES = bytes_of(100)
COMMIT = "input_audio_buffer.commit"
COMMITTED = "input_audio_buffer.committed"


class ClientCommits:
    """How much was said since the last commit, and the sizes of those that wait for their item."""

    def __init__(self) -> None:
        self._bytes = 0
        self._waiting: list[int] = []

    def speak(self, pcm: bytes) -> bool:
        """Speech for the upstream: whether it is the first since the last commit."""
        is_first = not self._bytes
        self._bytes += len(pcm)
        return is_first

    @property
    def is_any_unheard(self) -> bool:
        """Something was said that the upstream has not taken as a turn."""
        return bool(self._bytes or self.unheard())

    def send(self, kind: str) -> None:
        """Another event of the client's."""
        if kind == COMMIT:
            self._waiting.append(self._bytes)
        if kind in (COMMIT, "input_audio_buffer.clear"):
            self._bytes = 0

    def receive(self, event: Event) -> None:
        """One event of the upstream: it has taken the oldest commit, or refuses it."""
        code = (event.get("error") or {}).get("code")
        is_taken = event["type"] == COMMITTED
        if is_taken or code == "input_audio_buffer_commit_empty":
            self._waiting = self._waiting[1:]
        if is_taken and not self._waiting:
            self._bytes = 0  # the upstream has ended a turn by itself, perhaps

    def session_lost(self, is_ended: bool) -> None:
        """The upstream is gone, and what it had not understood is said again to the next: as one
        turn, that `is_ended` or not."""
        self._waiting = [LEAST_BYTES] if is_ended else []

    def unheard(self) -> int:
        """How many turns were ended of which the upstream has not told."""
        return sum(size >= LEAST_BYTES for size in self._waiting)
