"""One answer: from text as it is written to events in the recorded order, whatever ends it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from chatbot.engine.conversation import Item, Stretch
from chatbot.engine.orders import Enough, Order, Speak, TextUsage
from chatbot.engine.sentences import Sentences, ends_sentence, speakable
from chatbot.realtime.audio import BYTES_PER_SECOND, bytes_of, to_base64

#: Without a limit of the client an answer ends with the sentence in which it passes this.
ENOUGH_TOKENS = 260
#: Length of one `response.output_audio.delta`.
DELTA_MS = 200
#: Audio tokens by the service's rule: one per 50 ms of its speech, one per 100 ms of the user's.
SPOKEN_TOKEN_MS = 50
HEARD_TOKEN_MS = 100

Emit = Callable[..., None]
CancelReason = Literal["turn_detected", "client_cancelled"]


@dataclass(frozen=True)
class Manner:
    """How an answer is to be given: the session's settings with the request's own on top."""

    instructions: str
    modality: str
    voice: Any
    speed: float
    max_output_tokens: int | str
    metadata: dict[str, str] | None
    output_format: dict[str, Any]
    in_conversation: bool = True

    @property
    def audible(self) -> bool:
        """Whether the answer is spoken."""
        return self.modality == "audio"


@dataclass
class _Piece:
    text: str
    pcm: bytes | None = None


@dataclass
class Response:
    """Events go to `emit(type, **fields)`; orders for the voice are returned.

    `attach(item)` puts the answer's item into the conversation and returns the id before it.
    """

    id: str
    item_id: str
    conversation_id: str | None
    manner: Manner
    emit: Emit
    attach: Callable[[Item], str | None]
    given_items: list[Item] | None = None
    heard_audio_ms: int = 0
    begun: bool = False
    status: str = "in_progress"
    item: Item | None = None
    usage: TextUsage = field(default_factory=TextUsage)
    _cut: Sentences = field(default_factory=Sentences)
    _pieces: list[_Piece] = field(default_factory=list)
    _sent: int = 0
    _text: str = ""
    _previous: str | None = None
    _written: bool = False
    _limit_hit: bool = False
    _enough: bool = False
    _details: dict[str, Any] | None = None

    @property
    def active(self) -> bool:
        """Whether it is still being given."""
        return self.status == "in_progress"

    def create(self) -> None:
        """Announce it."""
        self.emit("response.created", response=self.wire())

    def write(self, delta: str, usage: TextUsage) -> list[Order]:
        """The model wrote some more; `usage` is what it has used so far."""
        self.usage = usage
        if not self._text:
            delta = delta.lstrip()
        if not delta or self._enough:
            return []
        self._open()
        self._text += delta
        if not self.manner.audible:
            self._emit_part("response.output_text.delta", delta=delta)
            return []
        pieces = self._cut.feed(delta)
        orders = self._speak(pieces)
        if pieces and ends_sentence(pieces[-1]) and self._is_long():
            self._enough = True
            self._cut.flush()
            orders.append(Enough(self.id))
        return orders

    def end_text(self, usage: TextUsage, *, limited: bool) -> list[Order]:
        """The model has no more to say; `limited`: it was cut at its limit."""
        self.usage = usage
        self._written = True
        self._limit_hit = limited and not self._enough
        orders = self._speak(self._cut.flush()) if self.manner.audible else []
        self._finish_when_said()
        return orders

    def say(self, piece: int, pcm: bytes) -> None:
        """The voice has spoken a piece; pieces go out in order."""
        self._pieces[piece].pcm = pcm
        self._send_ready()
        self._finish_when_said()

    def cancel(self, reason: CancelReason) -> None:
        """End it now; what is sent stays, the rest is not said."""
        details = {"type": "cancelled", "reason": reason}
        self._finish("cancelled", details, "incomplete")

    def fail(self, code: str, message: str) -> None:
        """End it because a model failed."""
        error = {"type": "server_error", "code": code, "message": message}
        self._finish("failed", {"type": "failed", "error": error}, "incomplete")

    def wire(self) -> dict[str, Any]:
        """The response as events show it."""
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": self.status,
            "status_details": self._details,
            "output": [self.item.wire()] if self.item and not self.active else [],
            "conversation_id": self.conversation_id,
            "output_modalities": [self.manner.modality],
            "max_output_tokens": self.manner.max_output_tokens,
            "audio": {"output": {"format": self.manner.output_format, "voice": self.manner.voice}},
            "usage": None if self.active else self._usage(),
            "metadata": self.manner.metadata,
        }

    # -- its item ---------------------------------------------------------------------

    def _open(self) -> None:
        if self.item is not None:
            return
        self.item = Item(self.item_id, "message", "in_progress", {}, role="assistant")
        self._emit_item("response.output_item.added")
        self._previous = self.attach(self.item)
        if self.manner.in_conversation:
            self.emit(
                "conversation.item.added", previous_item_id=self._previous, item=self.item.wire()
            )
        self._emit_part("response.content_part.added", part=self._part(""))

    def _close(self, status: str) -> None:
        if self.item is None:
            return
        if self.manner.audible:
            said = "".join(stretch.text for stretch in self.item.stretches)
            self._emit_part("response.output_audio.done")
            self._emit_part("response.output_audio_transcript.done", transcript=said)
            content = {"type": "output_audio", "transcript": said}
        else:
            said = self._text
            self._emit_part("response.output_text.done", text=said)
            content = {"type": "output_text", "text": said}
        self._emit_part("response.content_part.done", part=self._part(said))
        self.item.status = status
        self.item.content = [content]
        self.item.words = said.strip()
        self.emit("conversation.item.done", previous_item_id=self._previous, item=self.item.wire())
        self._emit_item("response.output_item.done")

    def _part(self, words: str) -> dict[str, str]:
        if self.manner.audible:
            return {"type": "audio", "transcript": words}
        return {"type": "text", "text": words}

    # -- its speech -------------------------------------------------------------------

    def _speak(self, pieces: list[str]) -> list[Order]:
        orders: list[Order] = []
        for text in pieces:
            number = len(self._pieces)
            aloud = speakable(text)
            self._pieces.append(_Piece(text, None if aloud else b""))
            voice, speed = self.manner.voice, self.manner.speed
            name = voice if isinstance(voice, str) else str(voice.get("id", ""))
            if aloud:
                orders.append(Speak(self.id, number, aloud, name, speed))
        self._send_ready()
        return orders

    def _send_ready(self) -> None:
        """What is spoken, or cannot be spoken (an emoji, a line), leaves in its turn."""
        while self._sent < len(self._pieces):
            ready = self._pieces[self._sent]
            if ready.pcm is None:
                break
            self._send(ready.text, ready.pcm)
            ready.pcm = b""
            self._sent += 1

    def _send(self, text: str, pcm: bytes) -> None:
        assert self.item is not None  # noqa: S101 - a piece exists only of an open item
        start = self.item.spoken_ms
        length_ms = len(pcm) * 1000 / BYTES_PER_SECOND
        self.item.stretches.append(Stretch(text, start, start + length_ms))
        self._emit_part("response.output_audio_transcript.delta", delta=text)
        size = bytes_of(DELTA_MS)
        for offset in range(0, len(pcm), size):
            delta = to_base64(pcm[offset : offset + size])
            self._emit_part("response.output_audio.delta", delta=delta)

    def _is_long(self) -> bool:
        unlimited = self.manner.max_output_tokens == "inf"
        return unlimited and self.usage.output >= ENOUGH_TOKENS

    # -- its end ----------------------------------------------------------------------

    def _finish_when_said(self) -> None:
        if not self.active or not self._written or self._sent < len(self._pieces):
            return
        if self._limit_hit:
            details = {"type": "incomplete", "reason": "max_output_tokens"}
            self._finish("incomplete", details, "incomplete")
        else:
            self._finish("completed", None, "completed")

    def _finish(self, status: str, details: dict[str, Any] | None, item_status: str) -> None:
        if not self.active:
            return
        self._close(item_status)
        self.status, self._details = status, details
        self.emit("response.done", response=self.wire())

    def _usage(self) -> dict[str, Any]:
        tokens = self.usage
        heard = self.heard_audio_ms // HEARD_TOKEN_MS
        said = int(self.item.spoken_ms) // SPOKEN_TOKEN_MS if self.item else 0
        return {
            "total_tokens": tokens.input + heard + tokens.output + said,
            "input_tokens": tokens.input + heard,
            "output_tokens": tokens.output + said,
            "input_token_details": {
                "text_tokens": tokens.input,
                "audio_tokens": heard,
                "image_tokens": 0,
                "cached_tokens": tokens.cached,
                "cached_tokens_details": {
                    "text_tokens": tokens.cached,
                    "audio_tokens": 0,
                    "image_tokens": 0,
                },
            },
            "output_token_details": {"text_tokens": tokens.output, "audio_tokens": said},
        }

    # -- events -----------------------------------------------------------------------

    def _emit_item(self, kind: str) -> None:
        item = self.item.wire() if self.item else {}
        self.emit(kind, response_id=self.id, output_index=0, item=item)

    def _emit_part(self, kind: str, **fields: Any) -> None:
        self.emit(
            kind,
            response_id=self.id,
            item_id=self.item_id,
            output_index=0,
            content_index=0,
            **fields,
        )
