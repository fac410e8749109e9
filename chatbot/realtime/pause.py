"""An answer pauses when the user makes a sound, until it is known whether that was speech.

If it was, the answer is cut there. If it was a cough (`doubt.py`), the answer plays on, and
nothing is left of the cough: no turn, no item upstream, nor the answer that was begun to it.
"""

from __future__ import annotations

from collections.abc import Callable

from chatbot.realtime import events
from chatbot.realtime.answers import Answers
from chatbot.realtime.barge_in import BargeIn
from chatbot.realtime.doubt import Doubt, Sound, has_words
from chatbot.realtime.effects import SaveUsage
from chatbot.realtime.events import Event
from chatbot.realtime.outbox import Outbox
from chatbot.realtime.session import CallSession
from chatbot.realtime.transcript import Transcript
from chatbot.realtime.withheld import Withheld

_TRANSCRIPTION = "conversation.item.input_audio_transcription"


class Pause:
    """Feed it with the upstream's events, the browser's reports and time."""

    def __init__(
        self,
        session: CallSession,
        outbox: Outbox,
        transcript: Transcript,
        answers: Answers,
        barge_in: BargeIn,
        receive: Callable[[Event, float], None],
    ) -> None:
        """`receive` takes the events of an answer that was kept back and is wanted now."""
        self._session = session
        self._outbox = outbox
        self._playback = barge_in.playback
        self._transcript = transcript
        self._answers = answers
        self._barge_in = barge_in
        self._receive = receive
        self._doubt = Doubt()
        self._withheld = Withheld()
        self._knows_where = False

    # Feeding

    def withholds(self, event: Event) -> bool:
        """Whether an event is not for the call: it is of an answer to what may be no speech."""
        kind = event["type"]
        if kind == "response.created" and self._doubt.has_heard_out:
            self._withheld.begin(event["response"]["id"], is_ours=self._answers.is_requested)
            self._doubt.read()
        if not self._withheld.takes(event):
            return False
        if kind == "response.created":
            self._answers.created(event["response"]["id"])
        elif kind == "response.done":
            if self._withheld.is_over(event["response"]["id"]):
                self._clear_away(event)
            self._answers.done(event["response"]["id"])
        return True

    def receive(self, event: Event, now: float) -> None:
        """One event of the upstream that was not withheld."""
        if handler := _OF_UPSTREAM.get(event["type"]):
            handler(self, event, now)

    def reported(self, event: Event, now: float) -> None:
        """`chat.playback`: how much of an item the browser has played, and how it goes on.

        Raises:
            KeyError, ValueError: the event is not well formed.
        """
        state, generation = event["state"], event["generation"]
        item_id, played_ms = str(event["item_id"]), int(event["played_ms"])
        has_stopped = state in ("interrupted", "paused")
        if has_stopped and self._playback.report_cut(item_id, played_ms):
            self._barge_in.settle()
        elif generation == self._playback.generation:
            self._playback.report(item_id, played_ms, state == "ended")
            self._knows_where = self._knows_where or has_stopped
            if state == "interrupted":  # and has thrown away what it had not played
                self._give_up(now)
                self._barge_in.settle()

    def judge(self, now: float) -> bool:
        """Decide what can be decided; True when there was a sound, and it was nothing."""
        self._judge_late(now)
        verdict = self._doubt.verdict(now, self._session.silence_s)
        if verdict == "speech":
            self._interrupt(now)
        elif verdict == "nothing":
            self._resume(now)
        elif self._withheld.is_full:
            self._give_up(now)
        return verdict == "nothing"

    def stop(self, now: float) -> None:
        """The user wants no answer, neither that one nor any that is kept back."""
        self._throw_away()
        self._cut(now)
        self._barge_in.settle()

    def session_lost(self) -> None:
        """The upstream is gone: what was said over the answer will be said again to the next."""
        was_paused = self._doubt.is_open
        self.end()
        self._withheld.forget_session()
        if was_paused:
            self._tell_resumed()

    def hung_up(self, now: float) -> None:
        """The call is over: a sound over the answer that goes on may be no speech."""
        for item_id in self._doubt.going_on:
            self._transcript.apply(_deleted(item_id), now)
        self.end()

    def end(self) -> None:
        """Nothing more will be known of the sound."""
        self._doubt.forget_session()
        self._throw_away()

    # Events

    def _sound(self, event: Event, now: float) -> None:
        if not self._doubt.is_open:
            is_silent = self._playback.is_idle and not self._answers.is_busy
            if is_silent or not self._session.may_be_interrupted:
                return
            self._tell_paused()
        self._doubt.begin(event["item_id"], now)

    def _committed(self, event: Event, now: float) -> None:
        self._doubt.stopped(event["item_id"], now)
        self._answers.committed(event["item_id"])
        if self._doubt.was_speech(event["item_id"]):
            self._answers.is_speech(event["item_id"])

    def _understood(self, event: Event, now: float) -> None:
        """What is known of the words is all that ever will be."""
        item_id = event["item_id"]
        text = event.get("transcript") or ""
        if self._doubt.is_about(item_id):
            self._doubt.understood(item_id, text)
        elif event["type"].endswith(".failed") or has_words(text):
            self._answers.is_speech(item_id)
        else:
            self._answers.is_nothing(item_id)

    def _response_done(self, event: Event, now: float) -> None:
        """An upstream that has ended an answer by itself leaves nothing to go on with."""
        if self._doubt.is_open and event["response"].get("status") == "cancelled":
            self._give_up(now)

    # Deciding

    def _interrupt(self, now: float) -> None:
        """There was speech: cut what was paused. The answer to it may be heard, unless there is
        another sound that it has not read, of which it is not known what that is."""
        sounds = self._cut(now)
        judged = [(sound, sound.verdict(now, self._session.silence_s)) for sound in sounds]
        speech = [sound for sound, verdict in judged if verdict == "speech"]
        doubted = [sound for sound, verdict in judged if not (verdict or sound.is_read)]
        self._doubt.is_speech(speech)
        for sound in speech:
            self._answers.is_speech(sound.item_id)
        if doubted and not (self._withheld.is_empty and not self._answers.is_busy):
            self._tell_paused()
            self._doubt.go_on(doubted)
        self._release(now)

    def _give_up(self, now: float) -> None:
        """There is nothing to go on with, whatever the sound was."""
        self._cut(now)
        self._release(now)

    def _release(self, now: float) -> None:
        for event in self._withheld.release():
            self._receive(event, now)

    def _cut(self, now: float) -> list[Sound]:
        """Returns the sounds that were in doubt."""
        paused_at, sounds = self._doubt.since, self._doubt.end()
        running = self._answers.response_id
        if self._withheld.has(running):
            running = None
        if paused_at is None:
            self._barge_in.begin(now, running)
        else:
            self._barge_in.begin_paused(paused_at, running, knows_where=self._knows_where)
        return sounds

    def _resume(self, now: float) -> None:
        """It was nothing: the answer plays on."""
        for sound in self._doubt.end():
            taken_back = _deleted(sound.item_id)
            self._transcript.apply(taken_back, now)
            self._outbox.show(taken_back)
            self._let_pass(sound)
        was_asked_for = self._withheld.has_ours
        self._throw_away()
        self._tell_resumed()
        if was_asked_for:
            self._answers.want()

    def _let_pass(self, sound: Sound) -> None:
        """Forget it, or if its words may still come, do not count on them."""
        if sound.is_wordless:
            self._answers.is_nothing(sound.item_id)
            self._barge_in.delete(sound.item_id)
        else:
            self._answers.left_unanswered(sound.item_id)
            self._doubt.let_pass(sound)

    def _judge_late(self, now: float) -> None:
        """Words that came after all interrupt after all, unless they were answered since."""
        for sound in self._doubt.take_known():
            if sound.is_wordless:
                self._let_pass(sound)
            elif self._answers.owes(sound.item_id):
                self._give_up(now)
                self._answers.is_speech(sound.item_id)

    def _throw_away(self) -> None:
        """What answers the sound is not wanted."""
        running, ended = self._withheld.throw_away()
        for response_id in running:
            if self._outbox.is_open:
                self._outbox.send_now(events.response_cancel(response_id))
        for event in ended:
            self._clear_away(event)

    def _clear_away(self, done: Event) -> None:
        """An answer that nobody wants has ended: it is to be forgotten, but was made and costs."""
        response = done["response"]
        if response.get("usage"):
            self._outbox.ask(SaveUsage("response", response["id"], response["usage"]))
        for item_id in self._withheld.items_of(response["id"]):
            self._barge_in.delete(item_id)

    def _tell_paused(self) -> None:
        self._barge_in.settle()  # what is told of an older cut must not end this pause
        self._knows_where = False
        self._outbox.tell({"type": "chat.paused", "generation": self._playback.generation})

    def _tell_resumed(self) -> None:
        item_id, generation = self._playback.sounding, self._playback.generation
        self._outbox.tell({"type": "chat.resumed", "generation": generation, "item_id": item_id})


def _deleted(item_id: str) -> Event:
    return {"type": "conversation.item.deleted", "item_id": item_id}


_OF_UPSTREAM: dict[str, Callable[[Pause, Event, float], None]] = {
    "input_audio_buffer.cleared": lambda pause, event, now: pause._doubt.cleared(),
    "input_audio_buffer.committed": Pause._committed,
    "input_audio_buffer.speech_started": Pause._sound,
    "input_audio_buffer.speech_stopped": lambda pause, event, now: pause._doubt.stopped(
        event["item_id"], now
    ),
    "response.done": Pause._response_done,
    f"{_TRANSCRIPTION}.completed": Pause._understood,
    f"{_TRANSCRIPTION}.delta": lambda pause, event, now: pause._doubt.heard(
        event["item_id"], event.get("delta") or ""
    ),
    f"{_TRANSCRIPTION}.failed": Pause._understood,
}
