"""A page goes on with a call that it has lost: same conversation, nothing lost, nothing doubled."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone
from pytest_django import Settings

from chatbot import handover
from chatbot.models import Call, Conversation, Persona, Turn, User
from tests.browser import Socket, opened
from tests.people import dead_worker
from tests.scripted import Session, scripted_upstream, tone

pytestmark = pytest.mark.django_db(transaction=True)


async def hold(session: Session) -> None:
    await session.open()
    await session.hold()


async def answer_what_is_owed(session: Session) -> None:
    await session.open()
    await session.expect("response.create")
    await session.answer("It is noon.", item_id="a9", previous="u1", response_id="r9")
    await session.hold()


@sync_to_async
def rows() -> list[tuple[str, str]]:
    return list(Turn.objects.values_list("role", "text"))


@sync_to_async
def lost_call(user: User, *turns: dict[str, Any], worker: str = "elsewhere:1") -> Call:
    """A call whose worker has died in a conversation of these turns."""
    persona = Persona.objects.get(is_default=True)
    conversation = Conversation.objects.create(user=user, persona=persona)
    call = Call.objects.create(conversation=conversation, worker=worker)
    now = timezone.now()
    for position, turn in enumerate(turns):
        facts = {"modality": "audio", "status": "completed", "started_at": now, "ended_at": now}
        item_id = f"{turn['role'][0]}{position + 1}"
        Turn.objects.create(
            conversation=conversation,
            call=call,
            item_id=item_id,
            position=position,
            **{**facts, **turn},
        )
    return call


QUESTION = {"role": "user", "text": "What is the time?"}
ANSWER = {"role": "assistant", "text": "It is noon."}


def path_of(call: Call, resume: object = None) -> str:
    return f"/ws/call/?conversation={call.conversation_id}&resume={resume or call.pk}"


async def went_on(page: Socket) -> dict[str, Any]:
    started = await page.until("chat.call.started")
    await page.until("chat.status", state="ready")
    return started


async def test_a_question_without_an_answer_gets_one(alice: User, settings: Settings) -> None:
    call = await lost_call(alice, QUESTION, worker=dead_worker())
    async with scripted_upstream(answer_what_is_owed) as upstream:
        settings.REALTIME_URL = upstream.url
        async with opened(alice, path_of(call)) as page:
            started = await went_on(page)
            assert started["resumed"] is True
            assert [turn["text"] for turn in started["turns"]] == ["What is the time?"]
            await page.until("chat.turn.saved", item_id="a9")
    assert await rows() == [("user", "What is the time?"), ("assistant", "It is noon.")]
    await call.arefresh_from_db()
    assert call.end_reason == "worker died"


async def test_an_answer_of_which_nothing_was_heard_is_given_again(
    alice: User, settings: Settings
) -> None:
    unheard = {**ANSWER, "status": "in_progress", "heard_ms": 0, "heard_text": ""}
    call = await lost_call(alice, QUESTION, unheard, worker=dead_worker())
    async with scripted_upstream(answer_what_is_owed) as upstream:
        settings.REALTIME_URL = upstream.url
        async with opened(alice, path_of(call)) as page:
            started = await went_on(page)
            assert started["turns"][1]["status"] == "interrupted"
            await page.until("chat.turn.saved", item_id="a9")


@pytest.mark.parametrize(
    "answer", [ANSWER, {**ANSWER, "status": "interrupted", "heard_ms": 500, "heard_text": "It"}]
)
async def test_a_question_that_was_answered_is_not_answered_again(
    alice: User, settings: Settings, answer: dict[str, Any]
) -> None:
    call = await lost_call(alice, QUESTION, answer, worker=dead_worker())
    async with scripted_upstream(hold) as upstream:
        settings.REALTIME_URL = upstream.url
        async with opened(alice, path_of(call)) as page:
            await went_on(page)
            await page.send({"type": "chat.hangup"})
            await page.until_closed()
        (session,) = upstream.sessions
        assert "response.create" not in [event["type"] for event in session.received]


@pytest.mark.parametrize("resume", [uuid4(), "nonsense", ""])
async def test_without_a_call_to_go_on_with_nothing_is_asked_for(
    alice: User, settings: Settings, resume: object
) -> None:
    call = await lost_call(alice, QUESTION, worker=dead_worker())
    path = f"/ws/call/?conversation={call.conversation_id}&resume={resume}"
    async with scripted_upstream(hold) as upstream:
        settings.REALTIME_URL = upstream.url
        async with opened(alice, path) as page:
            assert (await went_on(page))["resumed"] is False
            await page.send({"type": "chat.hangup"})
            await page.until_closed()
        (session,) = upstream.sessions
        assert "response.create" not in [event["type"] for event in session.received]


async def test_somebody_elses_call_is_not_gone_on_with_and_goes_on(
    alice: User, charlie: User, settings: Settings
) -> None:
    async with scripted_upstream(hold) as upstream:
        settings.REALTIME_URL = upstream.url
        async with opened(alice) as theirs:
            call = await Call.objects.aget(pk=(await went_on(theirs))["call_id"])
            own = await lost_call(charlie, QUESTION, worker=dead_worker())
            async with opened(charlie, path_of(own, resume=call.pk)) as page:
                assert (await went_on(page))["resumed"] is False
            async with opened(charlie, path_of(call)) as page:
                assert (await page.until("chat.error"))["code"] == "conversation_not_found"
                assert await page.until_closed() == 4404
            await theirs.send({"type": "chat.ping", "id": 7})
            await theirs.until("chat.pong", id=7)
            await call.arefresh_from_db()
            assert call.ended_at is None


async def test_the_rows_of_a_call_that_still_runs_are_written_before_its_turns_are_read(
    alice: User, settings: Settings
) -> None:
    async def script(session: Session) -> None:
        await session.open()
        await session.expect("input_audio_buffer.append")
        await session.hear("Tell me a story.")
        await session.begin_answer("Once upon a time")
        await session.hold()

    async with scripted_upstream(script) as upstream:
        settings.REALTIME_URL = upstream.url
        async with opened(alice) as first:
            call_id = (await went_on(first))["call_id"]
            await first.send(tone(40))
            await first.until("chat.audio")
            position = {"item_id": "a1", "content_index": 0, "played_ms": 400, "generation": 0}
            await first.send({"type": "chat.playback", "state": "playing", **position})
            call = await Call.objects.aget(pk=call_id)
            async with opened(alice, path_of(call)) as second:
                started = await went_on(second)
                told = [(turn["item_id"], turn["status"]) for turn in started["turns"]]
                assert told == [("u1", "completed"), ("a1", "interrupted")]
                assert started["turns"][1]["heard_ms"] == 400
            assert await first.until_closed() == 4409
    await call.arefresh_from_db()
    assert (call.close_code, call.end_reason) == (4409, "resumed")
    assert await Turn.objects.acount() == 2


async def test_words_that_the_end_of_the_lost_call_cut_off_are_left_to_the_page(
    alice: User, settings: Settings
) -> None:
    async def script(session: Session) -> None:
        await session.open()
        await session.expect("input_audio_buffer.append")
        await session.hear("Tell me a story.", words="later")
        await session.hold()

    async with scripted_upstream(script) as upstream:
        settings.REALTIME_URL = upstream.url
        async with opened(alice) as first:
            call_id = (await went_on(first))["call_id"]
            await first.send(tone(40))
            await first.until("conversation.item.done")
        (failed,) = [turn async for turn in Turn.objects.all()]
        assert failed.status == "failed"
        call = await Call.objects.aget(pk=call_id)
        async with opened(alice, f"/ws/call/?conversation={call.conversation_id}") as page:
            assert len((await page.until("chat.call.started"))["turns"]) == 1
        async with opened(alice, path_of(call)) as second:
            started = await second.until("chat.call.started")
            assert (started["turns"], started["spoken_ms_ago"]) == ([], None)


async def test_an_answer_that_the_page_plays_to_its_end_does_not_count_as_cut(
    alice: User, charlie: User, settings: Settings
) -> None:
    cut = {**ANSWER, "status": "interrupted", "heard_ms": 0, "heard_text": ""}
    call = await lost_call(alice, QUESTION, cut, worker=dead_worker())
    theirs = await lost_call(charlie, QUESTION, cut, worker=dead_worker())
    async with scripted_upstream(hold) as upstream:
        settings.REALTIME_URL = upstream.url
        async with opened(alice, f"{path_of(call)}&playing=a2") as page:
            answer = (await went_on(page))["turns"][1]
            told = answer["status"], answer["heard_ms"], answer["heard_text"]
            assert told == ("completed", None, None)
            await page.send({"type": "chat.hangup"})
            await page.until_closed()
        (session,) = upstream.sessions
        assert "response.create" not in [event["type"] for event in session.received]
    assert (await Turn.objects.aget(call=theirs, item_id="a2")).status == "interrupted"


@pytest.mark.parametrize(
    ("query", "heard_ms", "heard_text"),
    [
        ("heard=a2&played=1700&received=2000", 1700, "It is"),
        ("heard=a2&played=9000&received=2000", 2000, "It is noon."),
        ("heard=a2&played=400&received=2000", 500, "It"),
        ("heard=u1&played=1700&received=2000", 500, "It"),
        ("heard=a2&played=much&received=2000", 500, "It"),
    ],
)
async def test_a_cut_answer_counts_as_heard_as_far_as_the_page_has_played_it(
    alice: User, settings: Settings, query: str, heard_ms: int, heard_text: str
) -> None:
    so_far = {**ANSWER, "status": "in_progress", "heard_ms": 500, "heard_text": "It"}
    call = await lost_call(alice, QUESTION, so_far, worker=dead_worker())
    async with scripted_upstream(hold) as upstream:
        settings.REALTIME_URL = upstream.url
        async with opened(alice, f"{path_of(call)}&{query}") as page:
            answer = (await went_on(page))["turns"][1]
            told = answer["status"], answer["heard_ms"], answer["heard_text"]
            assert told == ("interrupted", heard_ms, heard_text)


async def test_a_worker_that_cannot_be_reached_is_not_waited_for_long(
    alice: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover, "WAIT_S", 0.2)
    call = await lost_call(alice, QUESTION)
    async with scripted_upstream(answer_what_is_owed) as upstream:
        settings.REALTIME_URL = upstream.url
        async with opened(alice, path_of(call)) as page:
            await page.until("chat.turn.saved", item_id="a9")
    await call.arefresh_from_db()
    assert (call.close_code, call.end_reason) == (4409, "taken over")


async def test_the_page_hears_how_long_ago_the_last_stored_words_were_said(
    alice: User, settings: Settings
) -> None:
    ended = timezone.now() - timedelta(seconds=90)
    call = await lost_call(
        alice, {**QUESTION, "ended_at": ended}, ANSWER, {**QUESTION, "modality": "text"}
    )
    async with scripted_upstream(hold) as upstream:
        settings.REALTIME_URL = upstream.url
        async with opened(alice, path_of(call)) as page:
            assert 90_000 <= (await went_on(page))["spoken_ms_ago"] < 120_000
        async with opened(alice) as page:
            assert (await went_on(page))["spoken_ms_ago"] is None


async def test_a_tab_that_watches_goes_from_the_lost_call_to_the_next(
    alice: User, settings: Settings
) -> None:
    async with (
        scripted_upstream(hold) as upstream,
        opened(alice, "/ws/captions/") as tab,
    ):
        settings.REALTIME_URL = upstream.url
        await tab.until("chat.watch.started")
        async with opened(alice) as first:
            call_id = (await went_on(first))["call_id"]
            call = await Call.objects.aget(pk=UUID(call_id))
            async with opened(alice, path_of(call)) as second:
                next_id = (await went_on(second))["call_id"]
                await tab.until("chat.call.started", call_id=call_id)
                await tab.until("chat.call.started", call_id=next_id)
        await tab.until("chat.call.ended", call_id=next_id)


async def answer_for_long(session: Session) -> None:
    await session.open()
    await session.expect("input_audio_buffer.append")
    await session.hear("What is the time?")
    await session.begin_answer("It is noon.")
    await session.hold()


async def test_a_tab_that_watches_is_told_what_is_stored_when_the_call_has_ended(
    alice: User, bob: User, settings: Settings
) -> None:
    """A page that is loaded again in mid-answer is one: it was made before the end."""
    async with scripted_upstream(answer_for_long) as upstream:
        settings.REALTIME_URL = upstream.url
        async with opened(alice) as page, opened(alice, "/ws/captions/") as tab:
            await page.send(tone(40))
            played = await page.until("chat.audio")
            facts = {name: played[name] for name in ("generation", "item_id", "content_index")}
            report = {"type": "chat.playback", "played_ms": 500, "state": "playing", **facts}
            await page.send(report)
            await page.send({"type": "chat.hangup"})
            ended = await tab.until("chat.call.ended")
            conversation = page.told("chat.call.started")[0]["conversation"]["id"]
        told = [(turn["text"], turn["status"], turn["heard_ms"]) for turn in ended["turns"]]
        assert told == [
            ("What is the time?", "completed", None),
            ("It is noon.", "interrupted", 500),
        ]
        path = f"/ws/captions/?conversation={conversation}"
        async with opened(alice, path) as late, opened(bob, path) as outsider:
            assert (await late.until("chat.watch.started"))["turns"] == ended["turns"]
            assert "turns" not in await outsider.until("chat.watch.started")
        async with opened(alice, path_of(await Call.objects.aget())) as again:
            await went_on(again)
            async with opened(alice, path) as third:
                started = await third.until("chat.watch.started")
                assert "turns" not in started
                assert started["live"]["turns"] == ended["turns"]


async def test_two_tabs_that_take_over_at_once_leave_one_call(
    alice: User, settings: Settings
) -> None:
    async with scripted_upstream(hold) as upstream:
        settings.REALTIME_URL = upstream.url
        async with opened(alice) as first:
            call = await Call.objects.aget(pk=(await went_on(first))["call_id"])
            path = f"/ws/call/?conversation={call.conversation_id}"
            async with opened(alice, path) as second, opened(alice, path) as third:
                await asyncio.gather(
                    second.until("chat.call.started"), third.until("chat.call.started")
                )
                assert await first.until_closed() == 4409
                assert await Call.objects.filter(ended_at=None).acount() == 1
