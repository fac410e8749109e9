"""Runs the tools of one call beside its audio, each within its time limit."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from chatbot import metrics
from chatbot.realtime.effects import RunTool
from chatbot.realtime.sentences import N_
from chatbot.realtime.toolcalls import Outcome
from chatbot.tools.registry import TOOLS
from chatbot.tools.tool import ToolContext, ToolError

log = logging.getLogger(__name__)

OnFinished = Callable[[str, str, Outcome], Awaitable[None]]


class ToolRunner:
    """`start` never waits; `on_finished` gets the call id, the output and how it ended."""

    def __init__(self, context: ToolContext, on_finished: OnFinished) -> None:
        self._context = context
        self._on_finished = on_finished
        self._orders: asyncio.Queue[RunTool] = asyncio.Queue()

    def start(self, order: RunTool) -> None:
        """Run this tool soon."""
        self._orders.put_nowait(order)

    async def run(self) -> None:
        """Run what is ordered until cancelled; that cancels what runs."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                order = await self._orders.get()
                tasks.create_task(self._carry_out(order), name=f"tool {order.name}")

    async def _carry_out(self, order: RunTool) -> None:
        output, outcome = await run_tool(order, self._context)
        metrics.TOOLS.labels(order.name, outcome).inc()
        await self._on_finished(order.call_id, output, outcome)


async def run_tool(order: RunTool, context: ToolContext) -> tuple[str, Outcome]:
    """Run one tool; whatever ails it becomes a sentence for the model."""
    try:
        async with asyncio.timeout(order.time_limit_s):
            return await TOOLS[order.name].run(context, order.arguments), "completed"
    except ToolError as error:
        return str(error), "failed"
    except TimeoutError:
        if TOOLS[order.name].writes:
            return N_("The tool took too long. It may be done all the same; look first."), "failed"
        return N_("The tool took too long and was stopped."), "failed"
    except Exception as error:
        # Its message may quote what was said: only its type is for the log.
        log.error("conversation %s: tool %s: %s", context.conversation_id, order.name, type(error))
        return N_("The tool failed."), "failed"
