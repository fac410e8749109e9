"""The tools of a call at work: what their books decide is told, sent, run and written down."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from chatbot.realtime.events import Event
from chatbot.realtime.fields import Refused, invalid
from chatbot.realtime.outbox import Outbox
from chatbot.realtime.problems import Problem
from chatbot.realtime.toolcalls import Outcome, ToolCalls
from chatbot.realtime.toolset import FunctionTool
from chatbot.realtime.transcript import Transcript


class CallTools:
    """Feeds `ToolCalls` and carries out what it decides; `want_answer` asks for one in turn."""

    def __init__(
        self,
        tools: Iterable[FunctionTool],
        new_id: Callable[[str], str],
        outbox: Outbox,
        transcript: Transcript,
        want_answer: Callable[[], None],
    ) -> None:
        self.books = ToolCalls(tools, new_id)
        self._outbox = outbox
        self._transcript = transcript
        self._want_answer = want_answer

    def finished(self, call_id: str, output: str, outcome: Outcome, now: float) -> None:
        """A tool that `RunTool` asked for has ended, with this result or sentence."""
        self.books.tool_finished(call_id, output, outcome, now)
        self.settle(now)

    def answered(self, event: Event, now: float) -> None:
        """`chat.tool.answer`: the user has decided.

        Raises:
            Refused: nobody has called such a tool, or it waits for no answer any more.
        """
        if not self.books.knows(event["call_id"]):
            raise Refused("invalid_tool_call_id", "No tool of this id was asked for.", "call_id")
        if not self.books.waits(event["call_id"]):
            raise invalid("call_id", "this tool does not wait for an answer (any more).")
        self.books.approval(event["call_id"], event["approved"], now)
        self.settle(now)

    def tick(self, now: float) -> None:
        """Let time pass."""
        self.books.tick(now)
        self.settle(now)

    def session_lost(self, now: float) -> bool:
        """A new session is told of the calls; True when an answer to them is to be asked for."""
        is_owed = self.books.session_lost()
        self.settle(now)
        return is_owed

    def settle(self, now: float) -> None:
        """Tell, send and order what the books have decided."""
        for told in self.books.take_told():
            if isinstance(told, Problem):
                self._outbox.complain(told)
            else:
                self._transcript.apply(told, now)
                self._outbox.show(told)
        for event in self.books.take_sent():
            self._outbox.send(event)
        for order in self.books.take_orders():
            self._outbox.ask(order)
        if self.books.take_answer_wanted():
            self._want_answer()


#: Items that a browser may read as they are; others may hold what is the persona's alone.
_SHOWN = frozenset(
    {"message", "function_call", "function_call_output", "mcp_call", "mcp_approval_request"}
)


def without_secrets(event: Event) -> Event:
    """The event as a browser may see it: of an MCP server's list of tools, only its place."""
    if "item" in event:
        return {**event, "item": _shown(event["item"])}
    response = event.get("response")
    if response and response.get("output"):
        output = [_shown(item) for item in response["output"]]
        return {**event, "response": {**response, "output": output}}
    return event


def _shown(item: dict[str, Any]) -> dict[str, Any]:
    if item.get("type") in _SHOWN:
        return item
    return {name: item[name] for name in ("id", "type", "status") if name in item}
