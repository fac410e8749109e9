"""Recordings in a ZIP: each as it is kept, or a text in its place that says what ails it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import IO, Any

from django.utils.translation import gettext as _

from chatbot.exports.archive import Member, whole
from chatbot.exports.names import recording_of
from chatbot.exports.reading import turns_of
from chatbot.models import Conversation, Recording, Turn

log = logging.getLogger(__name__)

CHUNK_BYTES = 64 * 1024
#: Every FLAC file begins with this.
FLAC = b"fLaC"


class _Sound:
    """The file of one recording, read in threads. `broke` says that it ended before its end."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.broke = False
        self._file: IO[Any] | None = None
        self._first = b""

    async def open(self) -> bool:
        """Whether there is something to play, as long as its row says."""
        try:
            await asyncio.to_thread(self._open)
        except Exception as error:
            # Storages raise what they like: a lost file or a lost service ends no export.
            log.warning("a recording cannot be read: %s", type(error).__name__)
            return False
        return self._first.startswith(FLAC)

    def _open(self) -> None:
        field = self.recording.file
        name = field.name or ""
        if field.storage.size(name) != self.recording.size:
            raise ValueError("not its length")
        self._file = field.storage.open(name, "rb")
        self._first = self._file.read(CHUNK_BYTES)

    async def chunks(self) -> AsyncIterator[bytes]:
        chunk = self._first
        try:
            while chunk and self._file is not None:
                yield chunk
                chunk = await asyncio.to_thread(self._file.read, CHUNK_BYTES)
        except Exception as error:
            log.warning("a recording broke off: %s", type(error).__name__)
            self.broke = True

    async def close(self) -> None:
        if self._file is not None:
            with suppress(Exception):
                await asyncio.to_thread(self._file.close)


async def recordings_of(conversation: Conversation, folder: str = "") -> AsyncIterator[Member]:
    """All recordings of a conversation, in its order."""
    async for turns in turns_of(conversation):
        for turn in turns:
            if recording := getattr(turn, "recording", None):
                async for member in _members(turn, recording, folder):
                    yield member


async def _members(turn: Turn, recording: Recording, folder: str) -> AsyncIterator[Member]:
    name = f"{folder}{recording_of(turn)}"
    sound = _Sound(recording)
    try:
        if not await sound.open():
            yield _told(name, turn, _("This recording is missing or damaged, so it is not here."))
            return
        yield Member(name, turn.started_at, sound.chunks(), is_packed=True)
        if sound.broke:
            yield _told(name, turn, _("This recording is damaged: the file beside breaks off."))
    finally:
        await sound.close()


def _told(name: str, turn: Turn, sentence: str) -> Member:
    return Member(f"{name}.txt", turn.started_at, whole(f"{sentence}\n"))
