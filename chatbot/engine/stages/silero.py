"""Voice activity by Silero VAD, streaming: the model file that faster-whisper ships."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import onnxruntime

from chatbot.engine.stages.resample import Resampler

WINDOW_SAMPLES = 512
CONTEXT_SAMPLES = 64
STATE_SHAPE = (1, 1, 128)


class Silero:
    """The model, shared by all callers; each has an ear of its own."""

    name = "Silero VAD v6"

    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(_model_path()), options, providers=["CPUExecutionProvider"]
        )

    def new_ear(self) -> SileroEar:
        """An ear that has heard nothing yet."""
        return SileroEar(self._session)


class SileroEar:
    """Keeps the recurrent state, the last samples and what does not fill a window yet."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session
        self._resampler = Resampler()
        self._rest = np.zeros(0, np.float32)
        self._context = np.zeros(CONTEXT_SAMPLES, np.float32)
        self._h = np.zeros(STATE_SHAPE, np.float32)
        self._c = np.zeros(STATE_SHAPE, np.float32)

    def hear(self, pcm: bytes) -> list[float]:
        """Probability of speech of each window of 512 samples at 16 kHz."""
        samples = np.concatenate([self._rest, self._resampler.feed(pcm)])
        count = len(samples) // WINDOW_SAMPLES
        self._rest = samples[count * WINDOW_SAMPLES :]
        if count == 0:
            return []
        windows = samples[: count * WINDOW_SAMPLES].reshape(count, WINDOW_SAMPLES)
        tails = windows[:, -CONTEXT_SAMPLES:]
        contexts = np.concatenate([self._context[np.newaxis], tails[:-1]])
        self._context = tails[-1].copy()
        probabilities, self._h, self._c = self._session.run(
            None,
            {"input": np.concatenate([contexts, windows], 1), "h": self._h, "c": self._c},
        )
        return [float(value) for value in np.ravel(probabilities)]


def _model_path() -> Path:
    spec = importlib.util.find_spec("faster_whisper")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the package faster-whisper, which holds the Silero model")
    return Path(spec.origin).parent / "assets" / "silero_vad_v6.onnx"
