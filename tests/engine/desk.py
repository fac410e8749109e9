"""A session with scripted models and no time: what is fed is answered at once, or when told to."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

from chatbot.engine.errors import StageError
from chatbot.engine.hearing import WINDOW_BYTES
from chatbot.engine.orders import Generate, Order, Recognize, Speak, TextUsage
from chatbot.engine.session import Session
from tests.engine.protocol import check

USED = TextUsage(input=30, cached=10, output=8)
#: Of speech by the scripted voice: 10 ms a character.
MS_PER_CHAR = 10

TRANSCRIBED: dict[str, Any] = {"audio": {"input": {"transcription": {"model": "whisper-1"}}}}
PUSH_TO_TALK: dict[str, Any] = {
    "audio": {"input": {"transcription": {"model": "whisper-1"}, "turn_detection": None}}
}

USER_TURN = [
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    "conversation.item.added",
    "conversation.item.done",
]
WORDS = [
    "conversation.item.input_audio_transcription.delta",
    "conversation.item.input_audio_transcription.completed",
]
ANSWER_BEGINS = [
    "response.created",
    "response.output_item.added",
    "conversation.item.added",
    "response.content_part.added",
]
ANSWER_ENDS = [
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    "conversation.item.done",
    "response.output_item.done",
    "response.done",
]
LIMITS = ["rate_limits.updated"]


def with_setting(**detection: Any) -> dict[str, Any]:
    """Settings with some numbers of server_vad changed."""
    return {
        "audio": {
            "input": {
                "transcription": {"model": "whisper-1"},
                "turn_detection": {"type": "server_vad", **detection},
            }
        }
    }


class Desk:
    """`events` is all the session has said; `orders` what it still waits for."""

    def __init__(self, transcript: str | StageError = "What is it?", **settings: Any) -> None:
        numbers = count(1)
        self.session = Session(lambda prefix: f"{prefix}_{next(numbers)}", "model", 0)
        self.transcript = transcript
        self.answer: Sequence[str] = ("It is ", "a test, ", "and no more. ", "Truly.")
        self.events: list[dict[str, Any]] = []
        self.orders: list[Order] = []
        self.drain()
        if settings:
            self.send("session.update", session={"type": "realtime", **settings})
        self.events.clear()

    def drain(self) -> None:
        """Take what the session has to say."""
        events = self.session.events()
        for event in events:
            check(event)
        self.events += events
        self.orders += self.session.orders()

    def send(self, kind: str, **fields: Any) -> None:
        """Be the client."""
        self.session.receive({"type": kind, "event_id": "mine", **fields})
        self.drain()

    def type(self, text: str = "Hello", **fields: Any) -> None:
        """A typed message of the user."""
        content = [{"type": "input_text", "text": text}]
        item = {"type": "message", "role": "user", "content": content}
        self.send("conversation.item.create", item={**item, **fields})

    def hear(self, windows: int, probability: float) -> None:
        """Sound of some windows of 32 ms."""
        for _ in range(windows):
            self.session.hear(bytes(WINDOW_BYTES), [probability])
            self.drain()

    def speak(self, windows: int = 20) -> None:
        """A turn of the user: speech, then half a second of silence."""
        self.hear(windows, 0.9)
        self.hear(17, 0.01)

    def take(self, kind: Any) -> Any:
        """The oldest order of a kind, taken off the list."""
        order = next(order for order in self.orders if isinstance(order, kind))
        self.orders.remove(order)
        return order

    def has(self, kind: Any) -> bool:
        """Whether such an order waits."""
        return any(isinstance(order, kind) for order in self.orders)

    def recognize(self) -> None:
        """Carry out every recognition."""
        while self.has(Recognize):
            order = self.take(Recognize)
            if isinstance(self.transcript, StageError):
                self.session.recognition_failed(order.key, self.transcript)
            else:
                self.session.recognized(order.key, self.transcript)
            self.drain()

    def write(self) -> None:
        """Carry out the oldest answer, without its voice."""
        order = self.take(Generate)
        for text in self.answer:
            self.session.text_came(order.key, text, USED)
            self.drain()
        self.session.text_ended(order.key, USED, limited=False)
        self.drain()

    def say(self, pieces: int | None = None) -> None:
        """Carry out all or some of what is to be spoken."""
        while self.has(Speak) and pieces != 0:
            order = self.take(Speak)
            pcm = bytes(48 * MS_PER_CHAR * len(order.text))
            self.session.spoken(order.key, order.piece, pcm)
            self.drain()
            pieces = None if pieces is None else pieces - 1

    def run(self) -> None:
        """Carry out everything."""
        self.recognize()
        while self.has(Generate):
            self.write()
            self.say()

    def types(self) -> list[str]:
        """Types of all events so far, runs of the same counted once."""
        kinds = [event["type"] for event in self.events]
        return [kind for i, kind in enumerate(kinds) if i == 0 or kinds[i - 1] != kind]

    def last(self, kind: str) -> dict[str, Any]:
        """The newest event of a type."""
        return next(event for event in reversed(self.events) if event["type"] == kind)

    def all(self, kind: str) -> list[dict[str, Any]]:
        """Every event of a type."""
        return [event for event in self.events if event["type"] == kind]

    def error(self) -> dict[str, Any]:
        """The newest error."""
        found: dict[str, Any] = self.last("error")["error"]
        return found
