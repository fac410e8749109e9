"""Reads what is streamed, as whoever downloads it would."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterable, Callable
from typing import Any, cast
from zipfile import ZipFile

import fastjsonschema
from asgiref.sync import async_to_sync
from django.http import StreamingHttpResponse
from django.test import Client

from script.install import ROOT

SCHEMA = json.loads((ROOT / "docs" / "export.schema.json").read_text())
#: Raises `JsonSchemaValueException` for what the documented schema does not permit.
validate = cast("Callable[[Any], Any]", fastjsonschema.compile(SCHEMA))


def collected(chunks: AsyncIterable[bytes]) -> bytes:
    """All chunks as one."""
    return b"".join(async_to_sync(_chunks)(chunks))


async def _chunks(chunks: AsyncIterable[bytes]) -> list[bytes]:
    return [chunk async for chunk in chunks]


def downloaded(client: Client, address: str, **wishes: Any) -> tuple[bytes, str]:
    """The file at that address, and its Content-Disposition."""
    answer = client.get(address, **wishes)
    assert answer.status_code == 200
    return body_of(answer), answer["Content-Disposition"]


def body_of(answer: Any) -> bytes:
    """All of a download."""
    return b"".join(chunks_of(answer))


def chunks_of(answer: Any) -> list[bytes]:
    """What is sent of a download at once, piece by piece."""
    response = cast("StreamingHttpResponse", answer)
    assert response.is_async
    return async_to_sync(_chunks)(cast("AsyncIterable[bytes]", response.streaming_content))


def unzipped(data: bytes) -> dict[str, bytes]:
    """The files of a ZIP, each read to its end and checked."""
    with ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}
