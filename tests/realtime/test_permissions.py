"""What callers may change of their session, and what they see of it."""

from __future__ import annotations

from typing import Any

import pytest

from chatbot.models import USER_SETTINGS
from chatbot.realtime.fields import Refused
from chatbot.realtime.permissions import Permissions, merged, permitted, scrubbed_session
from chatbot.realtime.session import SessionSettings

ALL = Permissions(frozenset(USER_SETTINGS))
NONE = Permissions()
CLIENT = Permissions(frozenset(USER_SETTINGS), may_instruct=True)
VAD = {"type": "server_vad", "threshold": 0.7, "silence_duration_ms": 600}
FUNCTION = {"type": "function", "name": "roll", "parameters": {"$schema": "x", "type": "object"}}


def session(**fields: Any) -> dict[str, Any]:
    return {"type": "realtime", **fields}


def nested(levels: int) -> dict[str, Any]:
    """An object in an object in an object..."""
    return {"x": nested(levels - 1)} if levels else {}


def heard(**fields: Any) -> dict[str, Any]:
    return session(audio={"input": fields})


def spoken(**fields: Any) -> dict[str, Any]:
    return session(audio={"output": fields})


OF_SETTINGS: dict[str, dict[str, Any]] = {
    "voice": spoken(voice="marin"),
    "turn_detection": heard(turn_detection=VAD),
    "speed": spoken(speed=1.25),
    "output_modality": session(output_modalities=["text"]),
    "language": heard(transcription={"language": "de"}),
}


def test_every_setting_is_tried_here() -> None:
    assert tuple(OF_SETTINGS) == USER_SETTINGS


@pytest.mark.parametrize("name", OF_SETTINGS)
def test_a_setting_is_forwarded_if_the_persona_leaves_it_to_the_caller(name: str) -> None:
    alone = Permissions(frozenset({name}))
    assert permitted(OF_SETTINGS[name], alone, assistant_has_spoken=False) == OF_SETTINGS[name]


@pytest.mark.parametrize("name", OF_SETTINGS)
def test_a_setting_is_refused_if_the_persona_keeps_it(name: str) -> None:
    others = Permissions(frozenset(USER_SETTINGS) - {name})
    with pytest.raises(Refused) as refusal:
        permitted(OF_SETTINGS[name], others, assistant_has_spoken=False)
    assert refusal.value.code == "setting_not_allowed"
    assert refusal.value.param.startswith("session.")


GOOD: list[dict[str, Any]] = [
    heard(turn_detection=None),
    heard(turn_detection={"type": "server_vad", "threshold": 0, "prefix_padding_ms": 5000}),
    heard(turn_detection={"type": "semantic_vad", "eagerness": "low"}),
    heard(turn_detection={"type": "semantic_vad", "interrupt_response": True}),
    heard(transcription={"language": None}),
    spoken(speed=0.25, voice="alloy"),
    session(output_modalities=["audio"]),
]


@pytest.mark.parametrize("wanted", GOOD, ids=str)
def test_good_values_pass_as_they_are(wanted: dict[str, Any]) -> None:
    assert permitted(wanted, ALL, assistant_has_spoken=False) == wanted


BAD: list[tuple[Any, str, str]] = [
    (None, "missing_required_parameter", "session"),
    ([], "invalid_value", "session"),
    ({}, "missing_required_parameter", "session.type"),
    ({"type": "transcription"}, "invalid_value", "session.type"),
    ({"type": ["realtime"]}, "invalid_value", "session.type"),
    (session(temperature=1), "unknown_parameter", "session.temperature"),
    (session(audio=7), "invalid_value", "session.audio"),
    (session(audio={"input": []}), "invalid_value", "session.audio.input"),
    (session(audio={"x": 1}), "unknown_parameter", "session.audio.x"),
    (session(output_modalities=["audio", "text"]), "invalid_value", "session.output_modalities"),
    (session(prompt={"id": "p"}), "unknown_parameter", "session.prompt"),
    (spoken(speed=1.6), "invalid_value", "session.audio.output.speed"),
    (spoken(speed=0.2), "invalid_value", "session.audio.output.speed"),
    (spoken(speed=True), "invalid_value", "session.audio.output.speed"),
    (spoken(speed=float("nan")), "invalid_value", "session.audio.output.speed"),
    (spoken(speed=None), "invalid_value", "session.audio.output.speed"),
    (spoken(voice="bob"), "invalid_value", "session.audio.output.voice"),
    (spoken(voice={"id": "voice_1"}), "invalid_value", "session.audio.output.voice"),
    (
        heard(turn_detection="server_vad"),
        "invalid_value",
        "session.audio.input.turn_detection.type",
    ),
    (
        heard(turn_detection={"type": "vad"}),
        "invalid_value",
        "session.audio.input.turn_detection.type",
    ),
    (
        heard(turn_detection={"type": "server_vad", "eagerness": "low"}),
        "unknown_parameter",
        "session.audio.input.turn_detection.eagerness",
    ),
    (
        heard(turn_detection={"type": "server_vad", "threshold": 1.1}),
        "invalid_value",
        "session.audio.input.turn_detection.threshold",
    ),
    (
        heard(turn_detection={"type": "semantic_vad", "eagerness": "wild"}),
        "invalid_value",
        "session.audio.input.turn_detection.eagerness",
    ),
    (
        heard(turn_detection={"type": "server_vad", "create_response": False}),
        "setting_not_allowed",
        "session.audio.input.turn_detection.create_response",
    ),
    (
        heard(transcription={"language": 7}),
        "invalid_value",
        "session.audio.input.transcription.language",
    ),
    (
        heard(transcription={"language": "zz99!"}),
        "invalid_value",
        "session.audio.input.transcription.language",
    ),
    (
        heard(transcription={"language": "xx"}),
        "invalid_value",
        "session.audio.input.transcription.language",
    ),
    (session(instructions="Be rude."), "setting_not_allowed", "session.instructions"),
    (session(tools=[FUNCTION]), "setting_not_allowed", "session.tools"),
    (
        heard(transcription={"model": "x"}),
        "setting_not_allowed",
        "session.audio.input.transcription.model",
    ),
    (heard(format={"type": "audio/pcmu"}), "setting_not_allowed", "session.audio.input.format"),
]


@pytest.mark.parametrize(("wanted", "code", "param"), BAD, ids=str)
def test_one_bad_field_refuses_the_whole_update(wanted: Any, code: str, param: str) -> None:
    if isinstance(wanted, dict) and "audio" not in wanted:
        wanted = {**wanted, **({"audio": {"output": {"speed": 1.1}}} if "type" in wanted else {})}
    with pytest.raises(Refused) as refusal:
        permitted(wanted, ALL, assistant_has_spoken=False)
    assert (refusal.value.code, refusal.value.param) == (code, param)


def test_the_voice_stays_once_the_assistant_has_spoken() -> None:
    with pytest.raises(Refused) as refusal:
        permitted(spoken(voice="marin"), ALL, assistant_has_spoken=True)
    assert refusal.value.code == "cannot_update_voice"
    same = permitted(
        spoken(voice="marin", speed=1),
        ALL,
        assistant_has_spoken=True,
        current=spoken(voice="marin"),
    )
    assert same == spoken(speed=1)


def test_what_stock_clients_send_always_is_dropped_where_it_is_not_theirs() -> None:
    pcm = {"type": "audio/pcm", "rate": 24000}
    wanted = session(
        model="gpt-realtime-2.1", instructions="", tools=[], tracing="auto", prompt=None,
        audio={
            "input": {"format": pcm, "noise_reduction": None, "transcription": None},
            "output": {"format": pcm, "speed": 1},
        },
    )  # fmt: skip
    assert (
        permitted(wanted, NONE, assistant_has_spoken=False, current=spoken(speed=1.0)) == session()
    )


INSTRUCTED: list[dict[str, Any]] = [
    session(instructions="Speak like a pirate."),
    session(tools=[FUNCTION], tool_choice="required", parallel_tool_calls=False),
    session(tool_choice={"type": "function", "name": "roll"}),
    session(max_output_tokens="inf", truncation="disabled"),
    session(max_output_tokens=4096, truncation={"type": "retention_ratio", "retention_ratio": 0.5}),
    session(include=["item.input_audio_transcription.logprobs"]),
    heard(format={"type": "audio/pcmu"}, noise_reduction={"type": "near_field"}),
    heard(transcription={"model": "gpt-transcribe", "language": "en", "prompt": "names"}),
    heard(turn_detection={"type": "server_vad", "create_response": False}),
]


@pytest.mark.parametrize("wanted", INSTRUCTED, ids=str)
def test_an_api_client_may_bring_its_own_assistant(wanted: dict[str, Any]) -> None:
    assert permitted(wanted, CLIENT, assistant_has_spoken=False) == wanted


REFUSED_TO_CLIENTS: list[tuple[dict[str, Any], str]] = [
    (
        session(tools=[{"type": "mcp", "server_label": "x", "server_url": "http://x"}]),
        "session.tools[0].type",
    ),
    (session(tools=[{"type": "function"}]), "session.tools[0].name"),
    (session(tools=[{**FUNCTION, "server_url": "http://x"}]), "session.tools[0].server_url"),
    (session(tools={"type": "function"}), "session.tools"),
    (session(tools=[FUNCTION] * 129), "session.tools"),
    (session(tool_choice={"type": "mcp", "server_label": "x"}), "session.tool_choice.type"),
    (session(tools=[{**FUNCTION, "parameters": nested(33)}]), "session.tools[0].parameters"),
    (
        session(tools=[{**FUNCTION, "parameters": {"x": float("nan")}}]),
        "session.tools[0].parameters",
    ),
    (session(max_output_tokens=4097), "session.max_output_tokens"),
    (session(max_output_tokens=0), "session.max_output_tokens"),
    (session(max_output_tokens="many"), "session.max_output_tokens"),
    (session(instructions=["x"]), "session.instructions"),
    (session(truncation={"type": "retention_ratio"}), "session.truncation.retention_ratio"),
    (heard(format={"type": "audio/pcm", "rate": 16000}), "session.audio.input.format.rate"),
    (heard(noise_reduction={"type": "all"}), "session.audio.input.noise_reduction.type"),
]


@pytest.mark.parametrize(("wanted", "param"), REFUSED_TO_CLIENTS, ids=str)
def test_even_an_api_client_has_limits(wanted: dict[str, Any], param: str) -> None:
    with pytest.raises(Refused) as refusal:
        permitted(wanted, CLIENT, assistant_has_spoken=False)
    assert refusal.value.param == param


PERSONAS = {
    **SessionSettings("Keep the secret.", "alloy", "whisper-1", 0.5, 300, 500).as_session(),
    "id": "sess_1",
    "object": "realtime.session",
    "expires_at": 1,
    "tools": [{"type": "mcp", "server_url": "http://inside", "authorization": "key"}],
    "prompt": {"id": "pmpt_1"},
    "client_secret": {"value": "ek_1"},
}


def test_a_client_never_sees_the_personas_words_and_tools() -> None:
    seen = scrubbed_session(PERSONAS)
    assert "instructions" not in seen
    assert "tools" not in seen
    assert seen["prompt"] is None
    assert "client_secret" not in seen
    assert (seen["type"], seen["id"], seen["expires_at"]) == ("realtime", "sess_1", 1)
    assert seen["audio"]["input"]["turn_detection"]["interrupt_response"] is True
    assert PERSONAS["instructions"] == "Keep the secret."


def test_a_client_sees_what_it_has_set_itself() -> None:
    seen = scrubbed_session(PERSONAS, session(instructions="Mine.", tools=[FUNCTION]))
    assert (seen["instructions"], seen["tools"]) == ("Mine.", [FUNCTION])


def test_changes_are_merged_but_turn_detection_is_replaced() -> None:
    changed = merged(PERSONAS, heard(turn_detection={"type": "semantic_vad"}))
    assert changed["audio"]["input"]["turn_detection"] == {"type": "semantic_vad"}
    assert changed["audio"]["input"]["transcription"] == {"model": "whisper-1"}
    changed = merged(PERSONAS, heard(transcription={"language": "de"}, turn_detection=None))
    assert changed["audio"]["input"]["transcription"] == {"model": "whisper-1", "language": "de"}
    assert changed["audio"]["input"]["turn_detection"] is None
