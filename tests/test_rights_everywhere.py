"""Every page of the admin, walked by staff with single rights: no word, no cost without its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from urllib.parse import urljoin

import pytest
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse

from chatbot import reviewing, store
from chatbot.adminlog import forget_words
from chatbot.models import Call, CallEvent, Conversation, Fact, Turn, Usage, User
from chatbot.rights import Right
from tests.people import alices_talk, staff_with

pytestmark = pytest.mark.django_db

#: None of them is on a page by chance.
WORDS = ("lighthouse", "Zanzibar", "marzipan", "periwinkle", "quicksilver", "turmeric")
COST = "0.123457"
MOST_PAGES = 200
#: What would end the walk, or leave the admin.
NOT_WALKED = ("/logout/", "/jsi18n/", "/i18n/", "/password_change/", "/autocomplete/")


@pytest.fixture
def talk(alice: User, bob: User) -> Conversation:
    """What was said, looked up, remembered, noted and counted, each with a word of its own."""
    conversation = alices_talk(alice, "The periwinkle")
    call = conversation.calls.get()
    Turn.objects.create(
        conversation=conversation,
        call=call,
        item_id="tool",
        position=3,
        role="tool",
        modality="text",
        status="completed",
        tool_name="look_up",
        tool_arguments='{"query": "Zanzibar"}',
        text="quicksilver",
        started_at=conversation.created_at,
    )
    Fact.objects.create(user=alice, conversation=conversation, text="Likes marzipan.")
    reviewing.add_note(conversation, "She said turmeric.", bob)
    Call.objects.create(conversation=conversation, worker=store.WORKER)
    CallEvent.objects.create(
        call=call,
        source=CallEvent.Source.UPSTREAM,
        kind="response.done",
        body={"type": "response.done", "transcript": "lighthouse"},
    )
    Usage.objects.create(
        call=call,
        persona=conversation.persona,
        kind="response",
        source_id="r1",
        model="gpt-realtime-2.1",
        cost_usd=Decimal(COST),
    )
    return conversation


def addresses(talk: Conversation) -> set[str]:
    """Every address of the admin that needs no argument, or a row that is there."""
    fact = Fact.objects.get()
    keys = {
        "conversation": talk.pk,
        "fact": fact.pk,
        "user": talk.user_id,
        "persona": talk.persona_id,
        "usage": Usage.objects.get().pk,
    }
    found = {"/admin/", "/admin/chatbot/", reverse("overview")}
    for model, key in keys.items():
        base = f"/admin/chatbot/{model}/"
        found |= {base, *(f"{base}{key}/{page}/" for page in ("change", "history", "delete"))}
    found |= {f"/admin/chatbot/persona/{talk.persona_id}/versions/"}
    one = f"/admin/chatbot/conversation/{talk.pk}"
    found |= {f"{one}/export/{format}/" for format in ("txt", "text", "markdown", "json", "zip")}
    found |= {
        f"/history/{talk.pk}/",
        f"/history/{talk.pk}/export/json",
        f"/?conversation={talk.pk}",
    }
    return found


def like(address: str) -> str:
    """The same for pages that are alike: of other rows, in another order, with other filters."""
    path, _, query = address.partition("?")
    names = {part.partition("=")[0] for part in query.split("&")} - {"o"}
    return f"{re.sub('[0-9a-f-]{36}|[0-9]+', '#', path)}?{min(names, default='')}"


def walked(client: Client, talk: Conversation) -> Iterator[tuple[str, str]]:
    """Every page that can be come to from there by links, as text."""
    waiting = sorted(addresses(talk))
    seen = {like(address) for address in waiting}
    for _number in range(MOST_PAGES):
        if not waiting:
            return
        address = waiting.pop(0)
        answer = client.get(address)
        if answer.status_code != 200 or answer.streaming:
            assert answer.status_code != 500
            assert not answer.streaming, f"{address} is a download"
            continue
        page = answer.content.decode()
        yield address, page
        for link in re.findall(r'href="([^"#]+)', page):
            there = urljoin(address, link.replace("&amp;", "&"))
            is_ours = there.startswith("/admin/") and not any(no in there for no in NOT_WALKED)
            if is_ours and like(there) not in seen:
                seen.add(like(there))
                waiting.append(there)
    raise AssertionError(f"more than {MOST_PAGES} pages: {waiting[:5]}")


def others(*rights: Right) -> User:
    """Staff with all that the admin's own permissions give, and these rights."""
    user = staff_with(*rights)
    own = Permission.objects.filter(content_type__app_label="chatbot", codename__startswith="view_")
    user.user_permissions.add(*own)
    return user


def said_on(client: Client, talk: Conversation) -> dict[str, list[str]]:
    """Words of the conversation by the page that shows them."""
    shown = {
        address: [word for word in WORDS if word.lower() in page.lower()]
        for address, page in walked(client, talk)
    }
    return {address: words for address, words in shown.items() if words}


@pytest.mark.parametrize("is_viewer", [False, True])
def test_who_may_only_list_reads_no_word_and_no_cost(
    client: Client, talk: Conversation, is_viewer: bool
) -> None:
    client.force_login(others(Right.LIST) if is_viewer else staff_with(Right.LIST))
    assert said_on(client, talk) == {}
    assert [address for address, page in walked(client, talk) if COST[:5] in page] == []
    listed = client.get("/admin/chatbot/conversation/").content.decode()
    assert f"Conversation {str(talk.pk)[:8]}" in listed


@pytest.mark.parametrize("right", [right for right in Right if right is not Right.READ])
def test_no_other_right_reads_a_word(client: Client, talk: Conversation, right: Right) -> None:
    client.force_login(staff_with(Right.LIST, right))
    assert said_on(client, talk) == {}


def test_who_may_read_reads_but_sees_no_cost(client: Client, talk: Conversation) -> None:
    client.force_login(others(Right.LIST, Right.READ))
    shown = {word for words in said_on(client, talk).values() for word in words}
    assert set(WORDS) - {"turmeric"} <= shown
    assert [address for address, page in walked(client, talk) if COST[:5] in page] == []


def test_the_cost_is_seen_with_its_right(client: Client, talk: Conversation) -> None:
    client.force_login(staff_with(Right.LIST, Right.SEE_COST))
    shown = [address for address, page in walked(client, talk) if "$0.12" in page]
    assert f"/admin/chatbot/conversation/{talk.pk}/change/" in shown
    assert "/admin/chatbot/usage/" in shown


@pytest.mark.parametrize(
    "query", ["title__startswith=The", "title__icontains=periwinkle", "turns__text__icontains=a"]
)
def test_nobody_finds_a_title_out_by_filters(
    client: Client, talk: Conversation, query: str
) -> None:
    client.force_login(staff_with(Right.LIST))
    answer = client.get(f"/admin/chatbot/conversation/?{query}")
    assert answer.status_code in (302, 400)


def test_a_search_of_who_may_not_read_finds_no_words(client: Client, talk: Conversation) -> None:
    client.force_login(staff_with(Right.LIST))
    for words, count in (("periwinkle", 0), ("lighthouse", 0), ("alice", 1)):
        page = client.get("/admin/chatbot/conversation/", {"q": words}).content.decode()
        assert page.count(str(talk.pk)[:8]) >= count
        assert (f"Conversation {str(talk.pk)[:8]}" in page) is bool(count)


def test_users_see_nothing_of_the_admin(
    client: Client, talk: Conversation, alice: User, charlie: User
) -> None:
    for user in (alice, charlie):
        client.force_login(user)
        for address in addresses(talk):
            if address.startswith("/admin/"):
                assert client.get(address).status_code == 302


def test_the_admins_log_names_nothing_by_words(talk: Conversation, bob: User) -> None:
    fact = Fact.objects.get()
    for row, name in ((talk, "The periwinkle"), (fact, "Likes marzipan."), (talk, str(talk))):
        kind = ContentType.objects.get_for_model(row)
        LogEntry.objects.create(
            user=bob,
            content_type=kind,
            object_id=str(row.pk),
            object_repr=name,
            action_flag=ADDITION,
        )
    assert forget_words() == 2
    names = set(LogEntry.objects.values_list("object_repr", flat=True))
    assert names == {str(talk.pk), str(fact.pk), str(talk)}
    assert forget_words() == 0
