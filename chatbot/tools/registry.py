"""Every tool there is. To add one: write its file (docs/tools.md), then name it here."""

from __future__ import annotations

from collections.abc import Iterable

from chatbot.models import Persona
from chatbot.realtime.toolset import FunctionTool, Toolset
from chatbot.tools.clock import current_time
from chatbot.tools.memory import forget, recall, remember
from chatbot.tools.search import search_conversations
from chatbot.tools.tool import Tool

TOOLS: dict[str, Tool] = {
    "current_time": current_time,
    "search_conversations": search_conversations,
    "remember": remember,
    "recall": recall,
    "forget": forget,
}


def toolset_of(persona: Persona) -> Toolset:
    """What a persona lets the model use."""
    return Toolset(offered(persona.tools), tuple(persona.mcp_servers))


def offered(names: Iterable[str]) -> tuple[FunctionTool, ...]:
    """The tools of a persona as a call offers them; names that are gone are left out."""
    return tuple(TOOLS[name].offer for name in names if name in TOOLS)
