"""What was used is written once, at its price, and summed for whom it concerns."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from chatbot import erasing, store, usage
from chatbot.engine.server import Engine
from chatbot.models import Call, Conversation, Persona, Usage, User
from chatbot.realtime.effects import SaveUsage
from tests.browser import opened
from tests.engine.fakes import FakeModels
from tests.engine.test_server import HandLoader
from tests.people import alices_talk
from tests.scripted import Session, scripted_upstream, tone
from tests.test_cost import USAGE

LIST = "/admin/chatbot/usage/"
MODEL = "gpt-realtime-2.1"
DOLLARS = Decimal("0.008704")


def call_of(user: User, persona: Persona | None = None) -> Call:
    return store.open_call(
        user, conversation_id=None, persona_slug=persona.slug if persona else None, limit=9
    ).call


def use(call: Call, model: str = MODEL, used: dict[str, Any] = USAGE, count: int = 1) -> None:
    for _ in range(count):
        store.save_usage(call, model, SaveUsage("response", f"resp_{uuid4().hex}", used))


def test_what_was_used_is_written_once_with_its_cost(alice: User) -> None:
    call = call_of(alice)
    for _ in range(2):
        store.save_usage(call, MODEL, SaveUsage("response", "r1", USAGE))
    row = Usage.objects.get()
    assert (row.text_input_tokens, row.cached_text_tokens) == (108, 48)
    assert (row.audio_input_tokens, row.cached_audio_tokens) == (340, 192)
    assert (row.text_output_tokens, row.audio_output_tokens) == (34, 44)
    assert row.cost_usd == DOLLARS


def test_images_and_seconds_are_written_too(alice: User) -> None:
    call = call_of(alice)
    details = {"image_tokens": 1000, "cached_tokens_details": {"image_tokens": 400}}
    use(call, used={"input_tokens": 1000, "input_token_details": details})
    row = Usage.objects.get()
    assert (row.image_input_tokens, row.cached_image_tokens) == (1000, 400)
    assert row.cost_usd == Decimal("0.0032")
    heard = {"type": "duration", "seconds": 3}
    store.save_usage(call, "gpt-live-transcribe", SaveUsage("transcription", "u1", heard))
    row = Usage.objects.get(kind="transcription")
    assert (row.audio_seconds, row.cost_usd) == (3.0, Decimal("0.00085"))


def test_a_total_with_unknown_parts_says_so(alice: User) -> None:
    call = call_of(alice)
    assert usage.total(usage.of_user(alice)).cost == "-"
    use(call, "my-own-model")
    assert usage.total(usage.of_user(alice)).cost == "unknown"
    use(call, count=2)
    total = usage.total(usage.of_user(alice))
    assert (total.known_usd, total.unknown, total.rows) == (2 * DOLLARS, 1, 3)
    assert (total.input_tokens, total.cached_tokens, total.output_tokens) == (1344, 720, 234)
    assert total.cost == "$0.0174 + 1 unknown"
    use(call, "engine")
    assert usage.total(usage.of_user(alice)).known_usd == 2 * DOLLARS


def test_nobody_pays_for_somebody_else(alice: User, bob: User, charlie: User) -> None:
    use(call_of(alice), count=2)
    use(call_of(bob))
    assert usage.total(usage.of_user(alice)).known_usd == 2 * DOLLARS
    assert usage.total(usage.of_user(charlie)) == usage.Total()
    by_user = usage.total_by(Usage.objects.all(), usage.USER)
    assert [(name, total.rows) for name, total in by_user] == [("alice", 2), ("bob", 1)]


def test_totals_by_persona_model_and_day(
    alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    pirate = Persona.objects.create(slug="pirate", name="Pirate")
    use(call_of(alice))
    use(call_of(alice, pirate), "gpt-realtime-2.1-mini", count=3)
    first = Usage.objects.earliest("pk")
    Usage.objects.filter(pk=first.pk).update(created_at=datetime(2026, 3, 1, 23, 59, tzinfo=UTC))
    Usage.objects.exclude(pk=first.pk).update(created_at=datetime(2026, 3, 2, 0, 1, tzinfo=UTC))
    with django_assert_num_queries(3):
        by_persona = usage.total_by(Usage.objects.all(), usage.PERSONA)
        by_model = usage.total_by(Usage.objects.all(), usage.MODEL)
        by_day = usage.total_by_day(Usage.objects.all())
    assert [(name, total.rows) for name, total in by_persona] == [("Assistant", 1), ("Pirate", 3)]
    assert [(name, total.rows) for name, total in by_model] == [
        (MODEL, 1),
        ("gpt-realtime-2.1-mini", 3),
    ]
    assert [(str(day), total.rows) for day, total in by_day] == [
        ("2026-03-02", 3),
        ("2026-03-01", 1),
    ]
    assert usage.sum_of(total for _, total in by_day) == usage.total(Usage.objects.all())


def test_totals_by_call(alice: User) -> None:
    first = call_of(alice)
    store.end_call(first.pk, 1000, "user")
    second = store.open_call(
        alice, conversation_id=str(first.conversation_id), persona_slug=None, limit=9
    ).call
    use(first)
    use(second, count=2)
    use(call_of(alice), count=4)
    by_call = usage.total_by_call(first.conversation)
    assert {key: total.rows for key, total in by_call.items()} == {first.pk: 1, second.pk: 2}


def test_a_conversation_in_a_search_is_not_counted_twice(alice: User) -> None:
    use(call_of(alice), count=2)
    use(call_of(alice), "my-own-model")
    found = Conversation.objects.filter(calls__usage__kind="response")
    columns = ("known_usd", "unknown_costs", "usage_count")
    sums = {tuple(vars(row)[name] for name in columns) for row in usage.with_cost(found)}
    assert sums == {(Decimal(0), 1, 1), (2 * DOLLARS, 0, 2)}


@pytest.fixture
def staff(client: Client, bob: User) -> Client:
    client.force_login(bob)
    return client


def test_the_transcript_shows_what_each_call_cost(staff: Client, alice: User) -> None:
    talk = alices_talk(alice)
    address = reverse("admin:chatbot_conversation_change", args=[talk.pk])
    assert "<dt>Cost</dt><dd>-</dd>" in staff.get(address).content.decode()
    use(talk.calls.get())
    page = staff.get(address).content.decode()
    assert "<dt>Cost</dt><dd>$0.0087</dd>" in page
    assert page.count("<td>448</td><td>240</td><td>78</td><td>$0.0087</td>") == 2
    use(talk.calls.get(), "my-own-model")
    assert "<dd>$0.0087 + 1 unknown</dd>" in staff.get(address).content.decode()


def test_the_list_of_conversations_shows_costs(staff: Client, alice: User) -> None:
    alices_talk(alice, "The sun")
    use(alices_talk(alice, "The sea").calls.get())
    use(alices_talk(alice, "The moon").calls.get(), "my-own-model")
    page = staff.get("/admin/chatbot/conversation/").content.decode()
    costs = [cell.split("<")[0] for cell in page.split('class="field-cost">')[1:]]
    assert costs == ["unknown", "$0.0087", "-"]


def test_staff_read_usage_by_day_persona_and_model(staff: Client, alice: User) -> None:
    use(call_of(alice), count=2)
    use(call_of(alice, Persona.objects.create(slug="pirate", name="Pirate")), "my-own-model")
    page = staff.get(LIST).content.decode()
    assert "<strong>$0.0174 + 1 unknown</strong>" in page
    assert "<tr><td>Pirate</td><td>unknown</td><td>448</td><td>240</td><td>78</td></tr>" in page
    assert f"<tr><td>{MODEL}</td><td>$0.0174</td>" in page
    page = staff.get(LIST, {"model": MODEL}).content.decode()
    assert "<strong>$0.0174</strong>" in page
    assert "my-own-model</td><td>" not in page


def test_the_list_of_usage_costs_the_same_for_few_rows_and_for_many(
    staff: Client, alice: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    use(call_of(alice), count=40)
    with django_assert_max_num_queries(13):
        staff.get(LIST)


def test_usage_is_only_read(staff: Client, alice: User) -> None:
    use(call_of(alice))
    row = Usage.objects.get()
    change = reverse("admin:chatbot_usage_change", args=[row.pk])
    delete = reverse("admin:chatbot_usage_delete", args=[row.pk])
    assert staff.get(f"{LIST}add/").status_code == 403
    assert staff.post(change, {"cost_usd": "0"}).status_code == 403
    assert staff.post(delete, {"post": "yes"}).status_code == 403
    assert Usage.objects.get().cost_usd == DOLLARS


@pytest.mark.every_database
@pytest.mark.django_db(transaction=True)
def test_totals_stay_as_they_were_when_a_conversation_is_erased(
    client: Client, alice: User, bob: User, charlie: User
) -> None:
    pirate = Persona.objects.create(slug="pirate", name="Pirate")
    use(call_of(alice, pirate), count=2)
    use(call_of(alice, pirate), "my-own-model")
    use(call_of(charlie))
    rows = Usage.objects.all()

    def totals() -> list[Any]:
        by = [usage.total_by(rows, what) for what in (usage.PERSONA, usage.MODEL)]
        return [*by, usage.total_by_day(rows), usage.total(rows)]

    before = totals()
    erasing.erase(Conversation.objects.filter(user=alice), None)
    assert Conversation.objects.count() == 1
    assert totals() == before
    assert [name for name, _ in usage.total_by(rows, usage.USER)] == [None, "charlie"]
    assert usage.total(usage.of_user(alice)) == usage.Total()
    client.force_login(bob)
    page = client.get(LIST).content.decode()
    assert "<strong>$0.0261 + 1 unknown</strong>" in page
    assert "<tr><td>erased</td><td>$0.0174 + 1 unknown</td>" in page
    assert page.count('<td class="field-user">erased</td>') == 3
    assert len(re.findall(r'<td class="field-persona[^"]*">Pirate</td>', page)) == 3


def test_users_do_not_see_the_list(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.get(LIST).status_code == 302


@pytest.mark.skipif("connection.vendor != 'postgresql'")
def test_a_day_of_a_year_is_read_by_its_index(alice: User) -> None:
    call = call_of(alice)
    began = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    Usage.objects.bulk_create(
        Usage(
            call=call,
            kind="response",
            source_id=f"r{number}",
            model=MODEL,
            created_at=datetime.fromtimestamp(began + number * 3600, UTC),
        )
        for number in range(8760)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE chatbot_usage")
    day = Usage.objects.filter(
        created_at__gte=datetime(2026, 5, 1, tzinfo=UTC),
        created_at__lt=datetime(2026, 5, 2, tzinfo=UTC),
    )
    assert "usage_in_time" in day.explain()
    assert usage.total(day).rows == 24


def typed(text: str) -> dict[str, Any]:
    part = {"type": "input_text", "text": text}
    item = {"type": "message", "role": "user", "content": [part]}
    return {"type": "conversation.item.create", "item": item}


@pytest.mark.django_db(transaction=True)
async def test_a_call_is_billed_by_its_model_and_its_recogniser(
    alice: User, settings: Settings
) -> None:
    async def script(session: Session) -> None:
        await session.open()
        await session.expect("input_audio_buffer.append")
        session.copies = 2
        await session.hear("What is the time?")
        await session.begin_answer("It is")
        await session.end_answer("It is noon.", status="cancelled")
        session.copies = 1
        await session.emit({"type": "rate_limits.updated", "rate_limits": []})
        await session.hold()

    await Persona.objects.aupdate(transcription_model="gpt-live-transcribe")
    async with scripted_upstream(script) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        await page.send(tone(40))
        await page.until("chat.turn.saved", item_id="a1")
        await page.send({"type": "chat.hangup"})
        assert await page.until_closed() == 1000
    rows = Usage.objects.order_by("kind").values_list("kind", "model", "cost_usd")
    assert [row async for row in rows] == [
        # 8 and 16 cached text tokens, 20 of audio; 14 and 20 out
        ("response", MODEL, Decimal("0.0022944")),
        ("transcription", "gpt-live-transcribe", Decimal("0.000255")),
    ]


@pytest.mark.django_db(transaction=True)
async def test_the_engine_costs_nothing_whatever_model_was_asked_for(
    alice: User, settings: Settings
) -> None:
    async with Engine(HandLoader(FakeModels()), "127.0.0.1", 0) as engine:
        await engine.load()
        settings.REALTIME_URL = f"ws://127.0.0.1:{engine.port}/v1/realtime"
        async with opened(alice) as page:
            await page.send(typed("Hello?"))
            await page.send({"type": "response.create"})
            await page.until("response.done")
            await page.send({"type": "chat.hangup"})
            assert await page.until_closed() == 1000
    row = await Usage.objects.aget()
    assert row.model == "engine"
    assert row.cost_usd == Decimal(0)
    assert row.text_output_tokens > 0


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "$0.00"),
        ("0E-8", "$0.00"),
        ("0.00000006", "$0.00000006"),
        ("0.0000123", "$0.000012"),
        ("0.0012345", "$0.0012"),
        ("0.5", "$0.5000"),
        ("1234.5", "$1,234.5000"),
    ],
)
def test_a_small_cost_does_not_look_like_none(amount: str, text: str) -> None:
    assert usage.cost_text(Decimal(amount), 0, 1) == text
    assert usage.cost_text(Decimal(amount), 2, 3) == f"{text} + 2 unknown"
