"""One turn of the user while it is spoken: which sound is being recognized, and what it said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from chatbot.engine.input_audio import InputAudio
from chatbot.engine.orders import Order, Recognize, Stop
from chatbot.realtime.audio import ms_of

#: At a pause, a stretch this long is settled; only what follows is recognized again.
SETTLED_MS = 6_000


@dataclass
class Utterance:
    """Recognition begins at every pause; it counts if nothing more is said, or enough was.

    `start` and the other positions are those of `InputAudio`.
    """

    item_id: str
    start: int
    language: str | None
    new_key: Callable[[], str]
    end: int = 0
    _texts: dict[str, str | None] = field(default_factory=dict)
    _stretch: int = -1
    _guess: str | None = None
    _guess_end: int = 0

    def __post_init__(self) -> None:
        self._stretch = self.start

    def pause(self, audio: InputAudio, position: int) -> list[Order]:
        """Nothing is said just now: recognize what was."""
        return [self._recognize(audio, position)]

    def resume(self, audio: InputAudio) -> list[Order]:
        """The speech goes on: the guess made at the pause is settled or dropped."""
        guess, self._guess = self._guess, None
        if guess is None:
            return []
        if ms_of(self._guess_end - self._stretch) >= SETTLED_MS:
            self._stretch = self._guess_end
            audio.drop_before(self._stretch)
            return []
        del self._texts[guess]
        return [Stop(guess)]

    def finish(self, audio: InputAudio, position: int) -> list[Order]:
        """The turn is over; its words are `text` as soon as it is `complete`."""
        self.end = position
        if self._guess is not None:
            return []
        return [self._recognize(audio, position)]

    def expect(self) -> str:
        """The key of a recognition that somebody else orders."""
        key = self.new_key()
        self._texts[key] = None
        return key

    def abandon(self) -> list[Order]:
        """The turn is thrown away."""
        return [Stop(key) for key, text in self._texts.items() if text is None]

    def recognized(self, key: str, text: str) -> bool:
        """Take a result; False if it is of no use here."""
        if key not in self._texts:
            return False
        self._texts[key] = text.strip()
        return True

    def awaits(self, key: str) -> bool:
        """Whether this turn still needs the result of `key`."""
        return key in self._texts

    @property
    def complete(self) -> bool:
        """Every stretch is recognized."""
        return all(text is not None for text in self._texts.values())

    @property
    def text(self) -> str:
        """The words so far."""
        return " ".join(text for text in self._texts.values() if text)

    @property
    def guess(self) -> str:
        """In a pause, once all is recognized: the words so far."""
        return self.text if self._guess is not None and self.complete else ""

    @property
    def duration_ms(self) -> int:
        """Length of the turn, once finished."""
        return ms_of(self.end - self.start)

    def _recognize(self, audio: InputAudio, position: int) -> Recognize:
        key = self.new_key()
        self._guess, self._guess_end = key, position
        self._texts[key] = None
        return Recognize(key, audio.between(self._stretch, position), self.language)
