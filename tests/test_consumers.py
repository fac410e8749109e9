"""Calls through the real application, with a scripted upstream on a real socket."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from pytest_django import Settings

from chatbot import consumers, relay, store
from chatbot.models import Call, Conversation, Persona, Turn, Usage, User
from chatbot.realtime import problems, retry
from project.asgi import application
from tests.browser import opened
from tests.people import dead_worker
from tests.scripted import Session, refusal, scripted_upstream, tone

pytestmark = pytest.mark.django_db(transaction=True)


def report(played_ms: int, state: str, item_id: str = "a1") -> dict[str, Any]:
    """What the page says of the answer it plays."""
    return {
        "type": "chat.playback",
        "generation": 0,
        "item_id": item_id,
        "content_index": 0,
        "played_ms": played_ms,
        "state": state,
    }


@sync_to_async
def rows() -> list[tuple[Any, ...]]:
    return list(Turn.objects.values_list("role", "status", "text"))


async def test_a_spoken_question_is_answered_shown_and_stored(
    alice: User, settings: Settings
) -> None:
    asked: dict[str, Any] = {}

    async def script(session: Session) -> None:
        asked.update(await session.open())
        await session.expect("input_audio_buffer.append")
        await session.hear("What is the time?")
        await session.answer("It is noon.")
        await session.hold()

    async with scripted_upstream(script) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        started = await page.until("chat.call.started")
        assert started["persona"]["slug"] == "assistant"
        await page.send(tone(40))
        await page.until("chat.turn.saved", item_id="u1")
        await page.until("chat.turn.saved", item_id="a1")
        assert page.audio == tone(1000)
        assert await rows() == [
            ("user", "completed", "What is the time?"),
            ("assistant", "completed", "It is noon."),
        ]
        await page.send({"type": "chat.hangup"})
        assert await page.until_closed() == 1000
    assert asked["instructions"] == "You are a helpful assistant. Be concise and natural."
    assert asked["audio"]["input"]["transcription"] == {"model": "gpt-4o-mini-transcribe"}
    assert "model=gpt-realtime-2.1" in upstream.requests[0].path
    call = await Call.objects.aget()
    assert (call.close_code, call.end_reason) == (1000, "user")
    assert (await Conversation.objects.aget()).title == "What is the time?"
    usage = await Usage.objects.aget(kind="response")
    assert (usage.text_input_tokens, usage.cached_text_tokens) == (24, 16)
    assert (usage.audio_input_tokens, usage.audio_output_tokens) == (20, 20)
    assert (await Usage.objects.aget(kind="transcription")).audio_seconds == 0.9


async def test_a_saved_turn_is_told_after_its_row_is_there(alice: User, settings: Settings) -> None:
    async def script(session: Session) -> None:
        await session.open()
        await session.hear("Hello.")
        await session.hold()

    async with scripted_upstream(script) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        await page.until("chat.turn.saved", item_id="u1")
        assert await rows() == [("user", "completed", "Hello.")]


async def test_an_answer_has_a_row_while_it_is_made(alice: User, settings: Settings) -> None:
    may_end = asyncio.Event()

    async def script(session: Session) -> None:
        await session.open()
        await session.hear("Hello.")
        await session.begin_answer("Once upon")
        await may_end.wait()
        await session.end_answer("Once upon a time.")
        await session.hold()

    async with scripted_upstream(script) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        await page.until("chat.audio")
        begun = ("assistant", "in_progress", "Once upon")
        while begun not in await rows():  # noqa: ASYNC110 - rows tell nobody
            await asyncio.sleep(0.02)
        may_end.set()
        saved = await page.until("chat.turn.saved", item_id="a1")
        assert saved["status"] == "completed"  # the row in flight was never told
    assert await Turn.objects.acount() == 2


async def test_speaking_over_the_answer_truncates_at_what_was_played(
    alice: User, settings: Settings
) -> None:
    truncated: dict[str, Any] = {}

    async def script(session: Session) -> None:
        await session.open()
        await session.hear("Tell me a story.")
        await session.begin_answer("Once upon a time")
        await session.emit({"type": "input_audio_buffer.speech_started", "item_id": "u2"})
        await session.end_answer("Once upon a time", status="cancelled")
        truncated.update(await session.expect("conversation.item.truncate"))
        await session.hold()

    async with scripted_upstream(script) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        await page.until("chat.audio", generation=0)
        await page.until("input_audio_buffer.speech_started", item_id="u2")
        await page.send(report(500, "interrupted"))
        cut = await page.until("chat.interrupted", item_id="a1")
        assert (cut["heard_ms"], cut["heard_text"]) == (500, "Once")
        await page.until("chat.turn.saved", item_id="a1", status="interrupted")
        await page.send({"type": "chat.hangup"})
        await page.until_closed()
    assert truncated["audio_end_ms"] == 500
    answer = await Turn.objects.aget(role="assistant")
    assert (answer.status, answer.heard_ms, answer.heard_text) == ("interrupted", 500, "Once")


async def test_typed_text_is_part_of_the_same_call(alice: User, settings: Settings) -> None:
    async def script(session: Session) -> None:
        await session.open()
        item = (await session.expect("conversation.item.create"))["item"]
        item = {**item, "status": "completed"}
        for kind in ("added", "done"):
            await session.emit(
                {"type": f"conversation.item.{kind}", "item": item, "previous_item_id": None}
            )
        await session.expect("response.create")
        await session.answer("Hello, too.", previous=item["id"])
        await session.hold()

    content = [{"type": "input_text", "text": "Hello."}]
    async with scripted_upstream(script) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        message = {"type": "message", "role": "user", "content": content}
        await page.send({"type": "conversation.item.create", "item": message})
        await page.send({"type": "response.create"})
        await page.until("chat.turn.saved", item_id="a1")
    question = await Turn.objects.aget(role="user")
    assert (question.modality, question.text, question.position) == ("text", "Hello.", 0)


async def test_a_conversation_goes_on_where_it_was(alice: User, settings: Settings) -> None:
    replayed: list[dict[str, Any]] = []

    async def first(session: Session) -> None:
        await session.open()
        await session.hear("Hello.")
        await session.answer("Hi.")
        await session.hold()

    async def second(session: Session) -> None:
        await session.open()
        replayed.append(await session.expect("conversation.item.create"))
        replayed.append(await session.expect("conversation.item.create"))
        await session.hear("Again.", "u2", "a1")
        await session.hold()

    async with scripted_upstream(first) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        conversation = (await page.until("chat.call.started"))["conversation"]["id"]
        await page.until("chat.turn.saved", item_id="a1")
        await page.send(report(1000, "ended"))
    async with (
        scripted_upstream(second) as upstream,
        opened(alice, f"/ws/call/?conversation={conversation}") as page,
    ):
        settings.REALTIME_URL = upstream.url
        started = await page.until("chat.call.started")
        assert [turn["text"] for turn in started["turns"]] == ["Hello.", "Hi."]
        await page.until("chat.turn.saved", item_id="u2", position=2)
    assert [event["item"]["role"] for event in replayed] == ["user", "assistant"]
    assert await Turn.objects.acount() == 3
    assert await Conversation.objects.acount() == 1


async def test_a_failed_recognition_is_stored_as_such(alice: User, settings: Settings) -> None:
    async def script(session: Session) -> None:
        await session.open()
        await session.emit(
            {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 0},
            {"type": "input_audio_buffer.committed", "item_id": "u1", "previous_item_id": None},
            {
                "type": "conversation.item.input_audio_transcription.failed",
                "item_id": "u1",
                "content_index": 0,
                "error": {"type": "transcription_error", "message": "..."},
            },
        )
        await session.hold()

    async with scripted_upstream(script) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        await page.until("chat.turn.saved", item_id="u1", status="failed")
    turn = await Turn.objects.aget()
    assert (turn.status, turn.error) == ("failed", "The words could not be recognised.")


# Who may call


async def test_nobody_signed_in_is_refused_with_a_sentence() -> None:
    async with opened(None) as page:
        error = await page.until("chat.error")
        assert await page.until_closed() == 4401
    assert error["message"] == "You are not signed in. Sign in, then call again."


@pytest.mark.parametrize("path", ["/ws/call/", "/ws/captions/"])
@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://evil.example", "localhost:8000"),
        ("http://localhost:9000", "localhost:8000"),
        ("null", "localhost:8000"),
        (None, "localhost:8000"),
        ("http://evil.example", "evil.example"),
        ("ftp://localhost:8000", "localhost:8000"),
    ],
)
async def test_a_foreign_origin_is_refused(
    alice: User, path: str, origin: str | None, host: str
) -> None:
    async with opened(alice, path, origin=origin, host=host) as page:
        error = await page.until("chat.error")
        assert await page.until_closed() == 4403
    assert error["code"] == "origin_not_allowed"


@pytest.mark.parametrize("trusted", ["https://voice.example", "https://*.example"])
async def test_a_trusted_origin_may_call(alice: User, settings: Settings, trusted: str) -> None:
    settings.CSRF_TRUSTED_ORIGINS = [trusted]
    async with opened(alice, "/ws/captions/", origin="https://voice.example") as page:
        assert await page.until("chat.watch.started") == {
            "type": "chat.watch.started",
            "live": None,
        }


@pytest.mark.parametrize(
    "conversation_id", ["", "nonsense", "00000000-0000-0000-0000-000000000000"]
)
async def test_somebody_elses_conversation_is_not_there(
    alice: User, charlie: User, persona: Persona, conversation_id: str
) -> None:
    theirs = await Conversation.objects.acreate(user=alice, persona=persona)
    wanted = conversation_id or theirs.pk
    async with opened(charlie, f"/ws/call/?conversation={wanted}") as page:
        error = await page.until("chat.error")
        assert await page.until_closed() == 4404
    assert error["code"] == "conversation_not_found"


async def test_an_unknown_persona_is_refused(alice: User) -> None:
    async with opened(alice, "/ws/call/?persona=nobody") as page:
        assert (await page.until("chat.error"))["code"] == "persona_not_found"
        assert await page.until_closed() == 4404
    assert await Conversation.objects.acount() == 0


async def test_no_more_calls_at_once_than_allowed(alice: User, settings: Settings) -> None:
    async def script(session: Session) -> None:
        await session.open()
        await session.hold()

    settings.MAX_CALLS_PER_USER = 1
    async with scripted_upstream(script) as upstream:
        settings.REALTIME_URL = upstream.url
        async with opened(alice) as first:
            await first.until("chat.status", state="ready")
            async with opened(alice) as second:
                error = await second.until("chat.error")
                assert await second.until_closed() == 4429
            assert "1 calls" in error["message"]
        async with opened(alice) as third:
            await third.until("chat.status", state="ready")


async def test_the_same_conversation_in_a_second_tab_takes_over(
    alice: User, settings: Settings
) -> None:
    async def script(session: Session) -> None:
        await session.open()
        await session.hold()

    async with scripted_upstream(script) as upstream:
        settings.REALTIME_URL = upstream.url
        async with opened(alice) as first:
            started = await first.until("chat.call.started")
            await first.until("chat.status", state="ready")
            path = f"/ws/call/?conversation={started['conversation']['id']}"
            async with opened(alice, path) as second:
                await second.until("chat.status", state="ready")
                assert (await first.until("chat.error"))["code"] == "taken_over"
                assert await first.until_closed() == 4409


# Captions in another tab


async def test_another_tab_of_the_user_shows_the_captions(
    alice: User, charlie: User, settings: Settings
) -> None:
    async def script(session: Session) -> None:
        await session.open()
        await session.expect("input_audio_buffer.append")
        await session.hear("Hello.")
        await session.answer("Hi.")
        await session.hold()

    async with (
        scripted_upstream(script) as upstream,
        opened(alice, "/ws/captions/") as early,
        opened(charlie, "/ws/captions/") as outsider,
    ):
        settings.REALTIME_URL = upstream.url
        await early.until("chat.watch.started", live=None)
        await outsider.until("chat.watch.started", live=None)
        async with opened(alice) as page:
            call = await page.until("chat.call.started")
            await early.until("chat.call.started", call_id=call["call_id"])
            async with opened(alice, "/ws/captions/") as late:
                live = (await late.until("chat.watch.started"))["live"]
                assert live["call_id"] == call["call_id"]
                await page.send(tone(40))
                for tab in (early, late):
                    await tab.until("response.output_audio_transcript.delta", delta="Hi.")
                    await tab.until("chat.turn.saved", item_id="a1")
                    assert tab.audio == b""
        await early.until("chat.call.ended")
        assert await outsider.communicator.receive_nothing()


# What the upstream does wrong


async def test_an_unreachable_upstream_is_told_and_can_be_tried_again(
    alice: User, settings: Settings
) -> None:
    settings.REALTIME_URL = "ws://127.0.0.1:9/v1/realtime"
    for _ in range(2):
        async with opened(alice) as page:
            error = await page.until("chat.error")
            assert await page.until_closed() == 1013
        assert error["code"] == "upstream_unreachable"
        assert error["message"] == "The voice service cannot be reached. Try again in a moment."


async def test_a_wrong_key_is_told_without_the_key(
    alice: User, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    async def script(session: Session) -> None:
        message = "Incorrect API key provided: sk-wrong-key-1234."
        error = {"type": "invalid_request_error", "code": "invalid_api_key", "message": message}
        await session.emit({"type": "error", "error": error})
        await session.connection.close(3000, "invalid_request_error.invalid_api_key")

    settings.OPENAI_API_KEY = "sk-wrong-key-1234"
    async with scripted_upstream(script) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        error = await page.until("chat.error")
        assert await page.until_closed() == 1013
    assert error["code"] == "invalid_api_key"
    assert upstream.requests[0].headers["Authorization"] == "Bearer sk-wrong-key-1234"
    assert "1234" not in str(page.events) + caplog.text


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (HTTPStatus.UNAUTHORIZED, "whatever", "invalid_api_key"),
        (HTTPStatus.BAD_GATEWAY, "bad_gateway", "bad_gateway"),
    ],
)
async def test_a_refused_handshake_is_told(
    alice: User, settings: Settings, status: HTTPStatus, code: str, expected: str
) -> None:
    async with (
        scripted_upstream(Session.hold, [refusal(status, code)] * 9) as upstream,
        opened(alice) as page,
    ):
        settings.REALTIME_URL = upstream.url
        assert (await page.until("chat.error"))["code"] == expected
        assert await page.until_closed() == 1013


async def test_an_engine_that_is_loading_is_waited_for(alice: User, settings: Settings) -> None:
    async def script(session: Session) -> None:
        await session.open()
        await session.hold()

    loading = refusal(HTTPStatus.SERVICE_UNAVAILABLE, "engine_loading")
    async with scripted_upstream(script, [loading]) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        status = await page.until("chat.status", state="connecting")
        assert "loading" in status["message"]
        await page.until("chat.status", state="ready")


async def test_a_lost_upstream_is_resumed_behind_the_open_call(
    alice: User, settings: Settings
) -> None:
    replayed: list[tuple[str, str]] = []

    async def script(session: Session) -> None:
        await session.open()
        if len(upstream.sessions) == 1:
            await session.hear("Tell me a story.")
            await session.begin_answer("Once upon a time")
            session.connection.transport.abort()
        else:
            for _ in range(2):
                item = (await session.expect("conversation.item.create"))["item"]
                replayed.append((item["role"], item["content"][0]["type"]))
            await session.expect("input_audio_buffer.append")
            await session.hear("Go on.", "u2", "a1")
            await session.answer("There was a lighthouse.", "a2", "u2", "r2")
            await session.hold()

    async with scripted_upstream(script) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        await page.until("chat.status", state="reconnecting")
        await page.send(tone(40))
        await page.until("chat.status", state="ready")
        await page.until("chat.turn.saved", item_id="a2")
        await page.send({**report(1000, "ended", "a2"), "generation": 1})
    assert replayed == [("user", "input_text"), ("assistant", "output_text")]
    assert await rows() == [
        ("user", "completed", "Tell me a story."),
        ("assistant", "interrupted", "Once upon a time"),
        ("user", "completed", "Go on."),
        ("assistant", "completed", "There was a lighthouse."),
    ]
    assert (await Call.objects.aget()).upstream_sessions == 2


async def test_a_stalled_upstream_is_told_of_and_left(
    alice: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "TICK_S", 0.05)

    async def script(session: Session) -> None:
        await session.open()
        if len(upstream.sessions) == 1:
            await session.hear("Tell me a story.")
            await session.begin_answer("Once upon a time")
            await session.stall()
        else:
            await session.hold()

    async with scripted_upstream(script) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        await page.until("chat.audio")
        await page.until("chat.status", state="reconnecting", message=problems.SLOW)
        await page.until("chat.status", state="reconnecting", message=problems.RECONNECTING)
        await page.until("chat.status", state="ready")
    assert page.told("chat.error") == []
    assert (await Call.objects.aget()).upstream_sessions == 2


async def test_the_sessions_of_a_call_are_counted_while_it_runs(
    alice: User, settings: Settings
) -> None:
    """A worker that is killed counts nothing any more."""

    async def script(session: Session) -> None:
        await session.open()
        if len(upstream.sessions) == 1:
            await session.hear("Hello.")
            session.connection.transport.abort()
        await session.hold()

    async with scripted_upstream(script) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        await page.until("chat.status", state="reconnecting")
        await page.until("chat.status", state="ready")
        while (await Call.objects.aget()).upstream_sessions != 2:  # noqa: ASYNC110 - rows tell nobody
            await asyncio.sleep(0.02)
        assert (await Call.objects.aget()).ended_at is None


async def test_an_expired_session_is_renewed_without_a_word_of_error(
    alice: User, settings: Settings
) -> None:
    async def script(session: Session) -> None:
        await session.open()
        if len(upstream.sessions) == 1:
            error = {"type": "invalid_request_error", "code": "session_expired", "message": "..."}
            await session.emit({"type": "error", "error": error})
            await session.connection.close(1001, "Your session hit the maximum duration.")
        await session.hold()

    async with scripted_upstream(script) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        await page.until("chat.status", state="ready")
        await page.until("chat.status", state="reconnecting")
        await page.until("chat.status", state="ready")
        assert page.told("chat.error") == []


async def test_an_upstream_that_keeps_breaking_off_ends_the_call(
    alice: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "RESUME_LIMIT_S", 0.5)

    async def script(session: Session) -> None:
        await session.open()
        session.connection.transport.abort()

    async with scripted_upstream(script) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        error = await page.until("chat.error")
        assert await page.until_closed() == 1013
    assert error["code"] == "upstream_lost"
    assert len(upstream.sessions) < 6


async def test_bad_frames_are_answered_and_the_call_goes_on(
    alice: User, settings: Settings
) -> None:
    async def script(session: Session) -> None:
        await session.open()
        await session.expect("input_audio_buffer.append")
        await session.hear("Still here.")
        await session.hold()

    async with scripted_upstream(script) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        await page.until("chat.status", state="ready")
        for frame, code in (
            ("{", "invalid_json"),
            ('{"type":"session.update","session":{}}', "missing_required_parameter"),
            (b"\0", "odd_audio_frame"),
            (bytes(100_000), "audio_frame_too_large"),
        ):
            await page.send(frame)
            await page.until("chat.error", code=code, fatal=False)
        await page.send(tone(40))
        await page.until("chat.turn.saved", item_id="u1")


async def test_a_tab_that_closes_leaves_its_turns(alice: User, settings: Settings) -> None:
    async def script(session: Session) -> None:
        await session.open()
        await session.hear("Hello.")
        await session.begin_answer("Well, let me think")
        await session.hold()

    async with scripted_upstream(script) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        await page.until("chat.audio")
    assert await rows() == [
        ("user", "completed", "Hello."),
        ("assistant", "interrupted", "Well, let me think"),
    ]
    call = await Call.objects.aget()
    assert call.end_reason == "browser gone"
    assert call.ended_at is not None


async def test_a_call_that_a_large_frame_has_ended_says_so(alice: User, settings: Settings) -> None:
    async def script(session: Session) -> None:
        await session.open()
        await session.hold()

    async with scripted_upstream(script) as upstream:
        settings.REALTIME_URL = upstream.url
        async with opened(alice) as page:
            await page.until("chat.status", state="ready")
            await page.communicator.disconnect(code=4413, timeout=10)
            page.close_code = 4413
    call = await Call.objects.aget()
    assert (call.close_code, call.end_reason) == (4413, "frame too large")


async def test_a_call_whose_worker_died_ends_for_the_tabs_that_watch(
    alice: User, persona: Persona, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "LOOK_S", 0.05)
    conversation = await Conversation.objects.acreate(user=alice, persona=persona)
    call = await Call.objects.acreate(conversation=conversation, worker=store.WORKER)
    async with opened(alice, "/ws/captions/") as tab:
        started = await tab.until("chat.watch.started")
        assert started["live"]["call_id"] == str(call.pk)
        await Call.objects.filter(pk=call.pk).aupdate(worker=dead_worker())
        await tab.until("chat.call.ended")
    await call.arefresh_from_db()
    assert (call.close_code, call.end_reason) == (1011, "worker died")


async def test_a_tab_that_watches_can_send_nothing(alice: User) -> None:
    async with opened(alice, "/ws/captions/") as tab:
        await tab.until("chat.watch.started")
        for frame, code, event_id in (
            ("{", "invalid_json", None),
            (tone(40), "event_not_allowed", None),
            ({"type": "chat.hangup", "event_id": "mine"}, "event_not_allowed", "mine"),
        ):
            await tab.send(frame)
            error = await tab.until("chat.error")
            assert (error["code"], error["fatal"]) == (code, False)
            assert error.get("event_id") == event_id
        for _ in range(3000):
            await tab.send("{")
        assert await tab.until_closed() == 4429
    last = tab.told("chat.error")[-1]
    assert (last["code"], last["fatal"]) == ("too_many_bad_messages", True)


@pytest.mark.parametrize("text", ["broken \\ud83d emoji", "null \\u0000 character"])
async def test_characters_that_are_none_are_replaced_and_the_turn_is_kept(
    alice: User, settings: Settings, text: str
) -> None:
    async def script(session: Session) -> None:
        await session.open()
        item = (await session.expect("conversation.item.create"))["item"]
        await session.emit(
            {"type": "conversation.item.added", "item": item, "previous_item_id": None},
            {"type": "conversation.item.done", "item": item, "previous_item_id": None},
        )
        await session.hold()

    async with scripted_upstream(script) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        await page.send(
            '{"type":"conversation.item.create","item":{"type":"message","role":"user",'
            f'"content":[{{"type":"input_text","text":"{text}"}}]}}}}'
        )
        await page.until("chat.turn.saved")
    stored = (await Turn.objects.aget()).text
    assert stored in ("broken \ufffd emoji", "null  character")


async def test_an_unknown_socket_is_refused(alice: User) -> None:
    headers = [(b"host", b"localhost"), (b"origin", b"http://localhost")]
    communicator = WebsocketCommunicator(application, "/ws/nowhere/", headers)
    accepted, code = await communicator.connect()
    assert (accepted, code) == (False, 4404)
