"""One conversation shows each member of staff what they may see of it, and no more."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from chatbot import reviewing, search
from chatbot.models import AuditEntry, Call, Conversation, Recording, Turn, User
from chatbot.review import page
from chatbot.reviewing import Work, seen_at
from chatbot.rights import Right
from tests.people import alices_talk
from tests.review.lists import LIST, page_of

pytestmark = pytest.mark.django_db


def text_of(client: Client, talk: Conversation, query: str = "") -> str:
    answer = client.get(page_of(talk) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_shows_what_was_said_heard_and_how_quickly(staff: Client, talk: Conversation) -> None:
    talk.turns.filter(role="assistant").update(latency_ms=810)
    shown = text_of(staff, talk)
    assert "first sound after 0.81 s" in shown
    assert "<dt>Felt latency</dt><dd>0.8 s</dd>" in shown
    assert "Not heard; the whole answer was:" in shown
    assert "0:01:30" in shown
    assert "host:1" in shown
    assert "user (1000)" in shown


def test_a_tool_is_shown_with_what_it_was_told(staff: Client, talk: Conversation) -> None:
    talk.turns.filter(position=1).update(
        role="tool", tool_name="weather", tool_arguments='{"place": "Ulm"}', heard_text=None
    )
    shown = text_of(staff, talk)
    assert "<code>weather</code> <code>{&quot;place&quot;: &quot;Ulm&quot;}</code>" in shown


def test_without_the_right_to_read_no_word_is_shown(
    with_rights: Callable[..., Client], talk: Conversation, bob: User
) -> None:
    reviewing.add_note(talk, "She asked for a story.", bob)
    others = [right for right in Right if right is not Right.READ]
    shown = text_of(with_rights(*others), talk)
    assert f"Conversation {str(talk.pk)[:8]}" in shown
    assert "You may not read what was said." in shown
    assert "alice" in shown
    for words in ("The sea", "story", "lighthouse", "Once there", "could not be recognised"):
        assert words not in shown
    assert not AuditEntry.objects.filter(action="read").exists()


def test_reading_is_audited(staff: Client, talk: Conversation) -> None:
    text_of(staff, talk)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor_name, entry.target_id) == ("read", "bob", str(talk.pk))


@pytest.mark.parametrize(
    ("right", "shown"),
    [
        (Right.SEE_COST, "<dt>Cost</dt>"),
        (Right.SEE_COST, "Usage and cost"),
        (Right.HOLD, ">Hold</button>"),
        (Right.ERASE, ">Erase…</button>"),
        (Right.REVIEW, "Save and next"),
        (Right.REVIEW, "Assign to me"),
        (Right.REVIEW, "Add note"),
    ],
)
def test_each_right_shows_what_it_is_for(
    with_rights: Callable[..., Client], alice: User, right: Right, shown: str
) -> None:
    alices_talk(alice)
    newest = alices_talk(alice, "The moon")
    others = [other for other in Right if other is not right]
    client = with_rights(*others)
    assert shown not in text_of(client, newest)
    user = User.objects.get(username="staff")
    user.is_superuser = True
    user.save()
    assert shown in text_of(client, newest)


def test_exports_are_offered_to_who_may_have_them(
    with_rights: Callable[..., Client], talk: Conversation
) -> None:
    client = with_rights(Right.LIST, Right.READ, Right.EXPORT)
    shown = text_of(client, talk)
    assert f"{LIST}{talk.pk}/export/json/" in shown
    assert "export/zip/" not in shown
    answer = client.get(f"{LIST}{talk.pk}/export/txt/")
    assert answer.status_code == 302, "there is no such format"
    answer = client.get(f"{LIST}{talk.pk}/export/json/")
    assert answer.status_code == 200
    assert AuditEntry.objects.filter(action="export", target_id=str(talk.pk)).count() == 1


def test_who_may_not_export_gets_none(
    with_rights: Callable[..., Client], talk: Conversation
) -> None:
    client = with_rights(*(right for right in Right if right is not Right.EXPORT))
    assert "/export/" not in text_of(client, talk)
    assert client.get(f"{LIST}{talk.pk}/export/json/").status_code == 403


def test_others_get_no_page(
    with_rights: Callable[..., Client], client: Client, charlie: User, talk: Conversation
) -> None:
    others = [right for right in Right if right is not Right.LIST]
    assert with_rights(*others).get(page_of(talk)).status_code == 403
    client.force_login(charlie)
    assert client.get(page_of(talk)).status_code == 302


@pytest.mark.parametrize("key", ["nonsense", "00000000-0000-4000-8000-000000000000"])
def test_a_conversation_that_is_not_there_is_a_sentence(staff: Client, key: str) -> None:
    answer = staff.get(page_of(key), follow=True)
    assert f"There is no conversation “{key}”." in answer.content.decode()


def test_a_long_transcript_has_pages(
    staff: Client, talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "TURNS_A_PAGE", 2)
    shown = text_of(staff, talk)
    assert "Tell me a story" in shown
    assert "could not be recognised" not in shown
    second = text_of(staff, talk, "?turns=2&_changelist_filters=mine%3Dyes")
    assert "could not be recognised" in second
    assert '<a href="?_changelist_filters=mine%3Dyes&amp;turns=1">1</a>' in second
    assert "Tell me a story" not in second
    for nonsense in ("0", "3", "-1", "x", "²"):
        assert "Tell me a story" in text_of(staff, talk, f"?turns={nonsense}")


def test_it_takes_ten_queries_at_most_whatever_was_said(
    staff: Client, talk: Conversation, bob: User
) -> None:
    work = Work("in_review", bob, 3, True, ["billing"])
    reviewing.save(talk, work, bob, seen=seen_at(talk, None))
    reviewing.add_note(talk, "Look at this.", bob)

    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            text_of(staff, talk)
        return len(counted)

    few = queries()
    for number in range(30):
        call = Call.objects.create(conversation=talk, worker=f"host:{number}")
        turn = Turn.objects.get(conversation=talk, position=0)
        turn.pk, turn.item_id, turn.position, turn.call = None, f"more_{number}", 10 + number, call
        turn.save()
        reviewing.add_note(talk, f"Note {number}", bob)
    assert queries() == few <= 10


def test_what_was_looked_for_is_marked_and_stays_text(staff: Client, alice: User) -> None:
    talk = alices_talk(alice)
    turn = talk.turns.get(position=0)
    turn.text = "<b>Lighthouses</b> & a lighthouse"
    turn.save()
    list(search.reindex(Conversation.objects.all()))
    found = "&lt;b&gt;<mark>Lighthouses</mark>&lt;/b&gt; &amp; a <mark>lighthouse</mark>"
    assert found in text_of(staff, talk, "?_changelist_filters=q%3Dlighthouse")
    page_of_list = staff.get(f"{LIST}?q=lighthouse").content.decode()
    assert f'<span class="review-excerpt">{found}</span>' in page_of_list


def test_who_may_listen_and_not_read_gets_recordings_without_words(
    with_rights: Callable[..., Client], talk: Conversation
) -> None:
    turn = talk.turns.get(position=0)
    Recording.objects.create(turn=turn, file="nowhere.flac", duration_ms=900, size=10)
    shown = text_of(with_rights(Right.LIST, Right.LISTEN), talk)
    assert f'data-recording="/history/{talk.pk}/recordings/{turn.pk}"' in shown
    assert shown.count('class="review-turn"') == 1
    assert "Tell me" not in shown
    user = User.objects.get(username="staff")
    user.user_permissions.set(Permission.objects.filter(codename__in=[Right.LIST, Right.READ]))
    client = Client()
    client.force_login(user)
    assert "data-recording" not in text_of(client, talk)
