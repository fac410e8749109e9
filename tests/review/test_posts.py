"""Work on a review from its page: kept, told apart from others' work, and by right alone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from chatbot import reviewing
from chatbot.models import AuditEntry, Conversation, Note, Review, Tag, User
from chatbot.rights import Right
from tests.people import alices_talk, staff_with
from tests.review.lists import LIST, page_of

pytestmark = pytest.mark.django_db


def fields_of(client: Client, talk: Conversation) -> dict[str, str]:
    """The form of the review as its page shows it."""
    page = client.get(page_of(talk)).content.decode()
    seen = re.search(r'name="seen" value="([^"]*)"', page)
    assert seen
    return {"state": "reviewed", "rating": "4", "seen": seen[1].replace("&#x27;", "'")}


def address_of(talk: Conversation, what: str = "review/") -> str:
    return f"{LIST}{talk.pk}/{what}"


def test_a_review_is_saved_and_shown(staff: Client, talk: Conversation, bob: User) -> None:
    filled = fields_of(staff, talk) | {"tags": " billing , Angry,billing", "is_flagged": "on"}
    answer = staff.post(address_of(talk), {**filled, "reviewer": "bob"}, follow=True)
    assert answer.redirect_chain == [(page_of(talk), 302)]
    page = answer.content.decode()
    assert "The review is saved." in page
    assert '<option value="reviewed" selected>' in page
    assert 'name="tags" value="Angry, billing"' in page
    assert 'name="reviewer" value="bob"' in page
    assert Review.objects.get().is_flagged


def test_taking_it_puts_it_into_ones_queue(staff: Client, talk: Conversation, bob: User) -> None:
    filled = fields_of(staff, talk) | {"state": "unreviewed", "take": "yes"}
    staff.post(address_of(talk), filled)
    review = Review.objects.get()
    assert (review.reviewer, review.state) == (bob, "in_review")


def test_saving_leads_on_through_the_list(staff: Client, alice: User) -> None:
    older, newer = alices_talk(alice, "The sea"), alices_talk(alice, "The moon")
    kept = "?_changelist_filters=state%3Dunreviewed"
    filled = fields_of(staff, newer) | {"next": "yes"}
    answer = staff.post(address_of(newer) + kept, filled)
    assert answer.headers["Location"] == page_of(older) + kept
    answer = staff.post(address_of(older) + kept, fields_of(staff, older) | {"next": "yes"})
    assert answer.headers["Location"] == page_of(older) + kept


def test_the_second_of_two_is_told_what_the_first_made_of_it(
    staff: Client, talk: Conversation, bob: User
) -> None:
    filled = fields_of(staff, talk) | {"tags": "mine", "reviewer": "bob"}
    carol = staff_with(Right.LIST, Right.READ, Right.REVIEW, name="carol")
    other = Client()
    other.force_login(carol)
    theirs = fields_of(other, talk) | {"state": "needs_action", "rating": "1", "tags": "theirs"}
    assert other.post(address_of(talk), theirs).status_code == 302
    answer = staff.post(address_of(talk), filled)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "carol has changed this review meanwhile" in page
    assert "Needs action; Rating: 1; Tags: theirs" in page
    assert 'name="tags" value="mine"' in page
    assert Review.objects.get().state == "needs_action"
    seen = re.search(r'name="seen" value="([^"]*)"', page)
    assert seen
    assert staff.post(address_of(talk), filled | {"seen": seen[1]}).status_code == 302
    review = Review.objects.get()
    assert (review.state, review.rating, [str(tag) for tag in review.tags.all()]) == (
        "reviewed", 4, ["mine"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("reviewer", "alice", "No member of staff is called “alice”."),
        ("reviewer", "\0", "Null characters are not allowed."),
        ("tags", "x" * 41, "A tag has at most 40 characters."),
        ("tags", ",".join(str(number) for number in range(21)), "has at most 20 tags."),
        ("rating", "6", "Select a valid choice."),
        ("state", "nonsense", "Select a valid choice."),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_not_kept(
    staff: Client, talk: Conversation, field: str, value: str, told: str
) -> None:
    answer = staff.post(address_of(talk), fields_of(staff, talk) | {field: value})
    assert answer.status_code == 400
    assert told in answer.content.decode()
    assert not Review.objects.exists()


@pytest.mark.parametrize("seen", ["", "nonsense", "2026-01-01T00:00:00"])
def test_a_version_that_is_none_changes_nothing(
    staff: Client, talk: Conversation, seen: str
) -> None:
    answer = staff.post(address_of(talk), fields_of(staff, talk) | {"seen": seen})
    assert answer.status_code == 409
    assert not Review.objects.filter(state="reviewed").exists()


def test_notes_have_an_author_and_a_time(staff: Client, talk: Conversation) -> None:
    staff.post(address_of(talk, "notes/"), {"text": "Look <b>here</b>."})
    page = staff.get(page_of(talk)).content.decode()
    assert "Look &lt;b&gt;here&lt;/b&gt;." in page
    assert re.search(r"<strong>bob</strong> <time", page)
    note = Note.objects.get()
    address = address_of(talk, f"notes/{note.pk}/")
    staff.post(address, {"text": "Look there."})
    assert Note.objects.get().text == "Look there."
    staff.post(address, {"text": "Look there.", "delete": "yes"})
    assert not Note.objects.exists()


def test_others_notes_can_be_read_and_not_changed(
    with_rights: Callable[..., Client], talk: Conversation, bob: User
) -> None:
    note = reviewing.add_note(talk, "Mine.", bob)
    client = with_rights(Right.LIST, Right.READ, Right.REVIEW)
    assert "Mine." in client.get(page_of(talk)).content.decode()
    address = address_of(talk, f"notes/{note.pk}/")
    assert address not in client.get(page_of(talk)).content.decode()
    for filled in ({"text": "Theirs."}, {"text": "", "delete": "yes"}):
        assert client.post(address, filled).status_code == 403
    assert Note.objects.get().text == "Mine."


@pytest.mark.parametrize(("text", "told"), [("", "A note needs words."), ("x" * 4001, "at most")])
def test_a_note_that_is_none_is_a_sentence(
    staff: Client, talk: Conversation, text: str, told: str
) -> None:
    answer = staff.post(address_of(talk, "notes/"), {"text": text}, follow=True)
    assert told in answer.content.decode()
    assert not Note.objects.exists()


@pytest.mark.parametrize("what", ["review/", "notes/", "notes/1/"])
def test_only_who_may_review_does(
    with_rights: Callable[..., Client],
    client: Client,
    talk: Conversation,
    alice: User,
    charlie: User,
    what: str,
) -> None:
    others = with_rights(*(right for right in Right if right is not Right.REVIEW))
    assert others.post(address_of(talk, what), {"text": "x"}).status_code == 403
    for user in (alice, charlie):
        client.force_login(user)
        assert client.post(address_of(talk, what), {"text": "x"}).status_code == 302
    assert not Review.objects.exists()
    assert not AuditEntry.objects.filter(action="review").exists()


def test_a_conversation_that_is_gone_is_a_sentence(staff: Client, talk: Conversation) -> None:
    gone = address_of(Conversation())
    assert "may have been erased" in staff.post(gone, {}, follow=True).content.decode()
    assert staff.get(address_of(talk)).status_code == 405


def test_names_are_completed(staff: Client, alice: User, bob: User) -> None:
    Tag.objects.bulk_create([Tag(name="Billing"), Tag(name="Angry")])

    def names(what: str, **query: str) -> list[str]:
        found: list[str] = staff.get(f"{LIST}{what}/", query).json()["names"]
        return found

    assert names("tags", q="bil") == ["Billing"]
    assert names("tags") == ["Angry", "Billing"]
    assert names("users", q="AL") == ["alice"]
    assert names("users", q="", staff="1") == ["bob"]
    assert names("users", q="%") == names("users", q="\0al%") == []


def test_names_are_told_to_who_may_see_the_list(
    with_rights: Callable[..., Client], client: Client, charlie: User
) -> None:
    others = with_rights(*(right for right in Right if right is not Right.LIST))
    client.force_login(charlie)
    for what in ("tags", "users"):
        assert others.get(f"{LIST}{what}/").status_code == 403
        assert client.get(f"{LIST}{what}/").status_code == 302
