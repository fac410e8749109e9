"""Staff see what each version of a persona changed."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from chatbot import store
from chatbot.models import Persona, User
from chatbot.persona_versions import Change, changes
from tests.test_mcp import SERVER


@pytest.fixture
def staff(client: Client, bob: User) -> Client:
    client.force_login(bob)
    return client


def page(client: Client, persona: Persona, query: str = "") -> str:
    answer = client.get(f"/admin/chatbot/persona/{persona.pk}/versions/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def save(persona: Persona, author: User | None = None, **columns: Any) -> None:
    for name, value in columns.items():
        setattr(persona, name, value)
    store.save_persona(persona, author)


def test_a_change_is_told_from_value_to_value_and_of_long_texts_line_by_line() -> None:
    lines = [f"Line {number}." for number in range(9)]
    before = {"voice": "alloy", "speed": 1.0, "tools": ["recall"], "instructions": "\n".join(lines)}
    lines[4] = "Another line."
    after = {**before, "voice": "marin", "tools": [], "instructions": "\n".join(lines)}
    assert changes(before, after) == [
        Change("Voice", "alloy", "marin"),
        Change("Tools", "recall", ""),
        Change(
            "Instructions",
            lines=(
                ("@", "@ -3,5 +3,5 @@"),
                ("", "Line 2."),
                ("", "Line 3."),
                ("-", "Line 4."),
                ("+", "Another line."),
                ("", "Line 5."),
                ("", "Line 6."),
            ),
        ),
    ]
    assert changes(after, after) == []


def test_settings_that_are_new_or_gone_are_told_too() -> None:
    assert changes({"mood": "calm"}, {"speed": 1.5}) == [
        Change("mood", "calm", "null"),
        Change("Speed", "null", "1.5"),
    ]


def test_staff_see_who_changed_what_newest_first(
    staff: Client, bob: User, persona: Persona
) -> None:
    store.open_call(bob, conversation_id=None, persona_slug=None, limit=1)
    save(persona, bob, instructions="Speak like a <pirate>.", voice="marin")
    html = page(staff, persona)
    assert re.findall(r"<h2 [^>]+>(Version \d)</h2>", html) == ["Version 2", "Version 1"]
    assert "<del>alloy</del> → <ins>marin</ins>" in html
    assert '<ins><span aria-hidden="true">+ </span>Speak like a &lt;pirate&gt;.</ins>' in html
    assert "- </span>You are a helpful assistant. Be concise and natural.</del>" in html
    assert re.search(r"</time>, bob · 0 calls", html)
    assert re.search(r"</time> · 1 call<", html)
    assert "The first version that is kept." in html


def test_the_page_of_a_persona_leads_to_its_versions_and_to_a_test_call(
    staff: Client, persona: Persona
) -> None:
    persona.is_listed = False
    html = staff.get(f"/admin/chatbot/persona/{persona.pk}/change/").content.decode()
    links = dict(re.findall(r'<li><a href="([^"]+)"[^>]*>([^<]+)</a></li>', html))
    assert links["/?persona=assistant"] == "Test call"
    versions = f"/admin/chatbot/persona/{persona.pk}/versions/"
    assert links[versions] == "Versions"
    assert "it has not been saved since" in page(staff, persona)
    assert "Test call" not in staff.get("/admin/chatbot/persona/add/").content.decode()


def test_what_staff_save_is_a_version_of_theirs(staff: Client, bob: User, persona: Persona) -> None:
    address = f"/admin/chatbot/persona/{persona.pk}/change/"
    form = staff.get(address).context["adminform"].form
    data = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    data = {name: value for name, value in data.items() if value not in (None, False)}
    data |= {"voice": "marin", "mcp_servers": "[]"}
    assert staff.post(address, data).status_code == 302
    (version,) = persona.versions.all()
    assert (version.columns["voice"], version.author) == ("marin", bob)


def test_no_secret_is_shown(staff: Client, bob: User, persona: Persona) -> None:
    save(persona, bob)
    save(persona, bob, mcp_servers=[SERVER])
    save(persona, bob, mcp_servers=[SERVER | {"authorization": "newer", "server_label": "x"}])
    html = unescape(page(staff, persona))
    assert '"server_url": "https://crm.example.org/"' in html
    for secret in ("top-secret", "hidden-key", "newer"):
        assert secret not in html


def test_many_versions_are_paged_and_cost_no_more(
    staff: Client,
    bob: User,
    persona: Persona,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(45):
        save(persona, bob, instructions=f"Instructions {number}.")
    with django_assert_max_num_queries(6):
        html = page(staff, persona)
    assert html.count("<h2 id") == 20
    assert "Version 26<" in html and "Version 25<" not in html
    assert "- </span>Instructions 24." in html
    assert "Page 1 of 3" in html
    assert "The first version that is kept." in page(staff, persona, "?p=3")
    assert page(staff, persona, "?p=x").count("<h2 id") == 20


def test_only_who_may_see_personas_sees_their_versions(
    client: Client, alice: User, persona: Persona
) -> None:
    address = f"/admin/chatbot/persona/{persona.pk}/versions/"
    client.force_login(alice)
    assert client.get(address).status_code == 302
    dave = User.objects.create_user("dave", is_staff=True)
    client.force_login(dave)
    assert client.get(address).status_code == 403
    dave.user_permissions.add(Permission.objects.get(codename="view_persona"))
    assert client.get(address).status_code == 200
    for no_id in ("999", "x"):
        assert client.get(f"/admin/chatbot/persona/{no_id}/versions/").status_code == 404


def test_a_conversation_shows_the_instructions_that_its_calls_were_held_under(
    client: Client, alice: User, bob: User, persona: Persona
) -> None:
    first = store.open_call(alice, conversation_id=None, persona_slug=None, limit=1).call
    talk = str(first.conversation_id)
    store.open_call(alice, conversation_id=talk, persona_slug=None, limit=1)
    save(persona, bob, instructions="Speak like a <pirate>.")
    store.open_call(alice, conversation_id=talk, persona_slug=None, limit=1)
    client.force_login(bob)
    html = client.get(f"/admin/chatbot/conversation/{talk}/change/").content.decode()
    assert html.count("You are a helpful assistant. Be concise and natural.") == 1
    assert html.count("Speak like a &lt;pirate&gt;.") == 1
    assert html.count("version 1") == 2
    dave = User.objects.create_user("dave", is_staff=True)
    dave.user_permissions.add(Permission.objects.get(codename="view_conversation"))
    client.force_login(dave)
    html = client.get(f"/admin/chatbot/conversation/{talk}/change/").content.decode()
    assert "helpful assistant" not in html
    assert "version 2" in html
