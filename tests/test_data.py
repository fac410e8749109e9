"""One's own data: all of it as a file, or gone for good."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from chatbot import store
from chatbot.models import (
    ApiToken,
    AuditEntry,
    Call,
    Conversation,
    Fact,
    Preferences,
    Recording,
    Usage,
    User,
)
from tests.exporting import downloaded, unzipped, validate
from tests.people import alices_talk

pytestmark = [pytest.mark.every_database, pytest.mark.usefixtures("kept_connection")]

PASSWORD = "wonder-land-1"
FLAC = b"fLaC" + bytes(900)


@pytest.fixture
def page(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture(autouse=True)
def recordings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Recordings of the test alone."""
    storage = Recording._meta.get_field("file").storage
    monkeypatch.setattr(storage, "_location", str(tmp_path))
    for cached in ("base_location", "location"):
        storage.__dict__.pop(cached, None)


def recorded(talk: Conversation) -> Recording:
    row = Recording(turn=talk.turns.all()[0], duration_ms=900, size=len(FLAC))
    row.file.save("x", ContentFile(FLAC))
    return row


def everything(client: Client) -> dict[str, bytes]:
    return unzipped(downloaded(client, "/account/data/download")[0])


def test_everything_of_mine_is_in_the_zip(page: Client, alice: User, charlie: User) -> None:
    talk = alices_talk(alice, "The/sea: ../ 海?")
    recorded(talk)
    gone = alices_talk(alice, "Regret")
    store.delete_conversation(gone)
    alices_talk(charlie, "Charlie's")
    Fact.objects.create(user=alice, text="She likes tea.")
    Preferences.objects.create(user=alice, voice="cedar", speed=1.25)
    ApiToken.objects.create(user=alice, name="laptop", digest="a" * 64, hint="clq_1234")
    files = everything(page)
    account = validate(json.loads(files["account.json"]))
    assert account["account"]["username"] == "alice"
    assert account["account"]["email_addresses"] == [
        {"email": "alice@example.org", "is_verified": False, "is_primary": True}
    ]
    assert account["preferences"]["voice"] == "cedar"
    assert [fact["text"] for fact in account["memory"]] == ["She likes tea."]
    assert account["api_tokens"][0]["name"] == "laptop"
    folder = f"conversations/{talk.created_at:%Y-%m-%d} The sea .. 海 {talk.pk.hex[:8]}/"
    assert files[f"{folder}recordings/00000-user.flac"] == FLAC
    assert b"Tell me a story" in files[f"{folder}conversation.md"]
    document = validate(json.loads(files[f"{folder}conversation.json"]))
    assert document["turns"][0]["recording"]["file"] == "recordings/00000-user.flac"
    assert len([name for name in files if name.startswith("deleted conversations/")]) == 2
    everywhere = b"".join(files.values()) + "".join(files).encode()
    assert b"Charlie" not in everywhere
    assert b"a" * 64 not in everywhere
    assert alice.password.encode() not in everywhere


@pytest.mark.parametrize(("language", "word"), [("es", "cuenta"), ("de", "Konto")])
def test_what_is_in_it_is_told_in_the_readers_language(
    page: Client, language: str, word: str
) -> None:
    page.cookies["django_language"] = language
    assert word in everything(page)["README.txt"].decode()


def test_everything_takes_somebody_who_is_signed_in(client: Client) -> None:
    for address in ("/account/data/", "/account/data/download"):
        assert client.get(address)["Location"] == f"/accounts/login/?next={address}"
    assert client.post("/account/data/download").status_code == 405


def test_the_page_says_what_goes_and_what_stays(page: Client, alice: User) -> None:
    recorded(alices_talk(alice))
    shown = page.get("/account/data/").content.decode()
    for words in ("1 conversation,", "1 recording<", "What goes", "What stays", "Your password"):
        assert words in " ".join(shown.split()).replace(" <", "<")
    assert 'href="/account/data/"' in page.get("/").content.decode()


def test_the_password_deletes_the_account_and_all_that_is_its(
    page: Client, alice: User, charlie: User
) -> None:
    elsewhere = Client()
    elsewhere.force_login(alice)
    talk = alices_talk(alice)
    recording = recorded(talk)
    file = Path(recording.file.path)
    assert file.exists()
    running = store.open_call(alice, conversation_id=str(talk.pk), persona_slug=None, limit=2).call
    Usage.objects.create(call=running, kind="response", source_id="a", model="m")
    alices_talk(charlie)
    answer = page.post("/account/data/", {"proof": PASSWORD}, follow=True)
    assert answer.redirect_chain == [("/accounts/login/", 302)]
    assert "Your account is deleted" in answer.content.decode()
    assert not User.objects.filter(username="alice").exists()
    assert Conversation.objects.get().user == charlie
    assert not Call.objects.filter(pk=running.pk).exists()
    assert Usage.objects.get().call is None
    assert not file.exists()
    for client in (page, elsewhere):
        assert client.get("/history/")["Location"] == "/accounts/login/?next=/history/"
    assert not Client().login(username="alice", password=PASSWORD)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.target_kind, entry.target_id) == ("erase", "user", str(alice.pk))


@pytest.mark.parametrize("proof", ["wrong", "", "alice", "WONDER-LAND-1", " wonder-land-1"])
def test_without_the_password_nothing_goes(page: Client, alice: User, proof: str) -> None:
    alices_talk(alice)
    answer = page.post("/account/data/", {"proof": proof})
    assert answer.status_code == 400
    said = "This is not your password." if proof else "Type your password."
    assert said in answer.content.decode()
    assert "wonder-land-1" not in answer.content.decode().lower()
    assert Conversation.objects.filter(user__username="alice", deleted_at=None).exists()


def test_who_has_no_password_types_the_user_name(page: Client, alice: User) -> None:
    alice.set_unusable_password()
    alice.save()
    page.force_login(alice)
    assert "Your user name, alice" in page.get("/account/data/").content.decode()
    refused = page.post("/account/data/", {"proof": "Alice"})
    assert "This is not your user name." in refused.content.decode()
    assert page.post("/account/data/", {"proof": "alice "}).status_code == 302
    assert not User.objects.filter(pk=alice.pk).exists()


def test_guessing_ends_after_some_tries(page: Client, alice: User) -> None:
    codes = [page.post("/account/data/", {"proof": f"guess {n}"}).status_code for n in range(20)]
    assert codes[0] == 400
    assert codes[-1] == 429
    assert page.post("/account/data/", {"proof": PASSWORD}).status_code == 429
    assert User.objects.filter(pk=alice.pk).exists()


def test_another_site_deletes_nothing(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert client.post("/account/data/", {"proof": PASSWORD}).status_code == 403
    assert User.objects.filter(pk=alice.pk).exists()


def test_the_last_who_runs_the_site_stays(client: Client, bob: User, alice: User) -> None:
    client.force_login(bob)
    answer = client.post("/account/data/", {"proof": "builder-man-1"})
    assert "Make somebody else a superuser first." in answer.content.decode()
    assert User.objects.filter(pk=bob.pk, is_active=True).exists()
    User.objects.filter(pk=alice.pk).update(is_superuser=True)
    assert client.post("/account/data/", {"proof": "builder-man-1"}).status_code == 302
    assert not User.objects.filter(pk=bob.pk).exists()


def test_what_is_held_stays_and_the_user_is_told(page: Client, alice: User) -> None:
    talk = alices_talk(alice)
    Conversation.objects.update(is_held=True)
    answer = page.post("/account/data/", {"proof": PASSWORD}, follow=True)
    assert "must keep is kept without your name" in answer.content.decode()
    held = Conversation.objects.get(pk=talk.pk)
    assert held.deleted_at is not None
    assert held.user.username != "alice"
    assert held.deleted_at <= timezone.now() + timedelta(seconds=1)
