"""A cough must not kill the answer: what pauses it, what ends it, and what is left of a noise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chatbot.realtime.doubt import LONG_SPEECH_S, WORDS_WAIT_S, has_words
from tests.realtime.test_call import FRAME, LOST, Harness, played, typed

TRANSCRIPTION = "conversation.item.input_audio_transcription"
SILENCE_S = 0.5


class Talk(Harness):
    """A call with a user who makes sounds; answers have a second of audio, four words."""

    def passes(self, seconds: float) -> None:
        self.now += seconds
        self.call.tick(self.now)
        self.drain()

    def sound(self, item: str = "u1") -> None:
        self.upstream({"type": "input_audio_buffer.speech_started", "item_id": item})

    def quiet(self, item: str = "u1", previous: str = "a1") -> None:
        """The sound ends, and is an item."""
        self.upstream({"type": "input_audio_buffer.speech_stopped", "item_id": item})
        place = {"item_id": item, "previous_item_id": previous}
        self.upstream({"type": "input_audio_buffer.committed", **place})
        content = [{"type": "input_audio", "transcript": None}]
        added = {"id": item, "type": "message", "role": "user", "content": content}
        for kind in ("added", "done"):
            event = {"type": f"conversation.item.{kind}", "item": added}
            self.upstream({**event, "previous_item_id": previous})

    def words(self, text: str, item: str = "u1") -> None:
        usage = {"type": "duration", "seconds": 1.0}
        heard = {"item_id": item, "transcript": text, "usage": usage}
        self.upstream({"type": f"{TRANSCRIPTION}.completed", **heard})

    def delta(self, text: str, item: str = "u1") -> None:
        self.upstream({"type": f"{TRANSCRIPTION}.delta", "item_id": item, "delta": text})

    def fails(self, item: str = "u1") -> None:
        self.upstream({"type": f"{TRANSCRIPTION}.failed", "item_id": item, "error": {}})

    def cough(self, item: str = "u1", previous: str = "a1") -> None:
        self.sound(item)
        self.quiet(item, previous)
        self.words("", item)

    def pauses_at(self, ms: int) -> None:
        self.browser(played(ms, "paused"))

    def decisions(self) -> list[str]:
        kinds = ("chat.paused", "chat.resumed", "chat.interrupted")
        return [kind for kind in self.types(self.to_browser) if kind in kinds]

    def rows(self) -> dict[str, tuple[str, str | None]]:
        """What is stored in the end, by item: status and text heard."""
        self.call.hang_up(1000, "user", self.now)
        self.drain()
        return {turn.item_id: (turn.status, turn.heard_text) for turn in self.saved()}

    def plays_to_its_end(self) -> None:
        self.browser(played(1000, "ended"))


def made() -> Talk:
    """An answer that is wholly made, and sounds."""
    talk = Talk()
    talk.answer()
    talk.answer_ends()
    talk.browser(played(250))
    return talk


def being_made() -> Talk:
    """An answer that sounds while it is being made."""
    talk = Talk()
    talk.answer()
    talk.browser(played(250))
    return talk


STAGES = pytest.mark.parametrize("begin", [made, being_made])


# A noise


@STAGES
def test_a_cough_only_pauses_the_answer(begin: Callable[[], Talk]) -> None:
    talk = begin()
    talk.cough()
    assert talk.decisions() == ["chat.paused", "chat.resumed"]
    assert talk.told("chat.paused")[0]["generation"] == 0
    resumed = talk.told("chat.resumed")[0]
    assert (resumed["generation"], resumed["item_id"]) == (0, "a1")
    assert talk.sent("response.cancel") == talk.sent("conversation.item.truncate") == []
    assert talk.sent("response.create") == []


@STAGES
def test_a_cough_leaves_no_trace(begin: Callable[[], Talk]) -> None:
    talk = begin()
    talk.cough()
    assert [event["item_id"] for event in talk.sent("conversation.item.delete")] == ["u1"]
    assert talk.told("conversation.item.deleted")[0]["item_id"] == "u1"
    if begin is being_made:
        talk.answer_ends()
    talk.plays_to_its_end()
    assert talk.rows() == {"a1": ("completed", None)}


def test_the_pause_comes_with_the_first_sound() -> None:
    talk = made()
    talk.forget()
    talk.sound()
    assert talk.types(talk.to_browser) == ["input_audio_buffer.speech_started", "chat.paused"]


@pytest.mark.parametrize("text", ["", " ", "...", "[cough]", "(laughs)", "*coughs*", "[BLANK_AUD"])
def test_what_recognisers_write_for_noise_is_no_word(text: str) -> None:
    assert not has_words(text)
    talk = made()
    talk.sound()
    talk.quiet()
    talk.words(text)
    assert talk.decisions() == ["chat.paused", "chat.resumed"]


@pytest.mark.parametrize("text", ["No", "(well) no", "2", "да", "はい"])
def test_a_word_is_a_word_in_any_language(text: str) -> None:
    assert has_words(text)


def test_a_noise_that_could_not_be_transcribed_is_a_noise() -> None:
    talk = made()
    talk.sound()
    talk.quiet()
    talk.fails()
    assert talk.decisions() == ["chat.paused", "chat.resumed"]
    talk.plays_to_its_end()
    assert talk.rows() == {"a1": ("completed", None)}


def test_a_transcription_that_never_comes_is_not_waited_for() -> None:
    talk = made()
    talk.sound()
    talk.quiet()
    talk.passes(WORDS_WAIT_S - 0.1)
    assert talk.decisions() == ["chat.paused"]
    talk.passes(0.2)
    assert talk.decisions() == ["chat.paused", "chat.resumed"]
    assert talk.sent("conversation.item.delete") == []  # it may have been words
    talk.plays_to_its_end()
    assert talk.rows() == {"a1": ("completed", None)}


def test_two_coughs_in_a_row_are_one_pause() -> None:
    talk = made()
    talk.sound()
    talk.quiet()
    talk.sound("u2")
    talk.words("")
    assert talk.decisions() == ["chat.paused"]
    talk.quiet("u2", "u1")
    talk.words("", "u2")
    assert talk.decisions() == ["chat.paused", "chat.resumed"]
    assert {event["item_id"] for event in talk.sent("conversation.item.delete")} == {"u1", "u2"}


def test_each_cough_is_a_pause_of_its_own() -> None:
    talk = being_made()
    talk.cough()
    talk.cough("u2", "u1")
    assert talk.decisions() == ["chat.paused", "chat.resumed"] * 2
    talk.answer_ends()
    talk.plays_to_its_end()
    assert talk.rows() == {"a1": ("completed", None)}


def test_a_cough_while_nothing_sounds_pauses_nothing() -> None:
    talk = made()
    talk.plays_to_its_end()
    talk.cough()
    assert talk.decisions() == []
    assert talk.sent("conversation.item.delete") == []


def test_an_answer_without_a_sound_yet_is_not_killed_by_a_cough() -> None:
    talk = Talk()
    talk.upstream({"type": "response.created", "response": {"id": "r1"}})
    talk.cough(previous="u0")
    assert talk.decisions() == ["chat.paused", "chat.resumed"]
    assert talk.told("chat.resumed")[0]["item_id"] is None
    assert talk.sent("response.cancel") == []


def test_sound_that_comes_while_paused_is_of_the_same_generation() -> None:
    talk = being_made()
    talk.sound()
    talk.audio(ms=500)
    assert talk.types(talk.to_browser)[-1] == "audio"
    assert {event["generation"] for event in talk.told("chat.audio")} == {0}


def test_the_reports_of_a_paused_answer_interrupt_nothing() -> None:
    talk = being_made()
    talk.sound()
    talk.pauses_at(300)
    talk.browser(played(300))
    talk.quiet()
    talk.words("")
    assert talk.decisions() == ["chat.paused", "chat.resumed"]


def test_speech_that_is_thrown_away_was_nothing() -> None:
    talk = made()
    talk.sound()
    talk.upstream({"type": "input_audio_buffer.cleared"})
    assert talk.decisions() == ["chat.paused", "chat.resumed"]


def test_a_tool_that_ended_during_a_cough_is_answered() -> None:
    talk = being_made()
    books = talk.call._tools.books
    talk.sound()
    assert books._user_speaks
    talk.quiet()
    talk.words("")
    assert not books._user_speaks


# An answer that the upstream makes to the noise


def test_an_answer_to_a_noise_is_cancelled_and_never_shown() -> None:
    talk = made()
    talk.sound()
    talk.quiet()
    talk.forget()
    talk.answer("a2", "r2")
    assert talk.to_browser == []
    talk.words("")
    assert "chat.resumed" in talk.decisions()
    assert [event["response_id"] for event in talk.sent("response.cancel")] == ["r2"]
    talk.forget()
    talk.audio("a2", "r2")
    talk.answer_ends("a2", "r2", "cancelled")
    talk.upstream({"type": "conversation.item.deleted", "item_id": "a2"})
    assert talk.to_browser == []
    assert [event["item_id"] for event in talk.sent("conversation.item.delete")] == ["a2"]
    talk.plays_to_its_end()
    assert set(talk.rows()) <= {"a1"}


def test_an_answer_to_a_noise_that_is_made_already_is_forgotten_but_counted() -> None:
    talk = made()
    talk.sound()
    talk.quiet()
    talk.answer("a2", "r2")
    talk.upstream(
        {
            "type": "response.done",
            "response": {"id": "r2", "status": "completed", "usage": {"total_tokens": 7}},
        }
    )
    talk.forget()
    talk.words("")
    assert talk.sent("response.cancel") == []
    deleted = [event["item_id"] for event in talk.sent("conversation.item.delete")]
    assert deleted == ["u1", "a2"]
    (usage,) = [effect for effect in talk.effects if type(effect).__name__ == "SaveUsage"][1:]
    assert usage.source_id == "r2"  # type: ignore[union-attr]


def test_an_answer_to_words_is_heard_once_they_are_known() -> None:
    talk = made()
    talk.sound()
    talk.pauses_at(500)
    talk.quiet()
    talk.answer("a2", "r2")
    assert [event["item_id"] for event in talk.told("chat.audio")] == ["a1"]
    talk.words("Stop it.")
    kinds = talk.types(talk.to_browser)
    assert kinds.index("chat.interrupted") < kinds.index("audio", kinds.index("chat.interrupted"))
    assert [event["generation"] for event in talk.told("chat.audio")] == [0, 1]
    assert talk.sent("response.cancel") == []
    assert talk.sent("response.create") == []  # the upstream has answered by itself
    talk.answer_ends("a2", "r2")
    talk.browser(played(1000, "ended", 1, "a2"))
    rows = talk.rows()
    assert rows["a1"] == ("interrupted", "one two")
    assert (rows["u1"], rows["a2"]) == (("completed", None), ("completed", None))


def test_too_much_of_an_answer_is_not_kept_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatbot.realtime.withheld.MAX_CHARACTERS", 1000)
    talk = made()
    talk.sound()
    talk.quiet()
    talk.answer("a2", "r2")
    assert talk.decisions() == ["chat.paused", "chat.interrupted"]
    assert talk.told("chat.audio")[-1]["item_id"] == "a2"


# Words


@STAGES
def test_words_cut_the_answer_where_it_was_paused(begin: Callable[[], Talk]) -> None:
    talk = begin()
    talk.sound()
    talk.pauses_at(500)
    talk.quiet()
    talk.words("Stop it.")
    if begin is being_made:
        assert [event["response_id"] for event in talk.sent("response.cancel")] == ["r1"]
        talk.answer_ends(status="cancelled")
    assert talk.decisions() == ["chat.paused", "chat.interrupted"]
    (cut,) = talk.sent("conversation.item.truncate")
    assert (cut["item_id"], cut["audio_end_ms"]) == ("a1", 500)
    assert talk.rows()["a1"] == ("interrupted", "one two")


def test_the_first_words_are_enough() -> None:
    talk = being_made()
    talk.sound()
    talk.delta("[")
    assert talk.decisions() == ["chat.paused"]
    talk.delta("hm] Stop")
    assert talk.decisions() == ["chat.paused", "chat.interrupted"]


@STAGES
def test_one_answer_is_given_to_words(begin: Callable[[], Talk]) -> None:
    talk = begin()
    talk.sound()
    talk.quiet()
    if begin is being_made:  # the service does not answer while a response runs
        error = {"code": "conversation_already_has_active_response", "event_id": None}
        talk.upstream({"type": "error", "error": error})
    else:
        talk.answer("a2", "r2")
    talk.words("Stop it.")
    if begin is being_made:
        assert talk.sent("response.create") == []
        talk.answer_ends(status="cancelled")
        assert len(talk.sent("response.create")) == 1
        talk.answer("a2", "r2")
    talk.answer_ends("a2", "r2")
    assert len(talk.sent("response.create")) == (begin is being_made)
    assert talk.told("chat.error") == []


def test_a_request_that_collides_with_the_upstreams_own_answer_is_not_repeated() -> None:
    talk = being_made()
    talk.sound()
    talk.quiet()
    talk.words("Stop it.")
    talk.answer_ends(status="cancelled")
    (asked,) = talk.sent("response.create")
    talk.answer("a2", "r2")
    error = {
        "code": "conversation_already_has_active_response",
        "event_id": asked["event_id"],
    }
    talk.upstream({"type": "error", "error": error})
    talk.answer_ends("a2", "r2")
    assert len(talk.sent("response.create")) == 1


def test_an_upstream_that_could_not_answer_a_cough_is_not_asked_to() -> None:
    talk = being_made()
    talk.sound()
    talk.quiet()
    error = {"code": "conversation_already_has_active_response", "event_id": None}
    talk.upstream({"type": "error", "error": error})
    talk.words("")
    talk.answer_ends()
    assert talk.sent("response.create") == []


def test_long_speech_is_no_cough() -> None:
    talk = being_made()
    talk.sound()
    talk.passes(LONG_SPEECH_S + SILENCE_S - 0.1)
    assert talk.decisions() == ["chat.paused"]
    talk.passes(0.2)
    assert talk.decisions() == ["chat.paused", "chat.interrupted"]
    talk.answer_ends(status="cancelled")
    talk.quiet()
    assert talk.sent("response.create") == []  # the upstream answers: nothing runs any more


def test_long_speech_that_ends_before_its_cancellation_is_answered_without_words() -> None:
    talk = being_made()
    talk.sound()
    talk.passes(LONG_SPEECH_S + SILENCE_S + 0.1)
    talk.quiet()
    talk.answer_ends(status="cancelled")
    assert len(talk.sent("response.create")) == 1


def test_words_that_come_too_late_interrupt_after_all() -> None:
    talk = made()
    talk.sound()
    talk.quiet()
    talk.answer("a2", "r2")
    talk.passes(WORDS_WAIT_S + 0.1)
    talk.answer_ends("a2", "r2", "cancelled")
    assert talk.decisions() == ["chat.paused", "chat.resumed"]
    talk.browser(played(600))
    talk.words("Stop it.")
    talk.passes(1.0)
    assert talk.told("chat.interrupted")[-1]["heard_ms"] == 600
    assert len(talk.sent("response.create")) == 1
    assert talk.rows()["u1"] == ("completed", None)


def test_late_words_that_were_answered_since_interrupt_nothing() -> None:
    talk = made()
    talk.sound()
    talk.quiet()
    talk.passes(WORDS_WAIT_S + 0.1)
    talk.plays_to_its_end()
    talk.answer("a2", "r2")
    talk.words("Stop it.")
    assert "chat.interrupted" not in talk.decisions()
    assert talk.sent("response.cancel") == []


def test_late_noise_is_forgotten_by_the_upstream_too() -> None:
    talk = made()
    talk.sound()
    talk.quiet()
    talk.passes(WORDS_WAIT_S + 0.1)
    talk.words("")
    assert [event["item_id"] for event in talk.sent("conversation.item.delete")] == ["u1"]


def test_a_cough_before_words_is_part_of_the_interruption() -> None:
    talk = made()
    talk.sound()
    talk.quiet()
    talk.sound("u2")
    talk.quiet("u2", "u1")
    talk.words("Stop it.", "u2")
    assert talk.decisions() == ["chat.paused", "chat.interrupted"]
    talk.words("")
    assert set(talk.rows()) == {"a1", "u2"}


def test_an_answer_is_not_heard_while_the_user_may_still_be_speaking() -> None:
    talk = made()
    talk.sound()
    talk.pauses_at(500)
    talk.quiet()
    talk.answer("a2", "r2")
    talk.sound("u2")
    talk.words("Stop it.")
    assert talk.decisions() == ["chat.paused", "chat.interrupted", "chat.paused"]
    talk.quiet("u2", "a2")
    talk.words("And begin again.", "u2")
    assert talk.decisions()[3:] == ["chat.interrupted"]
    assert [event["response_id"] for event in talk.sent("response.cancel")] == ["r2"]
    talk.answer_ends("a2", "r2", "cancelled")
    assert len(talk.sent("response.create")) == 1


def test_what_is_told_of_an_older_cut_ends_no_pause() -> None:
    talk = made()
    talk.sound()
    talk.quiet()
    talk.words("Stop it.")
    talk.answer("a2", "r2")
    talk.sound("u2")
    assert talk.decisions()[-1] == "chat.paused"
    talk.passes(1.0)
    assert talk.decisions()[-1] == "chat.paused"


def test_a_browser_that_never_reports_is_not_waited_for() -> None:
    talk = made()
    talk.sound()
    talk.passes(0.3)
    talk.quiet()
    talk.words("Stop it.")
    assert [event["item_id"] for event in talk.told("chat.interrupted")] == [None]
    talk.passes(0.5)
    assert [event["item_id"] for event in talk.told("chat.interrupted")] == [None, "a1"]
    assert [event["audio_end_ms"] for event in talk.sent("conversation.item.truncate")] == [250]


def test_a_report_that_comes_after_the_cut_still_counts() -> None:
    talk = made()
    talk.sound()
    talk.quiet()
    talk.words("Stop it.")
    talk.pauses_at(500)
    assert [event["audio_end_ms"] for event in talk.sent("conversation.item.truncate")] == [500]


def test_a_page_that_throws_the_sound_away_has_interrupted() -> None:
    talk = being_made()
    talk.sound()
    talk.browser(played(500, "interrupted"))
    assert talk.decisions() == ["chat.paused", "chat.interrupted"]
    assert len(talk.sent("response.cancel")) == 1


def test_an_upstream_that_interrupts_by_itself_has_interrupted() -> None:
    talk = being_made()
    talk.sound()
    talk.answer_ends(status="cancelled")
    assert talk.decisions() == ["chat.paused", "chat.interrupted"]


# Whatever else happens meanwhile


def test_the_button_ends_the_doubt_and_all_answers() -> None:
    talk = made()
    talk.sound()
    talk.pauses_at(500)
    talk.quiet()
    talk.answer("a2", "r2")
    talk.browser({**played(500), "type": "chat.interrupt"})
    assert talk.decisions() == ["chat.paused", "chat.interrupted"]
    assert [event["response_id"] for event in talk.sent("response.cancel")] == ["r2"]
    talk.answer_ends("a2", "r2", "cancelled")
    talk.words("Stop it.")
    assert talk.decisions() == ["chat.paused", "chat.interrupted"]
    assert talk.sent("response.create") == []
    rows = talk.rows()
    assert rows["a1"] == ("interrupted", "one two")
    assert "a2" not in rows


def test_typing_ends_the_doubt() -> None:
    talk = being_made()
    talk.sound()
    talk.pauses_at(500)
    talk.browser(typed("Wait."))
    talk.browser({"type": "response.create"})
    assert talk.decisions() == ["chat.paused", "chat.interrupted"]
    talk.quiet()
    talk.answer_ends(status="cancelled")
    assert len(talk.sent("response.create")) == 1
    talk.answer("a2", "r2")
    talk.words("No, don't.")
    talk.answer_ends("a2", "r2")
    assert len(talk.sent("response.create")) == 1  # a2 has read both


def test_a_lost_session_ends_the_doubt_and_the_answer_plays_on() -> None:
    talk = made()
    talk.browser(FRAME)
    talk.sound()
    talk.quiet()
    talk.answer("a2", "r2")
    talk.call.upstream_lost(LOST, talk.now, 0.5)
    talk.drain()
    assert talk.decisions() == ["chat.paused", "chat.resumed"]
    talk.forget()
    talk.call.upstream_opened(talk.now)
    talk.upstream({"type": "session.updated", "session": {}})
    assert talk.sent("input_audio_buffer.append")  # what was said is said again
    assert talk.sent("response.create") == []
    talk.sound("v1")
    talk.quiet("v1")
    talk.words("Stop it.", "v1")
    assert talk.decisions() == ["chat.paused", "chat.interrupted"]


def test_hanging_up_ends_the_doubt() -> None:
    talk = made()
    talk.sound()
    talk.pauses_at(500)
    assert talk.rows() == {"a1": ("interrupted", "one two")}


def test_a_user_who_may_not_interrupt_is_answered_afterwards() -> None:
    talk = being_made()
    detection = {"type": "server_vad", "interrupt_response": False}
    change = {"type": "realtime", "audio": {"input": {"turn_detection": detection}}}
    talk.browser({"type": "session.update", "session": change})
    talk.upstream({"type": "session.updated", "session": change})
    talk.sound()
    talk.quiet()
    talk.words("And then?")
    assert talk.decisions() == []
    assert talk.sent("response.cancel") == []
    talk.answer_ends()
    assert len(talk.sent("response.create")) == 1


# The session


def detection_of(event: dict[str, Any]) -> Any:
    return event["session"]["audio"]["input"]["turn_detection"]


def test_the_upstream_is_never_to_interrupt_by_itself() -> None:
    talk = Talk(ready=False)
    talk.call.upstream_opened(talk.now)
    talk.drain()
    assert detection_of(talk.sent("session.update")[0])["interrupt_response"] is False
    talk.upstream({"type": "session.updated", "session": talk.sent("session.update")[0]["session"]})
    assert detection_of(talk.told("session.updated")[0])["interrupt_response"] is True


def test_a_change_of_turn_detection_says_so_too() -> None:
    talk = Talk()
    detection = {"type": "semantic_vad", "eagerness": "low"}
    change = {"type": "realtime", "audio": {"input": {"turn_detection": detection}}}
    talk.browser({"type": "session.update", "session": change})
    (sent,) = talk.sent("session.update")
    assert detection_of(sent) == {**detection, "interrupt_response": False}
    talk.upstream({"type": "session.updated", "session": sent["session"]})
    assert detection_of(talk.told("session.updated")[0])["interrupt_response"] is True


def test_push_to_talk_stays_push_to_talk() -> None:
    talk = Talk()
    change = {"type": "realtime", "audio": {"input": {"turn_detection": None}}}
    talk.browser({"type": "session.update", "session": change})
    assert detection_of(talk.sent("session.update")[0]) is None
