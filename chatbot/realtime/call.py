"""One call as a state machine: fed with frames of both sides, drained of what must go out.

Feed it with `receive_from_browser`, `receive_from_upstream`, `upstream_opened`, `tick`, ...;
after each, drain `data_for_browser`, `data_for_upstream` and `effects`. Every `now` is in epoch
seconds. It knows no socket, clock or database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chatbot.realtime import events, policy, problems
from chatbot.realtime.audio import BYTES_PER_SAMPLE, MAX_FRAME_BYTES, from_base64
from chatbot.realtime.effects import Effect, HangUp, Publish, SaveTurn, SaveUsage, Told
from chatbot.realtime.events import BadEvent, Event
from chatbot.realtime.held import HeldSpeech
from chatbot.realtime.playback import ItemAudio, Playback
from chatbot.realtime.policy import Decision
from chatbot.realtime.problems import Problem
from chatbot.realtime.session import SessionSettings
from chatbot.realtime.transcript import Transcript
from chatbot.realtime.turns import Turn

#: How long to wait for the browser to say what it had played when it was interrupted.
REPORT_WAIT_S = 0.7

#: How much of the earlier conversation a new session is told, in characters, newest first.
CONTEXT_CHARACTERS = 24_000


@dataclass(slots=True)
class _Cut:
    """An interruption whose heard positions the browser has still to report."""

    items: list[ItemAudio]
    deadline: float


class Call:
    """The relay's decisions for one browser and one upstream."""

    def __init__(
        self,
        settings: SessionSettings,
        history: Sequence[Turn] = (),
        *,
        first_position: int = 0,
        new_id: Callable[[str], str],
    ) -> None:
        """`history` are the stored turns in order; `new_id` makes an item id from a prefix."""
        self._settings = settings
        self._history = list(history)
        self._stored = frozenset(turn.item_id for turn in history)
        self._new_id = new_id
        self._transcript = Transcript(self._stored, first_position)
        self._playback = Playback()
        self._held = HeldSpeech()
        self._is_ready = False
        self._is_over = False
        self._response_id: str | None = None
        self._response_requested = False
        self._response_wanted = False
        self._cut: _Cut | None = None
        self._truncate_when_whole: dict[str, ItemAudio] = {}
        self._to_browser: list[str | bytes] = []
        self._to_upstream: list[str] = []
        self._effects: list[Effect] = []

    # Draining

    def data_for_browser(self) -> list[str | bytes]:
        """Frames to send to the browser, in order."""
        drained, self._to_browser = self._to_browser, []
        return drained

    def data_for_upstream(self) -> list[str]:
        """Text frames to send to the upstream, in order."""
        drained, self._to_upstream = self._to_upstream, []
        return drained

    def effects(self) -> list[Effect]:
        """What the shell must do, in order; settled turns are gathered here."""
        for position, turn in self._transcript.take_settled():
            self._effects.append(SaveTurn(position, replace(turn)))
        drained, self._effects = self._effects, []
        return drained

    # The life of the call

    @property
    def is_over(self) -> bool:
        """A hang-up was decided; nothing that comes later counts."""
        return self._is_over

    def upstream_opened(self) -> None:
        """A fresh, empty session is there: tell it the persona and what was said before."""
        self._send_upstream(events.session_update(self._settings.as_session()))
        for turn in context(self._history):
            self._send_upstream(events.message_create(turn.item_id, turn.role, turn.context_text))

    def waiting(self, message: str) -> None:
        """The upstream is not there yet; `message` tells the user why."""
        self._tell({"type": "chat.status", "state": "connecting", "message": message})

    def fail(self, problem: Problem, now: float) -> None:
        """End the call for a reason the user is told."""
        self._complain(problem)
        if problem.close_code is not None:
            self.hang_up(problem.close_code, problem.code, now)

    def hang_up(self, code: int, reason: str, now: float) -> None:
        """End the call: settle what is open, save it, close the socket."""
        if not self._is_over:
            self._is_over = True
            self._settle_cut()
            self._settle_unheard()
            self._transcript.close(now)
            self._effects.extend(
                SaveTurn(p, replace(t)) for p, t in self._transcript.take_settled()
            )
            self._effects.append(HangUp(code, reason))

    def turn_saved(self, saved: SaveTurn) -> None:
        """The row is committed: now the browser may believe it."""
        event = {
            "type": "chat.turn.saved",
            "item_id": saved.turn.item_id,
            "position": saved.position,
            "status": saved.turn.status,
        }
        self._tell(event)
        self._effects.append(Publish(event))

    def tick(self, now: float) -> None:
        """Let time pass: a browser that does not report its playback is not waited for."""
        if self._cut is not None and now >= self._cut.deadline:
            self._settle_cut()

    # From the browser

    def receive_from_browser(self, frame: str | bytes, now: float) -> None:
        """One WebSocket frame: bytes are PCM16, text is an event."""
        if self._is_over:
            return
        if isinstance(frame, bytes):
            self._speech(frame)
            return
        if len(frame) > policy.MAX_TEXT_FRAME:
            self._complain(Problem("message_too_large", "That message is too long to send."))
            return
        try:
            event = events.parse(frame)
        except BadEvent as error:
            self._complain(Problem(error.code, str(error)))
            return
        event_id = event.get("event_id")
        try:
            self._browser_event(event, now)
        except (KeyError, TypeError, ValueError) as error:
            self._complain(
                Problem(
                    "invalid_event",
                    f"The event {event['type']} is not complete or not well formed: {error}.",
                    event_id=event_id if isinstance(event_id, str) else None,
                )
            )

    def _speech(self, pcm: bytes) -> None:
        if len(pcm) % BYTES_PER_SAMPLE:
            self._complain(Problem("odd_audio_frame", "A sound frame must hold whole samples."))
        elif len(pcm) > MAX_FRAME_BYTES:
            self._complain(
                Problem("audio_frame_too_large", "A sound frame may last one second at most.")
            )
        elif self._is_ready:
            self._to_upstream.append(events.append(pcm))
        else:
            self._held.add(events.append(pcm), len(pcm))

    def _browser_event(self, event: Event, now: float) -> None:
        kind = event["type"]
        if handler := _OF_BROWSER.get(kind):
            handler(self, event, now)
        elif policy.FROM_BROWSER.get(kind) is Decision.RELAY:
            self._send_when_ready({"type": kind})
        else:
            self._complain(
                Problem(
                    "event_not_allowed",
                    f"The event {kind[:80]} cannot be sent in this call.",
                    event_id=event.get("event_id"),
                )
            )

    def _typed(self, event: Event, now: float) -> None:
        item = event["item"]
        if item["type"] != "message" or item["role"] != "user":
            raise ValueError("only messages of the user can be added")
        parts = item["content"]
        if any(part["type"] != "input_text" for part in parts):
            raise ValueError("a typed message holds input_text only")
        text = "\n".join(part["text"] for part in parts).strip()
        if not 0 < len(text) <= policy.MAX_TYPED_TEXT:
            raise ValueError(f"a message has 1 to {policy.MAX_TYPED_TEXT} characters")
        self._interrupt(now)
        self._settle_cut()
        self._send_when_ready(events.message_create(self._new_id("item"), "user", text))

    def _answer_wanted(self, event: Event, now: float) -> None:
        if self._response_id or self._response_requested:
            self._response_wanted = True
        else:
            self._request_response()

    def _request_response(self) -> None:
        self._response_wanted = False
        self._response_requested = True
        self._send_when_ready(events.response_create())

    def _cancel(self, event: Event, now: float) -> None:
        self._interrupt(now)
        self._settle_cut()

    def _played(self, event: Event, now: float) -> None:
        state = event["state"]
        item_id, played_ms = str(event["item_id"]), int(event["played_ms"])
        if self._cut is not None and state == "interrupted":
            self._settle_cut(item_id, played_ms)
        elif event["generation"] == self._playback.generation:
            self._playback.report(item_id, played_ms, state == "ended")
            if state == "interrupted":
                self._interrupt(now)
                self._settle_cut()

    def _interrupted(self, event: Event, now: float) -> None:
        if event["generation"] == self._playback.generation:
            if event.get("item_id"):
                self._playback.report(str(event["item_id"]), int(event["played_ms"]), False)
            self._interrupt(now)
            self._settle_cut()

    def _hung_up(self, event: Event, now: float) -> None:
        self.hang_up(1000, "user", now)

    # From the upstream

    def receive_from_upstream(self, text: str, now: float) -> None:
        """One text frame; what is no event of ours never breaks a call."""
        if self._is_over:
            return
        try:
            event = events.parse(text)
            decision = policy.FROM_UPSTREAM.get(event["type"], Decision.DROP)
            if decision is Decision.RELAY:
                self._relay(event, now)
            if handler := _OF_UPSTREAM.get(event["type"]):
                handler(self, event, now)
        except (BadEvent, KeyError, TypeError, ValueError):
            self._complain(Problem("bad_upstream_event", problems.UNREADABLE))

    def _relay(self, event: Event, now: float) -> None:
        if (event.get("item") or {}).get("id") in self._stored:
            return  # the echo of a replayed turn
        self._transcript.apply(event, now)
        self._tell(event)
        if event["type"] in policy.CAPTIONS:
            self._effects.append(Publish(event))

    def _session_updated(self, event: Event, now: float) -> None:
        if not self._is_ready:
            self._is_ready = True
            self._to_upstream.extend(self._held.take())
            self._tell({"type": "chat.status", "state": "ready", "message": "Go ahead, speak."})

    def _error(self, event: Event, now: float) -> None:
        error = event["error"]
        code = error.get("code")
        if code == "conversation_already_has_active_response":
            self._response_requested = False
            self._response_wanted = True
        elif not self._is_ready and code not in problems.HARMLESS:
            self.fail(problems.refused_session(error), now)
        elif code not in problems.HARMLESS:
            self.fail(problems.from_upstream(error), now)

    def _speech_started(self, event: Event, now: float) -> None:
        self._interrupt(now, cancel=False)

    def _response_created(self, event: Event, now: float) -> None:
        self._response_id = event["response"]["id"]
        self._response_requested = False
        self._playback.response_created(event["response"]["id"])

    def _audio(self, event: Event, now: float) -> None:
        if not self._playback.is_current(event["response_id"]):
            return
        pcm = from_base64(event["delta"])
        item_id, content_index = event["item_id"], event["content_index"]
        if self._playback.receive(item_id, content_index, len(pcm)):
            self._tell(
                {
                    "type": "chat.audio",
                    "response_id": event["response_id"],
                    "item_id": item_id,
                    "content_index": content_index,
                    "generation": self._playback.generation,
                }
            )
        self._to_browser.append(pcm)

    def _audio_done(self, event: Event, now: float) -> None:
        self._playback.whole(event["item_id"])

    def _item_done(self, event: Event, now: float) -> None:
        item_id = event["item"]["id"]
        for audio in self._cut.items if self._cut else ():
            audio.is_whole = audio.is_whole or audio.item_id == item_id
        if waiting := self._truncate_when_whole.pop(item_id, None):
            self._truncate(waiting)

    def _transcribed(self, event: Event, now: float) -> None:
        if usage := event.get("usage"):
            self._effects.append(SaveUsage("transcription", event["item_id"], usage))

    def _response_done(self, event: Event, now: float) -> None:
        response = event["response"]
        self._playback.response_done(response["id"])
        if response.get("usage"):
            self._effects.append(SaveUsage("response", response["id"], response["usage"]))
        if problem := problems.failed_response(response):
            self.fail(problem, now)
        if response["id"] == self._response_id:
            self._response_id = None
        if self._response_wanted and not self._is_over:
            self._request_response()

    # Interrupting

    def _interrupt(self, now: float, *, cancel: bool = True) -> None:
        """Stop the answer. With server VAD the upstream cancels by itself (`cancel` False)."""
        if self._response_id is None and self._playback.is_idle:
            return
        self._settle_cut()
        if cancel and self._response_id is not None:
            self._send_upstream(events.response_cancel(self._response_id))
        self._cut = _Cut(self._playback.interrupt(), now + REPORT_WAIT_S)
        if not self._cut.items:
            self._tell_interrupted(None, 0, None)
            self._cut = None

    def _settle_cut(self, item_id: str = "", played_ms: int = 0) -> None:
        """The heard positions are known, or will not come: truncate there."""
        cut, self._cut = self._cut, None
        for audio in cut.items if cut else ():
            if audio.item_id == item_id:
                audio.played_ms = max(audio.played_ms, played_ms)
            self._cut_item(audio)

    def _cut_item(self, audio: ItemAudio) -> None:
        if audio.is_whole and audio.heard_ms >= audio.received_ms:
            return
        turn = self._transcript.cut(audio.item_id, audio.heard_ms, audio.received_ms)
        self._tell_interrupted(audio, audio.heard_ms, turn)
        if audio.is_whole:
            self._truncate(audio)
        else:
            self._truncate_when_whole[audio.item_id] = audio

    def _truncate(self, audio: ItemAudio) -> None:
        """Make the upstream forget what was not heard; nothing heard is an item deleted."""
        if audio.heard_ms > 0:
            event = events.item_truncate(audio.item_id, audio.content_index, audio.heard_ms)
        else:
            event = events.item_delete(audio.item_id)
        self._send_upstream(event)

    def _settle_unheard(self) -> None:
        """The call ends while an answer plays: the rest of it was not heard."""
        for audio in self._playback.interrupt():
            if not audio.is_whole or audio.heard_ms < audio.received_ms:
                self._transcript.cut(audio.item_id, audio.heard_ms, audio.received_ms)

    def _tell_interrupted(self, audio: ItemAudio | None, heard_ms: int, turn: Turn | None) -> None:
        event: dict[str, Any] = {
            "type": "chat.interrupted",
            "generation": self._playback.generation,
            "item_id": audio.item_id if audio else None,
            "content_index": audio.content_index if audio else 0,
            "heard_ms": heard_ms,
            "heard_text": turn.heard_text if turn else None,
        }
        self._tell(event)
        self._effects.append(Publish(event))

    # Sending

    def _tell(self, event: Event) -> None:
        self._to_browser.append(events.dump(event))

    def _complain(self, problem: Problem) -> None:
        self._tell(problem.as_event())
        self._effects.append(Told(problem))

    def _send_upstream(self, event: Event) -> None:
        self._to_upstream.append(events.dump(event))

    def _send_when_ready(self, event: Event) -> None:
        if self._is_ready:
            self._send_upstream(event)
        else:
            self._held.add(events.dump(event), 0)


def context(history: Iterable[Turn]) -> list[Turn]:
    """The newest turns with words that fit into `CONTEXT_CHARACTERS`, in order."""
    kept: list[Turn] = []
    left = CONTEXT_CHARACTERS
    for turn in reversed(list(history)):
        left -= len(turn.context_text)
        if left < 0:
            break
        if turn.context_text and turn.role != "tool":
            kept.append(turn)
    return kept[::-1]


_Handler = Callable[[Call, Event, float], None]

_OF_BROWSER: dict[str, _Handler] = {
    "chat.hangup": Call._hung_up,
    "chat.interrupt": Call._interrupted,
    "chat.playback": Call._played,
    "conversation.item.create": Call._typed,
    "response.cancel": Call._cancel,
    "response.create": Call._answer_wanted,
}

_OF_UPSTREAM: dict[str, _Handler] = {
    "conversation.item.done": Call._item_done,
    "conversation.item.input_audio_transcription.completed": Call._transcribed,
    "error": Call._error,
    "input_audio_buffer.speech_started": Call._speech_started,
    "response.created": Call._response_created,
    "response.done": Call._response_done,
    "response.output_audio.delta": Call._audio,
    "response.output_audio.done": Call._audio_done,
    "session.updated": Call._session_updated,
}
