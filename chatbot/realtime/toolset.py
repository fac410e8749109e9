"""The tools that a call offers to the model: ours, and those of MCP servers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chatbot.realtime.events import Event


def any_arguments(arguments: str) -> str:
    """The `refusal` of a tool that looks at its arguments when it runs."""
    return ""


@dataclass(frozen=True, slots=True)
class FunctionTool:
    """A tool as it is offered: to the model all but `title`, which is the user's. `refusal` says
    why it cannot run with these JSON arguments, or "" when it can."""

    name: str
    title: str
    description: str
    parameters: dict[str, Any]
    time_limit_s: float = 5.0
    needs_approval: bool = False
    refusal: Callable[[str], str] = any_arguments

    def as_session(self) -> Event:
        """The tool as the session object holds it."""
        return {
            "type": "function",
            "name": self.name,
            "description": self.description,
            "parameters": self.parameters,
        }


@dataclass(frozen=True, slots=True)
class Toolset:
    """What a persona lets the model use: tools of ours, and MCP servers that the service calls."""

    functions: tuple[FunctionTool, ...] = ()
    mcp_servers: tuple[Event, ...] = ()

    def as_session(self) -> Event:
        """The part of the session object that offers them."""
        tools = [*(tool.as_session() for tool in self.functions), *self.mcp_servers]
        return {"tools": tools} if tools else {}


NO_TOOLS = Toolset()
