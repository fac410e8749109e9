"""The sound of turns, of those users who agree: kept beside a call, stored, and had back."""

from __future__ import annotations

from chatbot.models import Conversation, Recording
from chatbot.recording.rescue import forget_spools, rescue, rescue_soon
from chatbot.recording.tape import Tape

__all__ = ["Tape", "forget_spools", "of_conversation", "rescue", "rescue_soon"]


def of_conversation(conversation: Conversation) -> list[Recording]:
    """Those of a conversation's turns, in the order of these."""
    recordings = Recording.objects.filter(turn__conversation=conversation)
    return list(recordings.select_related("turn").order_by("turn__position", "turn__pk"))
