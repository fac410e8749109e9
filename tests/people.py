"""Alice owns, Bob is staff, Charlie has no business here; and a conversation of Alice's."""

from __future__ import annotations

import subprocess
from datetime import timedelta

from django.contrib.auth.models import Permission
from django.utils import timezone

from chatbot import search, store
from chatbot.models import Call, Conversation, Persona, Turn, User
from chatbot.rights import Right


def default_persona() -> Persona:
    """The one that the migration makes, also where a test has emptied the database."""
    return Persona.objects.get_or_create(
        slug="assistant",
        defaults={
            "name": "Assistant",
            "instructions": "You are a helpful assistant. Be concise and natural.",
            "is_default": True,
        },
    )[0]


def alices_talk(alice: User, title: str = "The sea") -> Conversation:
    """A conversation of three turns and one call of 90 seconds; the answer was cut."""
    began = timezone.now() - timedelta(minutes=5)
    conversation = Conversation.objects.create(
        user=alice, persona=default_persona(), title=title, created_at=began, updated_at=began
    )
    call = Call.objects.create(
        conversation=conversation,
        worker="host:1",
        started_at=began,
        last_seen_at=began + timedelta(seconds=90),
        ended_at=began + timedelta(seconds=90),
        close_code=1000,
        end_reason="user",
    )
    said = [
        ("user", "completed", "Tell me a story about the sea.", None, None, ""),
        ("assistant", "interrupted", "Once there was a lighthouse.", "Once there", 700, ""),
        ("user", "failed", "", None, None, "The words could not be recognised."),
    ]
    for position, (role, status, text, heard_text, heard_ms, error) in enumerate(said):
        Turn.objects.create(
            conversation=conversation,
            call=call,
            item_id=f"item_{position}",
            position=position,
            role=role,
            modality="audio",
            status=status,
            text=text,
            heard_text=heard_text,
            heard_ms=heard_ms,
            error=error,
            started_at=began + timedelta(seconds=10 * position),
        )
    held = Conversation.objects.filter(pk=conversation.pk)
    store.recount(held)
    assert list(search.reindex(held)) == [1]
    return conversation


def dead_worker() -> str:
    """The name of a worker of this host that is no more."""
    gone = subprocess.Popen(["true"])
    gone.wait()
    return f"{store.WORKER.rpartition(':')[0]}:{gone.pid}"


def staff_with(*rights: Right, name: str = "staff") -> User:
    """A member of staff who has these rights and no other."""
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return user
