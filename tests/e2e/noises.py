"""Sounds that are no words, 24 kHz PCM: what a room does to a microphone."""

from __future__ import annotations

from typing import Any

import numpy as np

from chatbot.realtime.audio import SAMPLE_RATE_HZ


def knock() -> bytes:
    """On the table, twice. No detector takes it for speech."""
    once = _time(0.15)
    noise = np.random.default_rng(1).standard_normal(len(once))
    sound = np.sin(2 * np.pi * 180 * once) * np.exp(-once / 0.03)
    sound += 0.5 * noise * np.exp(-once / 0.008)
    pause = np.zeros(SAMPLE_RATE_HZ // 5)
    return _pcm(np.concatenate([sound, pause, sound]))


def groan() -> bytes:
    """A voice that falls, without a word: a detector takes it for speech, a recogniser does not."""
    at = _time(0.4)
    pitch_hz = 120 * (1 + 0.1 * np.sin(2 * np.pi * 3 * at) - 0.3 * at / 0.4)
    phase = 2 * np.pi * np.cumsum(pitch_hz) / SAMPLE_RATE_HZ
    source = np.sum([np.sin(k * phase) / k for k in range(1, 30)], axis=0)
    source += 0.1 * np.random.default_rng(1).standard_normal(len(at))
    spectrum, frequency = np.fft.rfft(source), np.fft.rfftfreq(len(at), 1 / SAMPLE_RATE_HZ)
    formants = ((600, 120), (1000, 150), (2400, 250), (3400, 300))
    mouth = sum(np.exp(-(((frequency - at_hz) / width) ** 2)) for at_hz, width in formants)
    voice = np.fft.irfft(spectrum * (mouth + 0.02), len(at))
    edges = np.minimum(1, np.minimum(at / 0.03, (at[-1] - at) / 0.05))
    return _pcm(0.7 * edges * voice / np.abs(voice).max())


def _time(seconds: float) -> Any:
    return np.arange(int(SAMPLE_RATE_HZ * seconds)) / SAMPLE_RATE_HZ


def _pcm(samples: Any) -> bytes:
    pcm: bytes = (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
    return pcm
