"""Speech that the user ends by hand (push-to-talk), until the upstream has taken it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from chatbot.realtime.audio import bytes_of
from chatbot.realtime.events import Event
from chatbot.realtime.outbox import Outbox
from chatbot.realtime.session import CallSession
from chatbot.realtime.transcript import Transcript

#: The upstream takes no less than this for speech.
LEAST_BYTES = bytes_of(100)


class Commits:
    """How much was said since the last commit, and the commits that wait for their item."""

    def __init__(
        self,
        session: CallSession,
        outbox: Outbox,
        transcript: Transcript,
        new_id: Callable[[str], str],
    ) -> None:
        self._session = session
        self._outbox = outbox
        self._transcript = transcript
        self._new_id = new_id
        self._bytes = 0
        self._waiting: deque[int] = deque()

    def speak(self, pcm: bytes) -> None:
        """Speech for the upstream."""
        self._outbox.send_speech(pcm)
        self._bytes += len(pcm)

    def clear(self, event: Event) -> None:
        """What was said since the last commit is not wanted."""
        self._outbox.send({"type": event["type"]})
        self._bytes = 0

    def commit(self, event: Event) -> None:
        """The user has ended their turn."""
        self._outbox.send({"type": event["type"]})
        self._waiting.append(self._bytes)
        self._bytes = 0

    def receive(self, event: Event) -> None:
        """One event of the upstream: it has taken the oldest commit, or refuses it."""
        is_taken = event["type"] == "input_audio_buffer.committed"
        if is_taken and self._session.detects_turns:
            self._bytes = 0  # it has ended a turn by itself, perhaps
        if self._waiting and (is_taken or _refuses_commit(event)):
            self._waiting.popleft()

    def session_lost(self) -> bool:
        """The upstream is gone. Whether what is said again to the next is to be ended again."""
        is_unheard = self._transcript.awaits_words or bool(self._heard_as_speech())
        is_ended = is_unheard and not self._session.detects_turns
        self._waiting = deque([max([LEAST_BYTES, *self._waiting])] if is_ended else [])
        return is_ended

    def hung_up(self) -> list[Event]:
        """The call ends: the items of speech that the upstream has not told of yet."""
        kind = "input_audio_buffer.committed"
        return [{"type": kind, "item_id": self._new_id("item")} for _ in self._heard_as_speech()]

    def _heard_as_speech(self) -> list[int]:
        return [size for size in self._waiting if size >= LEAST_BYTES]


def _refuses_commit(event: Event) -> bool:
    code = (event.get("error") or {}).get("code")
    return event["type"] == "error" and code == "input_audio_buffer_commit_empty"
