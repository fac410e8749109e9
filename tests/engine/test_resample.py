from __future__ import annotations

import numpy as np
import pytest

from chatbot.engine.stages.resample import Resampler, resample


def tone(hz: float, seconds: float = 0.5) -> bytes:
    times = np.arange(int(24_000 * seconds)) / 24_000
    return bytes((np.sin(2 * np.pi * hz * times) * 16_000).astype("<i2").tobytes())


def loudness(pcm: bytes) -> float:
    samples = resample(pcm)[1000:-1000]
    return float(np.sqrt(np.mean(samples**2)))


@pytest.mark.parametrize("hz", [100, 440, 1000, 3000, 5000])
def test_speech_passes_unchanged(hz: float) -> None:
    assert loudness(tone(hz)) == pytest.approx(16_000 / 32_768 / np.sqrt(2), rel=0.02)


@pytest.mark.parametrize("hz", [9500, 10_500, 11_500])
def test_what_16_khz_cannot_hold_is_removed(hz: float) -> None:
    assert loudness(tone(hz)) < 0.001


def test_the_pitch_stays() -> None:
    samples = resample(tone(1000, 1.0))
    peak = int(np.argmax(np.abs(np.fft.rfft(samples)))) * 16_000 / len(samples)
    assert peak == pytest.approx(1000, abs=2)


@pytest.mark.parametrize("size", [2, 46, 960, 1920, 5000])
def test_any_chopping_gives_the_same_sound(size: int) -> None:
    pcm = tone(700, 0.2)
    streaming = Resampler()
    parts = [streaming.feed(pcm[at : at + size]) for at in range(0, len(pcm), size)]
    assert np.allclose(np.concatenate(parts), resample(pcm), atol=1e-6)
