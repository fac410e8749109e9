"""The answers of a session: when one is given, which one is running, and how each ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chatbot.engine.conversation import Conversation
from chatbot.engine.errors import RequestError, StageError
from chatbot.engine.orders import Generate, Order, Stop, TextUsage
from chatbot.engine.requests import context_of, items_of, manner_of
from chatbot.engine.response import CancelReason, Emit, Response

#: What the model may write when the client sets no limit; an answer usually ends long before.
MAX_TOKENS = 400
#: Bigger than any use of this engine; `rate_limits.updated` must name one.
TOKEN_LIMIT = 1_000_000


class Answers:
    """At most one in the conversation at a time, and any number beside it.

    `all_known()` tells whether everything the user has said is in words by now.
    """

    def __init__(
        self,
        conversation: Conversation,
        new_id: Callable[[str], str],
        emit: Emit,
        order: Callable[[Order], None],
        all_known: Callable[[], bool],
    ) -> None:
        self._conversation = conversation
        self._conversation_id = new_id("conv")
        self._new_id = new_id
        self._emit = emit
        self._order = order
        self._all_known = all_known
        self._given: dict[str, Response] = {}

    @property
    def active(self) -> Response | None:
        """The answer being given in the conversation."""
        return next((one for one in self._given.values() if one.manner.in_conversation), None)

    # -- begin and end ----------------------------------------------------------------

    def give(self, wanted: Any, settings: dict[str, Any]) -> None:
        """Announce an answer; it is written as soon as all that was said is known.

        Raises:
            RequestError: one is running already, or the request makes no sense.
        """
        manner = manner_of(wanted, settings)
        if manner.in_conversation:
            self.refuse_second()
        response = Response(
            id=self._new_id("resp"),
            item_id=self._new_id("item"),
            conversation_id=self._conversation_id if manner.in_conversation else None,
            manner=manner,
            emit=self._emit,
            attach=self._conversation.add if manner.in_conversation else lambda item: None,
            given_items=items_of(wanted, self._conversation),
        )
        self._given[response.id] = response
        response.create()
        self.begin()

    def refuse_second(self) -> None:
        """Begin no answer while another is being given.

        Raises:
            RequestError: one is.
        """
        active = self.active
        if active is not None:
            raise RequestError(
                "conversation_already_has_active_response",
                "Conversation already has an active response in progress: "
                f"{active.id}. Wait until the response is finished before creating a new one.",
            )

    def begin(self) -> None:
        """Let the model write whatever waits for it, if everything is known."""
        if not self._all_known():
            return
        for response in self._given.values():
            if not response.begun:
                self._generate(response)

    def cancel(self, response_id: Any, reason: CancelReason) -> None:
        """End one answer, or the one in the conversation.

        Raises:
            RequestError: there is none.
        """
        response = self._given.get(response_id) if response_id else self.active
        if response is None:
            raise RequestError(
                "response_cancel_not_active", "Cancellation failed: no active response found"
            )
        response.cancel(reason)
        self._order(Stop(response.id))
        self._clear_up(response)

    # -- fed by the models ------------------------------------------------------------

    def text_came(self, key: str, delta: str, usage: TextUsage) -> None:
        """The model wrote more."""
        if response := self._given.get(key):
            for order in response.write(delta, usage):
                self._order(order)

    def text_ended(self, key: str, usage: TextUsage, *, limited: bool) -> None:
        """The model has written all."""
        if response := self._given.get(key):
            for order in response.end_text(usage, limited=limited):
                self._order(order)
            self._clear_up(response)

    def spoken(self, key: str, piece: int, pcm: bytes) -> None:
        """A piece is audio."""
        if response := self._given.get(key):
            response.say(piece, pcm)
            self._clear_up(response)

    def failed(self, key: str, error: StageError) -> None:
        """A model broke down."""
        if response := self._given.get(key):
            response.fail(error.code, error.message)
            self._order(Stop(key))
            self._clear_up(response)

    # -- within -----------------------------------------------------------------------

    def _generate(self, response: Response) -> None:
        response.begun = True
        if response.given_items is None:
            response.heard_audio_ms = self._conversation.heard_audio_ms()
        manner = response.manner
        messages = context_of(response.given_items, manner.instructions, self._conversation)
        limit = manner.max_output_tokens
        most = limit if isinstance(limit, int) else MAX_TOKENS
        self._order(Generate(response.id, messages, most))

    def _clear_up(self, response: Response) -> None:
        if response.active:
            return
        del self._given[response.id]
        if response.status in ("completed", "incomplete"):
            limits = {"name": "tokens", "limit": TOKEN_LIMIT, "remaining": TOKEN_LIMIT}
            self._emit("rate_limits.updated", rate_limits=[{**limits, "reset_seconds": 0.0}])
