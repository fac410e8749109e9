"""Speech that the user ends by hand (push-to-talk), until the upstream has taken it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from chatbot.realtime.audio import bytes_of
from chatbot.realtime.context import ends_unanswered
from chatbot.realtime.events import Event, id_of
from chatbot.realtime.held import bytes_to_keep
from chatbot.realtime.outbox import Outbox
from chatbot.realtime.problems import Problem
from chatbot.realtime.sentences import N_
from chatbot.realtime.session import CallSession
from chatbot.realtime.transcript import Transcript
from chatbot.realtime.turns import Turn

#: The upstream takes no less than this for speech.
LEAST_BYTES = bytes_of(100)

TOO_SHORT = Problem(
    "input_audio_buffer_commit_empty",
    N_("That was too short to be heard. Hold the button for as long as you speak."),
)


@dataclass(frozen=True, slots=True)
class _Commit:
    """So many bytes of speech; `event_id` is the browser's own. `is_ours`: said again by us."""

    size: int
    event_id: str | None = None
    is_ours: bool = False


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
        self._waiting: deque[_Commit] = deque()
        self._is_refused = False

    def speak(self, pcm: bytes) -> None:
        """Speech for the upstream."""
        is_first = not self._bytes
        self._bytes += len(pcm)
        if is_first:
            self.keep_speech()
        self._outbox.send_speech(pcm)

    def clear(self, event: Event) -> None:
        """What was said since the last commit is not wanted."""
        self._outbox.send({"type": event["type"]})
        self._bytes = 0
        self.keep_speech()

    def keep_speech(self) -> None:
        """What the upstream has not understood is kept, to be said again to another."""
        is_by_hand = not self._session.detects_turns
        is_unheard = is_by_hand and bool(self._bytes or self._heard_as_speech())
        is_needed = is_unheard or self._transcript.awaits_words
        self._outbox.keep_speech(bytes_to_keep(is_needed, not is_by_hand))

    def commit(self, event: Event) -> None:
        """The user has ended their turn: one that is too short is refused here, before an answer
        to it is asked for."""
        self._is_refused = self._bytes < LEAST_BYTES and not self._session.will_detect_turns
        if self._is_refused:
            self._outbox.complain(replace(TOO_SHORT, event_id=id_of(event)))
            return
        self._outbox.send({"type": event["type"]})
        self._waiting.append(_Commit(self._bytes, id_of(event)))
        self._bytes = 0

    def leaves_nothing(self, history: Sequence[Turn]) -> bool:
        """Whether an answer that is asked for now would be to a turn that was refused; of that
        this is said once."""
        was_refused, self._is_refused = self._is_refused, False
        said = [*history, *self._transcript.turns()]
        is_answered = not (self._transcript.awaits_words or ends_unanswered(said))
        return was_refused and is_answered and not self._waiting

    def receive(self, event: Event) -> None:
        """One event of the upstream: it has taken the oldest commit, or refuses it."""
        is_taken = event["type"] == "input_audio_buffer.committed"
        if is_taken and self._session.detects_turns:
            self._bytes = 0  # it has ended a turn by itself, perhaps
        if self._waiting and (is_taken or _refuses_commit(event)):
            commit = self._waiting.popleft()
            if not (is_taken or commit.is_ours):
                self._outbox.complain(replace(TOO_SHORT, event_id=commit.event_id))

    def session_lost(self) -> bool:
        """The upstream is gone. Whether what is said again to the next is to be ended again."""
        is_unheard = self._transcript.awaits_words or bool(self._heard_as_speech())
        is_ended = is_unheard and not self._session.detects_turns
        self._waiting = deque([_Commit(LEAST_BYTES, is_ours=True)] if is_ended else [])
        return is_ended

    def hung_up(self) -> list[Event]:
        """The call ends: the items of speech that the upstream has not told of yet."""
        kind = "input_audio_buffer.committed"
        return [{"type": kind, "item_id": self._new_id("item")} for _ in self._heard_as_speech()]

    def _heard_as_speech(self) -> list[_Commit]:
        return [commit for commit in self._waiting if commit.size >= LEAST_BYTES]


def _refuses_commit(event: Event) -> bool:
    code = (event.get("error") or {}).get("code")
    return event["type"] == "error" and code == "input_audio_buffer_commit_empty"
