"""The bookkeeping of tools in a call: what the model called, what it was told, who was asked.

    called -> (asked ->) running -> answered

Calls are gathered per response. When a response is done and all its calls are answered, an answer
is wanted: one, however many calls there were. None is wanted for a response that was cut, nor
while the user speaks, since their turn begins an answer that has read the outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from chatbot.realtime import events
from chatbot.realtime.effects import RunTool
from chatbot.realtime.events import Event
from chatbot.realtime.problems import Problem
from chatbot.realtime.sentences import N_
from chatbot.realtime.toolset import FunctionTool

Outcome = Literal["completed", "failed", "interrupted"]

#: What the model reads of a result, in characters, and the longest arguments it may give.
MAX_OUTPUT = 4_000
MAX_ARGUMENTS = 16_000
#: Tools that may run or wait for the user at once in a call.
MAX_OPEN = 16
#: How often in a row tools may lead to an answer before the user has to say something.
MAX_ROUNDS = 12
#: How long the user may think about an approval.
APPROVAL_WAIT_S = 120.0
#: How long an MCP server's result may wait for the service's own answer before we ask for one.
MCP_ANSWER_WAIT_S = 2.0

NOT_ALLOWED = N_("The user did not allow it.")
NOT_ANSWERED = N_("The user was asked, but did not answer.")
CUT_OFF = N_("The call was cut off by the user before it was complete.")
TOO_MANY = N_("Too many tools at once.")
TOO_LONG = N_("The arguments are too long.")
ROUNDS_OVER = Problem(
    "too_many_tool_rounds",
    N_("The assistant went from tool to tool without an answer. Ask again, in other words."),
)
SERVER_AWAY = Problem(
    "mcp_server_unavailable",
    N_("Some of the assistant's tools cannot be reached now. The call goes on without them."),
)


@dataclass(slots=True)
class _Called:
    """One call of the model's; `is_mcp` when it is an MCP server that waits for approval."""

    call_id: str
    item_id: str
    name: str
    arguments: str
    title: str = ""
    state: Literal["asked", "running", "answered"] = "running"
    deadline: float = 0.0
    is_mcp: bool = False


@dataclass(slots=True)
class _Response:
    """The calls of one response, and how it ended: None while it runs."""

    calls: list[_Called] = field(default_factory=list)
    status: str | None = None

    @property
    def is_open(self) -> bool:
        """Some of its calls are not answered."""
        return any(called.state != "answered" for called in self.calls)


class ToolCalls:
    """Feed it with events and outcomes; take what is to be told, sent and run after each."""

    def __init__(self, tools: Iterable[FunctionTool], new_id: Callable[[str], str]) -> None:
        self._tools = {tool.name: tool for tool in tools}
        self._new_id = new_id
        self._calls: dict[str, _Called] = {}
        self._responses: dict[str, _Response] = {}
        self._unread: set[str] = set()
        self._answer_owed = False
        self._answer_due_at: float | None = None
        self._rounds = 0
        self._user_speaks = False
        self._told: list[Event | Problem] = []
        self._sent: list[Event] = []
        self._orders: list[RunTool] = []

    # Taking

    @property
    def is_busy(self) -> bool:
        """The model will go on when tools have ended."""
        return any(response.status != "cancelled" for response in self._responses.values())

    def knows(self, call_id: str) -> bool:
        """Whether the model has called a tool under this id."""
        return call_id in self._calls

    def waits(self, call_id: str) -> bool:
        """Whether the user has been asked about this call, and has not answered."""
        return self._calls[call_id].state == "asked"

    def take_told(self) -> list[Event | Problem]:
        """Events and problems for the page, in order."""
        taken, self._told = self._told, []
        return taken

    def take_sent(self) -> list[Event]:
        """Events for the upstream, in order."""
        taken, self._sent = self._sent, []
        return taken

    def take_orders(self) -> list[RunTool]:
        """Tools to run."""
        taken, self._orders = self._orders, []
        return taken

    def take_answer_wanted(self) -> bool:
        """Whether the model should go on now; asking takes the wish back."""
        wanted = self._answer_owed and not self._user_speaks
        if wanted:
            self._answer_owed = False
        return wanted

    # Feeding

    def receive(self, event: Event, now: float) -> None:
        """One event of the upstream; those that say nothing of tools change nothing."""
        if handler := _HANDLERS.get(event["type"]):
            handler(self, event, now)

    def tool_finished(self, call_id: str, output: str, outcome: Outcome, now: float) -> None:
        """A tool that was ordered has ended; `output` is its result, or why it has none."""
        called = self._calls.get(call_id)
        if called is not None and called.state == "running":
            self._answer(called, output, outcome)
            self._check(now)

    def approval(self, call_id: str, approved: bool, now: float) -> None:
        """The user has decided; a call that does not wait (any more) is left alone."""
        called = self._calls.get(call_id)
        if called is None or called.state != "asked":
            return
        if called.is_mcp:
            self._answer_mcp(called, approved, now)
        elif approved:
            self._order(called)
        else:
            self._answer(called, NOT_ALLOWED, "failed")
        self._check(now)

    def user_turned(self) -> None:
        """The user has said or typed something: tools may lead to answers again."""
        self._rounds = 0

    def stopped(self) -> None:
        """The user wants no answer: what runs goes on, but nothing is said about it."""
        self._answer_owed = False
        self._answer_due_at = None
        for response in self._responses.values():
            response.status = "cancelled"

    def session_lost(self) -> bool:
        """A new session of the upstream is told of these calls, and of what they came to. The
        others are answered there; those of MCP servers are gone with the session.

        True when an answer is owed that waits for none of them.
        """
        self._sent.clear()
        self._unread.clear()
        self._answer_owed = False
        self._answer_due_at = None
        self._user_speaks = False
        for called in self._calls.values():
            if called.state == "asked" and called.is_mcp:
                self._finish(called, CUT_OFF, "interrupted")
        ended, self._responses = self._responses, {}
        for response_id, response in ended.items():
            response.status = response.status or "completed"
            if response.is_open:
                self._responses[response_id] = response
        return any(not it.is_open and it.status == "completed" for it in ended.values())

    def tick(self, now: float) -> None:
        """Let time pass: nobody is waited for without end."""
        for called in list(self._calls.values()):
            if called.state == "asked" and now >= called.deadline:
                if called.is_mcp:
                    self._answer_mcp(called, False, now)
                else:
                    self._answer(called, NOT_ANSWERED, "failed")
        if self._answer_due_at is not None and now >= self._answer_due_at:
            self._answer_due_at = None
            self._answer_owed = True
        self._check(now)

    # Events

    def _item_done(self, event: Event, now: float) -> None:
        item = event["item"]
        if item.get("type") == "function_call" and "response_id" in event:
            self._called(event["response_id"], item, now)
        elif item.get("type") == "mcp_approval_request":
            self._asked_by_mcp(item, now)

    def _arguments_done(self, event: Event, now: float) -> None:
        if event.get("name"):
            item = {**event, "id": event["item_id"], "status": "completed"}
            self._called(event["response_id"], item, now)

    def _response_created(self, event: Event, now: float) -> None:
        self._user_speaks = False
        self._answer_due_at = None
        if not self._unread:
            self._answer_owed = False

    def _response_done(self, event: Event, now: float) -> None:
        response = event["response"]
        status = response.get("status") or "completed"
        output = response.get("output") or []
        for item in output:
            if item.get("type") == "function_call":
                cut = {"status": "incomplete"} if status == "cancelled" else {}
                self._called(response["id"], {**item, **cut}, now)
            elif item.get("type") == "mcp_approval_request":
                self._asked_by_mcp(item, now)
        if status == "completed" and output and output[-1].get("type") == "mcp_call":
            self._answer_due_at = now + MCP_ANSWER_WAIT_S
        if held := self._responses.get(response["id"]):
            held.status = held.status or status
        self._check(now)

    def _added(self, event: Event, now: float) -> None:
        self._unread.discard(event["item"].get("id") or "")

    def _speech_started(self, event: Event, now: float) -> None:
        self._user_speaks = True
        self.user_turned()

    def _speech_committed(self, event: Event, now: float) -> None:
        self.user_turned()

    def _speech_dropped(self, event: Event, now: float) -> None:
        self._user_speaks = False

    def _server_failed(self, event: Event, now: float) -> None:
        self._told.append(SERVER_AWAY)

    # Calls

    def _called(self, response_id: str, item: dict[str, Any], now: float) -> None:
        call_id = item.get("call_id")
        if not isinstance(call_id, str) or call_id in self._calls:
            return
        arguments = item.get("arguments") or ""
        called = _Called(call_id, item["id"], item.get("name") or "", arguments)
        is_full = self._open() >= MAX_OPEN
        self._calls[call_id] = called
        self._responses.setdefault(response_id, _Response()).calls.append(called)
        tool = self._tools.get(called.name)
        if item.get("status") == "incomplete":
            self._answer(called, CUT_OFF, "interrupted")
        elif tool is None:
            self._answer(called, f"There is no tool {called.name[:80]!r}.", "failed")
        elif is_full or len(arguments) > MAX_ARGUMENTS:
            self._answer(called, TOO_MANY if is_full else TOO_LONG, "failed")
        else:
            called.title = tool.title
            if not tool.needs_approval:
                self._order(called)
            elif refusal := tool.refusal(arguments):  # nobody is asked for what cannot be done
                self._answer(called, refusal, "failed")
            else:
                self._ask(called, now)

    def _asked_by_mcp(self, item: dict[str, Any], now: float) -> None:
        if item["id"] in self._calls:
            return
        name, server = item.get("name") or "", item.get("server_label") or ""
        called = _Called(item["id"], item["id"], name, item.get("arguments") or "", is_mcp=True)
        called.title = f"{server}: {name}"
        self._calls[called.call_id] = called
        self._ask(called, now)

    def _ask(self, called: _Called, now: float) -> None:
        called.state = "asked"
        called.deadline = now + APPROVAL_WAIT_S
        self._tell("chat.tool.asked", called, title=called.title, arguments=called.arguments)

    def _order(self, called: _Called) -> None:
        called.state = "running"
        self._tell("chat.tool.started", called, title=called.title)
        limit_s = self._tools[called.name].time_limit_s
        self._orders.append(RunTool(called.call_id, called.name, called.arguments, limit_s))

    def _answer(self, called: _Called, output: str, outcome: Outcome) -> None:
        self._finish(called, output, outcome)
        if not any(called in response.calls for response in self._responses.values()):
            return  # of a session that is gone
        bounded = cut(output)
        if outcome != "completed":
            bounded = events.dump({"error": bounded})
        item_id = self._new_id("item")
        self._unread.add(item_id)
        self._sent.append(events.tool_output_create(item_id, called.call_id, bounded))

    def _answer_mcp(self, called: _Called, approved: bool, now: float) -> None:
        if approved:
            self._finish(called, "Allowed.", "completed")
        else:
            self._finish(called, NOT_ALLOWED, "failed")
        self._sent.append(
            events.mcp_approval_create(self._new_id("item"), called.call_id, approved)
        )
        self._answer_due_at = now + MCP_ANSWER_WAIT_S

    def _finish(self, called: _Called, output: str, outcome: Outcome) -> None:
        called.state = "answered"
        called.arguments = ""
        words = {"text": cut(output)} if outcome == "completed" else {"error": output}
        self._tell("chat.tool.finished", called, status=outcome, **words)

    def _open(self) -> int:
        return sum(called.state != "answered" for called in self._calls.values())

    def _check(self, now: float) -> None:
        """Want an answer for each response that is done and has all its outputs."""
        for response_id, response in list(self._responses.items()):
            if response.status is None or response.is_open:
                continue
            del self._responses[response_id]
            if response.status == "completed":
                self._want_answer()

    def _want_answer(self) -> None:
        self._rounds += 1
        if self._rounds <= MAX_ROUNDS:
            self._answer_owed = True
        elif self._rounds == MAX_ROUNDS + 1:
            self._told.append(ROUNDS_OVER)

    def _tell(self, kind: str, called: _Called, **fields: str) -> None:
        about = {"call_id": called.call_id, "item_id": called.item_id, "name": called.name}
        self._told.append({"type": kind, **about, **fields})


def cut(output: str) -> str:
    """What fits of a result, with a note when there was more; a result is never empty."""
    if len(output) <= MAX_OUTPUT:
        return output or "(nothing)"
    note = f"\n[cut: {len(output) - MAX_OUTPUT} more characters]"
    return output[:MAX_OUTPUT] + note


_HANDLERS: dict[str, Callable[[ToolCalls, Event, float], None]] = {
    "conversation.item.added": ToolCalls._added,
    "conversation.item.done": ToolCalls._item_done,
    "input_audio_buffer.cleared": ToolCalls._speech_dropped,
    "input_audio_buffer.committed": ToolCalls._speech_committed,
    "input_audio_buffer.speech_started": ToolCalls._speech_started,
    "mcp_list_tools.failed": ToolCalls._server_failed,
    "response.created": ToolCalls._response_created,
    "response.done": ToolCalls._response_done,
    "response.function_call_arguments.done": ToolCalls._arguments_done,
    "response.output_item.done": ToolCalls._item_done,
}
