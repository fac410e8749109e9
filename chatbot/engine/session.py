"""A Realtime session as a state machine: fed client events, sound and results; drained of both
server events and orders to the models. No socket, thread or clock is known here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chatbot.engine.answers import Answers
from chatbot.engine.conversation import Conversation, Item
from chatbot.engine.errors import RequestError, StageError
from chatbot.engine.hearing import Hearing
from chatbot.engine.items import audio_of, item_of
from chatbot.engine.orders import Message, Order, Prepare, Recognize, TextUsage
from chatbot.engine.settings import default_settings, updated_settings
from chatbot.engine.turns import Signal


class Session:
    """Feed with `receive`, `hear` and the results; then take `events()` and `orders()`.

    `new_id(prefix)` gives ids that are used once.
    """

    def __init__(self, new_id: Callable[[str], str], model: str, expires_at: int) -> None:
        self._new_id = new_id
        self._events: list[dict[str, Any]] = []
        self._orders: list[Order] = []
        self._conversation = Conversation()
        self._answers = Answers(
            self._conversation, new_id, self._emit, self._order, self._all_known
        )
        self._transcribing: dict[str, Item] = {}
        self._answer_wanted = False
        self.settings = default_settings(new_id("sess"), model, expires_at)
        self._hearing = Hearing(new_id)
        self._hearing.configure(self.settings["audio"]["input"])
        self._emit("session.created", session=self.settings)

    # -- drained ----------------------------------------------------------------------

    def events(self) -> list[dict[str, Any]]:
        """Server events since the last call, in order."""
        events, self._events = self._events, []
        return events

    def orders(self) -> list[Order]:
        """Orders since the last call, in order."""
        orders, self._orders = self._orders, []
        return orders

    # -- fed by the client ------------------------------------------------------------

    def receive(self, event: Any) -> None:
        """Take one client event other than `input_audio_buffer.append`; errors become events."""
        kind = event.get("type") if isinstance(event, dict) else None
        handler = self._HANDLERS.get(kind) if isinstance(kind, str) else None
        try:
            if handler is None:
                raise self._unknown(kind)
            handler(self, event)
        except RequestError as error:
            self.refuse(error, event)

    def hear(self, pcm: bytes, probabilities: list[float]) -> None:
        """Take sound, and the probability of speech of each whole window it completes."""
        self._hearing.append(pcm)
        for probability in probabilities:
            signal = self._hearing.judge(probability)
            if signal is not None:
                self._SIGNALS[signal](self)

    def refuse(self, error: RequestError, event: Any = None) -> None:
        """Tell the client that its event was refused."""
        event_id = event.get("event_id") if isinstance(event, dict) else None
        self._error("invalid_request_error", error.code, error.message, error.param, event_id)

    # -- fed by the models ------------------------------------------------------------

    def recognized(self, key: str, text: str) -> None:
        """A stretch of the user's speech is written down."""
        self._hearing.recognized(key, text)
        guess = self._hearing.guess
        if guess and self._answers.active is None:
            self._prepare({"role": "user", "content": guess})
        self._settle()

    def recognition_failed(self, key: str, error: StageError) -> None:
        """A stretch of the user's speech could not be written down."""
        self._hearing.failed(key, error)
        self._settle()

    def text_came(self, key: str, delta: str, usage: TextUsage) -> None:
        """The model wrote more of an answer."""
        self._answers.text_came(key, delta, usage)

    def text_ended(self, key: str, usage: TextUsage, *, limited: bool) -> None:
        """The model has written its answer; `limited`: it was cut at its limit."""
        self._answers.text_ended(key, usage, limited=limited)
        self._answer_if_wanted()

    def spoken(self, key: str, piece: int, pcm: bytes) -> None:
        """A piece of an answer is audio."""
        self._answers.spoken(key, piece, pcm)
        self._answer_if_wanted()

    def answer_failed(self, key: str, error: StageError) -> None:
        """A model broke down during an answer."""
        self._answers.failed(key, error)
        self._answer_if_wanted()

    # -- client events ----------------------------------------------------------------

    def _update(self, event: dict[str, Any]) -> None:
        self.settings = updated_settings(
            self.settings,
            event.get("session"),
            assistant_has_spoken=self._conversation.assistant_has_spoken,
        )
        self._hearing.configure(self.settings["audio"]["input"])
        self._emit("session.updated", session=self.settings)

    def _commit(self, event: dict[str, Any]) -> None:
        self._orders += self._hearing.commit()
        self._add_heard()
        self._settle()

    def _clear(self, event: dict[str, Any]) -> None:
        self._orders += self._hearing.clear()
        self._emit("input_audio_buffer.cleared")

    def _create_item(self, event: dict[str, Any]) -> None:
        given = event.get("item")
        item = item_of(given, self._new_id("item"))
        previous = self._conversation.add(item, event.get("previous_item_id"))
        self._emit_added(item, previous)
        pcm = audio_of(given) if isinstance(given, dict) else b""
        if pcm and not item.words:
            key = self._hearing.expect(item.id, len(pcm))
            self._orders.append(Recognize(key, pcm, self._hearing.language))
            self._transcribing[item.id] = item

    def _retrieve_item(self, event: dict[str, Any]) -> None:
        item = self._conversation.find(event.get("item_id"))
        if item is None:
            raise RequestError(
                "item_retrieve_invalid_item_id",
                f"Error retrieving item: the item with id '{event.get('item_id')}' does not exist.",
                "item_id",
            )
        self._emit("conversation.item.retrieved", item=item.wire())

    def _delete_item(self, event: dict[str, Any]) -> None:
        self._conversation.delete(event.get("item_id"))
        self._transcribing.pop(event["item_id"], None)
        self._emit("conversation.item.deleted", item_id=event["item_id"])
        self._settle()

    def _truncate_item(self, event: dict[str, Any]) -> None:
        self._conversation.truncate(
            event.get("item_id"), event.get("content_index"), event.get("audio_end_ms")
        )
        self._emit(
            "conversation.item.truncated",
            item_id=event["item_id"],
            content_index=event["content_index"],
            audio_end_ms=event["audio_end_ms"],
        )

    def _create_response(self, event: dict[str, Any]) -> None:
        wanted = event.get("response") or {}
        self._answers.give(wanted, self.settings)
        if wanted.get("conversation") != "none":
            self._answer_wanted = False
            self._hearing.break_promises()

    def _cancel_response(self, event: dict[str, Any]) -> None:
        self._answers.cancel(event.get("response_id"), "client_cancelled")
        if self._hearing.speaking:
            self._prepare()
        self._answer_if_wanted()

    # -- turns of the user ------------------------------------------------------------

    def _speech_started(self) -> None:
        utterance = self._hearing.start()
        self._emit(
            "input_audio_buffer.speech_started",
            audio_start_ms=self._hearing.ms_at(utterance.start),
            item_id=utterance.item_id,
        )
        if self._answers.active is not None and self._hearing.interrupts:
            self._answers.cancel(None, "turn_detected")
        if self._answers.active is None:
            self._prepare()

    def _speech_paused(self) -> None:
        self._orders += self._hearing.pause()

    def _speech_resumed(self) -> None:
        self._orders += self._hearing.resume()

    def _speech_stopped(self) -> None:
        utterance = self._hearing.utterance
        self._orders += self._hearing.stop()
        self._emit(
            "input_audio_buffer.speech_stopped",
            audio_end_ms=self._hearing.ms_at(utterance.end) if utterance else 0,
            item_id=utterance.item_id if utterance else "",
        )
        item = self._add_heard()
        if self._hearing.is_answered:
            self._promise_answer(item)
        self._settle()

    def _promise_answer(self, item: Item) -> None:
        """It is answered as soon as it is words. As with the service, not at all if an answer is
        being given now that it did not interrupt."""
        try:
            self._answers.refuse_second()
        except RequestError as error:
            self.refuse(error)
        else:
            self._hearing.promise_answer(item.id)

    def _add_heard(self) -> Item:
        """What was said becomes an item; its words follow when they are recognized."""
        utterance = self._hearing.take_finished()
        content = [{"type": "input_audio", "transcript": None}]
        item = Item(
            utterance.item_id,
            "message",
            "completed",
            {},
            role="user",
            content=content,
            audio_ms=utterance.duration_ms,
        )
        previous = self._conversation.add(item)
        self._emit("input_audio_buffer.committed", previous_item_id=previous, item_id=item.id)
        self._emit_added(item, previous)
        self._transcribing[item.id] = item
        return item

    def _settle(self) -> None:
        """Report every turn that is recognized by now, and answer if it is time to."""
        for item_id, result in self._hearing.results():
            item = self._transcribing.pop(item_id, None)
            if item is None:
                continue
            if isinstance(result, StageError):
                self._transcription_failed(item, result)
            else:
                self._transcribed(item, result)
        self._answers.begin()
        self._answer_if_wanted()

    def _transcribed(self, item: Item, text: str) -> None:
        item.words = text
        wants_transcript = self.settings["audio"]["input"]["transcription"] is not None
        for part in item.content:
            if part["type"] == "input_audio":
                part["transcript"] = text if wants_transcript else None
        if text and self._hearing.answers(item.id):
            self._answer_wanted = True
        if not wants_transcript:
            return
        kind = "conversation.item.input_audio_transcription."
        if text:
            self._emit(f"{kind}delta", item_id=item.id, content_index=0, delta=text)
        self._emit(
            f"{kind}completed",
            item_id=item.id,
            content_index=0,
            transcript=text,
            usage={"type": "duration", "seconds": item.audio_ms / 1000},
        )

    def _transcription_failed(self, item: Item, error: StageError) -> None:
        if self.settings["audio"]["input"]["transcription"] is None:
            self._error("server_error", error.code, error.message, None, None)
            return
        self._emit(
            "conversation.item.input_audio_transcription.failed",
            item_id=item.id,
            content_index=0,
            error={
                "type": "transcription_error",
                "code": error.code,
                "message": error.message,
                "param": "",
            },
        )

    # -- answers ----------------------------------------------------------------------

    def _all_known(self) -> bool:
        return not self._transcribing

    def _answer_if_wanted(self) -> None:
        """Answer once nobody speaks, every turn is recognized and no answer is being given."""
        busy = self._hearing.speaking or self._answers.active is not None
        if self._answer_wanted and self._all_known() and not busy:
            self._answer_wanted = False
            self._answers.give({}, self.settings)

    def _prepare(self, *guess: Message) -> None:
        """Read ahead while the user speaks, or is silent for what may be the end."""
        lines = self._conversation.context(self.settings["instructions"])
        self._orders.append(Prepare([*lines, *guess]))

    def _order(self, order: Order) -> None:
        self._orders.append(order)

    # -- events -----------------------------------------------------------------------

    def _emit(self, kind: str, **fields: Any) -> None:
        self._events.append({"type": kind, "event_id": self._new_id("event"), **fields})

    def _emit_added(self, item: Item, previous: str | None) -> None:
        shape = item.wire()
        self._emit("conversation.item.added", previous_item_id=previous, item=shape)
        self._emit("conversation.item.done", previous_item_id=previous, item=shape)

    def _error(self, kind: str, code: str, message: str, param: str | None, event_id: Any) -> None:
        self._emit(
            "error",
            error={
                "type": kind,
                "code": code,
                "message": message,
                "param": param,
                "event_id": event_id if isinstance(event_id, str) else None,
            },
        )

    def _unknown(self, kind: Any) -> RequestError:
        if kind is None:
            return RequestError(
                "missing_required_parameter", "Missing required parameter: 'type'.", "type"
            )
        known = ["input_audio_buffer.append", *self._HANDLERS]
        supported = ", ".join(f"'{name}'" for name in known)
        return RequestError(
            "invalid_value", f"Invalid value: {kind!r}. Supported values are: {supported}.", "type"
        )

    _HANDLERS: dict[str, Callable[[Session, dict[str, Any]], None]] = {
        "session.update": _update,
        "input_audio_buffer.commit": _commit,
        "input_audio_buffer.clear": _clear,
        "conversation.item.create": _create_item,
        "conversation.item.retrieve": _retrieve_item,
        "conversation.item.delete": _delete_item,
        "conversation.item.truncate": _truncate_item,
        "response.create": _create_response,
        "response.cancel": _cancel_response,
    }

    _SIGNALS: dict[Signal, Callable[[Session], None]] = {
        Signal.STARTED: _speech_started,
        Signal.PAUSED: _speech_paused,
        Signal.RESUMED: _speech_resumed,
        Signal.STOPPED: _speech_stopped,
    }
