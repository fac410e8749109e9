"""Threads that carry out the orders of all sessions, and bring the results back to the loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any

from chatbot.engine.errors import StageError
from chatbot.engine.models import Models
from chatbot.engine.orders import (
    Enough,
    Generate,
    Order,
    Prepare,
    Recognize,
    Speak,
    Stop,
    TextUsage,
)
from chatbot.engine.session import Session

log = logging.getLogger(__name__)

#: As many as the language model has slots; one each for the rest, since they use all cores.
WRITERS = 4
EARS = 2


class Workshop:
    """One for the process. Every lane is first come, first served."""

    def __init__(self, models: Models) -> None:
        self.models = models
        self.ears = ThreadPoolExecutor(EARS, "ear")
        self.recognition = ThreadPoolExecutor(1, "recognition")
        self.writing = ThreadPoolExecutor(WRITERS, "writing")
        self.speaking = ThreadPoolExecutor(1, "speaking")

    def close(self) -> None:
        """Begin nothing more."""
        for pool in (self.ears, self.recognition, self.writing, self.speaking):
            pool.shutdown(wait=False, cancel_futures=True)


class Bench:
    """One session's place in the workshop: its running orders, and the way to stop them.

    `changed()` is called on the loop after every result that reached the session.
    """

    def __init__(self, workshop: Workshop, session: Session, changed: Callable[[], None]) -> None:
        self._workshop = workshop
        self._session = session
        self._changed = changed
        self._loop = asyncio.get_running_loop()
        self._stops: dict[str, Event] = {}
        self._enough: dict[str, Event] = {}
        self._prepared: Future[None] | None = None
        self._overtaken = Event()
        self._closed = Event()

    def carry_out(self, orders: list[Order]) -> None:
        """Start each order on its lane."""
        for order in orders:
            self._STARTS[type(order)](self, order)

    def close(self) -> None:
        """Stop all of it; the caller is gone."""
        self._closed.set()
        for stop in self._stops.values():
            stop.set()

    # -- starts -----------------------------------------------------------------------

    def _recognize(self, order: Recognize) -> None:
        stop = self._stop_for(order.key)

        def work() -> None:
            try:
                text = self._workshop.models.recognizer.recognize(order.pcm, order.language)
            except Exception as error:
                self._tell(self._session.recognition_failed, order.key, _as_stage_error(error))
            else:
                self._tell(self._session.recognized, order.key, text)

        self._submit(self._workshop.recognition, stop, work)

    def _prepare(self, order: Prepare) -> None:
        """A newer one stops it, since it reads more."""
        overtaken, self._overtaken = self._overtaken, Event()
        overtaken.set()
        before, stop = self._prepared, self._overtaken

        def work() -> None:
            _wait_for(before)
            self._workshop.models.language.prepare(order.messages, self._stopped(stop))

        self._prepared = self._submit(self._workshop.writing, stop, work)

    def _generate(self, order: Generate) -> None:
        stop = self._stop_for(order.key)
        enough = self._enough.setdefault(order.key, Event())
        prepared = self._prepared

        def on_text(delta: str, usage: TextUsage) -> None:
            self._tell(self._session.text_came, order.key, delta, usage)

        def work() -> None:
            _wait_for(prepared)
            stopped = self._stopped(stop, enough)
            try:
                usage, limited = self._workshop.models.language.generate(
                    order.messages, order.max_tokens, on_text, stopped
                )
            except Exception as error:
                self._tell(self._session.answer_failed, order.key, _as_stage_error(error))
            else:
                self._tell(self._text_ended, order.key, usage, limited)

        self._submit(self._workshop.writing, stop, work)

    def _speak(self, order: Speak) -> None:
        stop = self._stop_for(order.key)

        def work() -> None:
            try:
                pcm = self._workshop.models.voice.speak(order.text, order.voice, order.speed)
            except Exception as error:
                self._tell(self._session.answer_failed, order.key, _as_stage_error(error))
            else:
                self._tell(self._session.spoken, order.key, order.piece, pcm)

        self._submit(self._workshop.speaking, stop, work)

    def _write_no_more(self, order: Enough) -> None:
        if enough := self._enough.get(order.key):
            enough.set()

    def _stop(self, order: Stop) -> None:
        if stop := self._stops.pop(order.key, None):
            stop.set()

    # -- within -----------------------------------------------------------------------

    def _text_ended(self, key: str, usage: TextUsage, limited: bool) -> None:
        self._enough.pop(key, None)
        self._session.text_ended(key, usage, limited=limited)

    def _stop_for(self, key: str) -> Event:
        return self._stops.setdefault(key, Event())

    def _stopped(self, *events: Event) -> Callable[[], bool]:
        return lambda: self._closed.is_set() or any(event.is_set() for event in events)

    def _submit(
        self, pool: ThreadPoolExecutor, stop: Event, work: Callable[[], None]
    ) -> Future[None]:
        def unless_stopped() -> None:
            if not (stop.is_set() or self._closed.is_set()):
                work()

        return pool.submit(unless_stopped)

    def _tell(self, method: Callable[..., None], *result: Any) -> None:
        """From a worker thread: hand a result to the session, on the loop."""
        if not self._closed.is_set():
            self._loop.call_soon_threadsafe(self._feed, method, result)

    def _feed(self, method: Callable[..., None], result: tuple[Any, ...]) -> None:
        method(*result)
        self._changed()

    _STARTS: dict[type, Callable[[Bench, Any], None]] = {
        Recognize: _recognize,
        Prepare: _prepare,
        Generate: _generate,
        Speak: _speak,
        Enough: _write_no_more,
        Stop: _stop,
    }


def _wait_for(prepared: Future[None] | None) -> None:
    """In llama.cpp the same conversation twice at once takes two slots, one with an empty cache."""
    if prepared is not None and not prepared.cancel():
        prepared.exception()


def _as_stage_error(error: Exception) -> StageError:
    """What failed, without the words that were being processed."""
    if isinstance(error, StageError):
        return error
    log.error("A model failed: %s", type(error).__name__)
    return StageError("model_failed", "The voice engine failed at this turn. Please try again.")
