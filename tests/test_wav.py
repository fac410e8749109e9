"""WAV files become 24 kHz mono PCM16, whatever they were; what is none gets one clear line."""

from __future__ import annotations

import math
import wave
from pathlib import Path

import pytest

from chatbot.wav import NotSpeech, pcm16, read_speech, resample, samples_of, write_speech


def sine(hz: float, rate: int, seconds: float = 0.5, peak: float = 10_000) -> list[float]:
    return [peak * math.sin(2 * math.pi * hz * n / rate) for n in range(int(rate * seconds))]


def level(samples: list[float]) -> float:
    """Root mean square of the middle, away from the edges."""
    middle = samples[len(samples) // 4 : -len(samples) // 4]
    return math.sqrt(sum(sample * sample for sample in middle) / len(middle))


def save(path: Path, raw: bytes, rate: int, channels: int = 1, width: int = 2) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(raw)
    return path


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    pcm = pcm16(sine(440, 24_000))
    write_speech(tmp_path / "a.wav", pcm)
    assert read_speech(tmp_path / "a.wav") == pcm


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000])
def test_any_rate_becomes_24_khz(tmp_path: Path, rate: int) -> None:
    speech = read_speech(save(tmp_path / "a.wav", pcm16(sine(1000, rate)), rate))
    samples = [float(sample) for sample in samples_of(speech)]
    assert abs(len(samples) - 12_000) <= 2
    assert level(samples) == pytest.approx(10_000 / math.sqrt(2), rel=0.02)


def test_what_24_khz_cannot_hold_is_filtered_out() -> None:
    kept = level(resample(sine(5_000, 48_000), 48_000, 24_000))
    lost = level(resample(sine(16_000, 48_000), 48_000, 24_000))
    assert 20 * math.log10(lost / kept) < -50


@pytest.mark.parametrize(("width", "tolerance"), [(1, 300), (2, 1), (3, 1), (4, 1)])
def test_any_width_and_two_channels(tmp_path: Path, width: int, tolerance: int) -> None:
    left = 8_000 * 256 ** (width - 2) if width > 1 else 128 + 8_000 // 256
    one = int(left).to_bytes(width, "little", signed=width > 1)
    speech = read_speech(save(tmp_path / "a.wav", (one + one) * 100, 24_000, 2, width))
    assert all(abs(sample - 8_000) <= tolerance for sample in samples_of(speech))


@pytest.mark.parametrize("content", [b"", b"RIFF", b"not a sound at all", b"\0" * 5000])
def test_what_is_no_wav_is_one_clear_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(NotSpeech, match=r"^\S+a\.wav is no WAV file that can be read: .+\.$"):
        read_speech(path)


def test_a_missing_file_and_an_empty_one_are_said(tmp_path: Path) -> None:
    with pytest.raises(NotSpeech, match="no WAV file"):
        read_speech(tmp_path / "none.wav")
    with pytest.raises(NotSpeech, match="holds no sound"):
        read_speech(save(tmp_path / "a.wav", b"", 24_000))
