"""Realtime clients at `/v1/realtime`: who may come in, and what they meet."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from chatbot import store
from chatbot.access import persona_for_model
from chatbot.models import ApiToken, Call, Conversation, Persona, Turn, Usage, User
from project.asgi import application
from tests.browser import opened
from tests.scripted import Session, scripted_upstream, tone

pytestmark = pytest.mark.django_db(transaction=True)


class ApiClient:
    """A client that speaks GA and nothing else."""

    def __init__(self, socket: WebsocketCommunicator, subprotocol: object) -> None:
        self.socket = socket
        self.subprotocol = subprotocol

    async def receive(self) -> dict[str, Any]:
        message = await self.socket.receive_output(5)
        assert message["type"] == "websocket.send", message
        event: dict[str, Any] = json.loads(message["text"])
        assert isinstance(event["event_id"], str)
        return event

    async def until(self, kind: str, **fields: Any) -> dict[str, Any]:
        async with asyncio.timeout(10):
            while True:
                event = await self.receive()
                if event["type"] == kind and fields.items() <= event.items():
                    return event
                assert event["type"] != "error" or kind == "error", event

    async def until_closed(self) -> dict[str, Any]:
        async with asyncio.timeout(10):
            while True:
                message = await self.socket.receive_output(5)
                if message["type"] == "websocket.close":
                    return dict(message)

    async def send(self, event: dict[str, Any] | str | bytes) -> None:
        if isinstance(event, bytes):
            await self.socket.send_to(bytes_data=event)
        else:
            await self.socket.send_to(
                text_data=event if isinstance(event, str) else json.dumps(event)
            )


@asynccontextmanager
async def calling(
    token: str | None,
    query: str = "model=assistant",
    headers: list[tuple[bytes, bytes]] | None = None,
    subprotocols: list[str] | None = None,
) -> AsyncIterator[ApiClient]:
    bearer = [(b"authorization", f"Bearer {token}".encode())] if token else []
    socket = WebsocketCommunicator(
        application, f"/v1/realtime?{query}", [*bearer, *(headers or [])], subprotocols
    )
    accepted, chosen = await socket.connect(timeout=5)
    assert accepted
    client = ApiClient(socket, chosen)
    try:
        yield client
    finally:
        await socket.disconnect(timeout=5)


@pytest.fixture
def token(alice: User) -> str:
    return store.create_token(alice, "her script")


async def turned_away(client: ApiClient) -> tuple[Any, int, str]:
    error = (await client.until("error"))["error"]
    closed = await client.until_closed()
    return error["code"], closed["code"], closed["reason"]


# Who may come in


async def test_without_a_token_nobody_comes_in(persona: Persona) -> None:
    async with calling(None) as client:
        assert await turned_away(client) == (
            None, 3000, "invalid_request_error.missing_api_key",
        )  # fmt: skip


async def test_a_wrong_token_is_turned_away_as_the_service_does_it(token: str) -> None:
    async with calling("clq_wrong") as client:
        assert await turned_away(client) == (
            "invalid_api_key", 3000, "invalid_request_error.invalid_api_key",
        )  # fmt: skip


async def test_a_cookie_is_no_token(alice: User) -> None:
    browser = Client()
    await sync_to_async(browser.force_login)(alice)
    cookie = browser.cookies["sessionid"].value.encode()
    async with calling(None, headers=[(b"cookie", b"sessionid=" + cookie)]) as client:
        assert (await turned_away(client))[1] == 3000


@pytest.mark.parametrize("loss", ["revoked", "user gone"])
async def test_a_token_that_is_not_in_force_is_turned_away(
    alice: User, token: str, loss: str
) -> None:
    if loss == "revoked":
        await sync_to_async(store.revoke_tokens)([await ApiToken.objects.aget()])
    else:
        await User.objects.filter(pk=alice.pk).aupdate(is_active=False)
    async with calling(token) as client:
        error = (await client.until("error"))["error"]
        assert error["code"] == "invalid_api_key"
        assert ("not active" in error["message"]) == (loss == "user gone")
        assert (await client.until_closed())["code"] == 3000


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "missing_model"),
        ("model=", "missing_model"),
        ("model=gpt-9", "invalid_model"),
        ("intent=transcription", "unsupported_intent"),
        ("model=assistant&intent=transcription", "unsupported_intent"),
        ("model=assistant&call_id=rtc_1", "unsupported_call_id"),
    ],
)
async def test_a_model_is_asked_for(token: str, query: str, code: str) -> None:
    async with calling(token, query) as client:
        assert await turned_away(client) == (code, 4000, f"invalid_request_error.{code}")
    assert not await Call.objects.aexists()


async def test_the_beta_protocol_is_refused(token: str) -> None:
    async with calling(token, headers=[(b"openai-beta", b"realtime=v1")]) as client:
        assert (await turned_away(client))[:2] == ("beta_api_shape_disabled", 4000)


async def test_a_browsers_client_brings_its_token_as_a_subprotocol(token: str) -> None:
    offered = ["realtime", f"openai-insecure-api-key.{token}", "openai-agents-sdk.0.20.0"]
    async with calling(None, subprotocols=offered) as client:
        assert client.subprotocol == "realtime"
        assert (await client.until("session.created"))["session"]["model"] == "assistant"


async def test_somebody_elses_conversation_is_not_there(charlie: User, token: str) -> None:
    persona = await Persona.objects.aget()
    other = await Conversation.objects.acreate(user=charlie, persona=persona)
    async with calling(token, f"model=assistant&conversation={other.pk}") as client:
        assert (await turned_away(client))[:2] == ("conversation_not_found", 4404)


async def test_calls_at_once_are_limited(token: str, settings: Settings) -> None:
    settings.MAX_CALLS_PER_USER = 1
    async with calling(token) as first, calling(token) as second:
        await first.until("session.created")
        assert await turned_away(second) == (
            "rate_limit_exceeded", 4429, "rate_limit_error.rate_limit_exceeded",
        )  # fmt: skip


async def test_a_call_lasts_no_longer_than_its_token(
    bob: User, token: str, settings: Settings
) -> None:
    async def script(session: Session) -> None:
        await session.open()
        await session.begin_answer("Once upon")
        await session.hold()

    async with scripted_upstream(script) as upstream, calling(token) as client:
        settings.REALTIME_URL = upstream.url
        await client.until("response.output_audio.delta")
        await sync_to_async(revoke_in_the_admin)(bob)
        error = (await client.until("error"))["error"]
        assert (error["type"], error["code"]) == ("invalid_request_error", "token_revoked")
        assert "revoked" in error["message"]
        closed = await client.until_closed()
        assert (closed["code"], closed["reason"]) == (3000, "invalid_request_error.token_revoked")
    call = await Call.objects.aget()
    assert (call.close_code, call.end_reason) == (3000, "token_revoked")
    assert (await Turn.objects.aget()).status == "interrupted"


def revoke_in_the_admin(staff: User) -> None:
    browser = Client()
    browser.force_login(staff)
    order = {"action": "revoke", "_selected_action": [ApiToken.objects.get().pk]}
    assert browser.post("/admin/chatbot/apitoken/", order).status_code == 302


@pytest.mark.parametrize("loss", ["revoked", "user gone"])
async def test_a_call_ends_though_no_order_has_reached_its_worker(
    alice: User, token: str, settings: Settings, monkeypatch: pytest.MonkeyPatch, loss: str
) -> None:
    async def script(session: Session) -> None:
        await session.open()
        await session.hold()

    monkeypatch.setattr("chatbot.relay.HEARTBEAT_S", 0.05)
    async with scripted_upstream(script) as upstream, calling(token) as client:
        settings.REALTIME_URL = upstream.url
        await client.until("session.created")
        if loss == "revoked":
            await sync_to_async(store.revoke_tokens)([await ApiToken.objects.aget()])
        else:
            await User.objects.filter(pk=alice.pk).aupdate(is_active=False)
        error = (await client.until("error"))["error"]
        assert error["code"] == ("token_revoked" if loss == "revoked" else "account_inactive")
        assert (await client.until_closed())["code"] == (3000 if loss == "revoked" else 4401)


# Models


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("pirate", "pirate"),
        ("common", "assistant"),
        ("gpt-realtime-2.1", "assistant"),
        ("m", "pirate"),
    ],
)
def test_a_model_is_a_persona_or_what_one_uses(alice: User, name: str, slug: str) -> None:
    Persona.objects.create(slug="pirate", name="Pirate", model="m")
    Persona.objects.create(slug="z", name="Z")
    assert persona_for_model(alice, name, "common").slug == slug


# Calls


async def test_a_spoken_turn_is_relayed_and_stored(token: str, settings: Settings) -> None:
    asked: dict[str, Any] = {}

    async def script(session: Session) -> None:
        asked.update(await session.open())
        await session.expect("input_audio_buffer.append")
        await session.hear("What is the time?")
        await session.answer("It is noon.")
        await session.hold()

    async with scripted_upstream(script) as upstream, calling(token) as client:
        settings.REALTIME_URL = upstream.url
        created = (await client.until("session.created"))["session"]
        assert created["type"] == "realtime"
        assert created["audio"]["input"]["turn_detection"]["interrupt_response"] is True
        assert created["instructions"] == ""
        append = {"type": "input_audio_buffer.append", "audio": "AAAA"}
        await client.send(append)
        await client.until("response.output_audio.delta", item_id="a1")
        await client.until("response.done")
    assert asked["instructions"].startswith("You are a helpful assistant.")
    call = await Call.objects.aget()
    assert (call.kind, call.close_code) == ("api", 1000)
    turns = [(turn.role, turn.status, turn.text) async for turn in Turn.objects.all()]
    assert turns == [
        ("user", "completed", "What is the time?"),
        ("assistant", "completed", "It is noon."),
    ]
    assert await Usage.objects.acount() == 2
    assert (await Conversation.objects.aget()).title == "What is the time?"


async def test_a_call_outlives_its_upstream(token: str, settings: Settings) -> None:
    updates: list[dict[str, Any]] = []

    async def script(session: Session) -> None:
        updates.append(await session.open())
        if len(updates) == 1:
            updates[0] = (await session.expect("session.update"))["session"]
            await session.emit({"type": "session.updated", "session": updates[0]})
            await session.hear("Hello.")
            await session.begin_answer("Hi.")
            session.drop()
        else:
            await session.hear("Again.", "u2", "a1")
            await session.answer("Hi again.", "a2", "u2", "r2")
            await session.hold()

    async with scripted_upstream(script) as upstream, calling(token) as client:
        settings.REALTIME_URL = upstream.url
        update = {"type": "realtime", "instructions": "Mine."}
        await client.send({"type": "session.update", "session": update})
        cut = (await client.until("response.done"))["response"]
        assert (cut["id"], cut["status"]) == ("r1", "cancelled")
        answer = (await client.until("response.done"))["response"]
        assert (answer["id"], answer["status"]) == ("r2", "completed")
    assert [update["instructions"] for update in updates] == ["Mine.", "Mine."]
    turns = [(turn.item_id, turn.status) async for turn in Turn.objects.order_by("position")]
    assert turns == [
        ("u1", "completed"), ("a1", "interrupted"), ("u2", "completed"), ("a2", "completed"),
    ]  # fmt: skip
    assert (await Call.objects.aget()).upstream_sessions == 2


async def test_a_tab_watches_the_call_and_takes_its_conversation_over(
    alice: User, token: str, settings: Settings
) -> None:
    async def script(session: Session) -> None:
        await session.open()
        await session.hear("Hello.")
        await session.hold()

    async with (
        scripted_upstream(script) as upstream,
        opened(alice, "/ws/captions/") as watching,
        calling(token) as client,
    ):
        settings.REALTIME_URL = upstream.url
        started = await watching.until("chat.call.started")
        await watching.until("conversation.item.input_audio_transcription.completed")
        await watching.until("chat.turn.saved", item_id="u1")
        path = f"/ws/call/?conversation={started['conversation']['id']}"
        async with opened(alice, path):
            error = (await client.until("error"))["error"]
            assert error["code"] == "taken_over"
            assert (await client.until_closed())["code"] == 4409


async def test_the_upstreams_key_is_not_quoted(token: str, settings: Settings) -> None:
    async def script(session: Session) -> None:
        await session.emit(
            {
                "type": "error",
                "error": {
                    "type": "invalid_request_error",
                    "code": "invalid_api_key",
                    "message": "Incorrect API key provided: sk-proj-****abcd.",
                },
            }
        )
        await session.hold()

    async with scripted_upstream(script) as upstream, calling(token) as client:
        settings.REALTIME_URL = upstream.url
        await client.until("session.created")
        error = (await client.until("error"))["error"]
        assert "abcd" not in json.dumps(error)
        closed = await client.until_closed()
        assert (closed["code"], closed["reason"]) == (1013, "server_error.invalid_api_key")


async def test_a_conversation_goes_on_over_the_api(
    alice: User, token: str, settings: Settings
) -> None:
    async def script(session: Session) -> None:
        await session.open()
        replayed = await session.expect("conversation.item.create")
        for kind in ("added", "done"):
            await session.emit(
                {
                    "type": f"conversation.item.{kind}",
                    "item": replayed["item"],
                    "previous_item_id": None,
                }
            )
        await session.hear("Again.", "u2", "old")
        await session.hold()

    persona = await Persona.objects.aget()
    conversation = await Conversation.objects.acreate(user=alice, persona=persona)
    await Turn.objects.acreate(
        conversation=conversation, item_id="old", position=0, role="user", modality="text",
        status="completed", text="Hello.", started_at=timezone.now(),
    )  # fmt: skip
    query = f"model=assistant&conversation={conversation.pk}"
    async with scripted_upstream(script) as upstream, calling(token, query) as client:
        settings.REALTIME_URL = upstream.url
        assert (await client.until("conversation.item.added"))["item"]["id"] == "old"
        await client.until("conversation.item.input_audio_transcription.completed", item_id="u2")
    texts = [turn.text async for turn in Turn.objects.order_by("position")]
    assert texts == ["Hello.", "Again."]


async def test_binary_frames_and_broken_json_are_answered_and_the_call_goes_on(token: str) -> None:
    async with calling(token) as client:
        await client.until("session.created")
        await client.send(tone(40))
        assert (await client.until("error"))["error"]["code"] == "invalid_event"
        await client.send("{")
        assert (await client.until("error"))["error"]["code"] == "invalid_json"
        await client.send({"type": "chat.hangup", "event_id": "mine"})
        error = (await client.until("error"))["error"]
        assert (error["code"], error["param"], error["event_id"]) == (
            "invalid_value",
            "type",
            "mine",
        )


@pytest.mark.parametrize(
    ("code", "stored", "reason"),
    [
        (1000, 1000, "client gone"),
        (1006, 1006, "client gone"),
        (None, 1005, "client gone"),
        (1009, 1009, "frame too large"),
    ],
)
async def test_how_a_client_went_is_stored(
    token: str, settings: Settings, code: int | None, stored: int, reason: str
) -> None:
    async def script(session: Session) -> None:
        await session.open()
        await session.hold()

    async with scripted_upstream(script) as upstream:
        settings.REALTIME_URL = upstream.url
        async with calling(token) as client:
            await client.until("session.created")
            await client.socket.send_input({"type": "websocket.disconnect", "code": code})
            await client.socket.wait(5)
    call = await Call.objects.aget()
    assert (call.close_code, call.end_reason) == (stored, reason)


# Tokens


def test_a_token_is_printed_once_and_kept_as_a_digest(
    alice: User, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("createtoken", "alice", "--name", "laptop")
    printed = capsys.readouterr().out.strip()
    row = ApiToken.objects.get()
    assert (row.name, row.hint, row.last_used_at) == ("laptop", printed[:8], None)
    assert printed not in "".join(str(value) for value in vars(row).values())
    used = store.use_token(printed)
    assert used is not None
    assert used.user == alice


def test_createtoken_says_what_is_wrong(alice: User) -> None:
    with pytest.raises(CommandError, match="no user bert"):
        call_command("createtoken", "bert")
    with pytest.raises(CommandError, match="1 to 80 characters"):
        call_command("createtoken", "alice", "--name", "x" * 81)


def test_the_last_use_is_written_at_most_once_a_minute(alice: User, token: str) -> None:
    store.use_token(token)
    first = ApiToken.objects.get().last_used_at
    assert first is not None
    store.use_token(token)
    assert ApiToken.objects.get().last_used_at == first
    ApiToken.objects.update(last_used_at=first - timedelta(seconds=61))
    store.use_token(token)
    again = ApiToken.objects.get().last_used_at
    assert again is not None
    assert again >= first


def test_staff_see_and_revoke_tokens_but_never_the_token(
    alice: User, bob: User, token: str
) -> None:
    browser = Client()
    browser.force_login(bob)
    page = browser.get("/admin/chatbot/apitoken/")
    assert page.status_code == 200
    assert token[:8] in page.text
    assert token not in page.text
    assert browser.get("/admin/chatbot/apitoken/add/").status_code == 403
    row = ApiToken.objects.get()
    order = {"action": "revoke", "_selected_action": [row.pk]}
    assert browser.post("/admin/chatbot/apitoken/", order).status_code == 302
    assert store.use_token(token) is None
