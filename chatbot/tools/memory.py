"""Facts that the user wants remembered from one conversation to the next."""

from __future__ import annotations

from typing import Annotated, Any

from channels.db import database_sync_to_async

from chatbot import store
from chatbot.access import facts_of
from chatbot.realtime.sentences import N_
from chatbot.tools.tool import ToolContext, ToolError, tool


@tool(title=N_("Remember a fact"), writes=True)
async def remember(
    context: ToolContext,
    fact: Annotated[str, "One sentence that makes sense on its own, at most 500 characters."],
) -> str:
    """Remember a fact about the user for later conversations. Use it when they ask you to, or
    tell you something lasting about themselves."""
    try:
        await database_sync_to_async(store.remember_fact)(
            context.user, fact, context.conversation_id
        )
    except store.FactRefused as error:
        raise ToolError(str(error)) from None
    return "Remembered."


@tool(title=N_("Recall facts"))
async def recall(
    context: ToolContext,
    words: Annotated[str, "Only facts with one of these words; empty for all."] = "",
) -> list[dict[str, Any]] | str:
    """What you were asked to remember about the user, newest first."""
    facts = await database_sync_to_async(_recalled)(context, words.split())
    return facts or "There is no such fact."


@tool(title=N_("Forget a fact"), needs_approval=True, writes=True)
async def forget(
    context: ToolContext, fact: Annotated[str, "The fact, word for word as `recall` gives it."]
) -> str:
    """Forget a fact about the user for good. They are asked before it happens."""
    if not await database_sync_to_async(store.forget_fact)(context.user, fact):
        raise ToolError(N_("There is no such fact; recall them to get the exact words."))
    return "Forgotten."


def _recalled(context: ToolContext, words: list[str]) -> list[dict[str, Any]]:
    return [
        {
            "fact": fact.text,
            "since": f"{fact.created_at.astimezone(context.time_zone):%Y-%m-%d}",
        }
        for fact in facts_of(context.user)
        if not words or any(word.lower() in fact.text.lower() for word in words)
    ]
