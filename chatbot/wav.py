"""WAV files as the speech of a call: any common PCM in, 24 kHz mono PCM16 out, and back."""

from __future__ import annotations

import math
import sys
import wave
from array import array
from collections.abc import Sequence
from operator import mul
from pathlib import Path

from chatbot.realtime.audio import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ

#: Zero crossings of the windowed sinc on each side; stop band about -60 dB.
_CROSSINGS = 12
_PEAK = 32767


class NotSpeech(ValueError):
    """The file cannot be read as PCM sound; the message says why, with the file's name."""


def read_speech(path: Path) -> bytes:
    """The sound of a WAV file as 24 kHz mono PCM16; channels are averaged.

    Raises:
        NotSpeech: missing, no WAV, compressed, or empty.
    """
    try:
        with wave.open(str(path), "rb") as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            raw = file.readframes(file.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        reason = str(error) or "it ends early"
        raise NotSpeech(f"{path} is no WAV file that can be read: {reason}.") from None
    samples = _as_integers(raw, width)
    mono = [sum(samples[i : i + channels]) / channels for i in range(0, len(samples), channels)]
    if not mono or rate <= 0:
        raise NotSpeech(f"{path} holds no sound.")
    return pcm16(resample(mono, rate, SAMPLE_RATE_HZ))


def write_speech(path: Path, pcm: bytes) -> None:
    """Save 24 kHz mono PCM16 as a WAV file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(BYTES_PER_SAMPLE)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(pcm)


def samples_of(pcm: bytes) -> array[int]:
    """PCM16 little-endian as integers, on any machine."""
    samples = array("h", pcm)
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def pcm16(samples: Sequence[float]) -> bytes:
    """Numbers on the scale of 16 bits as PCM16, clipped."""
    packed = array("h", (max(-_PEAK - 1, min(_PEAK, round(sample))) for sample in samples))
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def resample(samples: Sequence[float], from_hz: int, to_hz: int) -> list[float]:
    """Band-limited change of rate: a windowed sinc, one set of taps for each phase."""
    if from_hz == to_hz:
        return list(samples)
    common = math.gcd(from_hz, to_hz)
    up, down = to_hz // common, from_hz // common
    cutoff = min(1.0, to_hz / from_hz)
    reach = math.ceil(_CROSSINGS / cutoff)
    taps = [_taps(phase / up, cutoff, reach) for phase in range(up)]
    padded = [0.0] * reach + list(samples) + [0.0] * (reach + 1)
    resampled = []
    for index in range(len(samples) * up // down):
        start, phase = divmod(index * down, up)
        window = padded[start + 1 : start + 1 + 2 * reach]
        resampled.append(sum(map(mul, taps[phase], window)))
    return resampled


def _taps(offset: float, cutoff: float, reach: int) -> list[float]:
    """Weights of the `2 * reach` samples around a point `offset` after the middle one."""
    taps = []
    for step in range(1 - reach, reach + 1):
        x = step - offset
        sinc = cutoff if x == 0 else math.sin(math.pi * cutoff * x) / (math.pi * x)
        window = 0.5 + 0.5 * math.cos(math.pi * x / (reach + 1))
        taps.append(sinc * window)
    return taps


def _as_integers(raw: bytes, width: int) -> list[int]:
    """Samples on the scale of 16 bits; 8 bits are unsigned in WAV, the others signed."""
    if width == 1:
        return [(byte - 128) << 8 for byte in raw]
    whole = len(raw) - len(raw) % width
    high = (raw[at + width - 2 : at + width] for at in range(0, whole, width))
    return [int.from_bytes(pair, "little", signed=True) for pair in high]
