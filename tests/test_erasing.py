"""What is erased is gone from every place that can hold words; what is held stays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.utils import timezone

from chatbot import erasing, holding, pruning, store
from chatbot.models import (
    ApiToken,
    AuditEntry,
    Call,
    CallEvent,
    Conversation,
    Fact,
    Note,
    Passage,
    Preferences,
    Recording,
    Review,
    Tag,
    Turn,
    Usage,
    User,
)
from chatbot.models.recordings import recordings_storage
from chatbot.recording import spool as spools
from tests.people import alices_talk

#: Said by nobody else.
RARE = "zyxquorble"

pytestmark = [
    pytest.mark.every_database,
    pytest.mark.usefixtures("emptied_audit", "own_folder"),
]


def folder_of(talk: Conversation) -> Path:
    """Where the recordings of a conversation are kept."""
    return Path(recordings_storage().path(str(talk.pk)))


def rare_talk(user: User) -> Conversation:
    """A conversation with a rare word wherever there is room for words."""
    talk = alices_talk(user, title=f"The {RARE}")
    call = talk.calls.get()
    columns = {"text", "heard_text", "error", "tool_arguments", "tool_name", "item_id"}
    talk.turns.filter(position=0).update(**dict.fromkeys(columns, f"my {RARE} is"))
    talk.calls.update(end_reason=RARE, worker=RARE)
    for turn in talk.turns.all():
        Passage.objects.update_or_create(
            turn=turn, defaults={"conversation": talk, "words": f" {RARE} "}
        )
        recording = Recording(turn=turn, duration_ms=1, size=10)
        recording.file.save(f"{RARE}.flac", ContentFile(RARE.encode()))
    Passage.objects.update_or_create(conversation=talk, turn=None, defaults={"words": RARE})
    spool = spools.root() / str(call.pk)
    spool.mkdir(parents=True)
    (spool / "1.pcm").write_text(RARE)
    body = {"item": {"content": [{"text": f"{RARE} {n}"} for n in range(3)]}}
    for source in ("browser", "upstream", "call"):
        CallEvent.objects.create(call=call, source=source, kind="x", body=body)
    review = Review.objects.create(conversation=talk)
    review.tags.add(Tag.objects.get_or_create(name="odd")[0])
    Note.objects.create(review=review, author=user, text=f"Asks for {RARE}.")
    Usage.objects.create(
        call=call, persona=talk.persona, kind="response", source_id=f"resp_{RARE}", model="m",
        text_input_tokens=7,
    )  # fmt: skip
    kind = ContentType.objects.get_for_model(Conversation)
    entry = {"content_type": kind, "object_id": str(talk.pk), "action_flag": CHANGE}
    LogEntry.objects.create(user=user, object_repr=talk.title, change_message=f"To {RARE}", **entry)
    store.recount(Conversation.objects.filter(pk=talk.pk))
    return talk


def everything() -> Iterator[tuple[str, str]]:
    """Each column of each table of the database with all that it holds, as text."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            names = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for name, value in zip(names, row, strict=True):
                    is_bytes = isinstance(value, (bytes, memoryview))
                    yield (
                        f"{table}.{name}",
                        (bytes(value).decode(errors="replace") if is_bytes else str(value)),
                    )


def places_with(word: str) -> set[str]:
    return {place for place, held in everything() if word in held.casefold()}


def files_with(word: str, *folders: Path) -> list[Path]:
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if word in path.name or word.encode() in path.read_bytes()]


def sessions_with(word: str) -> list[Any]:
    found = [session.get_decoded() for session in Session.objects.all()]
    return [one for one in found if word in json.dumps(one)]


def database_files_with(word: str) -> list[str]:
    """Files of SQLite in which the word is to be found, in whatever part."""
    if connection.vendor != "sqlite":
        return []
    path = Path(str(connection.settings_dict["NAME"]))
    files = [path, path.with_name(f"{path.name}-wal")]
    return [str(file) for file in files if file.exists() and word.encode() in file.read_bytes()]


def test_no_word_is_left_of_what_is_erased(alice: User, bob: User, own_folder: Path) -> None:
    talk = rare_talk(alice)
    kept = alices_talk(alice, title="Kept")
    client = Client()
    client.force_login(alice)
    client.get("/history/")
    before = places_with(RARE)
    assert {
        *("chatbot_turn.text", "chatbot_turn.heard_text", "chatbot_turn.error"),
        *("chatbot_turn.tool_arguments", "chatbot_conversation.title", "chatbot_passage.words"),
        *("chatbot_callevent.body", "chatbot_note.text", "chatbot_usage.source_id"),
        *("django_admin_log.object_repr", "django_admin_log.change_message"),
    } <= before
    assert len(files_with(RARE, own_folder)) == 4
    assert (connection.vendor == "sqlite") is bool(database_files_with(RARE))

    erased = erasing.erase(Conversation.objects.filter(title__contains=RARE), bob, "192.0.2.7")

    assert erased.is_scrubbed
    assert erased.counts == {"conversations": 1, "turns": 3, "recordings": 3, "events": 3}
    assert places_with(RARE) == set()
    assert files_with(RARE, own_folder) == []
    assert not folder_of(talk).exists()
    assert sessions_with(RARE) == []
    assert RARE not in str(vars(cache))
    assert database_files_with(RARE) == []
    assert list(Conversation.objects.values_list("pk", "turn_count")) == [(kept.pk, 3)]
    used = Usage.objects.get()
    assert (used.call, used.source_id, used.text_input_tokens) == (None, "", 7)
    assert used.persona is not None
    entry = AuditEntry.objects.get()
    assert (entry.actor_name, entry.action, entry.address) == ("bob", "erase", "192.0.2.7")


def test_no_word_is_left_among_many(alice: User, bob: User) -> None:
    for number in range(60):
        talk = alices_talk(alice, title=f"The {RARE if number % 3 else 'sea'} {number}")
        for turn in talk.turns.all():
            words = f" {talk.title} {'wave ' * (number * 7)}"
            turn.text = words
            turn.save()
            Passage.objects.update_or_create(
                turn=turn, defaults={"conversation": talk, "words": words}
            )
    erased = erasing.erase(Conversation.objects.filter(title__contains=RARE), bob)
    assert erased.conversations == 40
    assert places_with(RARE) == set()
    assert database_files_with(RARE) == []
    assert Conversation.objects.count() == 20


def test_what_the_user_had_remembered_is_theirs_and_stays(alice: User, bob: User) -> None:
    talk = alices_talk(alice)
    store.remember_fact(alice, "Has a dog.", talk.pk)
    erasing.erase(Conversation.objects.all(), bob)
    fact = Fact.objects.get()
    assert (fact.text, fact.conversation) == ("Has a dog.", None)


def test_what_is_held_is_passed_over(alice: User, bob: User) -> None:
    held, _ = alices_talk(alice, title="Held"), alices_talk(alice)
    assert holding.hold(Conversation.objects.filter(pk=held.pk), bob, "192.0.2.7") == 1
    assert holding.hold(Conversation.objects.filter(pk=held.pk), bob) == 0
    erased = erasing.erase(Conversation.objects.all(), bob)
    assert (erased.conversations, erased.held) == (1, 1)
    left = Conversation.objects.get()
    assert (left.title, left.turns.count(), left.deleted_at) == ("Held", 3, None)
    assert holding.release(Conversation.objects.all(), bob) == 1
    assert erasing.erase(Conversation.objects.all(), bob).conversations == 1
    said = list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
    assert said == ["hold", "erase", "release", "erase"]


def test_a_long_conversation_goes_in_parts(alice: User, bob: User) -> None:
    talk = alices_talk(alice)
    moment = timezone.now()
    facts = {"role": "user", "modality": "text", "status": "completed", "started_at": moment}
    Turn.objects.bulk_create(
        Turn(conversation=talk, item_id=f"more{n}", position=n, text="x", **facts)
        for n in range(3, 1203)
    )
    batches: list[erasing.Batch] = []
    erasing.remove(Conversation.objects.all(), bob, on_batch=batches.append)
    claimed, *removed = batches
    assert claimed.rows == {"claimed": 1}
    turns = [batch.rows["turns"] for batch in removed]
    assert sum(turns) == 1203
    assert max(turns) <= 250
    assert all(batch.seconds > 0 for batch in batches)
    assert not Conversation.objects.exists()


def test_slow_steps_are_followed_by_smaller_ones() -> None:
    pace = erasing.Pace()
    pace.took(2 * erasing.AIM_S)
    assert pace.most == 125
    pace.took(10.0)
    assert pace.most == erasing.LEAST_ROWS
    for most in (50, 100, 200, 250, 250):
        pace.took(0.0)
        assert pace.most == most


def test_an_erasing_that_broke_off_is_hidden_and_cannot_be_undone(alice: User, bob: User) -> None:
    talk = alices_talk(alice)
    store.delete_conversation(talk)
    store.erasure.claim_for_erasure(Conversation.objects.all())
    store.restore_conversation(talk)
    assert holding.hold(Conversation.objects.all(), bob) == 0
    talk.refresh_from_db()
    assert talk.deleted_at == store.erasure.ERASING


def test_a_file_that_cannot_be_deleted_stops_nothing(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    rare_talk(alice)

    def refuse(*args: Any) -> None:
        raise PermissionError

    monkeypatch.setattr("django.core.files.storage.FileSystemStorage.delete", refuse)
    assert erasing.erase(Conversation.objects.all(), bob).conversations == 1
    assert not Recording.objects.exists()


def test_all_of_a_person_goes(alice: User, charlie: User) -> None:
    for name in ("username", "first_name", "last_name"):
        setattr(alice, name, RARE)
    alice.email = f"{RARE}@example.org"
    alice.save()
    EmailAddress.objects.create(user=alice, email=alice.email, primary=True)
    Preferences.objects.create(user=alice, voice="alloy")
    store.create_token(alice, RARE)
    store.remember_fact(alice, f"Owns a {RARE}.", None)
    folders = [folder_of(rare_talk(alice))]
    deleted = rare_talk(alice)
    folders.append(folder_of(deleted))
    store.delete_conversation(deleted)
    alices_talk(charlie)
    clients = [Client(), Client(), Client()]
    for client, user in zip(clients, (alice, alice, charlie), strict=True):
        client.force_login(user)

    erased = erasing.erase_user(alice)

    assert erased.conversations == 2
    assert places_with(RARE) == set()
    assert not any(one.exists() for one in folders)
    assert database_files_with(RARE) == []
    assert list(User.objects.values_list("username", flat=True)) == ["charlie"]
    assert not ApiToken.objects.exists()
    assert Session.objects.count() == 1
    assert Conversation.objects.get().user == charlie
    assert Usage.objects.filter(call=None).count() == 2
    entry = AuditEntry.objects.get()
    assert (entry.actor_name, entry.target_kind, entry.target_id) == ("", "user", str(alice.pk))


def test_of_a_person_whose_erasing_broke_off_nothing_tells_any_more(alice: User) -> None:
    EmailAddress.objects.create(user=alice, email=f"{RARE}@example.org", primary=True)
    store.remember_fact(alice, f"Owns a {RARE}.", None)
    alices_talk(alice)
    User.objects.filter(pk=alice.pk).update(
        username=RARE, first_name=RARE, email=f"{RARE}@example.org", is_staff=True
    )
    store.begin_removal(alice)
    assert places_with(RARE) == set()
    left = User.objects.get()
    assert (left.pk, left.is_active, left.is_staff) == (alice.pk, False, False)
    counts = pruning.prune()
    assert (counts["conversations"], counts["accounts"]) == (1, 1)
    assert not User.objects.exists()


def test_what_is_held_of_a_person_stays_without_the_person(alice: User, bob: User) -> None:
    held, _ = alices_talk(alice, title="Held"), alices_talk(alice)
    holding.hold(Conversation.objects.filter(pk=held.pk), bob)
    erased = erasing.erase_user(alice, bob)
    assert (erased.conversations, erased.held) == (1, 1)
    left = Conversation.objects.get()
    assert left.title == "Held"
    assert left.deleted_at is not None
    assert left.user.username.startswith("erased-")
    assert (left.user.email, left.user.is_active) == ("", False)
    assert not left.user.has_usable_password()
    assert not User.objects.filter(username="alice").exists()


def test_every_model_with_words_is_in_the_test() -> None:
    """A new table of ours must be thought of here, in `rare_talk` or below."""
    known = {
        *("User", "Preferences", "ApiToken", "Fact", "Conversation", "Call", "Turn", "Passage"),
        *("Recording", "Review", "Note", "Tag", "Usage", "CallEvent"),
        *("Persona", "PersonaVersion", "AuditEntry", "AuditPruning"),  # without a user's words
    }
    models = apps.get_app_config("chatbot").get_models()
    assert {model.__name__ for model in models} == known
    assert Call.objects.model in apps.get_app_config("chatbot").get_models()
