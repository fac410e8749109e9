"""A persona in the admin: tools and settings to tick, MCP servers whose secrets stay hidden."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from chatbot.forms import PersonaForm
from chatbot.models import USER_SETTINGS, Persona, User
from chatbot.tools.registry import TOOLS, toolset_of
from tests.test_mcp import SERVER


def filled(persona: Persona, **changes: Any) -> PersonaForm:
    """The form as a person sends it who changes only this."""
    form = PersonaForm(instance=persona)
    data = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    data["mcp_servers"] = json.dumps(data["mcp_servers"])
    return PersonaForm({**data, **changes}, instance=persona)


def test_tools_are_ticked_by_name(persona: Persona) -> None:
    form = filled(persona, tools=["recall", "current_time"], user_settings=["voice"])
    assert form.is_valid(), form.errors
    saved = form.save()
    assert (saved.tools, saved.user_settings) == (["recall", "current_time"], ["voice"])
    functions = toolset_of(Persona.objects.get()).functions
    assert [tool.name for tool in functions] == ["recall", "current_time"]


def test_every_tool_can_be_ticked_and_nothing_else(persona: Persona) -> None:
    form = PersonaForm(instance=persona)
    assert [name for name, _ in form.fields["tools"].choices] == list(TOOLS)  # type: ignore[attr-defined]
    assert "asks first" in form.as_p()
    refused = filled(persona, tools=["launch_rocket"])
    assert "launch_rocket" in str(refused.errors["tools"])


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("language", "english", "not one of the available choices"),
        ("language", "xx", "not one of the available choices"),
        ("model", "gpt realtime", "no spaces"),
        ("model", "", "required"),
        ("model", "x" * 81, "at most 80 characters"),
        ("model", "<script>", "no spaces"),
        ("instructions", "x" * 100_001, "at most 100000 characters; these have 100001."),
        ("speed", "9", "less than or equal to 1.5"),
        ("vad_silence_duration_ms", "-4", "greater than or equal to 100"),
        ("vad_silence_duration_ms", "99", "greater than or equal to 100"),
        ("vad_silence_duration_ms", "10001", "less than or equal to 10000"),
        ("is_listed", "", "The default persona is always listed."),
        ("voice", "Vader", "not one of the available choices"),
        ("user_settings", ["instructions"], "not one of the available choices"),
        ("user_settings", '{"a": 1}', "list of values"),
        ("mcp_servers", "[" * 100_000, "nested too deeply"),
        ("mcp_servers", '[\n  {"type": "mcp" "x": 1}\n]', "Line 2, column 18: a comma or"),
        ("mcp_servers", '[{"type": }]', "Line 1, column 11: a value is missing."),
        ("mcp_servers", "[{type: 1}]", "Line 1, column 3: a name in double quotes is missing."),
        ("mcp_servers", '[{"type" 1}]', "Line 1, column 10: a colon is missing."),
        ("mcp_servers", '["x', "Line 1, column 2: the text that begins here does not end."),
        ("mcp_servers", "[] []", "Line 1, column 4: nothing may come after the end."),
        ("mcp_servers", '["\\x"]', "Line 1, column 3: it is not proper JSON."),
        ("mcp_servers", "[NaN]", "NaN and Infinity are no numbers of JSON."),
        ("mcp_servers", '[{"type": "\\u0000"}]', "a character that cannot be kept"),
        ("mcp_servers", '[{"type": "\\ud800"}]', "a character that cannot be kept"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    persona: Persona, name: str, value: Any, sentence: str
) -> None:
    refused = filled(persona, **{name: value})
    assert list(refused.errors) == [name]
    assert sentence in str(refused.errors[name])


FIXED = {"user_settings": ["voice"]}


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"eagerness": "high"}, ["eagerness"]),
        ({"eagerness": "high", "turn_detection": "none"}, ["eagerness"]),
        ({"eagerness": "high", "turn_detection": "semantic_vad"}, []),
        (
            {"turn_detection": "semantic_vad", "vad_threshold": 0.7},
            ["vad_threshold"],
        ),
        (
            {
                "turn_detection": "none",
                "vad_prefix_padding_ms": 100,
                "vad_silence_duration_ms": 900,
            },
            ["vad_prefix_padding_ms", "vad_silence_duration_ms"],
        ),
        ({"vad_threshold": 0.7, "vad_silence_duration_ms": 900}, []),
    ],
)
def test_settings_of_a_turn_detection_that_no_call_has_are_refused(
    persona: Persona, changes: dict[str, Any], wrong: list[str]
) -> None:
    form = filled(persona, **FIXED, **changes)
    assert sorted(form.errors) == wrong
    for name in wrong:
        assert "counts only with turn detection" in str(form.errors[name])
    # Who may choose the turn detection finds these settings there.
    assert filled(persona, user_settings=["turn_detection"], **changes).is_valid()


def test_servers_are_shown_in_lines(persona: Persona) -> None:
    persona.mcp_servers = [SERVER]
    assert "[\n  {\n    &quot;type&quot;" in str(PersonaForm(instance=persona)["mcp_servers"])


@pytest.mark.parametrize("language", ["", "de", "zh"])
def test_a_language_is_chosen_or_found_out(persona: Persona, language: str) -> None:
    form = filled(persona, language=language)
    assert form.is_valid(), form.errors
    assert form.save().language == language


def test_models_with_a_price_are_offered(persona: Persona) -> None:
    page = PersonaForm(instance=persona).as_p()
    assert 'list="known-models"' in page
    assert '<option value="gpt-realtime-2.1-mini">' in page
    assert '<option value="whisper-1">' not in page.partition("<datalist")[2].partition("</")[0]


def test_a_new_persona_leaves_to_callers_what_it_may() -> None:
    form = PersonaForm()
    assert list(form["user_settings"].initial) == list(USER_SETTINGS)
    assert form["model"].initial == "gpt-realtime-2.1"


def test_a_server_that_is_wrong_is_a_form_error(persona: Persona) -> None:
    refused = filled(persona, mcp_servers='[{"type": "mcp"}]')
    assert "no server_label" in str(refused.errors["mcp_servers"])
    assert "mcp_servers" in filled(persona, mcp_servers="[").errors


def test_saved_secrets_are_in_no_page_and_survive_another_change(
    client: Client, bob: User, persona: Persona
) -> None:
    persona.mcp_servers = [SERVER]
    persona.save()
    client.force_login(bob)
    page = client.get(f"/admin/chatbot/persona/{persona.pk}/change/").content.decode()
    assert "crm.example.org" in page
    assert "top-secret" not in page
    assert "hidden-key" not in page
    form = filled(persona, name="Changed")
    assert form.is_valid(), form.errors
    form.save()
    assert Persona.objects.get().mcp_servers == [SERVER]
    assert Persona.objects.get().name == "Changed"


def test_staff_who_may_only_look_see_no_servers(client: Client, persona: Persona) -> None:
    persona.mcp_servers = [SERVER]
    persona.save()
    looker = User.objects.create_user("looker", password="x", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_persona"))
    client.force_login(looker)
    page = client.get(f"/admin/chatbot/persona/{persona.pk}/change/")
    assert page.status_code == 200
    assert "top-secret" not in page.content.decode()
    assert "hidden-key" not in page.content.decode()


@pytest.mark.django_db
def test_the_default_persona_has_the_tools_of_the_registry() -> None:
    assert Persona.objects.get(is_default=True).tools == list(TOOLS)
