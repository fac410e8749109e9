"""Interrupting an answer: what was heard of it is kept, here and upstream, the rest forgotten."""

from __future__ import annotations

from chatbot.realtime import events
from chatbot.realtime.outbox import Outbox
from chatbot.realtime.playback import ItemAudio, Playback
from chatbot.realtime.transcript import Transcript
from chatbot.realtime.turns import Turn


class BargeIn:
    """Cuts answers: by speech, by the button, by typing, by the end of the call."""

    def __init__(self, outbox: Outbox, playback: Playback, transcript: Transcript) -> None:
        self._outbox = outbox
        self.playback = playback
        self._transcript = transcript

    def begin(self, now: float, running: str | None) -> None:
        """Stop the answer; `running` is the response that is to be cancelled."""
        was_silent = self.playback.is_idle
        if running is None and was_silent:
            return
        self._stop(now, running)
        if was_silent:
            self._tell(None, None)

    def begin_paused(self, paused_at: float, running: str | None, *, knows_where: bool) -> None:
        """The same for an answer that was paused before, perhaps `knows_where`. In any case the
        browser is told at once."""
        self._stop(paused_at, running)
        if not (knows_where and self.settle()):
            self._tell(None, None)

    def _stop(self, now: float, running: str | None) -> None:
        self.settle()
        if running is not None and self._outbox.is_open:
            self._outbox.send_now(events.response_cancel(running))
        self.playback.interrupt(now)

    def settle(self, now: float | None = None) -> bool:
        """Where the answer was cut is known, or will not be by `now`: truncate there.

        True when something was cut.
        """
        cut = self.playback.take_cut(now)
        for audio in cut:
            turn = self._transcript.cut(audio.item_id, audio.heard_ms, audio.received_ms)
            self._tell(audio, turn)
            if audio.is_whole:
                self._truncate(audio)
        return bool(cut)

    def delete(self, item_id: str) -> None:
        """Make the upstream forget an item."""
        if self._outbox.is_open:
            self._outbox.send_now(events.item_delete(item_id))

    def item_done(self, item_id: str) -> None:
        """The upstream has made all of an item: one that was cut before can be truncated now."""
        if audio := self.playback.whole(item_id):
            self._truncate(audio)

    def end(self, now: float) -> None:
        """The call is over: what was not heard by now was not heard."""
        self.playback.interrupt(now)
        for audio in self.playback.take_cut():
            self._transcript.cut(audio.item_id, audio.heard_ms, audio.received_ms)

    def _truncate(self, audio: ItemAudio) -> None:
        """Make the upstream forget what was not heard; nothing heard is an item deleted.

        An item that was replayed to a new session is text there and has nothing to truncate.
        """
        if audio.is_of_old_session or not self._outbox.is_open:
            return
        if audio.heard_ms > 0:
            self._outbox.send_now(
                events.item_truncate(audio.item_id, audio.content_index, audio.heard_ms)
            )
        else:
            self.delete(audio.item_id)

    def _tell(self, audio: ItemAudio | None, turn: Turn | None) -> None:
        self._outbox.show(
            {
                "type": "chat.interrupted",
                "generation": self.playback.generation,
                "item_id": audio.item_id if audio else None,
                "content_index": audio.content_index if audio else 0,
                "heard_ms": audio.heard_ms if audio else 0,
                "heard_text": turn.heard_text if turn else None,
            }
        )
