"""Which samples a recording of each turn holds: every sample has a number of its own here."""

from __future__ import annotations

from array import array
from collections.abc import Callable

import pytest

from chatbot.realtime.audio import SAMPLE_RATE_HZ, bytes_of, to_base64
from chatbot.realtime.call import Call
from chatbot.realtime.permissions import Permissions
from chatbot.realtime.soundtrack import (
    RECENT_BYTES,
    Cut,
    Dropped,
    Ended,
    Named,
    Piece,
    Soundtrack,
)
from tests.realtime.test_call import LOST, SETTINGS, Harness, played

COMMIT = {"type": "input_audio_buffer.commit"}
CLEAR = {"type": "input_audio_buffer.clear"}
PER_MS = SAMPLE_RATE_HZ // 1000


class Recorded(Harness):
    """A call that is recorded, and what of its sound is kept for which item by now."""

    def __init__(self, *, agrees: bool = True, by_hand: bool = False, ready: bool = True) -> None:
        super().__init__(ready=False)
        self.soundtrack = Soundtrack()
        if agrees:
            self.soundtrack.begin()
        self.call = Call(
            SETTINGS,
            permissions=Permissions(frozenset({"turn_detection"})),
            new_id=lambda prefix: f"{prefix}_new",
            soundtrack=self.soundtrack,
        )
        self.samples = 0
        self.kept: dict[int, bytearray] = {}
        self.names: dict[int, str] = {}
        self.ended: set[int] = set()
        if by_hand:
            session = {"type": "realtime", "audio": {"input": {"turn_detection": None}}}
            self.browser({"type": "session.update", "session": session})
        if ready:
            self.open()

    def open(self) -> None:
        """A session of the upstream is ready, and takes what it is told."""
        self.call.upstream_opened(self.now)
        self.drain()
        for _ in range(2):
            self.upstream({"type": "session.updated", "session": {}})

    def drain(self) -> None:
        super().drain()
        for part in self.soundtrack.take():
            if isinstance(part, Piece):
                self.kept.setdefault(part.number, bytearray()).extend(part.pcm)
            elif isinstance(part, Named):
                self.names[part.number] = part.item_id
            elif isinstance(part, Cut):
                del self.kept[part.number][part.size_bytes :]
            elif isinstance(part, Dropped):
                self.kept.pop(part.number, None)
            elif isinstance(part, Ended):
                self.ended.add(part.number)

    def say(self, ms: int) -> None:
        """The next samples of the microphone, in frames of 40 ms."""
        for _ in range(0, ms, 40):
            first, self.samples = self.samples, self.samples + 40 * PER_MS
            frame = array("H", [number % 65_536 for number in range(first, self.samples)])
            self.browser(frame.tobytes())

    def starts(self, item: str, ms: int | None) -> None:
        at = {} if ms is None else {"audio_start_ms": ms}
        self.upstream({"type": "input_audio_buffer.speech_started", "item_id": item, **at})

    def stops(self, item: str, ms: int | None) -> None:
        at = {} if ms is None else {"audio_end_ms": ms}
        self.upstream({"type": "input_audio_buffer.speech_stopped", "item_id": item, **at})

    def commits(self, item: str) -> None:
        self.upstream({"type": "input_audio_buffer.committed", "item_id": item})

    def of(self, item: str) -> array[int] | None:
        """The samples that are kept for an item."""
        found = [number for number, name in self.names.items() if name == item]
        kept = self.kept.get(found[-1]) if found else None
        return None if kept is None else array("H", bytes(kept))

    @property
    def nameless(self) -> int:
        """How many sounds are kept that are nobody's yet."""
        return len(set(self.kept) - set(self.names))


def samples(start_ms: int, end_ms: int) -> array[int]:
    """The microphone's samples from one time to another."""
    return array("H", [n % 65_536 for n in range(start_ms * PER_MS, end_ms * PER_MS)])


# What the user says, found by the upstream


def test_speech_is_cut_where_the_upstream_says() -> None:
    h = Recorded()
    h.say(1000)
    h.starts("u1", 700)
    h.say(1000)
    h.stops("u1", 1750)
    h.say(400)
    h.commits("u1")
    assert h.of("u1") == samples(700, 1750)


def test_two_turns_share_no_sample() -> None:
    h = Recorded()
    h.say(1000)
    h.starts("u1", 700)
    h.say(600)
    h.stops("u1", 1400)
    h.commits("u1")
    h.say(200)
    h.starts("u2", 1500)
    h.say(600)
    h.stops("u2", 2200)
    h.commits("u2")
    assert (h.of("u1"), h.of("u2")) == (samples(700, 1400), samples(1500, 2200))


@pytest.mark.parametrize(
    ("start_ms", "end_ms", "expected"),
    [
        (None, None, samples(1000, 2000)),
        (-50, 9_999, samples(0, 2000)),
        (99_999, 99_999, samples(1000, 2000)),
        (900, 100, samples(0, 0)),
    ],
    ids=["not told", "out of range", "in the future", "backwards"],
)
def test_a_clock_that_makes_no_sense_takes_what_there_is(
    start_ms: int | None, end_ms: int | None, expected: array[int]
) -> None:
    h = Recorded()
    h.say(1000)
    h.starts("u1", start_ms)
    h.say(1000)
    h.stops("u1", end_ms)
    assert h.of("u1") == expected


def test_speech_that_is_committed_while_it_goes_on_ends_there() -> None:
    h = Recorded()
    h.say(400)
    h.starts("u1", 200)
    h.say(400)
    h.commits("u1")
    h.say(400)
    assert h.of("u1") == samples(200, 800)


def test_silence_is_forgotten() -> None:
    h = Recorded()
    h.say(20_000)
    h.starts("u1", 0)
    assert h.of("u1") == samples(20_000 - RECENT_BYTES // bytes_of(1), 20_000)
    assert h.nameless == 0


def test_a_sound_that_was_no_speech_is_dropped() -> None:
    h = Recorded()
    h.say(1000)
    h.starts("u1", 700)
    h.say(200)
    h.upstream({"type": "conversation.item.deleted", "item_id": "u1"})
    h.say(200)
    assert h.of("u1") is None


def test_a_cough_over_the_answer_is_dropped_and_the_answer_is_whole() -> None:
    h = Recorded()
    h.answer(audio_ms=1000)
    h.say(400)
    h.starts("u1", 200)
    h.stops("u1", 400)
    h.now += 10
    h.call.tick(h.now)
    h.drain()
    assert h.told("chat.resumed")
    h.audio(ms=500)
    assert h.of("u1") is None
    assert len(h.of("a1") or []) == 1500 * PER_MS


def test_words_of_a_call_that_ends_are_kept_as_far_as_they_came() -> None:
    h = Recorded()
    h.say(1000)
    h.starts("u1", 700)
    h.say(400)
    h.browser({"type": "chat.hangup"})
    assert h.of("u1") == samples(700, 1400)


# What the user ends by hand


def test_speech_by_hand_lasts_from_clear_to_commit() -> None:
    h = Recorded(by_hand=True)
    h.say(400)
    h.browser(CLEAR)
    h.say(800)
    h.browser(COMMIT)
    h.say(120)
    h.commits("u1")
    assert h.of("u1") == samples(400, 1200)
    h.browser(COMMIT)
    h.commits("u2")
    assert h.of("u2") == samples(1200, 1320)


def test_what_was_said_before_the_session_was_there_is_kept() -> None:
    h = Recorded(by_hand=True, ready=False)
    h.say(800)
    h.browser(COMMIT)
    h.open()
    h.commits("u1")
    assert h.of("u1") == samples(0, 800)


def test_what_was_cleared_is_nobodys_and_what_the_end_has_cut_off_is_the_users() -> None:
    h = Recorded(by_hand=True)
    h.say(400)
    h.browser(CLEAR)
    assert h.kept == {}
    h.say(400)
    h.browser(COMMIT)
    h.browser({"type": "chat.hangup"})
    assert h.of("item_new") == samples(400, 800)


def test_what_was_too_short_is_part_of_the_next_turn() -> None:
    h = Recorded(by_hand=True)
    h.say(80)
    h.browser(COMMIT)
    h.say(200)
    h.browser(COMMIT)
    h.commits("u1")
    assert h.of("u1") == samples(0, 280)


# A new session of the upstream


def break_off(h: Recorded) -> None:
    h.call.upstream_lost(LOST, h.now, 0.5)
    h.drain()


def test_speech_that_is_said_again_to_a_new_session_is_kept_once() -> None:
    h = Recorded()
    h.say(2000)
    h.starts("u1", 1500)
    h.say(400)
    break_off(h)
    assert h.of("u1") is None
    h.say(400)
    h.open()
    h.starts("n1", 600)
    h.say(400)
    h.stops("n1", 1700)
    h.commits("n1")
    kept = h.of("n1")
    assert kept is not None
    assert kept == samples(1000 + 600, 1000 + 1700)  # the session begins with what is said again


def test_speech_by_hand_that_is_said_again_is_kept_once_and_whole() -> None:
    h = Recorded(by_hand=True)
    h.say(400)
    break_off(h)
    assert h.kept == {}
    h.say(400)
    h.browser(COMMIT)
    h.open()
    h.commits("u1")
    assert h.of("u1") == samples(0, 800)
    assert h.nameless == 0


# What the assistant says


def test_an_answer_has_the_sound_that_went_to_the_page() -> None:
    h = Recorded()
    h.answer(audio_ms=1000)
    sound = array("H", range(1200)).tobytes()
    delta = {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1"}
    h.upstream({**delta, "content_index": 0, "delta": to_base64(sound)})
    assert h.of("a1") == array("H", bytes(bytes_of(1000)) + sound)
    assert h.to_browser[-1] == sound


def test_what_is_made_after_the_interruption_is_not_kept() -> None:
    h = Recorded()
    h.answer(audio_ms=1000)
    h.browser(
        {
            "type": "chat.interrupt",
            "generation": 0,
            "item_id": "a1",
            "content_index": 0,
            "played_ms": 400,
        }
    )
    h.audio(ms=3000)
    assert len(h.of("a1") or []) == 1000 * PER_MS


# Consent


def test_without_consent_nothing_is_kept() -> None:
    h = Recorded(agrees=False)
    h.say(1000)
    h.starts("u1", 500)
    h.stops("u1", 900)
    h.commits("u1")
    h.answer()
    assert (h.kept, h.names) == ({}, {})


def withdrawal(h: Recorded) -> None:
    h.soundtrack.stop()


def stored(h: Recorded) -> None:
    for item in ("u1", "a1"):
        h.soundtrack.stored(item)


@pytest.mark.parametrize(("event", "is_kept"), [(withdrawal, False), (stored, True)])
def test_what_is_not_stored_by_the_withdrawal_is_forgotten(
    event: Callable[[Recorded], None], is_kept: bool
) -> None:
    h = Recorded()
    h.say(400)
    h.starts("u1", 0)
    h.stops("u1", 400)
    h.commits("u1")
    h.answer()
    event(h)
    h.soundtrack.stop()
    h.drain()
    assert (h.of("u1") is not None, h.of("a1") is not None) == (is_kept, is_kept)
    assert len(h.ended) == (2 if is_kept else 0)
    h.audio()
    h.say(400)
    h.starts("u2", 500)
    h.drain()
    assert h.of("u2") is None


def test_consent_in_mid_turn_begins_with_the_next_turn() -> None:
    h = Recorded(agrees=False)
    h.say(1000)
    h.starts("u1", 500)
    h.answer(audio_ms=500)
    h.soundtrack.begin()
    h.audio(ms=500)
    h.browser(played(1000, "ended"))
    h.say(1000)
    h.stops("u1", 1500)
    h.commits("u1")
    h.starts("u2", 900)
    h.stops("u2", 2000)
    h.commits("u2")
    assert h.of("u1") is None
    assert h.of("a1") is None
    assert h.of("u2") == samples(1000, 2000)  # and nothing from before the consent


def test_a_stored_turn_takes_no_more_sound() -> None:
    h = Recorded()
    h.answer()
    h.soundtrack.stored("a1")
    h.audio()
    assert len(h.ended) == len(h.kept) == 1
    assert len(h.of("a1") or []) == 1000 * PER_MS
