"""The rows: who talks, to which persona, in which conversation, and what was said."""

from chatbot.models.conversations import CALL_LEASE, Call, Conversation, Turn
from chatbot.models.people import CALL_PREFERENCES, ApiToken, Fact, Preferences, User
from chatbot.models.personas import USER_SETTINGS, Persona, all_user_settings
from chatbot.models.usage import Usage

__all__ = [
    "CALL_LEASE",
    "CALL_PREFERENCES",
    "USER_SETTINGS",
    "ApiToken",
    "Call",
    "Conversation",
    "Fact",
    "Persona",
    "Preferences",
    "Turn",
    "Usage",
    "User",
    "all_user_settings",
]
