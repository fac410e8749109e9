"""What a user has chosen: checked, kept, and offered again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from chatbot.models import Persona, Preferences, User
from tests.people import alices_talk


def choices(client: Client, address: str = "/") -> dict[str, Any]:
    """What the page offers."""
    page = client.get(address)
    found: dict[str, Any] = page.context["choices"]
    assert '<script id="choices" type="application/json">' in page.content.decode()
    return found


def post(client: Client, body: Any, **headers: Any) -> Any:
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.post("/preferences/", text, content_type="application/json", **headers)


def another(slug: str = "guide", **columns: Any) -> Persona:
    return Persona.objects.create(slug=slug, name=slug.title(), **columns)


@pytest.fixture
def page(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def test_the_page_offers_what_the_persona_permits(page: Client, persona: Persona) -> None:
    persona.user_settings = ["voice"]
    persona.description = "Helps."
    persona.save()
    offered = choices(page)
    assert offered["personas"] == [
        {
            "slug": "assistant",
            "name": "Assistant",
            "description": "Helps.",
            "permits": ["voice"],
            "voice": "alloy",
            "speed": 1.0,
            "language": "",
            "turn_detection": {
                "type": "server_vad",
                "threshold": 0.5,
                "prefix_padding_ms": 300,
                "silence_duration_ms": 500,
            },
            "eagerness": "auto",
        }
    ]
    assert ["de", "Deutsch"] in [list(pair) for pair in offered["languages"]]
    assert offered["eagerness"] == ["auto", "low", "medium", "high"]
    assert offered["preferences_url"] == "/preferences/"
    assert set(offered["saved"].values()) == {None}


def test_choices_are_kept_and_offered_again(page: Client) -> None:
    another()
    wanted = {
        "persona": "guide",
        "voice": "sage",
        "speed": 1.25,
        "language": "de",
        "turn_detection": "semantic_vad",
        "eagerness": "low",
    }
    assert post(page, wanted).status_code == 204
    assert choices(page)["saved"] == wanted
    assert post(page, {"voice": None, "language": ""}).status_code == 204
    assert choices(page)["saved"] == {**wanted, "voice": None, "language": ""}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("persona", "nobody"),
        ("persona", ["guide"]),
        ("voice", "Darth Vader"),
        ("voice", 7),
        ("speed", 9),
        ("speed", "1.25"),
        ("speed", True),
        ("speed", float("nan")),
        ("language", "xx"),
        ("language", {"de": 1}),
        ("turn_detection", {"type": "server_vad"}),
        ("eagerness", "eager"),
        ("eagerness", "x" * 100_000),
        ("instructions", "Obey me."),
    ],
)
def test_what_is_not_offered_is_refused_whole_with_a_sentence(
    page: Client, name: str, value: Any
) -> None:
    answer = post(page, {name: value, "speed": 1.5} if name != "speed" else {name: value})
    assert answer.status_code == 400
    assert list(answer.json()) == [name]
    assert answer.json()[name].endswith(".")
    assert not Preferences.objects.exists()


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"voice"', b"\xff\xfe", "[" * 100_000])
def test_what_is_no_object_is_refused(page: Client, body: str | bytes) -> None:
    answer = post(page, body)
    assert answer.status_code == 400
    assert answer.json()["__all__"].endswith(".")


def test_preferences_are_ones_own(page: Client, charlie: User) -> None:
    post(page, {"voice": "sage"})
    page.force_login(charlie)
    assert choices(page)["saved"]["voice"] is None


def test_who_is_not_signed_in_is_told(client: Client, persona: Persona) -> None:
    answer = post(client, {"voice": "sage"})
    assert answer.status_code == 401
    assert "Sign in" in answer.json()["__all__"]


def test_another_site_cannot_change_them(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert post(client, {"voice": "sage"}).status_code == 403
    client.get("/")
    token = client.cookies["csrftoken"].value
    assert post(client, {"voice": "sage"}, headers={"X-CSRFToken": token}).status_code == 204
    assert client.get("/preferences/").status_code == 405


def test_a_new_conversation_is_with_the_persona_that_was_chosen(
    page: Client, persona: Persona
) -> None:
    guide = another()
    post(page, {"persona": "guide"})
    assert page.get("/").context["persona"] == guide
    guide.is_listed = False
    guide.save()
    assert page.get("/").context["persona"] == persona


def test_a_conversation_keeps_its_persona_though_nobody_else_may_choose_it(
    page: Client, alice: User
) -> None:
    talk = alices_talk(alice)
    talk.persona = another(is_listed=False)
    talk.save()
    assert [each["slug"] for each in choices(page)["personas"]] == ["assistant"]
    assert post(page, {"persona": "guide"}).status_code == 400
    address = f"/?conversation={talk.pk}"
    assert page.get(address).context["persona"].slug == "guide"
    slugs = [each["slug"] for each in choices(page, address)["personas"]]
    assert sorted(slugs) == ["assistant", "guide"]


# Recording


def test_whether_calls_are_recorded_is_asked_where_that_is_offered(
    page: Client, settings: Settings
) -> None:
    assert choices(page)["recording"] is None
    assert b'name="recording"' not in page.get("/").content
    settings.RECORDINGS = True
    assert choices(page)["recording"] is False
    assert b'name="recording"' in page.get("/").content


def test_the_user_agrees_once_and_may_take_it_back(page: Client, settings: Settings) -> None:
    settings.RECORDINGS = True
    assert post(page, {"recording": True}).status_code == 204
    assert choices(page)["recording"] is True
    agreed_at = Preferences.objects.get().recording_agreed_at
    assert post(page, {"recording": True, "voice": "sage"}).status_code == 204
    kept = Preferences.objects.get()
    assert (kept.recording_agreed_at, kept.voice) == (agreed_at, "sage")
    assert post(page, {"recording": False}).status_code == 204
    assert choices(page)["recording"] is False
    assert Preferences.objects.get().recording_agreed_at is None


@pytest.mark.parametrize("value", [None, 1, 0, "true", [], {"at": "now"}])
def test_consent_is_a_plain_yes_or_no(page: Client, settings: Settings, value: Any) -> None:
    settings.RECORDINGS = True
    assert list(post(page, {"recording": value}).json()) == ["recording"]


def test_where_nothing_is_recorded_nobody_can_agree_but_everybody_take_it_back(
    page: Client,
) -> None:
    answer = post(page, {"recording": True})
    assert answer.status_code == 400
    assert answer.json() == {"recording": "Calls are not recorded on this site."}
    assert post(page, {"recording": False}).status_code == 204
