"""Pages and letters about accounts are django-allauth's, but they speak to people as ours do."""

from __future__ import annotations

import re
from pathlib import Path

import allauth
import pytest
from babel.messages.pofile import read_po
from django.core import mail
from django.test import Client
from django.utils.translation import gettext, override

from chatbot.models import User
from script.install import ROOT

#: How German and Spanish speak to friends: not to the readers of our pages.
FRIENDLY = {
    "de": r"\b(du|dein\w*|dich|dir|bist|hast|kannst|gib|wähle|versuche|bestätige|lass|klick)\b",
    "es": r"\b(tú|tus?|ti|te|estás|eres|ten|tienes|puedes|debes|ves|vete|comprueba|introdúcelo)\b",
}
ACCOUNTS = ("account/", "templates/account/")


def used(language: str) -> list[str]:
    """The sentences of allauth's that a person may meet here: of the pages that we have not
    written ourselves."""
    path = Path(allauth.__file__).parent / "locale" / language / "LC_MESSAGES" / "django.po"
    with path.open("rb") as file:
        messages = [message for message in read_po(file) if message.id]
    return [
        message.id if isinstance(message.id, str) else message.id[0]
        for message in messages
        for where, _line in message.locations
        if where.startswith(ACCOUNTS) and not (ROOT / where).exists()
    ]


@pytest.mark.parametrize("language", sorted(FRIENDLY))
def test_everybody_is_spoken_to_as_on_our_own_pages(language: str) -> None:
    sentences = used(language)
    assert len(sentences) > 100
    with override(language):
        told = {sentence: gettext(sentence) for sentence in sentences}
    friendly = re.compile(FRIENDLY[language], re.IGNORECASE)
    assert [said for said in told.values() if friendly.search(said)] == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "words"),
    [("de", "Sie erhalten diese E-Mail"), ("es", "Recibe este correo porque usted")],
)
def test_a_letter_for_a_new_password_is_in_that_voice(
    client: Client, alice: User, language: str, words: str
) -> None:
    headers = {"Accept-Language": language}
    client.post("/accounts/password/reset/", {"email": alice.email}, headers=headers)
    assert words in mail.outbox[0].body
    assert not re.search(FRIENDLY[language], str(mail.outbox[0].body), re.IGNORECASE)
