"""The user's side of a session: sound kept, speech detected, turns on their way to words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chatbot.engine.errors import RequestError, StageError
from chatbot.engine.input_audio import InputAudio
from chatbot.engine.orders import Order
from chatbot.engine.turns import ONSET_WINDOWS, WINDOW_MS, Detection, Signal, TurnDetector
from chatbot.engine.utterance import Utterance
from chatbot.realtime.audio import BYTES_PER_SECOND, bytes_of, ms_of

WINDOW_BYTES = bytes_of(WINDOW_MS)
#: A commit of less is refused, as the service does.
LEAST_COMMIT_MS = 100
#: A turn longer than this is ended as if the user had paused.
MAX_TURN_MS = 300_000
#: Sound with fewer windows of speech than this holds no words worth recognizing.
LEAST_SPEECH_WINDOWS = 2
#: What counts for that: lower than any sensible threshold, since quiet speech is speech.
FAINT_SPEECH = 0.3


class Hearing:
    """Without turn detection (push to talk) the client commits; else `judge` finds the turns."""

    def __init__(self, new_id: Callable[[str], str]) -> None:
        self._new_id = new_id
        self._audio = InputAudio()
        self._position = 0
        self._detector: TurnDetector | None = None
        self._speech_windows = 0
        self._finished: Utterance | None = None
        self._pending: dict[str, Utterance] = {}
        self._failures: dict[str, StageError] = {}
        self._answered: set[str] = set()
        self.utterance: Utterance | None = None
        self.language: str | None = None

    def configure(self, audio_input: dict[str, Any]) -> None:
        """Take over a session's `audio.input`; speech in progress is kept."""
        self.language = (audio_input["transcription"] or {}).get("language")
        turn_detection = audio_input["turn_detection"]
        if turn_detection is None:
            self._detector = None
            return
        detection = Detection.of(turn_detection)
        if self._detector is None:
            self._detector = TurnDetector(detection)
        self._detector.detection = detection

    # -- sound ------------------------------------------------------------------------

    def append(self, pcm: bytes) -> None:
        """Keep sound."""
        self._audio.append(pcm)

    def judge(self, probability: float) -> Signal | None:
        """Go one window on. After a signal call the method of its name."""
        self._position += WINDOW_BYTES
        self._speech_windows += probability >= FAINT_SPEECH
        if self._detector is None:
            self._audio.drop_before(self._position - bytes_of(MAX_TURN_MS))
            return None
        signal = self._detector.feed(probability)
        if self.utterance is None:
            self._audio.drop_before(self._position - self._margin())
        elif ms_of(self._position - self.utterance.start) >= MAX_TURN_MS:
            self._detector.reset()
            return Signal.STOPPED
        return signal

    def ms_at(self, position: int) -> int:
        """Time of a position since the session's first sample."""
        return ms_of(position)

    # -- turns ------------------------------------------------------------------------

    @property
    def speaking(self) -> bool:
        """Whether a turn is being spoken just now."""
        return self.utterance is not None

    @property
    def interrupts(self) -> bool:
        """Whether speech stops an answer."""
        return self._detector is not None and self._detector.detection.interrupt_response

    @property
    def is_answered(self) -> bool:
        """Whether turns are answered without being asked to."""
        return self._detector is not None and self._detector.detection.create_response

    def promise_answer(self, item_id: str) -> None:
        """This turn is to be answered without being asked to."""
        self._answered.add(item_id)

    def break_promises(self) -> None:
        """No turn so far is: somebody has asked for an answer."""
        self._answered.clear()

    def answers(self, item_id: str) -> bool:
        """Whether this turn is to be answered without being asked to; true once."""
        wanted = item_id in self._answered
        self._answered.discard(item_id)
        return wanted

    def start(self) -> Utterance:
        """A turn begins, its padding included."""
        start = max(self._audio.start, self._position - self._margin())
        self.utterance = self._new_utterance(start)
        return self.utterance

    def pause(self) -> list[Order]:
        """Recognition may begin."""
        return self.utterance.pause(self._audio, self._position) if self.utterance else []

    def resume(self) -> list[Order]:
        """The pause was none."""
        return self.utterance.resume(self._audio) if self.utterance else []

    def stop(self) -> list[Order]:
        """The turn is over, as the detector judges."""
        if self.utterance is None:
            return []
        return self._finish(self.utterance, self._position)

    def commit(self) -> list[Order]:
        """The turn is over, as the client says.

        Raises:
            RequestError: there is next to nothing to commit.
        """
        utterance = self.utterance
        if utterance is None:
            kept_ms = 0.0
            if self._detector is None:
                kept_ms = (self._audio.end - self._audio.start) * 1000 / BYTES_PER_SECOND
            if kept_ms < LEAST_COMMIT_MS:
                raise RequestError(
                    "input_audio_buffer_commit_empty",
                    "Error committing input audio buffer: buffer too small. Expected at least "
                    f"{LEAST_COMMIT_MS}ms of audio, but buffer only has {kept_ms:.2f}ms of audio.",
                )
            utterance = self._new_utterance(self._audio.start)
            if self._speech_windows < LEAST_SPEECH_WINDOWS:
                utterance.end = self._audio.end
                return self._set_finished(utterance)
        if self._detector is not None:
            self._detector.reset()
        return self._finish(utterance, self._audio.end)

    def clear(self) -> list[Order]:
        """Throw away what was not committed."""
        utterance, self.utterance = self.utterance, None
        self._audio.clear()
        self._speech_windows = 0
        if self._detector is not None:
            self._detector.reset()
        return utterance.abandon() if utterance else []

    def take_finished(self) -> Utterance:
        """The turn that `stop` or `commit` has just ended."""
        finished, self._finished = self._finished, None
        if finished is None:
            raise LookupError("no turn has ended")
        return finished

    # -- words ------------------------------------------------------------------------

    def expect(self, item_id: str, size_bytes: int) -> str:
        """An item brings its own sound: the key under which to recognize it."""
        utterance = self._new_utterance(0)
        utterance.item_id, utterance.end = item_id, size_bytes
        self._pending[item_id] = utterance
        return utterance.expect()

    def recognized(self, key: str, text: str) -> None:
        """Take the words of a stretch."""
        for utterance in self._waiting():
            utterance.recognized(key, text)

    def failed(self, key: str, error: StageError) -> None:
        """Take a failure; it fails its whole turn."""
        for utterance in self._waiting():
            if utterance.awaits(key):
                self._failures[utterance.item_id] = error
                utterance.recognized(key, "")

    @property
    def guess(self) -> str:
        """In a pause: the words of the turn, if it ends here."""
        return self.utterance.guess if self.utterance else ""

    def results(self) -> list[tuple[str, str | StageError]]:
        """Item id and words (or failure) of each finished turn that is complete by now."""
        done = [one for one in self._pending.values() if one.complete]
        for utterance in done:
            del self._pending[utterance.item_id]
        return [(one.item_id, self._failures.pop(one.item_id, one.text)) for one in done]

    # -- within -----------------------------------------------------------------------

    def _margin(self) -> int:
        padding_ms = self._detector.detection.prefix_padding_ms if self._detector else 0
        return bytes_of(padding_ms) + ONSET_WINDOWS * WINDOW_BYTES

    def _new_utterance(self, start: int) -> Utterance:
        return Utterance(
            self._new_id("item"), start, self.language, lambda: self._new_id("recognition")
        )

    def _finish(self, utterance: Utterance, position: int) -> list[Order]:
        orders = utterance.finish(self._audio, position)
        self._set_finished(utterance)
        return orders

    def _set_finished(self, utterance: Utterance) -> list[Order]:
        self.utterance = None
        self._finished = utterance
        self._pending[utterance.item_id] = utterance
        self._audio.drop_before(utterance.end)
        self._speech_windows = 0
        return []

    def _waiting(self) -> list[Utterance]:
        current = [self.utterance] if self.utterance else []
        return [*self._pending.values(), *current]
