"""Who gets whose rows: Alice owns, Bob is staff, Charlie is an outsider."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from chatbot.access import (
    conversation_for,
    conversations_of,
    live_call_of,
    persona_for,
    with_length,
)
from chatbot.models import CALL_LEASE, Call, Conversation, Persona, User
from tests.people import alices_talk


def test_only_the_owner_gets_a_conversation(alice: User, bob: User, charlie: User) -> None:
    talk = alices_talk(alice)
    assert conversation_for(alice, talk.pk) == talk
    assert conversation_for(alice, str(talk.pk)) == talk
    for other in (bob, charlie):
        with pytest.raises(Conversation.DoesNotExist):
            conversation_for(other, talk.pk)
        assert list(conversations_of(other)) == []


@pytest.mark.parametrize(
    "wanted", ["", "x", "1", "00000000-0000-0000-0000-000000000000", "' OR 1=1"]
)
def test_what_is_no_id_is_no_conversation(alice: User, wanted: str) -> None:
    with pytest.raises(Conversation.DoesNotExist):
        conversation_for(alice, wanted)


def test_a_persona_is_found_by_slug_or_by_default(alice: User, persona: Persona) -> None:
    pirate = Persona.objects.create(slug="pirate", name="Pirate")
    assert persona_for(alice, "pirate") == pirate
    assert persona_for(alice, None) == persona
    with pytest.raises(Persona.DoesNotExist):
        persona_for(alice, "nobody")


def test_the_default_persona_is_the_issues(persona: Persona) -> None:
    session = persona.session_settings().as_session()
    assert persona.model == "gpt-realtime-2.1"
    assert session["instructions"] == "You are a helpful assistant. Be concise and natural."
    assert session["audio"]["output"]["voice"] == "alloy"
    assert session["audio"]["input"]["transcription"] == {"model": "gpt-4o-mini-transcribe"}
    assert session["audio"]["input"]["turn_detection"] == {
        "type": "server_vad",
        "threshold": 0.5,
        "prefix_padding_ms": 300,
        "silence_duration_ms": 500,
        "create_response": True,
        "interrupt_response": True,
    }


def test_length_is_how_long_the_calls_lasted(alice: User) -> None:
    talk = alices_talk(alice)
    now = timezone.now()
    Call.objects.create(
        conversation=talk, started_at=now, last_seen_at=now + timedelta(seconds=10), worker="w"
    )
    measured: Any = with_length(Conversation.objects.all()).get()
    assert (measured.length, measured.turn_count) == (timedelta(seconds=100), 3)
    alices_talk(alice, "Another")
    assert with_length(Conversation.objects.all()).count() == 2


def test_a_call_is_live_while_its_worker_is_heard_of(alice: User, charlie: User) -> None:
    talk = alices_talk(alice)
    assert live_call_of(alice) is None
    call = Call.objects.create(conversation=talk, worker="w")
    assert live_call_of(alice) == call
    assert live_call_of(charlie) is None
    Call.objects.update(last_seen_at=timezone.now() - CALL_LEASE - timedelta(seconds=1))
    assert live_call_of(alice) is None
