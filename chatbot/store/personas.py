"""Personas, as staff make them."""

from __future__ import annotations

from django.db import transaction

from chatbot.models import (
    Persona,
)


@transaction.atomic
def save_persona(persona: Persona) -> None:
    """Keep what staff made of a persona; a new default takes the place of the old one."""
    if persona.is_default:
        Persona.objects.exclude(pk=persona.pk).filter(is_default=True).update(is_default=False)
    persona.save()
