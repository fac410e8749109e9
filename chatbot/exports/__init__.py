"""What was said, as files: one conversation, many, or all that is kept of a user.

Everything is streamed: read in chunks, made in chunks, sent in chunks (docs/export.md).
"""

from chatbot.exports.bulk import BULK_FORMATS, stream_conversations
from chatbot.exports.everything import everything_download, stream_everything
from chatbot.exports.formats import FORMATS, stream_conversation
from chatbot.exports.responses import (
    conversation_download,
    conversations_download,
    staff_conversation_download,
)

__all__ = [
    "BULK_FORMATS",
    "FORMATS",
    "conversation_download",
    "conversations_download",
    "everything_download",
    "staff_conversation_download",
    "stream_conversation",
    "stream_conversations",
    "stream_everything",
]
