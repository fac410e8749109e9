"""Personas, as staff make them, and as they were when calls were held with them."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from chatbot import mcp
from chatbot.models import (
    Persona,
    PersonaVersion,
    User,
)

#: Columns of `Persona` that a call depends on; what stands in a list of personas is none of them.
VERSIONED = (
    "name",
    "instructions",
    "model",
    "voice",
    "speed",
    "output_modality",
    "transcription_model",
    "language",
    "turn_detection",
    "eagerness",
    "vad_threshold",
    "vad_prefix_padding_ms",
    "vad_silence_duration_ms",
    "user_settings",
    "api_clients_instruct",
    "tools",
    "mcp_servers",
)


@transaction.atomic
def save_persona(persona: Persona, author: User | None = None) -> None:
    """Keep what staff made of a persona, as a version too; a new default takes the place of the
    old one."""
    if persona.is_default:
        Persona.objects.exclude(pk=persona.pk).filter(is_default=True).update(is_default=False)
    persona.save()
    version_of(persona, author)


def version_of(persona: Persona, author: User | None = None) -> PersonaVersion:
    """The persona as it is now: its newest version, or the next one where that differs.

    One query, if nothing has changed.
    """
    columns = columns_of(persona)
    newest = PersonaVersion.objects.filter(persona=persona).order_by("-number").first()
    if newest is not None and newest.columns == columns:
        return newest
    number = newest.number + 1 if newest else 1
    version, _is_new = PersonaVersion.objects.get_or_create(
        persona=persona, number=number, defaults={"columns": columns, "author": author}
    )
    return version


def columns_of(persona: Persona) -> dict[str, Any]:
    """What a version keeps: `VERSIONED` without the secrets of MCP servers."""
    columns = {name: getattr(persona, name) for name in VERSIONED}
    return {**columns, "mcp_servers": mcp.without_secrets(persona.mcp_servers)}
