"""Everybody reads in their own language: pages, scripts, and the sentences of a call."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from chatbot.languages import catalogue_version, language_of, translator
from chatbot.models import Persona, Turn, User
from chatbot.realtime.call import Call
from chatbot.realtime.problems import refused_session
from chatbot.realtime.session import SessionSettings
from tests.browser import opened
from tests.people import alices_talk

#: "Ich höre zu", as Django writes it into a script.
LISTENING = r"Ich h\u00f6re zu"
GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}


def title(client: Client, **headers: Any) -> str:
    page = client.get("/history/", headers=headers).content.decode()
    return page.partition("<h1>")[2].partition("</h1>")[0]


def choose(client: Client, language: str, **data: str) -> Any:
    return client.post("/i18n/setlang/", {"language": language, **data})


def test_a_page_is_in_the_language_that_the_browser_asks_for(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert title(client) == "History"
    assert title(client, **GERMAN) == "Verlauf"
    assert title(client, **{"Accept-Language": "fr, es;q=0.8"}) == "Historial"
    assert title(client, **{"Accept-Language": "tlh"}) == "History"


def test_the_choice_of_the_account_goes_before_the_browsers(client: Client, alice: User) -> None:
    client.force_login(alice)
    answer = choose(client, "es", next="/history/")
    assert answer["Location"] == "/history/"
    another_device = Client()
    another_device.force_login(alice)
    assert title(another_device, **GERMAN) == "Historial"
    User.objects.update(interface_language="tlh")
    assert title(another_device, **GERMAN) == "Verlauf"


def test_the_first_persona_is_named_in_the_readers_language_until_staff_rename_it(
    client: Client, alice: User, persona: Persona
) -> None:
    client.force_login(alice)
    talk = alices_talk(alice)
    addresses = ["/", "/history/", f"/history/{talk.pk}/"]

    def pages() -> list[str]:
        return [client.get(address, headers=GERMAN).content.decode() for address in addresses]

    for page in pages():
        assert ">Assistant<" not in page
        assert "Assistent" in page
    offered = client.get("/", headers=GERMAN).context["choices"]["personas"]
    assert [each["name"] for each in offered] == ["Assistent"]
    Persona.objects.update(name="Guide")
    for page in pages():
        assert "Guide" in page


@pytest.mark.django_db(transaction=True)
async def test_a_call_names_its_persona_in_the_readers_language(alice: User) -> None:
    async with opened(alice, language="de") as call:
        assert (await call.until("chat.call.started"))["persona"]["name"] == "Assistent"


def test_who_is_not_signed_in_chooses_for_the_browser(client: Client, alice: User) -> None:
    choose(client, "de")
    assert 'lang="de"' in client.get("/accounts/login/").content.decode()
    client.force_login(alice)
    assert title(client) == "Verlauf"
    alice.refresh_from_db()
    assert alice.interface_language == ""


@pytest.mark.parametrize("language", ["tlh", "", "x" * 100_000, "de\0"])
def test_a_language_that_we_do_not_have_changes_nothing(
    client: Client, alice: User, language: str
) -> None:
    client.force_login(alice)
    assert choose(client, language, next="https://evil.example/")["Location"] == "/"
    assert title(client) == "History"
    assert client.get("/i18n/setlang/").status_code == 405


def test_scripts_get_their_sentences_once(client: Client) -> None:
    page = client.get("/accounts/login/", headers=GERMAN)
    address = page.context["catalogue_url"]
    assert address == f"/jsi18n/?language=de&version={catalogue_version('de')}"
    assert f'src="{escape(address)}"' in page.content.decode()
    answer = client.get(address)
    assert answer["Content-Type"].startswith("text/javascript")
    assert LISTENING in answer.content.decode()
    assert "immutable" in answer["Cache-Control"]
    packed = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.content) == answer.content
    assert len(packed.content) < len(answer.content) / 2
    assert client.get("/accounts/login/").context["catalogue_url"] == ""


@pytest.mark.parametrize("query", ["", "?language=tlh", "?language=de&version=0", "?version=%00"])
def test_other_addresses_of_the_catalogue_are_not_kept(client: Client, query: str) -> None:
    answer = client.get(f"{reverse('catalogue')}{query}", headers=GERMAN)
    assert LISTENING in answer.content.decode()
    assert answer["Cache-Control"] == "no-cache"


def test_a_socket_finds_the_language_as_a_page_does(alice: User) -> None:
    scope = {
        "user": alice,
        "cookies": {"django_language": "es"},
        "headers": [(b"accept-language", b"de")],
    }
    assert language_of(scope) == "es"
    assert language_of({**scope, "cookies": {}}) == "de"
    assert language_of({**scope, "cookies": {}, "headers": []}) == "en"
    alice.interface_language = "de"
    assert language_of(scope) == "de"


def test_sentences_with_values_are_translated() -> None:
    event = refused_session({"code": "odd"}).as_event(translator("de"))
    assert event["message"].startswith("Der Sprachdienst lehnt die Einstellungen")
    assert "(odd)" in event["message"]
    assert "(odd)" in refused_session({"code": "odd"}).message


def test_what_a_call_says_is_in_the_language_of_its_user() -> None:
    settings = SessionSettings("", "alloy", "whisper-1")
    call = Call(settings, new_id=lambda prefix: f"{prefix}_1", translate=translator("es"))
    call.receive_from_upstream('{"type": "session.updated", "session": {}}', 1.0)
    assert "Adelante, hable." in str(call.data_for_browser())


def test_a_stored_error_is_shown_in_the_readers_language(client: Client, alice: User) -> None:
    talk = alices_talk(alice)
    assert Turn.objects.filter(error="The words could not be recognised.").exists()
    client.force_login(alice)
    page = client.get(f"/history/{talk.pk}/", headers=GERMAN).content.decode()
    assert "Die Worte wurden nicht erkannt." in page
    chat = client.get(f"/?conversation={talk.pk}", headers=GERMAN)
    assert chat.context["turns"][2]["error"] == "Die Worte wurden nicht erkannt."


@pytest.mark.django_db(transaction=True)
async def test_a_refusal_of_a_socket_is_in_the_browsers_language() -> None:
    async with opened(None, language="de") as page:
        told = await page.until("chat.error")
        assert told["message"].startswith("Sie sind nicht angemeldet.")
        assert await page.until_closed() == 4401
