"""The session of a call: what the persona decides, and what the caller may change of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chatbot.realtime import events
from chatbot.realtime.audio import SAMPLE_RATE_HZ
from chatbot.realtime.events import Event
from chatbot.realtime.permissions import (
    Permissions,
    Session,
    merged,
    permitted,
    scrubbed_session,
)
from chatbot.realtime.toolset import NO_TOOLS, Toolset
from chatbot.realtime.updates import Updates, silence_of

_FORMAT = {"type": "audio/pcm", "rate": SAMPLE_RATE_HZ}


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """What a persona decides. `threshold` is 0 to 1, `speed` 0.25 to 1.5; times in milliseconds.

    `turn_detection` is `server_vad`, `semantic_vad` or `none` (push-to-talk); `output_modality`
    is `audio` or `text`; `language` is ISO 639-1 or "".
    """

    instructions: str
    voice: str
    transcription_model: str
    threshold: float = 0.5
    prefix_padding_ms: int = 300
    silence_duration_ms: int = 500
    turn_detection: str = "server_vad"
    eagerness: str = "auto"
    speed: float = 1.0
    output_modality: str = "audio"
    language: str = ""
    tools: Toolset = NO_TOOLS

    @property
    def silence_s(self) -> float:
        """How long after its end the upstream's detector reports the end of speech."""
        return self.silence_duration_ms / 1000 if self.turn_detection == "server_vad" else 0.0

    def as_session(self) -> dict[str, Any]:
        """The GA session object; the model is chosen at connect and not part of it."""
        transcription = {"model": self.transcription_model}
        if self.language:
            transcription["language"] = self.language
        output: dict[str, Any] = {"format": _FORMAT, "voice": self.voice}
        if self.speed != 1.0:
            output["speed"] = self.speed
        return {
            "type": "realtime",
            "output_modalities": [self.output_modality],
            "instructions": self.instructions,
            "audio": {
                "input": {
                    "format": _FORMAT,
                    "transcription": transcription,
                    "turn_detection": self._detection(),
                },
                "output": output,
            },
            **self.tools.as_session(),
        }

    def _detection(self) -> dict[str, Any] | None:
        if self.turn_detection == "none":
            return None
        answering = {"create_response": True, "interrupt_response": True}
        if self.turn_detection == "semantic_vad":
            return {"type": "semantic_vad", "eagerness": self.eagerness, **answering}
        return {
            "type": "server_vad",
            "threshold": self.threshold,
            "prefix_padding_ms": self.prefix_padding_ms,
            "silence_duration_ms": self.silence_duration_ms,
            **answering,
        }


class CallSession:
    """The session as it is, through all sessions of the upstream that a call may have."""

    def __init__(self, settings: SessionSettings, permissions: Permissions) -> None:
        self._session = settings.as_session()
        self._permissions = permissions
        self._updates = Updates()

    @property
    def silence_s(self) -> float:
        """How long after its end the upstream's detector reports the end of speech."""
        return silence_of(self._session)

    @property
    def detects_turns(self) -> bool:
        """The upstream decides when the user has finished; else it is push-to-talk."""
        return self._session["audio"]["input"]["turn_detection"] is not None

    @property
    def will_detect_turns(self) -> bool:
        """The same, once the upstream has taken the caller's changes."""
        session = self._session
        for update in self._updates.of_caller:
            session = merged(session, update.changes or {})
        return session["audio"]["input"]["turn_detection"] is not None

    @property
    def may_be_interrupted(self) -> bool:
        """Speech may end an answer. It is we who end it (`barge_in.py`), not the upstream."""
        detection = self._session["audio"]["input"]["turn_detection"] or {}
        return bool(detection.get("interrupt_response", True))

    def begin(self, event_id: str) -> Event:
        """The `session.update` for a fresh session."""
        self._updates.begin(event_id)
        return _forwarded(event_id, self._session)

    def change(self, event: Event, event_id: str, *, assistant_has_spoken: bool) -> Event:
        """The `session.update` to forward for the browser's, under `event_id`.

        Raises:
            Refused: a field is unknown, wrong, or not the caller's to set.
        """
        changes = permitted(
            event.get("session"),
            self._permissions,
            assistant_has_spoken=assistant_has_spoken,
            current=self._session,
            is_page=True,
        )
        self._updates.add(event_id, changes, event)
        return _forwarded(event_id, changes)

    def unanswered(self) -> list[Event]:
        """The caller's changes that a session took with it when it went."""
        waiting = self._updates.of_caller
        return [_forwarded(update.event_id, update.changes or {}) for update in waiting]

    def updated(self, session: dict[str, Any]) -> Event:
        """The upstream has taken the oldest change; returns what the browser may see of it."""
        if update := self._updates.taken():
            self._session = merged(self._session, update.changes or {})
        shown = _interrupting(scrubbed_session(session), self.may_be_interrupted)
        return {"type": "session.updated", "session": shown}

    def rejected(self, event_id: str | None) -> str | None:
        """The upstream refused an event; the browser's own id of it, if it was a change."""
        update = self._updates.refused(event_id)
        return update.client_event_id if update else None


def _forwarded(event_id: str, session: Session) -> Event:
    """As the upstream is told: it is not to cut an answer at the first cough."""
    return {"event_id": event_id, **events.session_update(_interrupting(session, False))}


def _interrupting(session: Session, may_interrupt: bool) -> Session:
    heard = (session.get("audio") or {}).get("input") or {}
    if not heard.get("turn_detection"):
        return session
    detection = {**heard["turn_detection"], "interrupt_response": may_interrupt}
    return merged(session, {"audio": {"input": {"turn_detection": detection}}})
