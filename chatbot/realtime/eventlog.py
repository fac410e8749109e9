"""The log of a call: what went over its sockets, without sound, secrets and prompts.

`EventLog` gathers beside the audio and reads nothing; `body_of` reads, wherever there is time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from chatbot.realtime.calltools import without_secrets
from chatbot.realtime.events import BadEvent, Event, dump, parse

#: From the browser or client, from the upstream, and from the call to the upstream.
Source = Literal["browser", "upstream", "call"]

#: Events that wait to be written, and their characters; what comes on top is dropped.
MOST_WAITING = 1000
MOST_CHARACTERS = 1024 * 1024
#: Of a larger event only its name is kept.
LARGEST_READ = 64 * 1024
#: Characters of a body, as JSON.
MOST_BODY = 2000
#: A program could fill the disk.
MOST_OF_A_CALL = 20_000
#: A run goes on in another line after so long.
LONGEST_RUN_S = 60.0

SPEECH = "input_audio_buffer.append"
PLAYBACK = "chat.playback"
UNREADABLE = "unreadable"
CUT = "…"

_SPEECH_HEAD = f'{{"type":"{SPEECH}"'
_HEAD = re.compile(
    r'\{\s*(?:"event_id"\s*:\s*"[^"\\]{0,200}"\s*,\s*)?"type"\s*:\s*"([a-z_.]{1,80})"'
)
#: A page says four times a second that it goes on playing.
_PLAYING = '"state":"playing"'
#: What is counted, and not told one by one; all deltas are, too.
_COUNTED = frozenset({SPEECH, "chat.ping"})
#: The operator's and the persona's own, wherever they stand.
_CUT_KEYS = frozenset(
    {"instructions", "tools", "prompt", "keywords", "client_secret", "authorization", "headers"}
    | {"server_url", "api_key", "encrypted_content", "image_url", "file_data"}
)
_KEY_LIKE = re.compile(r"\b(?:sk|ek|clq)[-_][\w*-]{6,}")
_DEEPEST = 8


@dataclass(slots=True)
class Logged:
    """An event, or a run of events of one kind; `text` is the frame, "" of a run or where it was
    too large. Its size is in characters, of speech in bytes."""

    at: float
    source: Source
    kind: str
    count: int = 1
    size: int = 0
    text: str = ""


class EventLog:
    """Gathers events until they are taken; `dropped` are those for which there was no room."""

    def __init__(self) -> None:
        self.dropped = 0
        self._waiting: list[Logged] = []
        self._characters = 0
        self._room = MOST_OF_A_CALL
        self._runs: dict[Source, dict[str, Logged]] = {"browser": {}, "upstream": {}, "call": {}}

    def note(self, source: Source, frame: str | bytes, now: float) -> None:
        """A frame has come, or goes."""
        if isinstance(frame, bytes) or frame.startswith(_SPEECH_HEAD):
            self._count(source, SPEECH, len(frame), now)
            return
        found = _HEAD.match(frame)
        kind = found[1] if found else ""
        is_playing = kind == PLAYBACK and _PLAYING in frame
        if is_playing or kind in _COUNTED or kind.endswith(".delta"):
            self._count(source, kind, len(frame), now)
            return
        self._end_runs(source)
        text = frame if len(frame) <= LARGEST_READ else ""
        self._add(Logged(now, source, kind or ("" if text else UNREADABLE), 1, len(frame), text))

    def take(self) -> list[Logged]:
        """What can be written by now; runs that go on stay."""
        taken, self._waiting, self._characters = self._waiting, [], 0
        return taken

    def close(self) -> None:
        """Nothing more comes: runs are over."""
        for source in self._runs:
            self._end_runs(source)

    def _count(self, source: Source, kind: str, size: int, now: float) -> None:
        runs = self._runs[source]
        run = runs.get(kind)
        if run is None or now - run.at > LONGEST_RUN_S:
            if run is not None:
                self._add(run)
            runs[kind] = Logged(now, source, kind, 1, size)
        else:
            run.count += 1
            run.size += size

    def _end_runs(self, source: Source) -> None:
        if runs := self._runs[source]:
            for run in runs.values():
                self._add(run)
            runs.clear()

    def _add(self, logged: Logged) -> None:
        is_full = len(self._waiting) >= MOST_WAITING or self._room <= 0
        if is_full or self._characters + len(logged.text) > MOST_CHARACTERS:
            self.dropped += 1
            return
        self._room -= 1
        self._characters += len(logged.text)
        self._waiting.append(logged)


def body_of(logged: Logged) -> tuple[str, Event]:
    """The name of an event and what may be kept of it, at most `MOST_BODY` characters."""
    if not logged.text:
        return logged.kind or UNREADABLE, {}
    try:
        event = parse(logged.text)
        kind = event.pop("type")
        return kind[:80], _bounded(_cleaned(without_secrets(event), 0))
    except (BadEvent, AttributeError, TypeError, ValueError, RecursionError):
        return logged.kind or UNREADABLE, {}


def _cleaned(value: Any, depth: int) -> Any:
    """Without sound, secrets and prompts."""
    if isinstance(value, str):
        return _KEY_LIKE.sub(CUT, value)
    if isinstance(value, (dict, list)) and depth >= _DEEPEST:
        return CUT
    if isinstance(value, dict):
        return {
            _KEY_LIKE.sub(CUT, key): CUT if _is_cut(key, held) else _cleaned(held, depth + 1)
            for key, held in value.items()
        }
    if isinstance(value, list):
        return [_cleaned(held, depth + 1) for held in value]
    return value


def _is_cut(key: str, held: Any) -> bool:
    if not held:
        return False
    return key in _CUT_KEYS or (key == "audio" and isinstance(held, str))


def _bounded(event: Event) -> Event:
    """The event in at most `MOST_BODY` characters: shorter strings and lists, else less of it."""
    plain = {key: held for key, held in event.items() if not isinstance(held, (dict, list))}
    for kept, longest, most in (
        (event, 1000, 40),
        (event, 200, 20),
        (event, 60, 5),
        ({**plain, CUT: CUT}, 60, 5),
    ):
        short: Event = _shortened(kept, longest, most)
        if len(dump(short)) <= MOST_BODY:
            return short
    return {CUT: CUT}


def _shortened(value: Any, longest: int, most: int) -> Any:
    if isinstance(value, str):
        return value if len(value) <= longest else value[:longest] + CUT
    if isinstance(value, dict):
        kept = list(value.items())[:most]
        short = {key[:80]: _shortened(held, longest, most) for key, held in kept}
        return short if len(value) <= most else {**short, CUT: CUT}
    if isinstance(value, list):
        items = [_shortened(held, longest, most) for held in value[:most]]
        return items if len(value) <= most else [*items, CUT]
    return value
