"""Work on many conversations: asked first, by right alone, audited, in flat memory."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chatbot import reviewing
from chatbot.models import AuditEntry, Conversation, Persona, Review, User
from chatbot.rights import Right
from tests.people import alices_talk
from tests.review.lists import LIST, page_of

pytestmark = pytest.mark.django_db

Answer = dict[str, object]


@pytest.fixture
def talks(alice: User) -> list[Conversation]:
    return [alices_talk(alice, f"Talk {number}") for number in range(3)]


def ask(
    client: Client, action: str, talks: list[Conversation], query: str = "", across: bool = False
) -> tuple[str, Answer]:
    """The page that asks first, and what it would send."""
    chosen = {
        "action": action,
        "index": "0",
        "select_across": "1" if across else "0",
        "_selected_action": [str(talk.pk) for talk in talks],
    }
    page = client.post(f"{LIST}{query}", chosen).content.decode()
    hidden: Answer = {"apply": "yes"}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page):
        if name == "_selected_action":
            hidden.setdefault(name, [])
            hidden[name] = [*hidden[name], value]  # type: ignore[misc]
        else:
            hidden[name] = unescape(value)
    return page, hidden


def do(
    client: Client, action: str, talks: list[Conversation], query: str = "", **filled: str
) -> str:
    _page, hidden = ask(client, action, talks, query)
    return client.post(f"{LIST}{query}", hidden | filled, follow=True).content.decode()


def test_they_are_assigned_tagged_and_set_to_a_state(
    staff: Client, talks: list[Conversation], bob: User
) -> None:
    assert "2 conversations changed." in do(staff, "assign", talks[:2], reviewer="bob")
    assert "2 conversations changed." in do(staff, "tag", talks[:2], tags="billing, angry")
    assert "1 conversation changed." in do(staff, "set_state", talks[:1], state="reviewed")
    assert Review.objects.filter(reviewer=bob).count() == 2
    assert Review.objects.filter(tags__name="angry").count() == 2
    assert Review.objects.get(state="reviewed").conversation == talks[0]
    assert AuditEntry.objects.filter(action="review").count() == 5


def test_the_page_that_asks_says_how_many(staff: Client, talks: list[Conversation]) -> None:
    Conversation.objects.filter(pk=talks[0].pk).update(is_held=True)
    page, _hidden = ask(staff, "erase", talks)
    counts = dict(re.findall(r"<dt>([^<]+)</dt><dd>(\d+)</dd>", page))
    assert counts == {
        "Conversations": "3", "Turns": "9", "Recordings": "0", "Held, so they stay": "1",
    }  # fmt: skip
    assert "go for good" in page
    assert Conversation.objects.count() == 3


def test_what_is_wrong_is_asked_again(staff: Client, talks: list[Conversation]) -> None:
    assert "No member of staff is called" in do(staff, "assign", talks, reviewer="nobody")
    assert "This field is required." in do(staff, "tag", talks, tags="")
    assert not Review.objects.exists()


def test_holding_and_releasing(staff: Client, talks: list[Conversation]) -> None:
    assert "2 conversations changed." in do(staff, "hold", talks[:2])
    assert Conversation.objects.filter(is_held=True).count() == 2
    assert "1 conversation changed." in do(staff, "release", talks[1:])
    held = AuditEntry.objects.filter(action__in=["hold", "release"]).order_by("pk")
    assert [entry.action for entry in held] == ["hold", "hold", "release"]


def test_the_page_of_one_holds_it_at_once(staff: Client, talks: list[Conversation]) -> None:
    back = page_of(talks[0])
    sent = {"action": "hold", "_selected_action": str(talks[0].pk), "apply": "yes", "back": back}
    answer = staff.post(f"{LIST}?turns=all", sent)
    assert answer.headers["Location"] == back
    assert "On hold" in staff.get(back).content.decode()
    sent |= {"action": "release", "back": "https://elsewhere.example/"}
    assert staff.post(f"{LIST}?turns=all", sent).headers["Location"].startswith(LIST)


@pytest.mark.django_db(transaction=True)
def test_erasing_leaves_what_is_held(staff: Client, talks: list[Conversation]) -> None:
    Conversation.objects.filter(pk=talks[0].pk).update(is_held=True)
    page = do(staff, "erase", talks)
    assert "2 conversations erased. 1 is held, and stays." in page
    assert Conversation.objects.get().pk == talks[0].pk


def test_an_export_is_a_file(staff: Client, talks: list[Conversation]) -> None:
    _page, hidden = ask(staff, "export", talks)
    answer = staff.post(LIST, hidden | {"format": "csv"})
    assert answer["Content-Type"].startswith("text/csv")
    assert "attachment" in answer["Content-Disposition"]


@pytest.mark.parametrize(
    ("action", "right"),
    [
        ("assign", Right.REVIEW),
        ("tag", Right.REVIEW),
        ("set_state", Right.REVIEW),
        ("export", Right.EXPORT),
        ("hold", Right.HOLD),
        ("release", Right.HOLD),
        ("erase", Right.ERASE),
    ],
)
def test_each_kind_needs_its_right(
    with_rights: Callable[..., Client], talks: list[Conversation], action: str, right: Right
) -> None:
    client = with_rights(*(other for other in Right if other is not right))
    assert f'<option value="{action}">' not in client.get(LIST).content.decode()
    sent = {"action": action, "_selected_action": [str(talk.pk) for talk in talks]}
    filled = {"reviewer": "", "tags": "x", "state": "reviewed", "format": "csv", "apply": "yes"}
    answer = client.post(LIST, sent | filled, follow=True)
    assert "No action selected." in answer.content.decode()
    assert not Review.objects.exists()
    assert Conversation.objects.filter(is_held=False).count() == 3
    assert not AuditEntry.objects.filter(action__in=["review", "export", "hold", "erase"]).exists()
    user = User.objects.get(username="staff")
    user.is_superuser = True
    user.save()
    assert f'<option value="{action}">' in client.get(LIST).content.decode()


def test_who_has_no_right_to_the_list_does_nothing(
    client: Client, charlie: User, talks: list[Conversation]
) -> None:
    client.force_login(charlie)
    sent = {"action": "erase", "_selected_action": str(talks[0].pk), "apply": "yes"}
    assert client.post(LIST, sent).status_code == 302
    assert Conversation.objects.count() == 3


def test_nothing_of_the_admins_own_deletes_one(staff: Client, talks: list[Conversation]) -> None:
    assert "delete_selected" not in staff.get(LIST).content.decode()
    staff.post(f"{LIST}{talks[0].pk}/delete/", {"post": "yes"})
    assert Conversation.objects.count() == 3


def test_all_of_a_list_are_worked_on_by_its_filters(
    staff: Client, talks: list[Conversation], bob: User
) -> None:
    reviewing.assign(Conversation.objects.filter(pk=talks[0].pk), bob, bob)
    page, hidden = ask(staff, "tag", talks[:1], "?mine=yes", across=True)
    assert "<dd>1</dd>" in page
    staff.post(f"{LIST}?mine=yes", hidden | {"tags": "mine"})
    assert Review.objects.get(tags__name="mine").conversation == talks[0]
    page, hidden = ask(staff, "tag", talks[:1], across=True)
    assert "<dd>3</dd>" in page
    staff.post(LIST, hidden | {"tags": "all"})
    assert Review.objects.filter(tags__name="all").count() == 3


def test_what_began_since_it_was_asked_is_left_alone(
    staff: Client, talks: list[Conversation], alice: User
) -> None:
    _page, hidden = ask(staff, "set_state", talks[:1], across=True)
    later = alices_talk(alice, "Later")
    Conversation.objects.filter(pk=later.pk).update(
        created_at=timezone.now() + timedelta(seconds=1)
    )
    staff.post(LIST, hidden | {"state": "reviewed"})
    assert Review.objects.filter(state="reviewed").count() == 3
    assert not Review.objects.filter(conversation=later).exists()


def test_thousands_are_worked_on_in_few_queries_and_never_loaded(
    staff: Client, alice: User, persona: Persona
) -> None:
    rows = [Conversation(user=alice, persona=persona, turn_count=1) for _ in range(1100)]
    Conversation.objects.bulk_create(rows)
    with CaptureQueriesContext(connection) as asking:
        page, hidden = ask(staff, "assign", rows[:1], across=True)
    assert "<dd>1,100</dd>" in page
    assert page.count("_selected_action") == 1
    with CaptureQueriesContext(connection) as working:
        staff.post(LIST, hidden | {"reviewer": "bob"})
    assert Review.objects.filter(reviewer__username="bob").count() == 1100
    batches = 1100 // reviewing.BATCH + 1
    assert len(asking) <= 10
    assert len(working) <= 15 + 12 * batches
