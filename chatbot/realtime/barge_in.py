"""Interrupting an answer: what was heard of it is kept, here and upstream, the rest forgotten."""

from __future__ import annotations

from chatbot.realtime import events
from chatbot.realtime.answers import Answers
from chatbot.realtime.outbox import Outbox
from chatbot.realtime.playback import ItemAudio, Playback
from chatbot.realtime.transcript import Transcript
from chatbot.realtime.turns import Turn


class BargeIn:
    """Cuts answers: by speech, by the button, by typing, by the end of the call."""

    def __init__(
        self, outbox: Outbox, playback: Playback, transcript: Transcript, answers: Answers
    ) -> None:
        self._outbox = outbox
        self._playback = playback
        self._transcript = transcript
        self._answers = answers

    def begin(self, now: float, *, cancel: bool = True) -> None:
        """Stop the answer. With server VAD the upstream cancels by itself (`cancel` False)."""
        if self._answers.response_id is None and self._playback.is_idle:
            return
        self.settle()
        if cancel and self._answers.response_id is not None and self._outbox.is_open:
            self._outbox.send_now(events.response_cancel(self._answers.response_id))
        was_silent = self._playback.is_idle
        self._playback.interrupt(now)
        if was_silent:
            self._tell(None, None)

    def settle(self, now: float | None = None) -> None:
        """Where the answer was cut is known, or will not be by `now`: truncate there."""
        for audio in self._playback.take_cut(now):
            turn = self._transcript.cut(audio.item_id, audio.heard_ms, audio.received_ms)
            self._tell(audio, turn)
            if audio.is_whole:
                self._truncate(audio)

    def item_done(self, item_id: str) -> None:
        """The upstream has made all of an item: one that was cut before can be truncated now."""
        if audio := self._playback.whole(item_id):
            self._truncate(audio)

    def end(self, now: float) -> None:
        """The call is over: what was not heard by now was not heard."""
        self._playback.interrupt(now)
        for audio in self._playback.take_cut():
            self._transcript.cut(audio.item_id, audio.heard_ms, audio.received_ms)

    def _truncate(self, audio: ItemAudio) -> None:
        """Make the upstream forget what was not heard; nothing heard is an item deleted.

        An item that was replayed to a new session is text there and has nothing to truncate.
        """
        if audio.is_of_old_session or not self._outbox.is_open:
            return
        if audio.heard_ms > 0:
            event = events.item_truncate(audio.item_id, audio.content_index, audio.heard_ms)
        else:
            event = events.item_delete(audio.item_id)
        self._outbox.send_now(event)

    def _tell(self, audio: ItemAudio | None, turn: Turn | None) -> None:
        self._outbox.show(
            {
                "type": "chat.interrupted",
                "generation": self._playback.generation,
                "item_id": audio.item_id if audio else None,
                "content_index": audio.content_index if audio else 0,
                "heard_ms": audio.heard_ms if audio else 0,
                "heard_text": turn.heard_text if turn else None,
            }
        )
