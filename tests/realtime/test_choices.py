"""What a caller chooses is taken as far as the persona permits."""

from __future__ import annotations

import pytest

from chatbot.realtime.choices import EAGERNESS, LANGUAGES, SPEEDS, TURN_DETECTIONS, with_choices
from chatbot.realtime.fields import VOICES
from chatbot.realtime.permissions import Permissions, permitted
from chatbot.realtime.session import SessionSettings

ALL = ("voice", "speed", "language", "turn_detection", "output_modality")
PERSONA = SessionSettings("", "alloy", "whisper-1", language="fr")


def test_choices_are_taken_where_the_persona_permits() -> None:
    wanted = {"voice": "sage", "speed": 1.5, "language": "de"}
    assert with_choices(PERSONA, wanted, ["speed"]).speed == 1.5
    assert with_choices(PERSONA, wanted, ["speed"]).voice == "alloy"
    assert with_choices(PERSONA, wanted, ALL).voice == "sage"
    assert with_choices(PERSONA, wanted, ()) == PERSONA


def test_nothing_chosen_is_the_personas_and_no_language_is_a_choice() -> None:
    assert with_choices(PERSONA, {"language": None}, ALL).language == "fr"
    assert with_choices(PERSONA, {"language": ""}, ALL).language == ""


def test_eagerness_is_part_of_the_turn_detection() -> None:
    wanted = {"turn_detection": "semantic_vad", "eagerness": "low"}
    detection = with_choices(PERSONA, wanted, ["turn_detection"])._detection()
    assert detection is not None
    assert (detection["type"], detection["eagerness"]) == ("semantic_vad", "low")
    assert with_choices(PERSONA, wanted, ["eagerness"]) == PERSONA


@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize("turn_detection", TURN_DETECTIONS)
def test_every_choice_may_be_sent_in_a_session(voice: str, turn_detection: str) -> None:
    for eagerness, speed in zip(EAGERNESS, SPEEDS, strict=True):
        chosen = with_choices(
            PERSONA,
            {
                "voice": voice,
                "turn_detection": turn_detection,
                "eagerness": eagerness,
                "speed": speed,
            },
            ALL,
        )
        session = chosen.as_session()
        everything = Permissions(frozenset(ALL), may_instruct=True)
        permitted(session, everything, assistant_has_spoken=False)


def test_languages_are_two_letters_each_with_its_own_name() -> None:
    assert all(len(code) == 2 and code.islower() and name for code, name in LANGUAGES.items())
    assert len(set(LANGUAGES.values())) == len(LANGUAGES)
