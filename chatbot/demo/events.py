"""The event log of the demo's newest calls: older ones have been pruned."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from chatbot.demo.batch import COLUMNS, Batch
from chatbot.models import Call, CallEvent, Turn
from chatbot.realtime.eventlog import SPEECH


def log_calls(batch: Batch, since: datetime) -> None:
    """What went over the sockets of those calls of the batch that began since then."""
    names = COLUMNS[Call]
    began_at = names.index("started_at")
    calls = [
        dict(zip(names, row, strict=True)) for row in batch.rows[Call] if row[began_at] > since
    ]
    newest = {call["id"] for call in calls}
    for call in calls:
        _log(batch, call["id"], call["started_at"], "upstream", "session.created")
        _log(batch, call["id"], call["started_at"], "call", "session.update", size=1900)
    call_at = COLUMNS[Turn].index("call_id")
    for row in batch.rows[Turn]:
        if row[call_at] in newest:
            _log_turn(batch, dict(zip(COLUMNS[Turn], row, strict=True)))


def _log_turn(batch: Batch, turn: dict[str, Any]) -> None:
    call, began, ended, item = (
        turn["call_id"],
        turn["started_at"],
        turn["ended_at"],
        turn["item_id"],
    )
    frames = max(1, int((ended - began).total_seconds() * 25))
    if turn["role"] == "user" and turn["modality"] == "audio":
        _log(batch, call, began, "browser", SPEECH, frames, frames * 1920)
        begun = "input_audio_buffer.speech_started"
        _log(batch, call, began, "upstream", begun, size=140, item_id=item)
        heard = "conversation.item.input_audio_transcription.completed"
        _log(batch, call, ended, "upstream", heard, size=90, item_id=item, transcript=turn["text"])
    elif turn["role"] == "user":
        _log(batch, call, began, "browser", "conversation.item.create", size=len(turn["text"]))
    elif turn["role"] == "assistant":
        _log(batch, call, began, "upstream", "response.created", size=900)
        sound = "response.output_audio.delta"
        _log(batch, call, began, "upstream", sound, frames, frames * 2560)
        _log(batch, call, ended, "upstream", "response.done", size=1400, status=turn["status"])


def _log(
    batch: Batch, call: object, at: datetime, source: str, kind: str, count: int = 1,
    size: int = 400, **body: str,
) -> None:  # fmt: skip
    row = (call, at, source, kind, count, size, json.dumps(body))
    batch.rows[CallEvent].append(row)
