"""What `response.create` asks for, on top of the session's settings."""

from __future__ import annotations

from typing import Any

from chatbot.engine.conversation import Conversation, Item, as_messages
from chatbot.engine.errors import RequestError
from chatbot.engine.items import item_of
from chatbot.engine.orders import Message
from chatbot.engine.response import Manner
from chatbot.engine.settings import check_max_output_tokens, check_modalities, invalid_value


def manner_of(wanted: Any, settings: dict[str, Any]) -> Manner:
    """How to answer.

    Raises:
        RequestError: a field of the request is wrong.
    """
    if not isinstance(wanted, dict):
        raise invalid_value("response", "Expected an object.")
    output = settings["audio"]["output"]
    audio = (wanted.get("audio") or {}).get("output") or {}
    modalities = wanted.get("output_modalities") or settings["output_modalities"]
    check_modalities(modalities, "response.output_modalities")
    limit = wanted.get("max_output_tokens") or settings["max_output_tokens"]
    check_max_output_tokens(limit, "response.max_output_tokens")
    instructions = wanted.get("instructions")
    return Manner(
        instructions=settings["instructions"] if instructions is None else str(instructions),
        modality=modalities[0],
        voice=audio.get("voice") or output["voice"],
        speed=output["speed"],
        max_output_tokens=limit,
        metadata=wanted.get("metadata"),
        output_format=output["format"],
        in_conversation=wanted.get("conversation") != "none",
    )


def items_of(wanted: dict[str, Any], conversation: Conversation) -> list[Item] | None:
    """The request's own `input` instead of the conversation; None if it brings none.

    Raises:
        RequestError: an item is wrong, or refers to none.
    """
    given = wanted.get("input")
    if not isinstance(given, list):
        return None
    return [_item(entry, conversation) for entry in given]


def context_of(
    given: list[Item] | None, instructions: str, conversation: Conversation
) -> list[Message]:
    """What the model reads: the conversation, or only the request's own items."""
    if given is None:
        return conversation.context(instructions)
    system: list[Message] = [{"role": "system", "content": instructions}] if instructions else []
    return system + as_messages(given)


def _item(given: Any, conversation: Conversation) -> Item:
    if not isinstance(given, dict) or given.get("type") != "item_reference":
        return item_of(given, "")
    item = conversation.find(given.get("id"))
    if item is None:
        raise RequestError(
            "invalid_value",
            f"Item with id '{given.get('id')}' not found.",
            "response.input",
        )
    return item
