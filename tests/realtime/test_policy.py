"""Every GA event has a decision; the lists of events are the openai SDK's own types."""

from __future__ import annotations

from typing import Any, get_args

from openai.types.realtime import RealtimeClientEvent, RealtimeServerEvent

from chatbot.realtime import policy
from chatbot.realtime.policy import Decision


def types_of(union: Any) -> set[str]:
    members = get_args(get_args(union)[0])
    return {get_args(member.model_fields["type"].annotation)[0] for member in members}


def test_every_client_event_has_a_decision() -> None:
    assert set(policy.FROM_BROWSER) == types_of(RealtimeClientEvent)
    assert set(policy.FROM_CLIENT) == types_of(RealtimeClientEvent)


def test_every_server_event_has_a_decision() -> None:
    assert set(policy.FROM_UPSTREAM) == types_of(RealtimeServerEvent)
    assert set(policy.FROM_UPSTREAM_TO_CLIENT) == types_of(RealtimeServerEvent)


def test_no_session_is_relayed_as_it_is() -> None:
    assert policy.FROM_BROWSER["session.update"] is Decision.OWN
    assert policy.FROM_UPSTREAM["session.created"] is Decision.OWN
    assert policy.FROM_UPSTREAM["session.updated"] is Decision.OWN


def test_a_client_meets_no_session_but_its_own() -> None:
    for kind in ("session.created", "session.updated", "error"):
        assert policy.FROM_UPSTREAM_TO_CLIENT[kind] is Decision.OWN
    assert policy.FROM_CLIENT["session.update"] is Decision.OWN


def test_captions_hold_no_sound() -> None:
    assert "response.output_audio.delta" not in policy.CAPTIONS
    assert "response.output_audio_transcript.delta" in policy.CAPTIONS
