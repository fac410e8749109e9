"""Staff try a persona before it is listed; nobody else can, and nobody else sees it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from chatbot import store
from chatbot.access import persona_for, persona_for_model, personas_for
from chatbot.models import Conversation, Persona, User
from chatbot.realtime.problems import NOT_FOUND
from tests.browser import opened


@pytest.fixture
def draft(persona: Persona) -> Persona:
    return Persona.objects.create(slug="draft", name="Draft", is_listed=False)


def staff_without(user: User, *codenames: str) -> User:
    user.is_staff = True
    user.save()
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return User.objects.get(pk=user.pk)


def test_staff_who_see_personas_can_try_one_that_is_not_listed(
    alice: User, bob: User, charlie: User, draft: Persona
) -> None:
    assert persona_for(bob, "draft") == draft
    assert draft not in personas_for(bob)
    assert persona_for(staff_without(charlie, "view_persona"), "draft") == draft
    for user in (alice, staff_without(charlie, "view_conversation")):
        with pytest.raises(Persona.DoesNotExist):
            persona_for(user, "draft")


def test_the_page_begins_with_the_persona_that_is_asked_for(
    client: Client, alice: User, bob: User, draft: Persona
) -> None:
    Persona.objects.create(slug="pirate", name="Pirate")
    client.force_login(bob)
    page = client.get("/?persona=draft").content.decode()
    assert 'data-persona="draft"' in page
    assert "Talk with Draft" in page
    assert "Draft" not in client.get("/").content.decode()
    client.force_login(alice)
    assert 'data-persona="pirate"' in client.get("/?persona=pirate").content.decode()
    assert "Draft" not in client.get("/").content.decode()


@pytest.mark.parametrize("slug", ["draft", "nobody", "%00", "a'b", "x" * 9000])
def test_for_others_there_is_no_such_persona(
    client: Client, alice: User, draft: Persona, slug: str
) -> None:
    client.force_login(alice)
    assert client.get(f"/?persona={slug}").status_code == 404


def test_a_trial_call_is_in_no_list_of_others(
    client: Client, alice: User, bob: User, draft: Persona
) -> None:
    call = store.open_call(bob, conversation_id=None, persona_slug="draft", limit=1).call
    store.recount(Conversation.objects.all())
    client.force_login(alice)
    for path in ("/", "/history/", "/history/deleted/"):
        page = client.get(path).content.decode()
        assert "Draft" not in page
        assert str(call.conversation_id) not in page
    assert client.get(f"/?conversation={call.conversation_id}").status_code == 404


@pytest.mark.django_db(transaction=True)
async def test_staff_call_it(bob: User, draft: Persona) -> None:
    async with opened(bob, "/ws/call/?persona=draft") as socket:
        started = await socket.until("chat.call.started")
        assert started["persona"]["slug"] == "draft"


@pytest.mark.django_db(transaction=True)
async def test_no_other_user_gets_such_a_call(alice: User, draft: Persona) -> None:
    for slug in ("draft", "%00"):
        async with opened(alice, f"/ws/call/?persona={slug}") as socket:
            assert await socket.until_closed() == NOT_FOUND
        assert socket.told("chat.error")[0]["code"] == "persona_not_found"
    assert not await Conversation.objects.aexists()


def test_an_api_client_does_not_get_it(bob: User, draft: Persona) -> None:
    draft.model = "my-own"
    store.save_persona(draft)
    for name in ("draft", "my-own"):
        with pytest.raises(Persona.DoesNotExist):
            persona_for_model(bob, name, "")
