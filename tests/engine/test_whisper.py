"""What the recogniser makes of a model that repeats itself."""

from __future__ import annotations

import pytest

from chatbot.engine.stages import whisper
from chatbot.engine.stages.resample import Samples
from chatbot.engine.stages.whisper import Whisper

JOKE = "Can you tell me a joke about a horse?"
TWO_SECONDS = bytes(2 * 2 * 24_000)


class Repeating(Whisper):
    """Says these words where little of what it hears is padding, and those where more is."""

    def __init__(self, padded_little: str, padded_much: str) -> None:
        self._said = {10: padded_little, 30: padded_much}
        self.windows: list[int] = []

    def _guess(self, samples: Samples, window_s: int) -> whisper._Guess:
        self.windows.append(window_s)
        return whisper._Guess(self._said[window_s], -0.1, 0.0, finished=True)


@pytest.mark.parametrize("times", [2, 3, 10])
def test_a_sentence_that_was_said_once_is_not_taken_for_said_again(times: int) -> None:
    model = Repeating(" ".join([JOKE] * times), JOKE)
    assert model.recognize(TWO_SECONDS, None) == JOKE
    assert model.windows == [10, 30]


@pytest.mark.parametrize("said", ["No, no.", f"{JOKE} {JOKE}"])
def test_what_was_said_twice_stays(said: str) -> None:
    assert Repeating(said, said).recognize(TWO_SECONDS, None) == said


@pytest.mark.parametrize("said", [JOKE, "Yes.", "That is what he is."])
def test_what_repeats_nothing_is_recognised_once(said: str) -> None:
    model = Repeating(said, "")
    assert model.recognize(TWO_SECONDS, None) == said
    assert model.windows == [10]
