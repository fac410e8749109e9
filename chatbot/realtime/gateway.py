"""One call of a Realtime client on `/v1/realtime` as a state machine, fed and drained like `Call`.

Both peers speak GA events. What the client sends is checked and cleaned (`requests.py`,
`permissions.py`); what the upstream sends is passed on by `policy.FROM_UPSTREAM_TO_CLIENT`. The
client plays the answers, runs its own tools and says itself where an answer was cut.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chatbot.realtime import api_errors, events, large_events, policy, problems
from chatbot.realtime.audio import from_base64
from chatbot.realtime.client_commits import COMMIT, COMMITTED, ClientCommits
from chatbot.realtime.client_session import ClientSession
from chatbot.realtime.context import replay
from chatbot.realtime.effects import (
    Connect,
    Effect,
    HangUp,
    Publish,
    SaveTurn,
    SaveUsage,
    Told,
    Unknown,
)
from chatbot.realtime.events import BadEvent, Event, id_of
from chatbot.realtime.fields import Refused
from chatbot.realtime.held import bytes_to_keep
from chatbot.realtime.limits import Limits
from chatbot.realtime.outbox import Outbox
from chatbot.realtime.permissions import Permissions
from chatbot.realtime.policy import Decision
from chatbot.realtime.problems import LIMIT_REACHED, Problem
from chatbot.realtime.requests import Requests
from chatbot.realtime.retry import Retry
from chatbot.realtime.session import SessionSettings
from chatbot.realtime.sounded import Sounded
from chatbot.realtime.transcript import Transcript
from chatbot.realtime.turns import Turn
from chatbot.realtime.waiting import Pace

EXPIRED = 1001
#: Programs send files at once, and a conversation's history, where a page sends as people speak.
ROOM = 10
#: Of what is kept for an upstream that is not there yet, twice as much: it is sent all at once.
HELD_ROOM = 2
#: Items that the client has created and the upstream has not taken: older ones are given up.
MOST_UNTAKEN = 256
_EXPIRED = "Your session hit the maximum duration of 60 minutes."
_ABUSE = Problem(
    "too_many_bad_messages", "Too many of your events could not be accepted.", LIMIT_REACHED
)
_BINARY = "Expected a text WebSocket message; binary frames are not supported."


class GatewayCall:
    """The relay's decisions for one Realtime client and one upstream."""

    def __init__(
        self,
        settings: SessionSettings,
        history: Sequence[Turn] = (),
        *,
        permissions: Permissions,
        model: str,
        models: frozenset[str] = frozenset(),
        now: float,
        first_position: int = 0,
        new_id: Callable[[str], str],
    ) -> None:
        """`history` are the stored turns in order; `model` is what the client asked for,
        `models` are other names of it; `new_id` makes an id from a prefix."""
        self._history = list(history)
        self._new_id = new_id
        names = frozenset({model}) | models
        own = settings.as_session()
        self._session = ClientSession(own, permissions, new_id("sess"), model, names)
        self._requests = Requests(permissions)
        self._replayed = frozenset(turn.item_id for turn in history)
        self._unannounced = set(self._replayed)
        self._transcript = Transcript(self._replayed, first_position)
        self._transcript.silence_s = self._session.silence_s
        self._outbox = Outbox(HELD_ROOM)
        self._limits = Limits(ROOM)
        self._retry = Retry()
        self._sounded = Sounded()
        self._commits = ClientCommits()
        self._created: dict[str, Event] = {}
        self._asked: Event | None = None
        self._response: Event | None = None
        self._is_over = False
        self._tell(self._session.created(now))

    # Draining

    def data_for_browser(self) -> list[str | bytes]:
        """Frames to send to the client, in order."""
        return self._outbox.take_for_browser()

    def data_for_upstream(self) -> list[str]:
        """Text frames to send to the upstream, in order."""
        return self._outbox.take_for_upstream()

    def effects(self) -> list[Effect]:
        """What the shell must do, in order."""
        if not self._is_over:
            self._outbox.save_settled(self._transcript)
            self._outbox.save(self._transcript.take_begun())
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
            for created in self._created.values():
                item = {**created["item"], "status": "completed"}
                done = {**created, "type": "conversation.item.done", "item": item}
                self._transcript.apply(done, now)
            for _ in range(self._commits.unheard()):
                taken = {"type": COMMITTED, "item_id": self._new_id("item")}
                self._transcript.apply(taken, now)
            self._transcript.close(now)
            self._outbox.save_settled(self._transcript)
            self._outbox.ask(HangUp(code, reason))

    def fail(self, problem: Problem, now: float) -> None:
        """Tell the client of a problem, and end the call if it cannot go on."""
        self._tell(api_errors.of_problem(problem))
        self._outbox.ask(Told(problem))
        if problem.close_code is not None:
            reason = f"{api_errors.kind_of(problem)}.{problem.code}"
            self.hang_up(problem.close_code, reason, now)

    def turn_saved(self, saved: SaveTurn) -> None:
        """The row is committed: the user's tabs may show it as saved."""
        turn = saved.turn
        event = {"item_id": turn.item_id, "position": saved.position, "status": turn.status}
        self._outbox.ask(Publish({"type": "chat.turn.saved", **event}))

    def tick(self, now: float) -> None:
        """Let time pass: the session lasts as long as the client was told."""
        if self._is_over:
            return
        self._outbox.save(self._transcript.take_grown(now))
        if self._session.is_expired(now):
            self._tell(api_errors.error_event("session_expired", _EXPIRED))
            self.hang_up(EXPIRED, _EXPIRED, now)

    # The life of the upstream

    def upstream_opened(self, now: float) -> None:
        """A fresh, empty session is there: tell it what it is, and what was said before."""
        said = [*self._history, *self._transcript.turns()]
        replayed = replay(said, self._new_id, self._outbox.is_held)
        told = {event["item"]["id"] for event in replayed}
        self._replayed = frozenset(told | {turn.item_id for turn in said})
        self._transcript.begin_session()
        self._outbox.send_now(self._session.begin(self._new_id("event")))
        for event in replayed:
            self._outbox.send_now(event)

    def upstream_is(self, pace: Pace) -> None:
        """How the upstream is now. No event says so: what is sent is kept."""

    def upstream_lost(self, problem: Problem, now: float, chance: float) -> None:
        """The session is gone: go on with a new one while that may help, else end the call.

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
        self._outbox.ask(Connect(delay))

    def _keep_speech(self) -> None:
        """What the upstream has not understood is kept, to be said again to another."""
        detects_turns = self._session.detects_turns
        is_unheard = not detects_turns and self._commits.is_any_unheard
        is_needed = is_unheard or self._transcript.awaits_words
        self._outbox.keep_speech(bytes_to_keep(is_needed, detects_turns))

    def _break_off(self, now: float) -> None:
        """Close what was in flight as a cancelled response would be; ask again for what was only
        asked for."""
        self._outbox.session_lost()
        running, self._response = self._response, None
        is_unheard = self._transcript.awaits_words or self._commits.unheard() > 0
        is_ended = is_unheard and not self._session.detects_turns
        for event in self._transcript.broken_off(running["id"] if running else None):
            if event["type"] == "response.done":
                details = {"type": "cancelled", "reason": "client_cancelled"}
                event["response"] = {**(running or {}), **event["response"]}
                event["response"]["status_details"] = details
            self._transcript.apply(event, now)
            self._tell(event)
        self._outbox.close()
        self._commits.session_lost(is_ended)
        if is_ended:
            self._outbox.send({"type": COMMIT})
        self._sounded.anything = False
        for event in (*self._session.unanswered(), *self._created.values()):
            self._outbox.send(event)
        if self._asked is not None:
            self._outbox.send(self._asked)

    # From the client

    def receive_from_browser(self, frame: str | bytes, now: float) -> None:
        """One WebSocket frame of the client's."""
        if self._is_over:
            return
        event: Event = {}
        try:
            if isinstance(frame, bytes):
                raise BadEvent("invalid_event", _BINARY)
            event = large_events.parse(frame)
            self._client_event(event, now)
        except BadEvent as error:
            self._refuse(api_errors.error_event(error.code, str(error)), now)
        except Refused as refused:
            self._refuse(api_errors.of_refusal(refused, id_of(event)), now)
        except ValueError as error:
            message = f"The event could not be taken: {error}."
            error_event = api_errors.error_event("invalid_event", message, event_id=id_of(event))
            self._refuse(error_event, now)

    def _refuse(self, error: Event, now: float) -> None:
        """An event is not accepted; the call goes on, unless there have been too many."""
        if self._limits.is_patience_lost(now):
            self.fail(_ABUSE, now)
        else:
            self._tell(error)
            self._outbox.ask(Told(Problem(error["error"]["code"], error["error"]["message"])))

    def _client_event(self, event: Event, now: float) -> None:
        kind = event["type"]
        is_speech = kind == "input_audio_buffer.append"
        if not is_speech:
            self._check_pace(self._limits.event(kind, now))
        if kind == "session.update":
            update_id = self._new_id("event")
            has_spoken = self._sounded.anything
            self._outbox.send(
                self._session.change(event, update_id, assistant_has_spoken=has_spoken)
            )
            return
        cleaned = self._requests.cleaned(event)
        if is_speech:
            pcm = _pcm(cleaned["audio"])
            self._check_pace(self._limits.speech(len(pcm), now))
            is_first = self._commits.speak(pcm)
            if is_first:
                self._keep_speech()
            self._outbox.send_speech(pcm)
            return
        self._commits.send(kind)
        self._keep_speech()
        if kind == "response.create":
            self._asked = cleaned
        if kind == "conversation.item.create":
            self._keep(cleaned)
        self._outbox.send(cleaned)

    def _keep(self, created: Event) -> None:
        """An item of the client's is there, though the upstream may go before it has taken it."""
        created["item"].setdefault("id", self._new_id("item"))
        if len(self._created) == MOST_UNTAKEN:
            del self._created[next(iter(self._created))]
        self._created[created["item"]["id"]] = created

    def _check_pace(self, wait_s: float) -> None:
        if wait_s:
            raise Refused("rate_limit_exceeded", problems.too_fast(wait_s).message, "type")

    # From the upstream

    def receive_from_upstream(self, text: str, now: float) -> None:
        """One text frame; what is no event of ours never breaks a call."""
        if self._is_over:
            return
        try:
            event = events.parse(text)
            self._commits.receive(event)
            decision = policy.FROM_UPSTREAM_TO_CLIENT.get(event["type"])
            if decision is None:
                self._outbox.ask(Unknown(event["type"]))
            elif decision is Decision.RELAY:
                self._relay(event, text, now)
            if handler := _OF_UPSTREAM.get(event["type"]):
                handler(self, event, now)
        except (BadEvent, KeyError, TypeError, ValueError, AttributeError):
            self._outbox.ask(Told(problems.UNREADABLE))

    def _relay(self, event: Event, text: str, now: float) -> None:
        item_id = (event.get("item") or {}).get("id")
        self._created.pop(str(item_id), None)
        if item_id in self._replayed and event["type"].startswith("conversation.item."):
            self._echoed(event, item_id)
            return
        if event["type"] != "conversation.item.deleted":  # the client's business; rows stay
            self._transcript.apply(event, now)
        self._keep_speech()
        if event["type"] == "response.done":
            event = api_errors.without_keys(event)
            self._tell(event)
        elif event.get("event_id"):
            self._outbox.pass_on(text)
        else:
            self._tell(event)
        if event["type"] in policy.CAPTIONS:
            self._outbox.ask(Publish(event))

    def _echoed(self, event: Event, item_id: str) -> None:
        """A replayed turn: the client learns once of those that were there before it called."""
        if event["type"] == "conversation.item.retrieved" or item_id in self._unannounced:
            self._tell(event)
        if event["type"] == "conversation.item.done":
            self._unannounced.discard(item_id)

    def _session_updated(self, event: Event, now: float) -> None:
        if shown := self._session.updated(event["session"]):
            self._tell(shown)
            self._transcript.silence_s = self._session.silence_s
        if not self._outbox.is_open:
            self._retry.ready(now)
            self._outbox.open()

    def _error(self, event: Event, now: float) -> None:
        error = event["error"]
        code, about = error.get("code"), error.get("event_id")
        problem = problems.from_upstream(error)
        update = self._session.refused(about, error.get("param"))
        if update is not None and update.changes is not None:
            self._tell(
                {"type": "error", "error": api_errors.redacted(error, update.client_event_id)}
            )
        elif code == "session_expired":
            return  # the socket closes next, and the call goes on with a new session
        elif update is not None or not self._outbox.is_open:
            self.fail(problems.refused_session(error), now)
        elif problem.close_code is not None:
            self.fail(problem, now)
        else:
            refused = [key for key, it in self._created.items() if it.get("event_id", "") == about]
            for item_id in refused:
                del self._created[item_id]
            if self._asked is not None and about in (None, self._asked.get("event_id")):
                self._asked = None
            self._tell({"type": "error", "error": api_errors.redacted(error, about)})

    def _response_created(self, event: Event, now: float) -> None:
        self._asked = None
        if event["response"].get("conversation_id", "") is not None:
            self._response = event["response"]

    def _response_done(self, event: Event, now: float) -> None:
        response = event["response"]
        if self._response is not None and response["id"] == self._response["id"]:
            self._response = None
        if response.get("status") == "completed":
            self._retry.answered()
        if response.get("usage"):
            self._outbox.ask(SaveUsage("response", response["id"], response["usage"]))
        if problem := problems.failed_response(response):
            self._outbox.ask(Told(problem))

    def _transcribed(self, event: Event, now: float) -> None:
        if usage := event.get("usage"):
            model = self._session.transcription_model
            self._outbox.ask(SaveUsage("transcription", event["item_id"], usage, model))

    def _audio(self, event: Event, now: float) -> None:
        self._sounded.add(event["item_id"], len(event["delta"]), self._session.audio_format)
        self._transcript.sounded(event["item_id"], now)

    def _truncated(self, event: Event, now: float) -> None:
        received_ms = self._sounded.ms_of(event["item_id"])
        if event["audio_end_ms"] < received_ms:
            self._transcript.cut(event["item_id"], event["audio_end_ms"], received_ms)

    def _tell(self, event: Event) -> None:
        if not event.get("event_id"):
            event = {**event, "event_id": self._new_id("event")}
        self._outbox.tell(event)


def _pcm(audio: str) -> bytes:
    try:
        return from_base64(audio)
    except ValueError:
        raise Refused("invalid_value", "Invalid 'audio': expected base64 audio.", "audio") from None


_Handler = Callable[[GatewayCall, Event, float], None]

_OF_UPSTREAM: dict[str, _Handler] = {
    "conversation.item.input_audio_transcription.completed": GatewayCall._transcribed,
    "conversation.item.truncated": GatewayCall._truncated,
    "error": GatewayCall._error,
    "response.created": GatewayCall._response_created,
    "response.done": GatewayCall._response_done,
    "response.output_audio.delta": GatewayCall._audio,
    "session.updated": GatewayCall._session_updated,
}
