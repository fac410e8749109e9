"""The writes: calls begin and end, turns and usage are written once, in order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from chatbot import store
from chatbot.models import CALL_LEASE, Call, Conversation, Persona, Turn, Usage, User
from chatbot.realtime.effects import SaveTurn, SaveUsage
from chatbot.realtime.turns import Turn as CallTurn
from tests.people import alices_talk, dead_worker


def open_call(user: User, **wishes: Any) -> store.OpenedCall:
    wanted: dict[str, Any] = {"conversation_id": None, "persona_slug": None, "limit": 2, **wishes}
    return store.open_call(user, **wanted)


def test_a_call_begins_a_conversation(alice: User) -> None:
    opened = open_call(alice)
    assert opened.conversation.user == alice
    assert opened.conversation.persona.is_default
    assert (opened.turns, opened.taken_over) == ([], [])
    assert opened.call.worker == store.WORKER


def test_a_call_goes_on_with_a_conversation_and_its_turns(alice: User) -> None:
    talk = alices_talk(alice)
    opened = open_call(alice, conversation_id=str(talk.pk))
    assert opened.conversation == talk
    assert [turn.position for turn in opened.turns] == [0, 1, 2]


def test_nobody_calls_into_somebody_elses_conversation(
    alice: User, bob: User, charlie: User
) -> None:
    talk = alices_talk(alice)
    for other in (bob, charlie):
        with pytest.raises(Conversation.DoesNotExist):
            open_call(other, conversation_id=str(talk.pk))
    assert Call.objects.filter(ended_at=None).count() == 0


def test_a_refused_call_leaves_nothing_behind(alice: User) -> None:
    with pytest.raises(Persona.DoesNotExist):
        open_call(alice, persona_slug="nobody")
    with pytest.raises(store.LimitReached):
        open_call(alice, limit=0)
    assert not Conversation.objects.exists()
    assert not Call.objects.exists()


def test_the_limit_counts_live_calls_of_the_user(alice: User, charlie: User) -> None:
    first = open_call(alice, limit=1)
    with pytest.raises(store.LimitReached):
        open_call(alice, limit=1)
    open_call(charlie, limit=1)
    store.end_call(first.call.pk, 1000, "user")
    second = open_call(alice, limit=1)
    lost = timezone.now() - CALL_LEASE - timedelta(seconds=1)
    Call.objects.filter(pk=second.call.pk).update(last_seen_at=lost)
    open_call(alice, limit=1)  # a crashed worker's call does not count for ever


def test_a_call_in_the_same_conversation_takes_over(alice: User) -> None:
    first = open_call(alice, limit=1)
    second = open_call(alice, limit=1, conversation_id=str(first.conversation.pk))
    assert second.taken_over == [first.call.pk]
    first.call.refresh_from_db()
    assert first.call.close_code == 4409
    store.end_call(first.call.pk, 1000, "too late")
    first.call.refresh_from_db()
    assert first.call.close_code == 4409


def test_touching_renews_the_lease_of_a_live_call_only(alice: User) -> None:
    call = open_call(alice).call
    Call.objects.update(last_seen_at=timezone.now() - timedelta(hours=1))
    store.touch_call(call.pk, 1)
    call.refresh_from_db()
    assert timezone.now() - call.last_seen_at < timedelta(seconds=10)
    store.end_call(call.pk, 1000, "user")
    ended = Call.objects.get()
    store.touch_call(call.pk, 1)
    assert Call.objects.get().last_seen_at == ended.last_seen_at


def spoken(text: str, **fields: Any) -> CallTurn:
    return CallTurn("u1", "user", status="completed", text=text, started_at=1.0, **fields)


def test_a_turn_written_again_is_the_same_row(alice: User) -> None:
    call = open_call(alice).call
    store.save_turn(call, SaveTurn(0, spoken("Hello.")))
    store.save_turn(call, SaveTurn(4, spoken("Hello there.", ended_at=2.5)))
    turn = Turn.objects.get()
    assert (turn.position, turn.text, turn.call) == (4, "Hello there.", call)
    assert turn.ended_at is not None
    assert turn.ended_at.timestamp() == 2.5


def test_the_first_words_are_the_title_and_stay_it(alice: User) -> None:
    call = open_call(alice).call
    answer = CallTurn("a0", "assistant", status="completed", text="Welcome.", started_at=1.0)
    store.save_turn(call, SaveTurn(0, answer))
    assert Conversation.objects.get().title == ""
    store.save_turn(call, SaveTurn(1, spoken("How far is the moon from here, " * 4)))
    title = Conversation.objects.get().title
    assert title == "How far is the moon from here, How far is the moon from…"
    later = CallTurn("u2", "user", status="completed", text="And the sun?", started_at=2.0)
    store.save_turn(call, SaveTurn(2, later))
    assert Conversation.objects.get().title == title


def test_usage_is_counted_once(alice: User) -> None:
    call = open_call(alice).call
    usage = {
        "input_token_details": {"text_tokens": 5, "audio_tokens": 6, "cached_tokens_details": None},
        "output_token_details": {"text_tokens": 7, "audio_tokens": 8},
    }
    for _ in range(2):
        store.save_usage(call, "gpt-realtime-2.1", SaveUsage("response", "r1", usage))
    row = Usage.objects.get()
    assert row.model == "gpt-realtime-2.1"
    assert (row.text_input_tokens, row.audio_input_tokens) == (5, 6)
    assert (row.text_output_tokens, row.audio_output_tokens) == (7, 8)


def test_calls_of_a_dead_worker_do_not_count(alice: User) -> None:
    first = open_call(alice, limit=1)
    Call.objects.filter(pk=first.call.pk).update(worker=dead_worker())
    open_call(alice, limit=1)
    first.call.refresh_from_db()
    assert (first.call.close_code, first.call.end_reason) == (1011, "worker died")


def test_calls_of_other_hosts_are_left_alone(alice: User) -> None:
    first = open_call(alice, limit=1)
    Call.objects.filter(pk=first.call.pk).update(worker="elsewhere:1")
    with pytest.raises(store.LimitReached):
        open_call(alice, limit=1)


def in_flight(call: Call, **fields: Any) -> None:
    """An answer and a tool that go on, as a call writes them."""
    answer = CallTurn("a1", "assistant", text="It is", started_at=1.0, **fields)
    tool = CallTurn("f1", "tool", tool_name="current_time", started_at=1.0)
    store.save_turn(call, SaveTurn(0, answer))
    store.save_turn(call, SaveTurn(1, tool))


def outcomes() -> list[tuple[str, str]]:
    return list(Turn.objects.order_by("position").values_list("status", "error"))


def test_what_was_in_flight_when_a_worker_died_is_interrupted(alice: User) -> None:
    call = open_call(alice).call
    in_flight(call, heard_ms=300, heard_text="It")
    assert outcomes() == [("in_progress", ""), ("in_progress", "")]
    Call.objects.filter(pk=call.pk).update(worker=dead_worker())
    store.end_calls_of_dead_workers(alice)
    assert outcomes() == [
        ("interrupted", ""),
        ("interrupted", "The call ended before it was done."),
    ]
    answer = Turn.objects.get(item_id="a1")
    assert (answer.text, answer.heard_text, answer.heard_ms) == ("It is", "It", 300)
    assert answer.ended_at is not None


def test_what_was_in_flight_at_a_worker_that_is_not_heard_of_is_interrupted(alice: User) -> None:
    call = open_call(alice).call
    in_flight(call)
    long_ago = timezone.now() - CALL_LEASE - timedelta(seconds=1)
    Call.objects.filter(pk=call.pk).update(worker="elsewhere:1", last_seen_at=long_ago)
    store.end_calls_of_dead_workers(alice)
    assert {status for status, _ in outcomes()} == {"interrupted"}
    # It lives after all, and writes what it knows.
    whole = CallTurn("a1", "assistant", status="completed", text="It is noon.", started_at=1.0)
    store.save_turn(call, SaveTurn(0, whole))
    assert outcomes()[0] == ("completed", "")


def test_a_call_that_takes_over_finds_nothing_in_flight(alice: User) -> None:
    first = open_call(alice)
    in_flight(first.call)
    second = open_call(alice, conversation_id=str(first.conversation.pk))
    assert {turn.status for turn in second.turns} == {"interrupted"}


def test_an_account_that_is_closed_is_in_no_call(alice: User, charlie: User) -> None:
    call, other = open_call(alice).call, open_call(charlie).call
    assert (store.touch_call(call.pk, 1), store.touch_call(other.pk, 1)) == ("", "")
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert store.touch_call(call.pk, 1) == "account_inactive"
    assert store.end_calls_of(alice) == [call.pk]
    assert (store.touch_call(call.pk, 1), store.touch_call(other.pk, 1)) == ("account_inactive", "")
