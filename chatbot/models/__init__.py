"""The rows: who talks, to which persona, in which conversation, what was said, and who saw it."""

from chatbot.models.audit import AuditEntry, AuditPruning
from chatbot.models.conversations import CALL_LEASE, Call, Conversation, Turn
from chatbot.models.events import CallEvent
from chatbot.models.passages import Passage
from chatbot.models.people import CALL_PREFERENCES, ApiToken, Fact, Preferences, User
from chatbot.models.personas import USER_SETTINGS, Persona, PersonaVersion, all_user_settings
from chatbot.models.recordings import Recording
from chatbot.models.reviews import Note, Review, Tag
from chatbot.models.usage import Usage

__all__ = [
    "CALL_LEASE",
    "CALL_PREFERENCES",
    "USER_SETTINGS",
    "ApiToken",
    "AuditEntry",
    "AuditPruning",
    "Call",
    "CallEvent",
    "Conversation",
    "Fact",
    "Note",
    "Passage",
    "Persona",
    "PersonaVersion",
    "Preferences",
    "Recording",
    "Review",
    "Tag",
    "Turn",
    "Usage",
    "User",
    "all_user_settings",
]
