"""Is it speech, or a cough? Sounds that came over an answer, until that is known.

Words decide, or length. What had ended without words, or longer ago than words take, was nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

#: Longer than this is no cough, whatever the recogniser will make of it.
LONG_SPEECH_S = 1.2
#: How long after its end the words of a short sound are waited for.
WORDS_WAIT_S = 2.0
#: The silence after which detectors other than `server_vad` tell the end of speech, about.
USUAL_SILENCE_S = 0.6

Verdict = Literal["speech", "nothing"]

_NOISES = re.compile(r"\[[^\]]*\]?|\([^)]*\)?|\*[^*]*\*?")


def has_words(text: str) -> bool:
    """Whether a recogniser heard any: "[cough]", "(laughs)" and "..." are none."""
    return any(letter.isalnum() for letter in _NOISES.sub("", text))


@dataclass(slots=True)
class Sound:
    """What the upstream's detector took for speech. `is_wordless` once that is certain; `is_read`
    once there is an answer that would be to it."""

    item_id: str
    started_at: float
    stopped_at: float | None = None
    text: str = ""
    is_wordless: bool = False
    is_read: bool = False

    def verdict(self, now: float, silence_s: float) -> Verdict | None:
        """What it was, as far as is known at `now`."""
        if has_words(self.text):
            return "speech"
        if self.is_wordless:
            return "nothing"
        if self.stopped_at is None:
            is_long = now - self.started_at > LONG_SPEECH_S + silence_s
            return "speech" if is_long else None
        return "nothing" if now - self.stopped_at > WORDS_WAIT_S else None


class Doubt:
    """Open from the first such sound until all of them are judged. The words of one that was let
    pass may still come."""

    def __init__(self) -> None:
        #: When the first sound began; None while there is no doubt.
        self.since: float | None = None
        self._sounds: dict[str, Sound] = {}
        self._passed: dict[str, Sound] = {}
        self._certain: set[str] = set()

    @property
    def is_open(self) -> bool:
        """Whether it is not known if the user interrupts."""
        return self.since is not None

    @property
    def has_heard_out(self) -> bool:
        """One of the sounds has ended: a response that begins now has read it."""
        return any(sound.stopped_at is not None for sound in self._sounds.values())

    @property
    def going_on(self) -> list[str]:
        """The sounds that have not ended."""
        return [item_id for item_id, sound in self._sounds.items() if sound.stopped_at is None]

    def read(self) -> None:
        """A response begins: it has read all that has ended."""
        for sound in self._sounds.values():
            sound.is_read = sound.is_read or sound.stopped_at is not None

    def is_about(self, item_id: str) -> bool:
        """Whether it is not known what this sound was."""
        return self._sound(item_id) is not None

    def begin(self, item_id: str, now: float) -> None:
        """Sound over an answer, or more of it."""
        self.since = now if self.since is None else self.since
        self._sounds.setdefault(item_id, Sound(item_id, now))

    def go_on(self, sounds: list[Sound]) -> None:
        """These are still in doubt."""
        self._sounds = {sound.item_id: sound for sound in sounds}
        self.since = min(sound.started_at for sound in sounds)

    def stopped(self, item_id: str, now: float) -> None:
        """It has ended."""
        if sound := self._sound(item_id):
            sound.stopped_at = sound.stopped_at or now

    def heard(self, item_id: str, delta: str) -> None:
        """A part of its words."""
        if sound := self._sound(item_id):
            sound.text += delta

    def understood(self, item_id: str, text: str) -> None:
        """These are all its words, and those that were heard in parts."""
        if sound := self._sound(item_id):
            sound.text = text or sound.text
            sound.is_wordless = not has_words(sound.text)

    def cleared(self) -> None:
        """The input was thrown away: what has not ended says nothing."""
        for sound in self._sounds.values():
            sound.is_wordless = sound.is_wordless or sound.stopped_at is None

    def verdict(self, now: float, silence_s: float) -> Verdict | None:
        """Speech if one of the sounds is; nothing if none can be any more.

        `silence_s` is how late the detector tells the end of speech; 0 when that is not known.
        """
        silence_s = silence_s or USUAL_SILENCE_S
        verdicts = [sound.verdict(now, silence_s) for sound in self._sounds.values()]
        if "speech" in verdicts:
            return "speech"
        return "nothing" if verdicts and None not in verdicts else None

    def end(self) -> list[Sound]:
        """It is decided; returns the sounds that it was about."""
        sounds = list(self._sounds.values())
        self._sounds = {}
        self.since = None
        return sounds

    def is_speech(self, sounds: list[Sound]) -> None:
        """These are; some of them go on."""
        self._certain = {sound.item_id for sound in sounds if sound.stopped_at is None}

    def was_speech(self, item_id: str) -> bool:
        """Whether a sound that ends now was known before to be speech; true once."""
        was_known = item_id in self._certain
        self._certain.discard(item_id)
        return was_known

    def let_pass(self, sound: Sound) -> None:
        """Its words may come yet."""
        self._passed[sound.item_id] = sound

    def take_known(self) -> list[Sound]:
        """Of those that were let pass, the ones of which it is now known what they were."""
        known = [s for s in self._passed.values() if s.is_wordless or has_words(s.text)]
        for sound in known:
            del self._passed[sound.item_id]
        return known

    def forget_session(self) -> None:
        """The upstream's session is gone, and with it whatever it would have said."""
        self.end()
        self._passed = {}
        self._certain = set()

    def _sound(self, item_id: str) -> Sound | None:
        return self._sounds.get(item_id) or self._passed.get(item_id)
