"""What responses and transcriptions used, read from what the service says of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chatbot.realtime.events import Event

#: The model name of what our own engine does, and how it names itself in the `Server` header of
#: its handshake: whatever model a client asks the engine for, this one answers.
ENGINE = "engine"
ENGINE_SERVER = "Colloquy-engine"

#: What no response can have used, nor a column hold.
_MOST_TOKENS = 1_000_000_000
_MOST_SECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Used:
    """Tokens by modality, and seconds of audio where that is what counts.

    Cached tokens are part of the input tokens. `is_split` is False when the service did not say
    what kind the tokens were: they are counted as text then, but nobody can tell their price.
    """

    text_input_tokens: int = 0
    audio_input_tokens: int = 0
    image_input_tokens: int = 0
    cached_text_tokens: int = 0
    cached_audio_tokens: int = 0
    cached_image_tokens: int = 0
    text_output_tokens: int = 0
    audio_output_tokens: int = 0
    audio_seconds: float = 0.0
    is_split: bool = True


def used_by_response(usage: Event) -> Used:
    """`usage` of a `response.done`, whatever its status.

    Reasoning tokens are inside the text tokens of the output.
    """
    inputs = _object(usage, "input_token_details")
    outputs = _object(usage, "output_token_details")
    text, audio, image = _of_each_kind(inputs)
    said, spoken, _ = _of_each_kind(outputs)
    cached_text, cached_audio, cached_image = _cached(inputs)
    unsplit_input = max(_count(usage, "input_tokens") - text - audio - image, 0)
    unsplit_output = max(_count(usage, "output_tokens") - said - spoken, 0)
    return Used(
        text_input_tokens=text + unsplit_input,
        audio_input_tokens=audio,
        image_input_tokens=image,
        cached_text_tokens=min(cached_text, text),
        cached_audio_tokens=min(cached_audio, audio),
        cached_image_tokens=min(cached_image, image),
        text_output_tokens=said + unsplit_output,
        audio_output_tokens=spoken,
        is_split=unsplit_input == unsplit_output == 0,
    )


def used_by_transcription(usage: Event) -> Used:
    """`usage` of a transcription: `{type: "tokens", ...}` or `{type: "duration", seconds}`."""
    text, audio, _ = _of_each_kind(_object(usage, "input_token_details"))
    return Used(
        text_input_tokens=text,
        # What is not a prompt is speech.
        audio_input_tokens=max(audio, _count(usage, "input_tokens") - text),
        text_output_tokens=_count(usage, "output_tokens"),
        audio_seconds=_seconds(usage),
    )


_READERS: dict[str, Callable[[Event], Used]] = {
    "response": used_by_response,
    "transcription": used_by_transcription,
}


def used_by(kind: str, usage: object) -> Used:
    """What a response or a transcription (`kind`) used; what is no usage at all is nothing."""
    return _READERS[kind](usage) if isinstance(usage, dict) else Used(is_split=False)


def recogniser_of(event: Event) -> str:
    """The recogniser that a `session.created` or `.updated` names, or ""."""
    audio = _object(_object(event, "session"), "audio")
    heard = _object(_object(audio, "input"), "transcription")
    return str(heard.get("model") or "")


def _cached(inputs: Event) -> tuple[int, int, int]:
    """Cached tokens by kind; those of no stated kind are text first, the smallest discount."""
    if details := _object(inputs, "cached_tokens_details"):
        return _of_each_kind(details)
    text, audio, image = _of_each_kind(inputs)
    cached = _count(inputs, "cached_tokens")
    of_text = min(cached, text)
    of_image = min(cached - of_text, image)
    return of_text, min(cached - of_text - of_image, audio), of_image


def _of_each_kind(details: Event) -> tuple[int, int, int]:
    """Text, audio and image tokens."""
    return (
        _count(details, "text_tokens"),
        _count(details, "audio_tokens"),
        _count(details, "image_tokens"),
    )


def _object(counts: Event, name: str) -> Event:
    found = counts.get(name)
    return found if isinstance(found, dict) else {}


def _count(counts: Event, name: str) -> int:
    """What is not a count is none: a peer's odd usage must not end a call."""
    found = counts.get(name)
    return found if isinstance(found, int) and 0 < found < _MOST_TOKENS else 0


def _seconds(counts: Event) -> float:
    found = counts.get("seconds")
    if isinstance(found, int | float) and 0 < found < _MOST_SECONDS:
        return float(found)
    return 0.0
