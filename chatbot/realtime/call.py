"""One call as a state machine: fed with frames of both sides, drained of what must go out.

Feed it with `receive_from_browser`, `receive_from_upstream`, `upstream_opened`, `tick`, ...;
after each, drain `data_for_browser`, `data_for_upstream` and `effects`. Every `now` is in epoch
seconds. It knows no socket, clock or database.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from chatbot.realtime import browser_events, events, policy, problems
from chatbot.realtime.answers import Answers
from chatbot.realtime.audio import from_base64
from chatbot.realtime.barge_in import BargeIn
from chatbot.realtime.calltools import CallTools, without_secrets
from chatbot.realtime.commits import Commits
from chatbot.realtime.context import ends_unanswered, replay
from chatbot.realtime.effects import Connect, Effect, HangUp, SaveTurn, SaveUsage, Unknown
from chatbot.realtime.events import BadEvent, Event, id_of
from chatbot.realtime.fields import Refused
from chatbot.realtime.inflight import as_heard
from chatbot.realtime.limits import Limits
from chatbot.realtime.outbox import Outbox
from chatbot.realtime.pause import Pause
from chatbot.realtime.permissions import Permissions, scrubbed_session
from chatbot.realtime.playback import Playback
from chatbot.realtime.policy import Decision
from chatbot.realtime.problems import Problem
from chatbot.realtime.retry import Retry
from chatbot.realtime.sentences import Translate, in_english
from chatbot.realtime.session import CallSession, SessionSettings
from chatbot.realtime.soundtrack import Soundtrack
from chatbot.realtime.toolcalls import Outcome
from chatbot.realtime.transcript import Transcript
from chatbot.realtime.turns import Turn
from chatbot.realtime.usage import recogniser_of
from chatbot.realtime.waiting import Pace, Waiting

#: The service ends a session after 60 minutes; we leave before, at a quiet moment if there is one.
RENEW_AFTER_S = 55 * 60
RENEW_AT_LAST_S = 59 * 60

_NOTHING = Permissions()


class Call:
    """The relay's decisions for one browser and one upstream."""

    def __init__(
        self,
        settings: SessionSettings,
        history: Sequence[Turn] = (),
        *,
        first_position: int = 0,
        permissions: Permissions = _NOTHING,
        new_id: Callable[[str], str],
        translate: Translate = in_english,
        soundtrack: Soundtrack | None = None,
    ) -> None:
        """`history` are the stored turns in order; `permissions` say what the caller may change;
        `new_id` makes an id from a prefix; `translate` puts sentences into the user's language;
        `soundtrack` listens to both sides, where calls are recorded."""
        self._session = CallSession(settings, permissions)
        self._history = list(history)
        self._new_id = new_id
        self._recogniser = settings.transcription_model
        self._replayed = frozenset(turn.item_id for turn in history)
        self._transcript = Transcript(self._replayed, first_position)
        self._transcript.silence_s = self._session.silence_s
        self._outbox = Outbox(translate=translate, soundtrack=soundtrack)
        self._playback = Playback()
        self._answers = Answers(new_id, self._outbox.send)
        self._barge_in = BargeIn(self._outbox, self._playback, self._transcript)
        self._pause = Pause(
            self._session, self._outbox, self._transcript, self._answers, self._barge_in, self._take
        )
        self._tools = CallTools(
            settings.tools.functions, new_id, self._outbox, self._transcript, self._answers.want
        )
        self._commits = Commits(self._session, self._outbox, self._transcript, new_id)
        self._retry = Retry()
        self._waiting = Waiting(self._outbox, self._retry)
        self._limits = Limits()
        self._opened_at = 0.0
        self._has_spoken = False
        self._is_over = False

    # Draining

    def data_for_browser(self) -> list[str | bytes]:
        """Frames to send to the browser, in order."""
        return self._outbox.take_for_browser()

    def data_for_upstream(self) -> list[str]:
        """Text frames to send to the upstream, in order."""
        return self._outbox.take_for_upstream()

    def effects(self) -> list[Effect]:
        """What the shell must do, in order; settled turns are gathered here."""
        if not self._is_over:
            self._outbox.save_settled(self._transcript)
            self._outbox.save(as_heard(self._transcript.take_begun(), self._playback))
        return self._outbox.take_effects()

    # The life of the call

    @property
    def is_over(self) -> bool:
        """A hang-up was decided; nothing that comes later counts."""
        return self._is_over

    def hang_up(self, code: int, reason: str, now: float) -> None:
        """End the call: settle what is open, save it, close the socket."""
        if not self._is_over:
            self._is_over = True
            self._pause.hung_up(now)
            self._barge_in.end(now)
            for event in self._commits.hung_up():
                self._relay(event, now)
            self._transcript.close(now)
            self._outbox.save_settled(self._transcript)
            self._outbox.ask(HangUp(code, reason))

    def fail(self, problem: Problem, now: float) -> None:
        """Tell the user of a problem, and end the call if it cannot go on."""
        self._outbox.complain(problem)
        if problem.close_code is not None:
            self.hang_up(problem.close_code, problem.code, now)

    def turn_saved(self, saved: SaveTurn) -> None:
        """The row is committed: now the browser may believe it."""
        self._outbox.show(saved.as_event())

    def tick(self, now: float) -> None:
        """Let time pass: a browser that does not report its playback is not waited for, and a
        session that grows old is left for a new one."""
        self._barge_in.settle(now)
        self._judge(now)
        self._tools.tick(now)
        if not self._is_over:
            self._outbox.save(as_heard(self._transcript.take_grown(now), self._playback))
        age = now - self._opened_at
        is_old = age > RENEW_AFTER_S and (self._is_quiet or age > RENEW_AT_LAST_S)
        if self._outbox.is_open and is_old and not self._is_over:
            self._break_off(now)
            self._outbox.ask(Connect(0.0))

    @property
    def _is_quiet(self) -> bool:
        """Nobody speaks, and nothing is being answered or played."""
        return (
            not (self._answers.is_busy or self._transcript.open_turns()) and self._playback.is_idle
        )

    def resume(self) -> None:
        """The call before this one was lost: if the user waits for an answer, ask for it."""
        if ends_unanswered(self._history):
            self._answers.want()

    # The life of the upstream

    def upstream_opened(self, now: float) -> None:
        """A fresh, empty session is there: tell it the persona and what was said before."""
        self._opened_at = now
        said = [*self._history, *self._transcript.turns()]
        replayed = replay(said, self._new_id, self._outbox.is_held)
        shown = {turn.item_id for turn in said if not self._outbox.is_held(turn.item_id)}
        self._replayed = frozenset(shown | {event["item"]["id"] for event in replayed})
        self._transcript.begin_session()
        self._outbox.send_now(self._session.begin(self._new_id("event")))
        self._has_spoken = False
        for event in replayed:
            self._outbox.send_now(event)

    def upstream_is(self, pace: Pace) -> None:
        """How the upstream is now: loading its models, slow, or there."""
        self._waiting.upstream_is(pace)

    def upstream_lost(self, problem: Problem, now: float, chance: float) -> None:
        """The session is gone: try again (`Connect`) while that may help, else end the call.

        `chance` is a random number from 0 to 1, for the jitter.
        """
        if self._is_over:
            return
        delay = self._retry.lost(problem, now, chance)
        if delay is None:
            self.fail(problem, now)
            return
        if self._outbox.is_open:
            self._break_off(now)
            self._waiting.lost()
        self._outbox.ask(Connect(delay))

    def _break_off(self, now: float) -> None:
        """Close what was in flight: the answer as interrupted; words not understood are said
        again to the next session, so their turn begins anew."""
        answer_owed = self._answers.is_busy and not self._playback.has_begun_answer
        self._outbox.session_lost()
        is_committed = self._commits.session_lost()
        for event in self._transcript.broken_off(self._answers.response_id):
            self._relay(event, now)
        is_tool_owed = self._tools.session_lost(now)
        self._pause.session_lost()
        self._answers.forget()
        self._playback.forget_session()
        self._outbox.close()
        for update in self._session.unanswered():
            self._outbox.send(update)
        if is_committed:
            self._outbox.send({"type": "input_audio_buffer.commit"})
        is_unanswered = is_committed or self._transcript.awaits_answer
        if is_tool_owed or (answer_owed and is_unanswered):
            self._answers.want()

    def tool_finished(self, call_id: str, output: str, outcome: Outcome, now: float) -> None:
        """A tool that `RunTool` asked for has ended, with this result or sentence."""
        if not self._is_over:
            self._tools.finished(call_id, output, outcome, now)

    # From the browser

    def receive_from_browser(self, frame: str | bytes, now: float) -> None:
        """One WebSocket frame: bytes are PCM16, text is an event."""
        if self._is_over:
            return
        if isinstance(frame, bytes):
            self._speech(frame, now)
            return
        event: Event = {}
        try:
            event = events.parse_bounded(frame, policy.MAX_TEXT_FRAME)
            if wait_s := self._limits.event(event["type"], now):
                self._refuse(problems.too_fast(wait_s, id_of(event)), now)
            else:
                browser_events.check(event)
                self._browser_event(event, now)
        except BadEvent as error:
            self._refuse(Problem(error.code, str(error), event_id=error.event_id), now)
        except Refused as refused:
            self._refuse(Problem(refused.code, str(refused), event_id=id_of(event)), now)
        except (KeyError, TypeError, ValueError):
            self._refuse(problems.incomplete(event["type"], id_of(event)), now)

    def _speech(self, pcm: bytes, now: float) -> None:
        if wrong := browser_events.wrong_speech(pcm):
            self._refuse(wrong, now)
        elif wait_s := self._limits.speech(len(pcm), now):
            self._refuse(problems.too_fast(wait_s), now)
        else:
            self._commits.speak(pcm)
            self._waiting.spoken()

    def _refuse(self, problem: Problem, now: float) -> None:
        """A frame is not accepted; the call goes on, unless there have been too many."""
        is_abuse = self._limits.is_patience_lost(now)
        self.fail(problems.ABUSE if is_abuse else problem, now)

    def _browser_event(self, event: Event, now: float) -> None:
        kind = event["type"]
        if handler := _OF_BROWSER.get(kind):
            handler(self, event, now)
        else:
            self._refuse(problems.not_for_browsers(kind, id_of(event)), now)

    def _typed(self, event: Event, now: float) -> None:
        text = policy.typed_text(event)
        self._tools.books.user_turned()
        self._pause.stop(now)
        message = events.message_create(self._new_id("item"), "user", text)
        self._outbox.send(message)
        # It is said, whatever becomes of the upstream before it has taken it.
        added = {"type": "conversation.item.added", "previous_item_id": None}
        self._relay({**added, "item": {**message["item"], "status": "completed"}}, now)

    def _answer_wanted(self, event: Event, now: float) -> None:
        if not self._commits.leaves_nothing(self._history):
            self._answers.want()

    def _session_change(self, event: Event, now: float) -> None:
        event_id = self._new_id("event")
        self._outbox.send(
            self._session.change(event, event_id, assistant_has_spoken=self._has_spoken)
        )
        self._outbox.detects_turns(self._session.will_detect_turns)

    def _interrupted(self, event: Event, now: float) -> None:
        if event["generation"] == self._playback.generation:
            if event.get("item_id"):
                self._playback.report(str(event["item_id"]), int(event["played_ms"]), False)
            self._cancel(event, now)

    def _cancelled(self, event: Event, now: float) -> None:
        if self._answers.is_busy or not self._playback.is_idle or self._tools.books.is_busy:
            self._cancel(event, now)
        else:
            self._refuse(replace(browser_events.NO_ANSWER, event_id=id_of(event)), now)

    def _cancel(self, event: Event, now: float) -> None:
        self._tools.books.stopped()
        self._pause.stop(now)

    def _pinged(self, event: Event, now: float) -> None:
        """What was sent before it has arrived, too."""
        self._outbox.tell({"type": "chat.pong", "id": int(event["id"])})

    def _hung_up(self, event: Event, now: float) -> None:
        self.hang_up(1000, "user", now)

    # From the upstream

    def receive_from_upstream(self, text: str, now: float) -> None:
        """One text frame; what is no event of ours never breaks a call."""
        if self._is_over:
            return
        try:
            event = events.parse(text)
            if not self._pause.withholds(event):
                self._take(event, now)
            self._judge(now)
        except (BadEvent, KeyError, TypeError, ValueError):
            self._outbox.complain(problems.UNREADABLE)

    def _take(self, event: Event, now: float) -> None:
        decision = policy.FROM_UPSTREAM.get(event["type"])
        if decision is None:
            self._outbox.ask(Unknown(event["type"]))
        elif decision is Decision.RELAY:
            self._relay(event, now)
        self._commits.receive(event)
        self._tools.books.receive(event, now)
        if handler := _OF_UPSTREAM.get(event["type"]):
            handler(self, event, now)
        self._pause.receive(event, now)
        self._tools.settle(now)

    def _judge(self, now: float) -> None:
        """Was the user speaking? If not, nobody need wait for their turn."""
        if self._pause.judge(now):
            self._tools.books.receive({"type": "input_audio_buffer.cleared"}, now)
            self._tools.settle(now)

    def _relay(self, event: Event, now: float) -> None:
        if (event.get("item") or {}).get("id") in self._replayed:
            return  # the echo of a replayed turn
        self._transcript.apply(event, now)
        event = without_secrets(event)
        if previous := event.get("previous_item_id"):
            event = {**event, "previous_item_id": self._transcript.shown_previous(previous)}
        self._commits.keep_speech()
        if event["type"] in policy.CAPTIONS:
            self._outbox.show(event)
        else:
            self._outbox.tell(event)

    def _session_updated(self, event: Event, now: float) -> None:
        self._recogniser = recogniser_of(event) or self._recogniser
        shown = self._session.updated(event["session"])
        self._transcript.silence_s = self._session.silence_s
        self._outbox.detects_turns(self._session.will_detect_turns)
        self._outbox.tell({**shown, "event_id": event.get("event_id")})
        if not self._outbox.is_open:
            self._retry.ready(now)
            self._outbox.open()
            self._waiting.over()

    def _session_created(self, event: Event, now: float) -> None:
        self._outbox.tell({**event, "session": scrubbed_session(event["session"])})

    def _error(self, event: Event, now: float) -> None:
        error = event["error"]
        code = error.get("code")
        if code == "conversation_already_has_active_response":
            self._answers.collided(error.get("event_id"))
        elif code in problems.HARMLESS:
            return
        elif not self._outbox.is_open:
            self.fail(problems.refused_session(error), now)
        else:
            own_id = self._session.rejected(error.get("event_id"))
            self.fail(replace(problems.from_upstream(error), event_id=own_id), now)

    def _response_created(self, event: Event, now: float) -> None:
        self._answers.created(event["response"]["id"])
        self._playback.response_created(event["response"]["id"])

    def _audio(self, event: Event, now: float) -> None:
        if not self._playback.is_current(event["response_id"]):
            return
        pcm = from_base64(event["delta"])
        item_id, content_index = event["item_id"], event["content_index"]
        self._has_spoken = True
        if self._playback.receive(item_id, content_index, len(pcm)):
            self._transcript.sounded(item_id, now)
            self._outbox.tell(events.audio_header(event, self._playback.generation))
        self._outbox.sound(item_id, pcm)

    def _item_done(self, event: Event, now: float) -> None:
        self._barge_in.item_done(event["item"]["id"])

    def _transcribed(self, event: Event, now: float) -> None:
        if usage := event.get("usage"):
            self._outbox.ask(SaveUsage("transcription", event["item_id"], usage, self._recogniser))

    def _response_done(self, event: Event, now: float) -> None:
        response = event["response"]
        self._playback.response_done(response["id"])
        if response.get("status") == "completed":
            self._retry.answered()
        if response.get("usage"):
            self._outbox.ask(SaveUsage("response", response["id"], response["usage"]))
        if problem := problems.failed_response(response):
            self.fail(problem, now)
        self._tools.settle(now)
        if not self._is_over:
            self._answers.done(response["id"])


_Handler = Callable[[Call, Event, float], None]

_OF_BROWSER: dict[str, _Handler] = {
    "chat.hangup": Call._hung_up,
    "chat.interrupt": Call._interrupted,
    "chat.ping": Call._pinged,
    "chat.playback": lambda call, event, now: call._pause.reported(event, now),
    "chat.tool.answer": lambda call, event, now: call._tools.answered(event, now),
    "conversation.item.create": Call._typed,
    "input_audio_buffer.clear": lambda call, event, now: call._commits.clear(event),
    "input_audio_buffer.commit": lambda call, event, now: call._commits.commit(event),
    "response.cancel": Call._cancelled,
    "response.create": Call._answer_wanted,
    "session.update": Call._session_change,
}

_OF_UPSTREAM: dict[str, _Handler] = {
    "conversation.item.done": Call._item_done,
    "conversation.item.input_audio_transcription.completed": Call._transcribed,
    "error": Call._error,
    "response.created": Call._response_created,
    "response.done": Call._response_done,
    "response.output_audio.delta": Call._audio,
    "session.created": Call._session_created,
    "session.updated": Call._session_updated,
}
