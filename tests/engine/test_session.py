from __future__ import annotations

from typing import Any

import pytest

from chatbot.engine.errors import StageError
from chatbot.engine.hearing import WINDOW_BYTES
from chatbot.engine.orders import Generate, Prepare, Recognize, Speak, Stop
from chatbot.engine.session import Session
from chatbot.realtime.audio import bytes_of, from_base64, to_base64
from tests.engine.desk import (
    ANSWER_BEGINS,
    ANSWER_ENDS,
    LIMITS,
    PUSH_TO_TALK,
    TRANSCRIBED,
    USED,
    USER_TURN,
    WORDS,
    Desk,
    with_setting,
)
from tests.engine.protocol import CLASSES, check

# -- opening ------------------------------------------------------------------------------


def test_a_session_shows_itself_at_once() -> None:
    numbers = iter(range(100))
    session = Session(lambda prefix: f"{prefix}_{next(numbers)}", "gpt-any", 123)
    (created,) = session.events()
    check(created)
    assert created["session"]["model"] == "gpt-any"
    assert created["session"]["audio"]["input"]["turn_detection"]["interrupt_response"] is True


def test_an_update_is_answered_with_the_whole_session() -> None:
    desk = Desk()
    desk.send("session.update", session={"type": "realtime", "instructions": "Be brief."})
    session = desk.last("session.updated")["session"]
    assert session["instructions"] == "Be brief."
    assert session["audio"]["output"]["voice"] == "alloy"


# -- spoken turns -------------------------------------------------------------------------


def test_a_spoken_turn_goes_in_the_recorded_order() -> None:
    desk = Desk(**TRANSCRIBED)
    desk.hear(20, 0.0)
    desk.speak()
    desk.run()
    kinds = desk.types()
    body = [
        "response.output_audio_transcript.delta",
        "response.output_audio.delta",
    ] * 3
    assert kinds == USER_TURN + WORDS + ANSWER_BEGINS + body + ANSWER_ENDS + LIMITS


def test_the_events_of_a_turn_fit_together() -> None:
    desk = Desk(**TRANSCRIBED)
    desk.hear(20, 0.0)
    desk.speak()
    desk.run()
    started = desk.last("input_audio_buffer.speech_started")
    user = started["item_id"]
    assert started["audio_start_ms"] == 20 * 32 - 300
    assert desk.last("input_audio_buffer.speech_stopped")["audio_end_ms"] == (20 + 20 + 16) * 32
    assert desk.last("input_audio_buffer.committed")["previous_item_id"] is None
    assert desk.last(WORDS[1])["transcript"] == "What is it?"
    assert desk.last(WORDS[1])["usage"]["type"] == "duration"
    answer = desk.all("conversation.item.added")[1]
    assert answer["previous_item_id"] == user
    done = desk.last("response.done")["response"]
    assert done["status"] == "completed"
    assert done["output"][0]["id"] == answer["item"]["id"]
    text = "It is a test, and no more. Truly."
    assert done["output"][0]["content"] == [{"type": "output_audio", "transcript": text}]
    deltas = desk.all("response.output_audio_transcript.delta")
    assert "".join(event["delta"] for event in deltas) == text
    assert desk.last("response.output_audio_transcript.done")["transcript"] == text


def test_the_audio_is_what_the_voice_said_in_short_deltas() -> None:
    desk = Desk()
    desk.speak()
    desk.run()
    sizes = [len(from_base64(one["delta"])) for one in desk.all("response.output_audio.delta")]
    assert max(sizes) <= bytes_of(200)
    usage = desk.last("response.done")["response"]["usage"]
    assert usage["output_token_details"]["audio_tokens"] == sum(sizes) // bytes_of(50)


def test_usage_counts_text_and_sound() -> None:
    desk = Desk()
    desk.speak()
    desk.run()
    usage = desk.last("response.done")["response"]["usage"]
    details = usage["input_token_details"]
    assert details["text_tokens"] == USED.input
    assert details["cached_tokens"] == USED.cached
    assert details["audio_tokens"] > 0
    assert usage["input_tokens"] == USED.input + details["audio_tokens"]
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]


def test_the_first_clause_is_spoken_before_the_sentence_is_written() -> None:
    desk = Desk()
    desk.speak()
    desk.recognize()
    order = desk.take(Generate)
    for text in ("Well, it is a test, ", "and"):
        desk.session.text_came(order.key, text, USED)
        desk.drain()
    assert desk.take(Speak).text == "Well, it is a test,"


def test_the_model_reads_the_conversation() -> None:
    desk = Desk(instructions="Be kind.")
    desk.speak()
    desk.run()
    desk.speak()
    desk.recognize()
    assert desk.take(Generate).messages == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "What is it?"},
        {"role": "assistant", "content": "It is a test, and no more. Truly."},
        {"role": "user", "content": "What is it?"},
    ]


def test_recognition_begins_in_the_pause_and_is_kept_if_nothing_follows() -> None:
    desk = Desk()
    desk.hear(20, 0.9)
    desk.hear(8, 0.0)
    assert desk.has(Recognize)
    desk.recognize()
    desk.hear(9, 0.0)
    assert not desk.has(Recognize)
    assert desk.has(Generate)


def test_a_guess_made_in_a_pause_is_dropped_if_the_speech_goes_on() -> None:
    desk = Desk()
    desk.hear(20, 0.9)
    desk.hear(8, 0.0)
    early = desk.take(Recognize)
    desk.hear(20, 0.9)
    assert desk.take(Stop).key == early.key
    desk.hear(17, 0.0)
    late = desk.take(Recognize)
    assert len(late.pcm) > len(early.pcm) + 20 * WINDOW_BYTES
    desk.session.recognized(early.key, "Half of it")
    assert not desk.has(Generate)
    desk.session.recognized(late.key, "All of it.")
    desk.drain()
    assert desk.take(Generate).messages[-1]["content"] == "All of it."


def test_a_long_turn_is_settled_stretch_by_stretch() -> None:
    desk = Desk(**TRANSCRIBED)
    for _ in range(3):
        desk.hear(220, 0.9)
        desk.hear(8, 0.0)
    orders = [desk.take(Recognize) for _ in range(3)]
    assert max(len(order.pcm) for order in orders) < 260 * WINDOW_BYTES
    desk.hear(9, 0.0)
    for number, order in reversed(list(enumerate(orders))):
        desk.session.recognized(order.key, f"Part {number}.")
        desk.drain()
    assert desk.last(WORDS[1])["transcript"] == "Part 0. Part 1. Part 2."


def test_nothing_is_answered_to_noise() -> None:
    desk = Desk(transcript="", **TRANSCRIBED)
    desk.speak()
    desk.run()
    assert desk.types() == [*USER_TURN, WORDS[1]]
    assert desk.last(WORDS[1])["transcript"] == ""


def test_a_cough_after_the_question_does_not_lose_the_answer() -> None:
    desk = Desk(**TRANSCRIBED)
    desk.speak()
    question = desk.take(Recognize)
    desk.hear(5, 0.9)
    desk.session.recognized(question.key, "What is it?")
    desk.drain()
    assert not desk.has(Generate)
    desk.hear(17, 0.0)
    desk.transcript = ""
    desk.recognize()
    assert desk.take(Generate).messages[-1]["content"] == "What is it?"


def test_a_failed_recognition_is_told_and_not_answered() -> None:
    desk = Desk(transcript=StageError("model_failed", "It broke."), **TRANSCRIBED)
    desk.speak()
    desk.run()
    failed = desk.last("conversation.item.input_audio_transcription.failed")
    assert failed["error"]["code"] == "model_failed"
    assert "response.created" not in desk.types()


def test_without_transcription_a_failed_recognition_is_an_error() -> None:
    desk = Desk(transcript=StageError("model_failed", "It broke."))
    desk.speak()
    desk.run()
    assert desk.error()["type"] == "server_error"


def test_without_transcription_no_transcript_is_sent() -> None:
    desk = Desk()
    desk.speak()
    desk.run()
    assert not set(WORDS) & set(desk.types())
    assert "response.done" in desk.types()


def test_create_response_off_leaves_the_answer_to_the_client() -> None:
    desk = Desk(**with_setting(create_response=False))
    desk.speak()
    desk.run()
    assert desk.types() == USER_TURN + WORDS
    desk.send("response.create")
    desk.run()
    assert desk.last("response.done")["response"]["status"] == "completed"


def test_a_conversation_is_read_while_the_user_speaks() -> None:
    desk = Desk()
    desk.speak()
    desk.run()
    desk.hear(3, 0.9)
    prepared = [order for order in desk.orders if isinstance(order, Prepare)]
    assert prepared[-1].messages[-1]["role"] == "assistant"


def test_in_a_pause_the_words_so_far_are_read() -> None:
    desk = Desk()
    desk.hear(20, 0.9)
    desk.hear(8, 0.0)
    desk.recognize()
    prepared = [order for order in desk.orders if isinstance(order, Prepare)]
    assert prepared[-1].messages[-1] == {"role": "user", "content": "What is it?"}


def test_a_turn_without_end_is_ended() -> None:
    desk = Desk()
    desk.hear(9400, 0.9)
    assert desk.all("input_audio_buffer.speech_stopped")[0]["audio_end_ms"] <= 300_100


# -- typed turns and push to talk ---------------------------------------------------------


def test_a_typed_turn_goes_in_the_recorded_order() -> None:
    desk = Desk(output_modalities=["text"])
    desk.type()
    desk.send("response.create")
    desk.run()
    assert desk.types() == [
        "conversation.item.added",
        "conversation.item.done",
        *ANSWER_BEGINS,
        "response.output_text.delta",
        "response.output_text.done",
        *ANSWER_ENDS[2:],
        *LIMITS,
    ]
    content = desk.last("response.done")["response"]["output"][0]["content"]
    assert content == [{"type": "output_text", "text": "It is a test, and no more. Truly."}]


def test_push_to_talk_answers_only_when_asked() -> None:
    desk = Desk(**PUSH_TO_TALK)
    desk.hear(30, 0.9)
    desk.hear(40, 0.0)
    assert desk.types() == []
    desk.send("input_audio_buffer.commit")
    desk.recognize()
    assert desk.types() == USER_TURN[2:] + WORDS
    desk.send("response.create")
    desk.run()
    assert desk.last("response.done")["response"]["status"] == "completed"


def test_push_to_talk_may_ask_before_the_words_are_known() -> None:
    desk = Desk(**PUSH_TO_TALK)
    desk.hear(30, 0.9)
    desk.send("input_audio_buffer.commit")
    desk.send("response.create")
    assert desk.types()[-1] == "response.created"
    assert not desk.has(Generate)
    desk.recognize()
    assert desk.take(Generate).messages[-1]["content"] == "What is it?"


def test_silence_in_push_to_talk_has_no_words() -> None:
    desk = Desk(**PUSH_TO_TALK)
    desk.hear(30, 0.05)
    desk.send("input_audio_buffer.commit")
    assert not desk.has(Recognize)
    assert desk.last(WORDS[1])["transcript"] == ""


@pytest.mark.parametrize("settings", [TRANSCRIBED, PUSH_TO_TALK])
def test_there_must_be_something_to_commit(settings: dict[str, Any]) -> None:
    desk = Desk(**settings)
    desk.hear(2, 0.0)
    desk.send("input_audio_buffer.commit")
    assert desk.error()["code"] == "input_audio_buffer_commit_empty"


def test_a_commit_ends_the_turn_being_spoken() -> None:
    desk = Desk(**TRANSCRIBED)
    desk.hear(20, 0.9)
    desk.send("input_audio_buffer.commit")
    started = desk.last("input_audio_buffer.speech_started")["item_id"]
    assert desk.last("input_audio_buffer.committed")["item_id"] == started
    desk.recognize()
    assert desk.last(WORDS[1])["item_id"] == started


def test_clear_forgets_what_was_being_said() -> None:
    desk = Desk(**TRANSCRIBED)
    desk.hear(20, 0.9)
    desk.hear(8, 0.0)
    desk.send("input_audio_buffer.clear")
    desk.hear(30, 0.0)
    assert desk.types() == ["input_audio_buffer.speech_started", "input_audio_buffer.cleared"]
    assert desk.has(Stop)


# -- items --------------------------------------------------------------------------------


def test_items_are_created_with_the_clients_ids_and_places() -> None:
    desk = Desk()
    desk.type("second", id="b")
    content = [{"type": "output_text", "text": "first"}]
    desk.send(
        "conversation.item.create",
        previous_item_id="root",
        item={"id": "a", "type": "message", "role": "assistant", "content": content},
    )
    assert [event["item"]["id"] for event in desk.all("conversation.item.added")] == ["b", "a"]
    assert desk.last("conversation.item.added")["previous_item_id"] is None
    desk.send("response.create", response={"instructions": "Mind."})
    assert [line["content"] for line in desk.take(Generate).messages] == [
        "Mind.",
        "first",
        "second",
    ]


def test_an_item_may_bring_its_own_sound() -> None:
    desk = Desk(**TRANSCRIBED)
    sound = to_base64(bytes(WINDOW_BYTES * 40))
    desk.send(
        "conversation.item.create",
        item={
            "type": "message",
            "role": "user",
            "content": [{"type": "input_audio", "audio": sound}],
        },
    )
    desk.send("response.create")
    desk.run()
    assert desk.last(WORDS[1])["transcript"] == "What is it?"
    assert desk.last("response.done")["response"]["status"] == "completed"
    added = desk.all("conversation.item.added")[0]["item"]["content"]
    assert added == [{"type": "input_audio", "transcript": None}]


def test_items_are_retrieved_and_deleted() -> None:
    desk = Desk()
    desk.type(id="a")
    desk.send("conversation.item.retrieve", item_id="a")
    assert desk.last("conversation.item.retrieved")["item"]["content"][0]["text"] == "Hello"
    desk.send("conversation.item.delete", item_id="a")
    assert desk.last("conversation.item.deleted")["item_id"] == "a"
    for action, code in (
        ("retrieve", "item_retrieve_invalid_item_id"),
        ("delete", "item_delete_invalid_item_id"),
    ):
        desk.send(f"conversation.item.{action}", item_id="a")
        assert desk.error()["code"] == code


@pytest.mark.parametrize(
    "item",
    [
        None,
        {},
        {"type": "wish"},
        {"type": "message", "role": "cook", "content": []},
        {"type": "message", "role": "user"},
        {"type": "message", "role": "user", "content": [{"type": "output_text", "text": "x"}]},
        {"type": "message", "role": "user", "content": [{"type": "input_text"}]},
        {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": "*"}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_audio"}]},
    ],
)
def test_a_wrong_item_is_refused(item: Any) -> None:
    desk = Desk()
    desk.send("conversation.item.create", item=item)
    assert desk.error()["type"] == "invalid_request_error"
    assert desk.types() == ["error"]


@pytest.mark.parametrize(
    "event",
    [
        None,
        [],
        "text",
        {},
        {"type": 5},
        {"type": "input_audio_buffer.explode"},
        {"type": "response.create", "response": 5},
        {"type": "response.create", "response": {"output_modalities": ["smell"]}},
        {"type": "conversation.item.truncate"},
    ],
)
def test_an_event_that_makes_no_sense_is_an_error_and_no_more(event: Any) -> None:
    desk = Desk()
    desk.session.receive(event)
    desk.drain()
    assert desk.types() == ["error"]
    desk.speak()
    desk.run()
    assert desk.last("response.done")["response"]["status"] == "completed"


def test_the_sdk_knows_every_event() -> None:
    assert set(USER_TURN + WORDS + ANSWER_BEGINS + ANSWER_ENDS + LIMITS) <= set(CLASSES)
