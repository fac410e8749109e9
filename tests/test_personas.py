"""Versions of a persona: one for each change that calls depend on, and no secret in any."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from chatbot import mcp, store
from chatbot.models import Call, Persona, PersonaVersion, User
from chatbot.store.personas import VERSIONED, version_of
from tests.test_mcp import SERVER


def call(user: User, **wishes: Any) -> Call:
    wanted: dict[str, Any] = {"conversation_id": None, "persona_slug": None, "limit": 99, **wishes}
    return store.open_call(user, **wanted).call


@pytest.mark.every_database
def test_a_call_knows_the_persona_as_it_was_then(alice: User, bob: User, persona: Persona) -> None:
    first = call(alice)
    before = persona.instructions
    persona.instructions = "Speak like a pirate."
    store.save_persona(persona, bob)
    second = call(alice, conversation_id=str(first.conversation_id))
    first.refresh_from_db()
    assert first.persona_version and second.persona_version
    assert first.persona_version.columns["instructions"] == before
    assert second.persona_version.columns["instructions"] == "Speak like a pirate."
    assert (first.persona_version.number, second.persona_version.number) == (1, 2)
    assert (first.persona_version.author, second.persona_version.author) == (None, bob)


@pytest.mark.every_database
def test_only_what_calls_depend_on_makes_a_version(
    bob: User, persona: Persona, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = version_of(persona)
    persona.description = "Another description."
    persona.is_listed = True
    store.save_persona(persona, bob)
    persona.refresh_from_db()
    with django_assert_num_queries(1):
        assert version_of(persona) == first
    persona.speed = 1.25
    assert version_of(persona, bob).number == 2
    persona.speed = 1.0
    assert version_of(persona, bob).number == 3
    assert PersonaVersion.objects.count() == 3


def test_a_version_of_another_persona_is_not_its_own(persona: Persona) -> None:
    pirate = Persona.objects.create(slug="pirate", name="Pirate")
    assert version_of(persona).number == version_of(pirate).number == 1
    assert version_of(pirate).persona == pirate


def test_every_column_is_part_of_a_version_or_is_none_of_a_call() -> None:
    others = {"id", "slug", "description", "is_listed", "is_default"}
    assert {field.name for field in Persona._meta.concrete_fields} - others == set(VERSIONED)


@pytest.mark.every_database
def test_no_secret_is_in_a_version(persona: Persona) -> None:
    address = "https://crm.example.org:8443/s/path-key/mcp?api_key=query-key"
    persona.mcp_servers = [SERVER | {"server_url": address}]
    version = version_of(persona)
    version.refresh_from_db()
    kept = json.dumps(version.columns)
    for secret in ("top-secret", "hidden-key", "path-key", "query-key"):
        assert secret not in kept
    (server,) = version.columns["mcp_servers"]
    assert server["server_url"] == "https://crm.example.org:8443/"
    assert server["authorization"] == mcp.SET
    assert persona.mcp_servers[0]["server_url"] == address


def test_the_versions_of_a_persona_go_with_it_and_its_author_may_go(
    bob: User, persona: Persona
) -> None:
    pirate = Persona.objects.create(slug="pirate", name="Pirate")
    version_of(pirate, bob)
    kept = version_of(persona, bob)
    bob.delete()
    pirate.delete()
    assert PersonaVersion.objects.get() == kept
    kept.refresh_from_db()
    assert kept.author is None
