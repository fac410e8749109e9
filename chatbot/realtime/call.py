"""One call as a state machine: fed with frames of both sides, drained of what must go out.

Feed it with `receive_from_browser`, `receive_from_upstream`, `upstream_opened`, `tick`, ...;
after each, drain `data_for_browser`, `data_for_upstream` and `effects`. Every `now` is in epoch
seconds. It knows no socket, clock or database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from chatbot.realtime import events, policy, problems
from chatbot.realtime.answers import Answers
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

#: How much of the earlier conversation a new session is told, in characters, newest first.
CONTEXT_CHARACTERS = 24_000


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
        self._answers = Answers()
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
            self._playback.interrupt(now)
            for audio in self._playback.take_cut():
                self._transcript.cut(audio.item_id, audio.heard_ms, audio.received_ms)
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
        self._settle_cut(now)

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
        text = policy.typed_text(event)
        self._interrupt(now)
        self._settle_cut()
        self._send_when_ready(events.message_create(self._new_id("item"), "user", text))

    def _answer_wanted(self, event: Event, now: float) -> None:
        if self._answers.want():
            self._send_when_ready(events.response_create())

    def _cancel(self, event: Event, now: float) -> None:
        self._interrupt(now)
        self._settle_cut()

    def _played(self, event: Event, now: float) -> None:
        state = event["state"]
        item_id, played_ms = str(event["item_id"]), int(event["played_ms"])
        if state == "interrupted" and self._playback.report_cut(item_id, played_ms):
            self._settle_cut()
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
            self._answers.collided()
        elif not self._is_ready and code not in problems.HARMLESS:
            self.fail(problems.refused_session(error), now)
        elif code not in problems.HARMLESS:
            self.fail(problems.from_upstream(error), now)

    def _speech_started(self, event: Event, now: float) -> None:
        self._interrupt(now, cancel=False)

    def _response_created(self, event: Event, now: float) -> None:
        self._answers.created(event["response"]["id"])
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

    def _item_done(self, event: Event, now: float) -> None:
        if audio := self._playback.whole(event["item"]["id"]):
            self._truncate(audio)

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
        if self._answers.done(response["id"]) and not self._is_over:
            self._send_when_ready(events.response_create())

    # Interrupting

    def _interrupt(self, now: float, *, cancel: bool = True) -> None:
        """Stop the answer. With server VAD the upstream cancels by itself (`cancel` False)."""
        if self._answers.response_id is None and self._playback.is_idle:
            return
        self._settle_cut()
        if cancel and self._answers.response_id is not None:
            self._send_upstream(events.response_cancel(self._answers.response_id))
        was_silent = self._playback.is_idle
        self._playback.interrupt(now)
        if was_silent:
            self._tell_interrupted(None, 0, None)

    def _settle_cut(self, now: float | None = None) -> None:
        """The heard positions are known, or will not come: truncate there."""
        for audio in self._playback.take_cut(now):
            turn = self._transcript.cut(audio.item_id, audio.heard_ms, audio.received_ms)
            self._tell_interrupted(audio, audio.heard_ms, turn)
            if audio.is_whole:
                self._truncate(audio)

    def _truncate(self, audio: ItemAudio) -> None:
        """Make the upstream forget what was not heard; nothing heard is an item deleted."""
        if audio.heard_ms > 0:
            event = events.item_truncate(audio.item_id, audio.content_index, audio.heard_ms)
        else:
            event = events.item_delete(audio.item_id)
        self._send_upstream(event)

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
    "session.updated": Call._session_updated,
}
