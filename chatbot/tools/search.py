"""Search in what the user and the assistant said before."""

from __future__ import annotations

from typing import Annotated, Any

from channels.db import database_sync_to_async

from chatbot import search
from chatbot.access import conversations_of
from chatbot.models import Turn
from chatbot.realtime.sentences import N_
from chatbot.tools.tool import ToolContext, ToolError, tool

MAX_SNIPPETS = 8
#: Words of so many letters are looked for only where there is none longer.
SHORT_WORD = 2
SNIPPET_CHARACTERS = 240


@tool(title=N_("Search past conversations"), time_limit_s=5)
async def search_conversations(
    context: ToolContext,
    words: Annotated[str, "Words to look for; those said together come first."],
) -> list[dict[str, Any]] | str:
    """Search the user's earlier conversations with you for words. Gives dated snippets, or says
    that there are none. Use it when the user refers to something said in the past."""
    wanted = [word for word in words.split() if len(word) > SHORT_WORD] or words.split()
    query = " ".join(wanted)
    if not search.parse(query).terms:
        raise ToolError(N_("Give at least one word to look for."))
    found = await database_sync_to_async(_found)(context, query)
    return found or "Nothing was found in earlier conversations."


def _found(context: ToolContext, query: str) -> list[dict[str, Any]]:
    earlier = conversations_of(context.user).exclude(pk=context.conversation_id)
    return [
        {
            "said_at": f"{turn.started_at.astimezone(context.time_zone):%Y-%m-%d %H:%M}",
            "conversation": turn.conversation.shown_title,
            "by": turn.role,
            "words": snippet(turn, query),
        }
        for turn in search.turns_saying(earlier, query)[:MAX_SNIPPETS]
    ]


def snippet(turn: Turn, query: str) -> str:
    """The part of a turn around the first of the words."""
    parts = search.excerpt(turn.text, search.parse(query), SNIPPET_CHARACTERS)
    return "".join(part.text for part in parts)
