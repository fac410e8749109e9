"""What a call has decided to send and to do, in order, until its shell drains it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from chatbot.realtime import events
from chatbot.realtime.effects import Effect, Publish, SaveTurn, Told
from chatbot.realtime.events import Event
from chatbot.realtime.held import Held, HeldSpeech, RecentSpeech
from chatbot.realtime.problems import Problem
from chatbot.realtime.sentences import Translate, in_english, in_words_of
from chatbot.realtime.soundtrack import Soundtrack
from chatbot.realtime.transcript import Transcript
from chatbot.realtime.turns import Turn


class Outbox:
    """Frames for both peers, and effects. What the upstream cannot hear yet is held."""

    def __init__(
        self,
        room: int = 1,
        translate: Translate = in_english,
        soundtrack: Soundtrack | None = None,
    ) -> None:
        """With `room` so many times as much is held as for a page. `translate` puts sentences of
        ours into the user's language. `soundtrack` listens, where calls are recorded."""
        self._translate = translate
        self._soundtrack = soundtrack
        self.is_open = False
        self._to_browser: list[str | bytes] = []
        self._to_upstream: list[str] = []
        self._effects: list[Effect] = []
        self._held = HeldSpeech(room)
        self._held_items: set[str] = set()
        self._recent = RecentSpeech()
        self._said_again: list[Held] = []

    def take_for_browser(self) -> list[str | bytes]:
        drained, self._to_browser = self._to_browser, []
        return drained

    def take_for_upstream(self) -> list[str]:
        drained, self._to_upstream = self._to_upstream, []
        return drained

    def take_effects(self) -> list[Effect]:
        drained, self._effects = self._effects, []
        return drained

    # To the browser

    def tell(self, event: Event) -> None:
        """An event for the browser."""
        self._to_browser.append(events.dump(in_words_of(self._translate, event)))

    def status(self, state: str, message: str) -> None:
        """How the upstream is, in a state and a sentence."""
        self.tell({"type": "chat.status", "state": state, "message": message})

    def pass_on(self, text: str) -> None:
        """An event for the browser, as the upstream wrote it."""
        self._to_browser.append(text)

    def sound(self, item_id: str, pcm: bytes) -> None:
        """Sound of an answer for the browser."""
        self._to_browser.append(pcm)
        if self._soundtrack is not None:
            self._soundtrack.sounded(item_id, pcm)

    def show(self, event: Event) -> None:
        """An event for the browser and for the user's other tabs."""
        event = in_words_of(self._translate, event)
        self._to_browser.append(events.dump(event))
        self._effects.append(Publish(event))
        if self._soundtrack is not None:
            self._soundtrack.told(event)

    def complain(self, problem: Problem) -> None:
        """A problem for the browser, and for the operator's metrics."""
        self.tell(problem.as_event(self._translate))
        self._effects.append(Told(problem))

    # To the world

    def ask(self, effect: Effect) -> None:
        """Something that the shell must do."""
        self._effects.append(effect)

    def save_settled(self, transcript: Transcript) -> None:
        """Have the turns written that are finished, or have changed since they were."""
        self.save(transcript.take_settled())

    def save(self, rows: Iterable[tuple[int, Turn]]) -> None:
        """Have these turns written, at their positions, as they are now."""
        for position, turn in rows:
            self._effects.append(SaveTurn(position, replace(turn)))

    # To the upstream

    def send_now(self, event: Event) -> None:
        """To the upstream, ready or not: what makes a session ready."""
        self._to_upstream.append(events.dump(event))

    def send(self, event: Event) -> None:
        """To the upstream, held while there is no session.

        Raises:
            ValueError: too much is held already.
        """
        if self.is_open:
            self.send_now(event)
            if self._soundtrack is not None:
                self._soundtrack.sent(event["type"])
        else:
            self._held.add(events.dump(event), 0)
            item = event.get("item") or {}
            self._held_items.update(item[name] for name in ("id", "call_id") if name in item)

    @property
    def is_letting_go(self) -> bool:
        """More was said than is kept for the next session."""
        return self._held.has_overflowed

    def is_held(self, item_or_call_id: str) -> bool:
        """Whether this item, or the output of this call, waits for the next session."""
        return item_or_call_id in self._held_items

    def send_speech(self, pcm: bytes) -> None:
        """Speech of the user to the upstream; held while there is no session."""
        frame = events.append(pcm)
        if self.is_open:
            self._to_upstream.append(frame)
            self._recent.add(frame, len(pcm))
            if self._soundtrack is not None:
                self._soundtrack.spoken(pcm)
        else:
            self._held.add(frame, len(pcm))

    def keep_speech(self, most_bytes: int) -> None:
        """So much of what was said last would have to be said again to a new session."""
        self._recent.keep(most_bytes)

    def detects_turns(self, does: bool) -> None:
        """Whether the upstream finds the user's turns, or they are ended by hand."""
        if self._soundtrack is not None:
            self._soundtrack.detects_turns(does)

    def open(self) -> None:
        """The session is ready: send what was held."""
        self.is_open = True
        self._held_items.clear()
        if self._soundtrack is not None:
            self._soundtrack.session_begun()
        for frame, size in self._held.take():
            self._to_upstream.append(frame)
            self._recent.add(frame, size)
            if self._soundtrack is not None:
                self._soundtrack.sent_again(frame)

    def session_lost(self) -> None:
        """The session is gone. What it may not have understood is put by."""
        self._said_again = self._recent.take()

    def close(self) -> None:
        """All that the lost session had begun is broken off: what was put by is to be said again,
        first."""
        if self.is_open:
            self.is_open = False
            self._to_upstream = []
            if self._soundtrack is not None:
                self._soundtrack.session_lost()
            for frame, size in self._said_again:
                self._held.add(frame, size)
