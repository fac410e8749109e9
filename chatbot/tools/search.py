"""Search in what the user and the assistant said before."""

from __future__ import annotations

from typing import Annotated, Any

from channels.db import database_sync_to_async

from chatbot.access import turns_saying
from chatbot.models import Turn
from chatbot.realtime.sentences import N_
from chatbot.tools.tool import ToolContext, ToolError, tool

MAX_SNIPPETS = 8
MAX_WORDS = 8
SNIPPET_CHARACTERS = 240


@tool(title=N_("Search past conversations"), time_limit_s=5)
async def search_conversations(
    context: ToolContext,
    words: Annotated[str, "Words to look for; those said together come first."],
) -> list[dict[str, Any]] | str:
    """Search the user's earlier conversations with you for words. Gives dated snippets, or says
    that there are none. Use it when the user refers to something said in the past."""
    wanted = [word.strip(".,;:!?\"'") for word in words.split()][:MAX_WORDS]
    wanted = [word for word in wanted if len(word) > 2] or [word for word in wanted if word]
    if not wanted:
        raise ToolError(N_("Give at least one word to look for."))
    found = await database_sync_to_async(_found)(context, wanted)
    return found or "Nothing was found in earlier conversations."


def _found(context: ToolContext, words: list[str]) -> list[dict[str, Any]]:
    turns = turns_saying(context.user, words).exclude(conversation_id=context.conversation_id)
    return [
        {
            "said_at": f"{turn.started_at.astimezone(context.time_zone):%Y-%m-%d %H:%M}",
            "conversation": turn.conversation.shown_title,
            "by": turn.role,
            "words": snippet(turn, words),
        }
        for turn in turns[:MAX_SNIPPETS]
    ]


def snippet(turn: Turn, words: list[str]) -> str:
    """The part of a turn around the first of the words."""
    text = " ".join(turn.text.split())
    places = [place for word in words if (place := text.lower().find(word.lower())) >= 0]
    start = max(0, min(places, default=0) - SNIPPET_CHARACTERS // 3)
    end = start + SNIPPET_CHARACTERS
    return ("…" if start else "") + text[start:end].strip() + ("…" if end < len(text) else "")
