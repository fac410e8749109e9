from __future__ import annotations

from typing import Any

import pytest

from chatbot.engine.errors import RequestError
from chatbot.engine.settings import default_settings, updated_settings


def update(changes: Any, spoken: bool = False) -> dict[str, Any]:
    before = default_settings("sess_1", "model", 0)
    return updated_settings(before, changes, assistant_has_spoken=spoken)


def audio(**parts: Any) -> dict[str, Any]:
    return {"type": "realtime", "audio": parts}


def test_only_what_is_named_changes() -> None:
    changed = update(
        audio(input={"turn_detection": {"type": "server_vad", "silence_duration_ms": 800}})
    )
    detection = changed["audio"]["input"]["turn_detection"]
    assert detection["silence_duration_ms"] == 800
    assert detection["threshold"] == 0.5
    assert changed["audio"]["input"]["format"] == {"type": "audio/pcm", "rate": 24000}
    assert changed["audio"]["output"]["voice"] == "alloy"


def test_null_and_empty_clear() -> None:
    changed = update(
        {
            "type": "realtime",
            "instructions": "",
            "tools": [],
            "audio": {"input": {"turn_detection": None, "transcription": None}},
        }
    )
    assert changed["instructions"] == ""
    assert changed["audio"]["input"]["turn_detection"] is None


def test_the_other_kind_of_turn_detection_brings_its_own_defaults() -> None:
    changed = update(audio(input={"turn_detection": {"type": "semantic_vad"}}))
    assert changed["audio"]["input"]["turn_detection"] == {
        "type": "semantic_vad",
        "eagerness": "auto",
        "create_response": True,
        "interrupt_response": True,
    }


def test_model_and_id_stay() -> None:
    changed = update({"type": "realtime", "model": "other", "id": "sess_2", "unknown": 1})
    assert (changed["model"], changed["id"]) == ("model", "sess_1")


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        (None, "missing_required_parameter", "session"),
        ({"instructions": "x"}, "missing_required_parameter", "session.type"),
        ({"type": "transcription"}, "invalid_value", "session.type"),
        (
            {"type": "realtime", "output_modalities": ["audio", "text"]},
            "invalid_value",
            "session.output_modalities",
        ),
        (
            {"type": "realtime", "max_output_tokens": 0},
            "invalid_value",
            "session.max_output_tokens",
        ),
        ({"type": "realtime", "instructions": 5}, "invalid_value", "session.instructions"),
        (
            audio(input={"turn_detection": {"type": "magic"}}),
            "invalid_value",
            "session.audio.input.turn_detection.type",
        ),
        (
            audio(input={"turn_detection": {"type": "server_vad", "threshold": 2}}),
            "invalid_value",
            "session.audio.input.turn_detection.threshold",
        ),
        (
            audio(input={"turn_detection": {"type": "semantic_vad", "eagerness": "huge"}}),
            "invalid_value",
            "session.audio.input.turn_detection.eagerness",
        ),
        (
            audio(input={"format": {"type": "audio/pcm", "rate": 16000}}),
            "invalid_value",
            "session.audio.input.format.rate",
        ),
        (audio(output={"speed": 9}), "invalid_value", "session.audio.output.speed"),
    ],
)
def test_one_bad_field_refuses_the_whole_update(changes: Any, code: str, param: str) -> None:
    with pytest.raises(RequestError) as refused:
        update(changes)
    assert (refused.value.code, refused.value.param) == (code, param)


def test_the_voice_is_fixed_once_it_was_heard() -> None:
    assert update(audio(output={"voice": "cedar"}))["audio"]["output"]["voice"] == "cedar"
    with pytest.raises(RequestError) as refused:
        update(audio(output={"voice": "cedar"}), spoken=True)
    assert refused.value.code == "cannot_update_voice"
