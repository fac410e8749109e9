"""Personas in the Django admin."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from chatbot.models import Persona, User


@pytest.fixture
def staff(client: Client, bob: User) -> Client:
    client.force_login(bob)
    return client


def test_the_successors_of_the_retiring_recogniser_are_a_choice(
    staff: Client, persona: Persona
) -> None:
    page = staff.get(reverse("admin:chatbot_persona_change", args=[persona.pk])).content.decode()
    assert '<option value="gpt-transcribe">' in page
    assert '<option value="gpt-live-transcribe">' in page
    assert "retires 2027-02-26" in page


NEW_PERSONA = {
    "name": "Pirate",
    "slug": "pirate",
    "is_listed": "on",
    "model": "gpt-realtime-2.1",
    "voice": "alloy",
    "speed": "1",
    "output_modality": "audio",
    "transcription_model": "gpt-transcribe",
    "turn_detection": "server_vad",
    "eagerness": "auto",
    "vad_threshold": "0.5",
    "vad_prefix_padding_ms": "300",
    "vad_silence_duration_ms": "500",
    "mcp_servers": "[]",
}


def add_persona(staff: Client, **changes: str) -> str:
    form = {**NEW_PERSONA, **changes}
    return staff.post("/admin/chatbot/persona/add/", form, follow=True).content.decode()


def test_a_new_default_takes_the_place_of_the_old_one_in_one_save(
    staff: Client, persona: Persona
) -> None:
    assert "was added successfully" in add_persona(staff, is_default="on")
    assert Persona.objects.get(is_default=True).slug == "pirate"
    persona.refresh_from_db()
    assert not persona.is_default


def test_what_is_wrong_leaves_the_default_where_it_was(staff: Client, persona: Persona) -> None:
    page = add_persona(staff, is_default="on", vad_threshold="7")
    assert "Please correct the error" in page
    assert Persona.objects.get() == persona
    persona.refresh_from_db()
    assert persona.is_default


def test_there_is_always_a_default_persona(staff: Client, persona: Persona) -> None:
    address = reverse("admin:chatbot_persona_change", args=[persona.pk])
    page = staff.post(address, NEW_PERSONA).content.decode()
    assert "Make another one the default instead." in page
    answer = staff.post(reverse("admin:chatbot_persona_delete", args=[persona.pk]), {"post": "yes"})
    assert answer.status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": persona.pk, "post": "yes"}
    staff.post("/admin/chatbot/persona/", chosen)
    assert Persona.objects.get().is_default


def test_a_model_without_a_price_is_warned_of_and_kept(staff: Client, persona: Persona) -> None:
    page = add_persona(staff, model="my-own/voice:1")
    assert "No price is known for the model “my-own/voice:1”" in page
    assert Persona.objects.filter(model="my-own/voice:1").exists()
    assert "No price is known" not in add_persona(staff, slug="parrot")
