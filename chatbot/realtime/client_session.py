"""The session of a client of `/v1/realtime`: the persona's, with what the client has changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatbot.realtime import events
from chatbot.realtime.events import Event
from chatbot.realtime.fields import PCM, Refused
from chatbot.realtime.permissions import (
    Permissions,
    Session,
    merged,
    permitted,
    scrubbed_session,
)
from chatbot.realtime.updates import Update, Updates, silence_of

#: As with the service itself; the client was told so in `session.created`.
SESSION_SECONDS = 3600

#: What the service says of a session where nobody has said otherwise.
_DEFAULTS: Session = {
    "type": "realtime",
    "output_modalities": ["audio"],
    "tool_choice": "auto",
    "max_output_tokens": "inf",
    "tracing": None,
    "truncation": "auto",
    "prompt": None,
    "include": None,
    "audio": {
        "input": {
            "format": PCM,
            "transcription": None,
            "noise_reduction": None,
            "turn_detection": None,
        },
        "output": {"format": PCM, "voice": "alloy", "speed": 1.0},
    },
}


_MODEL_STAYS = "Cannot update a session's model: it is chosen when the socket is opened."


class ClientSession:
    """What is in force, what the client may see of it, and which updates are not answered yet."""

    def __init__(
        self,
        persona: Mapping[str, Any],
        permissions: Permissions,
        session_id: str,
        model: str,
        models: frozenset[str],
    ) -> None:
        """`persona` is the session as the persona wants it; `models` are all names by which a
        client may call its model, which is shown as `model`. The tools that we run are not offered
        to clients, which run their own."""
        ours = {name: value for name, value in persona.items() if name not in ("tools", "include")}
        self._ours: Session = ours
        self._in_force = merged(_DEFAULTS, ours)
        self._own: Session = {"instructions": "", "tools": []}
        self._changes: Session = {}
        self._permissions = permissions
        self._models = (None, "", *models)
        self._identity = {"object": "realtime.session", "id": session_id, "model": model}
        self._expires_at = 0
        self._updates = Updates()

    @property
    def audio_format(self) -> str:
        """What answers are spoken in: `audio/pcm`, or 8 kHz G.711."""
        return str(self._in_force["audio"]["output"]["format"]["type"])

    @property
    def transcription_model(self) -> str:
        """Which recogniser writes down what the user says."""
        return str((self._in_force["audio"]["input"]["transcription"] or {}).get("model") or "")

    @property
    def detects_turns(self) -> bool:
        """The upstream decides when the user has finished; else the client does."""
        return self._in_force["audio"]["input"]["turn_detection"] is not None

    @property
    def silence_s(self) -> float:
        """How long after its end the upstream's detector reports the end of speech."""
        return silence_of(self._in_force)

    def created(self, now: float) -> Event:
        """`session.created`, as the service would say it."""
        self._expires_at = int(now) + SESSION_SECONDS
        return {"type": "session.created", "session": self._shown(self._in_force)}

    def is_expired(self, now: float) -> bool:
        """Its hour is over."""
        return now >= self._expires_at

    def begin(self, event_id: str) -> Event:
        """The update that a fresh session of the upstream begins with."""
        self._updates.begin(event_id)
        update = events.session_update(merged(self._ours, self._changes))
        return {"event_id": event_id, **update}

    def change(self, event: Event, event_id: str, *, assistant_has_spoken: bool) -> Event:
        """The client's update as it is forwarded.

        Raises:
            Refused: it is not forwarded.
        """
        session = event.get("session")
        wanted = session.get("model") if isinstance(session, dict) else None
        if wanted not in self._models:
            raise Refused("cannot_update_model", _MODEL_STAYS, "session.model")
        changes = permitted(
            session,
            self._permissions,
            assistant_has_spoken=assistant_has_spoken,
            current=self._in_force,
        )
        return self._forwarded(self._updates.add(event_id, changes, event))

    def unanswered(self) -> list[Event]:
        """The client's updates that a session took with it when it went."""
        return [self._forwarded(update) for update in self._updates.of_caller if update.changes]

    def updated(self, session: Mapping[str, Any]) -> Event | None:
        """The upstream has taken the oldest update; what the client hears, if it was theirs."""
        update = self._updates.taken()
        if update is None or update.changes is None:
            return None
        self._in_force = merged(self._in_force, update.changes)
        self._changes = merged(self._changes, update.changes)
        self._own = merged(self._own, update.changes)
        return {"type": "session.updated", "session": self._shown(session)}

    def refused(self, event_id: Any, param: Any) -> Update | None:
        """The upstream has refused an update; None when the error is about something else."""
        return self._updates.refused(event_id, param)

    def _forwarded(self, update: Update) -> Event:
        changes = update.changes or {}
        transcription = changes.get("audio", {}).get("input", {}).get("transcription")
        if transcription:  # whole, as it is not known that every upstream merges it
            whole = merged(self._in_force["audio"]["input"]["transcription"] or {}, transcription)
            changes = merged(changes, {"audio": {"input": {"transcription": whole}}})
        return {"event_id": update.event_id, **events.session_update(changes)}

    def _shown(self, session: Mapping[str, Any]) -> Session:
        shown = scrubbed_session(session, self._own)
        return {**shown, **self._identity, "expires_at": self._expires_at}
