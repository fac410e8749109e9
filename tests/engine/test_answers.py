from __future__ import annotations

import pytest

from chatbot.engine.errors import StageError
from chatbot.engine.orders import Enough, Generate, Prepare, Speak, Stop
from chatbot.engine.response import ENOUGH_TOKENS
from tests.engine.desk import (
    ANSWER_ENDS,
    USED,
    USER_TURN,
    Desk,
    with_setting,
)

# -- interruption -------------------------------------------------------------------------


def test_speaking_over_the_answer_ends_it_in_the_recorded_order() -> None:
    desk = Desk()
    desk.speak()
    desk.recognize()
    desk.write()
    desk.say(1)
    desk.events.clear()
    desk.hear(3, 0.9)
    assert desk.types() == ["input_audio_buffer.speech_started", *ANSWER_ENDS]
    done = desk.last("response.done")["response"]
    assert done["status"] == "cancelled"
    assert done["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
    assert done["usage"]["output_tokens"] > 0
    assert done["output"][0]["status"] == "incomplete"
    assert done["output"][0]["content"][0]["transcript"] == "It is a test, "
    assert desk.has(Stop)


def test_nothing_is_said_after_the_end() -> None:
    desk = Desk()
    desk.speak()
    desk.recognize()
    desk.write()
    orders = list(desk.orders)
    desk.hear(3, 0.9)
    desk.events.clear()
    for order in orders:
        if isinstance(order, Speak):
            desk.session.spoken(order.key, order.piece, bytes(9600))
            desk.session.text_came(order.key, "more", USED)
            desk.session.text_ended(order.key, USED, limited=False)
    desk.drain()
    assert desk.events == []


def test_interrupt_response_off_lets_the_answer_finish_and_answers_no_second_time() -> None:
    desk = Desk(**with_setting(interrupt_response=False))
    desk.speak()
    desk.recognize()
    desk.write()
    desk.events.clear()
    desk.speak()
    assert desk.types() == [*USER_TURN, "error"]
    assert desk.error()["code"] == "conversation_already_has_active_response"
    assert desk.error()["event_id"] is None
    desk.recognize()
    desk.say()
    desk.run()
    assert desk.last("response.done")["response"]["status"] == "completed"
    assert desk.all("response.created") == []
    assert desk.last("conversation.item.input_audio_transcription.completed")["transcript"]


def test_with_interrupt_response_off_the_client_interrupts_and_asks() -> None:
    desk = Desk(**with_setting(interrupt_response=False))
    desk.speak()
    desk.recognize()
    desk.write()
    desk.speak()
    desk.recognize()
    desk.send("response.cancel")
    assert desk.last("response.done")["response"]["status"] == "cancelled"
    desk.send("response.create")
    desk.run()
    assert desk.last("response.done")["response"]["status"] == "completed"
    assert len(desk.all("response.created")) == 2


def test_with_interrupt_response_off_speech_after_the_cancellation_is_answered() -> None:
    desk = Desk(**with_setting(interrupt_response=False))
    desk.speak()
    desk.recognize()
    desk.write()
    desk.hear(20, 0.9)
    desk.send("response.cancel")
    assert desk.has(Prepare)
    desk.hear(17, 0.01)
    desk.run()
    assert len(desk.all("response.created")) == 2
    assert desk.all("error") == []


def test_a_noise_during_an_answer_has_an_empty_transcription_and_no_answer() -> None:
    desk = Desk(**with_setting(interrupt_response=False))
    desk.speak()
    desk.recognize()
    desk.write()
    desk.transcript = ""
    desk.speak()
    desk.recognize()
    completed = "conversation.item.input_audio_transcription.completed"
    assert desk.last(completed)["transcript"] == ""
    desk.say()
    desk.run()
    assert desk.last("response.done")["response"]["status"] == "completed"
    assert len(desk.all("response.created")) == 1


def test_without_create_response_nobody_complains_that_an_answer_runs() -> None:
    desk = Desk(**with_setting(interrupt_response=False, create_response=False))
    desk.type()
    desk.send("response.create")
    desk.speak()
    assert desk.all("error") == []


def test_only_the_words_heard_stay_in_the_conversation() -> None:
    desk = Desk()
    desk.speak()
    desk.run()
    item_id = desk.last("response.done")["response"]["output"][0]["id"]
    desk.send("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=10 * 13)
    assert desk.last("conversation.item.truncated")["audio_end_ms"] == 130
    desk.speak()
    desk.recognize()
    assert desk.take(Generate).messages[-2]["content"] == "It is a test,"


def test_the_client_cancels() -> None:
    desk = Desk()
    desk.speak()
    desk.recognize()
    desk.write()
    desk.send("response.cancel")
    done = desk.last("response.done")["response"]
    assert done["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
    desk.send("response.cancel")
    assert desk.error()["code"] == "response_cancel_not_active"
    assert desk.error()["event_id"] == "mine"


def test_an_answer_may_be_cancelled_before_its_first_word() -> None:
    desk = Desk()
    desk.type()
    desk.send("response.create")
    desk.send("response.cancel")
    done = desk.last("response.done")["response"]
    assert (done["status"], done["output"]) == ("cancelled", [])


# -- answers ------------------------------------------------------------------------------


def test_a_request_has_its_own_manner() -> None:
    desk = Desk()
    desk.type()
    desk.send(
        "response.create",
        response={
            "instructions": "Rhyme.",
            "output_modalities": ["text"],
            "max_output_tokens": 7,
            "metadata": {"client_event_id": "x"},
        },
    )
    created = desk.last("response.created")["response"]
    assert created["metadata"] == {"client_event_id": "x"}
    assert created["output_modalities"] == ["text"]
    order = desk.take(Generate)
    assert order.max_tokens == 7
    assert order.messages[0]["content"] == "Rhyme."
    desk.session.text_came(order.key, "One, two", USED)
    desk.session.text_ended(order.key, USED, limited=True)
    desk.drain()
    done = desk.last("response.done")["response"]
    assert done["status_details"] == {"type": "incomplete", "reason": "max_output_tokens"}


def test_two_answers_at_once_are_refused() -> None:
    desk = Desk()
    desk.type()
    desk.send("response.create")
    desk.send("response.create")
    assert desk.error()["code"] == "conversation_already_has_active_response"


def test_an_answer_beside_the_conversation() -> None:
    desk = Desk()
    desk.type("Secret", id="a")
    desk.send("response.create")
    desk.send(
        "response.create",
        response={
            "conversation": "none",
            "output_modalities": ["text"],
            "input": [{"type": "item_reference", "id": "a"}],
        },
    )
    beside = desk.last("response.created")["response"]
    assert beside["conversation_id"] is None
    desk.events.clear()
    desk.orders = [one for one in desk.orders if getattr(one, "key", "") == beside["id"]]
    desk.run()
    assert "conversation.item.added" not in desk.types()
    assert desk.last("conversation.item.done")["previous_item_id"] is None
    assert desk.last("response.done")["response"]["status"] == "completed"


def test_a_reference_to_nothing_is_refused() -> None:
    desk = Desk()
    desk.send(
        "response.create",
        response={"conversation": "none", "input": [{"type": "item_reference", "id": "x"}]},
    )
    assert desk.types() == ["error"]


def test_an_answer_without_limit_ends_with_a_sentence() -> None:
    desk = Desk()
    desk.type()
    desk.send("response.create")
    order = desk.take(Generate)
    long = type(USED)(output=ENOUGH_TOKENS)
    for text in ("This is long. ", "This too. ", "And"):
        desk.session.text_came(order.key, text, long)
    desk.drain()
    assert desk.has(Enough)
    desk.session.text_came(order.key, " so on", long)
    desk.session.text_ended(order.key, long, limited=True)
    desk.say()
    done = desk.last("response.done")["response"]
    assert done["status"] == "completed"
    assert done["output"][0]["content"][0]["transcript"].endswith(". ")


def test_a_broken_model_fails_the_answer_and_not_the_call() -> None:
    desk = Desk()
    desk.type()
    desk.send("response.create")
    desk.session.answer_failed(desk.take(Generate).key, StageError("model_failed", "It broke."))
    desk.drain()
    done = desk.last("response.done")["response"]
    assert done["status"] == "failed"
    assert done["status_details"]["error"]["message"] == "It broke."
    desk.speak()
    desk.run()
    assert desk.last("response.done")["response"]["status"] == "completed"


def test_an_answer_asked_for_is_not_given_twice() -> None:
    desk = Desk(**with_setting(interrupt_response=False))
    desk.speak()
    desk.send("response.create")
    desk.run()
    assert len(desk.all("response.created")) == 1


# -- what cannot be spoken ----------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        ["😀"],
        ["?!"],
        ["Sure, here you are.\n\n", "😀"],
        ["Sure, here you are. ", "😀"],
        ["A rule.\n\n", "---"],
        ["😀\n\n", "Hello."],
        ["One.\n\n", "😀\n\n", "Two.\n\n", "---"],
    ],
)
def test_an_answer_ends_whatever_of_it_cannot_be_spoken(answer: list[str]) -> None:
    desk = Desk()
    desk.answer = answer
    desk.speak()
    desk.run()
    done = desk.last("response.done")["response"]
    assert done["status"] == "completed"
    assert done["output"][0]["content"][0]["transcript"].split() == "".join(answer).split()
