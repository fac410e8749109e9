"""What staff may do with other people's conversations: one right for each kind of thing.

A right is a permission of the model `Conversation`, given in the admin to a person or a group.
Superusers have all of them.
"""

from __future__ import annotations

from enum import StrEnum

from django.contrib.auth.models import AnonymousUser

from chatbot.models import User


class Right(StrEnum):
    """Permissions by their codenames."""

    LIST = "view_conversation"
    READ = "read_transcript"
    LISTEN = "listen_recording"
    EXPORT = "export_conversation"
    END_CALL = "end_call"
    SEE_COST = "see_cost"
    REVIEW = "review_conversation"
    HOLD = "hold_conversation"
    ERASE = "erase_conversation"


def may(user: User | AnonymousUser, right: Right) -> bool:
    """Whether a member of staff has the right; who is no staff has none."""
    return user.is_active and user.is_staff and user.has_perm(f"chatbot.{right}")
