"""The fold of Realtime events into turns, in the order of the conversation.

Order comes from `previous_item_id`, never from arrival: a transcription may come after the answer.
The page folds the same events in transcript.js; both are tested on tests/recordings/.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from chatbot.realtime.events import Event
from chatbot.realtime.inflight import InFlight
from chatbot.realtime.out_of_band import OutOfBand
from chatbot.realtime.sentences import N_
from chatbot.realtime.turns import (
    SETTLED,
    Role,
    Status,
    Turn,
    modality_of,
    text_of,
    tool_name_of,
)

#: Items that are calls of tools.
TOOL_CALLS = frozenset({"function_call", "mcp_call", "mcp_approval_request"})

#: How much of arguments, results and errors a tool's turn keeps, in characters.
MAX_TOOL_TEXT = 4_200
MAX_ERROR = 300

#: What a tool came to that ran when the call ended.
CALL_ENDED = N_("The call ended before it was done.")
NOT_RECOGNISED = N_("The call ended before the words were recognised.")

_STATUS_OF_RESPONSE: dict[str, Status] = {
    "completed": "completed",
    "cancelled": "interrupted",
    "incomplete": "incomplete",
    "failed": "failed",
}


class Transcript:
    """Ordered turns of one call, after those the conversation already had."""

    def __init__(self, stored: Iterable[str] = (), first_position: int = 0) -> None:
        """`stored` are the item ids that have rows already; they are never touched again."""
        #: The silence after which `speech_stopped` comes: the user stopped that much earlier.
        self.silence_s = 0.0
        self._stored = frozenset(stored)
        self._first_position = first_position
        self._order: list[str] = []
        self._previous: dict[str, str | None] = {}
        self._turns: dict[str, Turn] = {}
        self._responses: dict[str, list[str]] = {}
        self._tool_items: dict[str, str] = {}
        self._changed: set[str] = set()
        self._in_flight = InFlight()
        self._session_start = 0
        self._gone: set[str] = set()
        self._out_of_band = OutOfBand()

    def apply(self, event: Event, now: float) -> None:
        """Fold one event that arrived at `now` (epoch seconds); unknown types change nothing."""
        handler = _HANDLERS.get(event["type"])
        item_id = event.get("item_id") or (event.get("item") or {}).get("id")
        self._out_of_band.see(event, self._turns)
        if handler is not None and not self._is_left_out(item_id):
            handler(self, event, now)

    def _is_left_out(self, item_id: str | None) -> bool:
        return item_id in self._stored or item_id in self._out_of_band.items

    def turn(self, item_id: str) -> Turn | None:
        """The turn of an item, if it has one."""
        return self._turns.get(item_id)

    def turns(self) -> list[Turn]:
        """All turns of this call in order, unfinished ones included."""
        return [self._turns[item] for item in self._order if item in self._turns]

    def cut(self, item_id: str, heard_ms: int, audio_ms: int) -> Turn | None:
        """The user stopped listening to an answer after `heard_ms` of `audio_ms` received."""
        turn = self._turns.get(item_id)
        if turn is not None:
            turn.cut(heard_ms, audio_ms)
            self._changed.add(item_id)
        return turn

    @property
    def awaits_words(self) -> bool:
        """The user is speaking, or has spoken words that are not known yet."""
        return any(turn.role == "user" for turn in self.open_turns())

    @property
    def awaits_answer(self) -> bool:
        """The last words are the user's or a tool's, and nothing has answered them."""
        said = [turn for turn in self.turns() if turn.context_text or turn.role == "tool"]
        return bool(said) and said[-1].role != "assistant"

    def open_turns(self) -> list[Turn]:
        """Those that are not finished, in order."""
        return [turn for turn in self.turns() if turn.status not in SETTLED]

    def sounded(self, item_id: str, now: float) -> None:
        """The first sound of an answer is on its way to the user."""
        turn = self._turns.get(item_id)
        if turn is None or turn.first_audio_at is not None:
            return
        turn.first_audio_at = now
        asked = [other.ended_at for other in self.turns() if other.role == "user"]
        if asked and asked[-1] is not None:
            turn.latency_ms = max(0, round((now - asked[-1]) * 1000))

    def begin_session(self) -> None:
        """A new session of the upstream: what it calls the first item comes after all of these."""
        self._session_start = len(self._order)

    def shown_previous(self, previous: str | None) -> str | None:
        """A predecessor as the page knows it: what a new session names as older is followed by
        all that the sessions before it held."""
        if not self._session_start or previous is None:
            return previous
        before = [item for item in self._order[: self._session_start] if item in self._turns]
        is_older = previous == "root" or previous in self._stored or previous in before
        return before[-1] if is_older and before else previous

    def broken_off(self, response_id: str | None) -> list[Event]:
        """The events that close what a lost session left open: speech that was not understood is
        dropped, to be said again; the answer ends as a cancelled response would. Of one that had
        no sound yet, nothing was heard."""
        for turn in self.open_turns():
            if turn.role == "assistant" and turn.modality == "audio" and not turn.first_audio_at:
                self.cut(turn.item_id, 0, 0)
        events: list[Event] = [
            {"type": "conversation.item.deleted", "item_id": turn.item_id}
            for turn in self.open_turns()
            if turn.role == "user"
        ]
        if response_id is not None:
            response: Event = {
                "id": response_id,
                "status": "cancelled",
                "output": [],
                "usage": None,
            }
            events.append({"type": "response.done", "response": response})
        return events

    def close(self, now: float) -> None:
        """The call is over: settle what is still open. Speech that was heard leaves a row, though
        its words are not known."""
        for turn in self.turns():
            if turn.role == "tool" and turn.status == "in_progress":
                self._tool_end(turn, "interrupted", "", CALL_ENDED, now)
            elif turn.status == "in_progress":
                self._settle(turn, "interrupted", now)
            elif turn.status in ("speaking", "transcribing"):
                turn.error = NOT_RECOGNISED
                self._settle(turn, "failed", now)

    def take_settled(self) -> list[tuple[int, Turn]]:
        """Finished turns that are new, changed or moved since the last time, with positions."""
        settled = [item for item in self._changed if self._is_settled(item)]
        self._changed.difference_update(settled)
        places = ((self._first_position + self._order.index(item), item) for item in settled)
        return [(position, self._turns[item]) for position, item in sorted(places)]

    def take_begun(self) -> list[tuple[int, Turn]]:
        """Answers and tools in flight that have just come to hold something, with positions."""
        return self._placed(self._in_flight.take_begun())

    def take_grown(self, now: float) -> list[tuple[int, Turn]]:
        """Those of which more is known since they were last taken; at most once a second."""
        return self._placed(self._in_flight.take_grown(now))

    def _placed(self, items: list[str]) -> list[tuple[int, Turn]]:
        if not items:
            return []
        open_turns = {turn.item_id: turn for turn in self.open_turns()}
        known = (item for item in items if item in open_turns)
        return [(self._first_position + self._order.index(i), open_turns[i]) for i in known]

    def _is_settled(self, item_id: str) -> bool:
        turn = self._turns.get(item_id)
        return turn is not None and turn.is_settled

    def _place(self, item_id: str, previous: str | None) -> None:
        """Put an item behind its predecessor, and behind it those that it comes before.

        The upstream no longer counts what it has deleted, so that stays in front.
        """
        if item_id in self._previous and previous in (None, self._previous[item_id]):
            return
        before = list(self._order)
        self._previous[item_id] = previous
        moving = self._with_followers(item_id)
        rest = [known for known in self._order if known not in moving]
        if previous in rest:
            start = max(rest.index(previous) + 1, min(self._session_start, len(rest)))
        elif previous == "root" or previous in self._stored:
            start = min(self._session_start, len(rest))
        else:
            start = len(rest)
        if previous is not None:
            while start < len(rest) and rest[start] in self._gone:
                start += 1
        followers = [known for known in self._order if known in moving and known != item_id]
        self._order = [*rest[:start], item_id, *followers, *rest[start:]]
        moved = [is_ for is_, was in zip(self._order, [*before, ""], strict=False) if is_ != was]
        self._changed.update(moved)
        for turn in (self._turns[item] for item in moved if item in self._turns):
            self._in_flight.grow(turn)

    def _with_followers(self, item_id: str) -> set[str]:
        """The item, those that named it as their predecessor, those that named them, and so on."""
        named_by: dict[str | None, list[str]] = {}
        for known in self._order:
            named_by.setdefault(self._previous[known], []).append(known)
        found, new = {item_id}, [item_id]
        while new:
            followers = [known for known in named_by.get(new.pop(), []) if known not in found]
            found.update(followers)
            new += followers
        return found

    def _open(self, item_id: str, role: Role, status: Status, now: float) -> Turn:
        turn = self._turns.get(item_id)
        if turn is None:
            turn = Turn(item_id, role, status=status, started_at=now)
            self._turns[item_id] = turn
            self._place(item_id, None)
        return turn

    def _settle(self, turn: Turn, status: Status, now: float) -> None:
        turn.status = status
        turn.ended_at = turn.ended_at or now
        self._changed.add(turn.item_id)

    def _speech_started(self, event: Event, now: float) -> None:
        item_id = event["item_id"]
        if item_id in self._turns:
            return
        self._open(item_id, "user", "speaking", now)

    def _speech_stopped(self, event: Event, now: float) -> None:
        turn = self._turns.get(event["item_id"])
        if turn is not None:
            turn.ended_at = max(turn.started_at, now - self.silence_s)

    def _committed(self, event: Event, now: float) -> None:
        item_id = event["item_id"]
        self._place(item_id, event.get("previous_item_id"))
        turn = self._open(item_id, "user", "transcribing", now)
        if turn.status == "speaking":
            turn.status = "transcribing"

    def _item(self, event: Event, now: float) -> None:
        item = event["item"]
        item_id = item["id"]
        self._place(item_id, event.get("previous_item_id"))
        if item.get("type") == "message" and item.get("role") == "user":
            self._user_item(item, now)
        elif item.get("type") == "message" and item.get("role") == "assistant":
            self._assistant_item(item, event["type"].endswith(".done"), now)
        elif item.get("type") in TOOL_CALLS:
            self._tool_item(item, event["type"].endswith(".done"), now)
        elif item.get("type") == "function_call_output":
            self._tool_output(item, now)

    def _user_item(self, item: dict[str, Any], now: float) -> None:
        turn = self._open(item["id"], "user", "transcribing", now)
        if turn.status == "speaking":
            turn.status = "transcribing"
        turn.modality = modality_of(item)
        if text := text_of(item):
            turn.text = text
            if turn.status not in SETTLED:
                self._settle(turn, "completed", now)

    def _assistant_item(self, item: dict[str, Any], is_done: bool, now: float) -> None:
        turn = self._open(item["id"], "assistant", "in_progress", now)
        if item.get("content"):
            turn.modality = modality_of(item)
        if text := text_of(item):
            self._set_text(turn, text)
        if is_done and turn.status == "in_progress":
            cut = item.get("status") == "incomplete"
            self._settle(turn, "interrupted" if cut else "completed", now)

    def _tool_item(self, item: dict[str, Any], is_done: bool, now: float) -> None:
        """What a tool came to is told later; an MCP server's is in its item."""
        turn = self._open(item["id"], "tool", "in_progress", now)
        if turn.status in SETTLED:
            return
        turn.modality = "text"
        turn.tool_name = tool_name_of(item)[:80]
        turn.tool_arguments = (item.get("arguments") or turn.tool_arguments)[:MAX_TOOL_TEXT]
        if item.get("call_id"):
            self._tool_items[item["call_id"]] = item["id"]
            turn.call_id = item["call_id"]
        self._in_flight.grow(turn)
        if item["type"] == "mcp_call" and is_done:
            if item.get("error"):
                self._tool_end(turn, "failed", "", item["error"].get("message"), now)
            elif item.get("output") is not None:
                self._tool_end(turn, "completed", item["output"], "", now)

    def _tool_output(self, item: dict[str, Any], now: float) -> None:
        """A tool that a client runs itself ends with its output."""
        turn = self._turns.get(self._tool_items.get(item.get("call_id") or "", ""))
        if turn is not None and turn.status == "in_progress":
            self._tool_end(turn, "completed", item.get("output"), "", now)

    def _tool_finished(self, event: Event, now: float) -> None:
        turn = self._open(event["item_id"], "tool", "in_progress", now)
        turn.modality = "text"
        turn.tool_name = turn.tool_name or event["name"][:80]
        self._tool_end(turn, event["status"], event.get("text"), event.get("error"), now)

    def _tool_end(
        self, turn: Turn, status: Status, text: str | None, error: str | None, now: float
    ) -> None:
        turn.text = (text or "")[:MAX_TOOL_TEXT]
        turn.error = (error or "")[:MAX_ERROR]
        if not (turn.text or turn.error):
            turn.text = "(nothing)" if status == "completed" else ""
            turn.error = "" if status == "completed" else N_("The tool failed.")
        self._settle(turn, status, now)

    def _heard_delta(self, event: Event, now: float) -> None:
        turn = self._open(event["item_id"], "user", "transcribing", now)
        if turn.status not in SETTLED:
            turn.text += event.get("delta") or ""

    def _heard(self, event: Event, now: float) -> None:
        turn = self._open(event["item_id"], "user", "transcribing", now)
        turn.text = (event.get("transcript") or "").strip()
        self._settle(turn, "completed", now)

    def _hearing_failed(self, event: Event, now: float) -> None:
        turn = self._open(event["item_id"], "user", "transcribing", now)
        turn.error = N_("The words could not be recognised.")
        self._settle(turn, "failed", now)

    def _output_item(self, event: Event, now: float) -> None:
        item = event["item"]
        if item.get("type") in ("message", *TOOL_CALLS):
            items = self._responses.setdefault(event["response_id"], [])
            if item["id"] not in items:
                items.append(item["id"])
        if item.get("type") in TOOL_CALLS:
            self._tool_item(item, event["type"].endswith(".done"), now)
        elif item.get("type") == "message":
            self._assistant_item(item, event["type"].endswith(".done"), now)

    def _said_delta(self, event: Event, now: float) -> None:
        turn = self._answer(event, now)
        if turn.status not in SETTLED:
            turn.text += event.get("delta") or ""
            self._in_flight.grow(turn)

    def _said(self, event: Event, now: float) -> None:
        turn = self._answer(event, now)
        self._set_text(turn, event.get("transcript") or event.get("text") or turn.text)

    def _answer(self, event: Event, now: float) -> Turn:
        turn = self._open(event["item_id"], "assistant", "in_progress", now)
        turn.modality = "text" if ".output_text." in event["type"] else "audio"
        return turn

    def _set_text(self, turn: Turn, text: str) -> None:
        if turn.text != text:
            turn.text = text
            turn.measure_heard()
            self._changed.add(turn.item_id)
            self._in_flight.grow(turn)

    def _response_done(self, event: Event, now: float) -> None:
        response = event["response"]
        status = _STATUS_OF_RESPONSE.get(response.get("status"), "completed")
        for item in response.get("output") or []:
            if item.get("type") == "message" and not self._is_left_out(item["id"]):
                self._assistant_item(item, False, now)
        items = self._responses.pop(response["id"], [])
        for turn in (self._turns[item] for item in items if item in self._turns):
            is_cut_by_service = turn.status == "interrupted" and turn.heard_ms is None
            if turn.role == "tool":
                if turn.status == "in_progress" and status != "completed":
                    self._tool_cut(turn, now)
            elif turn.status == "in_progress" or is_cut_by_service:
                self._settle(turn, status, now)

    def _tool_cut(self, turn: Turn, now: float) -> None:
        """A call that was cut before its arguments were there comes to nothing."""
        if not turn.tool_arguments:
            self._tool_end(turn, "interrupted", "", N_("Cut off before it could run."), now)

    def _deleted(self, event: Event, now: float) -> None:
        """Gone upstream, where what follows names what stood before; a cut answer stays here."""
        item_id = event["item_id"]
        self._gone.add(item_id)
        turn = self._turns.get(item_id)
        if turn is not None and turn.heard_ms is None:
            del self._turns[item_id]


_HANDLERS: dict[str, Callable[[Transcript, Event, float], None]] = {
    "chat.tool.finished": Transcript._tool_finished,
    "input_audio_buffer.speech_started": Transcript._speech_started,
    "input_audio_buffer.speech_stopped": Transcript._speech_stopped,
    "input_audio_buffer.committed": Transcript._committed,
    "conversation.item.added": Transcript._item,
    "conversation.item.done": Transcript._item,
    "conversation.item.deleted": Transcript._deleted,
    "conversation.item.input_audio_transcription.delta": Transcript._heard_delta,
    "conversation.item.input_audio_transcription.completed": Transcript._heard,
    "conversation.item.input_audio_transcription.failed": Transcript._hearing_failed,
    "response.output_item.added": Transcript._output_item,
    "response.output_item.done": Transcript._output_item,
    "response.output_audio_transcript.delta": Transcript._said_delta,
    "response.output_audio_transcript.done": Transcript._said,
    "response.output_text.delta": Transcript._said_delta,
    "response.output_text.done": Transcript._said,
    "response.done": Transcript._response_done,
}
