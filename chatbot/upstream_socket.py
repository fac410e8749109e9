"""The WebSocket to the upstream, as lean as a call needs it: text frames, heard as they come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.frames import DATA_OPCODES, Frame, Opcode


class UpstreamSocket(ClientConnection):
    """Hands whole text frames to whom `listen` names; those that come earlier are kept."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._early: list[str] = []
        self._parts: list[Frame] = []
        self._hear: Callable[[str], object] = self._early.append
        #: How often its owner has looked since anything came.
        self.looks = 0
        #: Nothing is read for now.
        self.is_paused = False

    def data_received(self, data: bytes) -> None:
        """Whatever comes is a sign of life, an answer to `ask` too."""
        self.looks = 0
        super().data_received(data)

    def ask(self) -> None:
        """Is somebody there?"""
        self.protocol.send_ping(b"")
        self.send_data()

    def listen(self, hear: Callable[[str], object]) -> None:
        """Hand frames to `hear` from now on."""
        early, self._early, self._hear = self._early, [], hear
        for text in early:
            self._hear(text)

    def pause(self) -> None:
        """Read no more for now: what comes waits on the way."""
        self.is_paused = not self.transport.is_closing()
        if self.is_paused:
            self.transport.pause_reading()

    def read_on(self) -> None:
        """After `pause`."""
        self.is_paused = False
        self.looks = 0
        if not self.transport.is_closing():
            self.transport.resume_reading()

    def leave(self) -> None:
        """Close at once, and hear nothing more. A close handshake takes as long as a peer likes."""
        self._hear = _ignore
        self.transport.abort()

    def process_event(self, event: Any) -> None:
        """In place of the library's, which queues frames until somebody asks for them."""
        if isinstance(event, Frame) and event.opcode in DATA_OPCODES:
            self._receive(event)
        else:
            super().process_event(event)

    def _receive(self, frame: Frame) -> None:
        if not frame.fin or self._parts:
            self._parts.append(frame)
            if not frame.fin:
                return
            whole = b"".join(part.data for part in self._parts)
            frame, self._parts = Frame(self._parts[0].opcode, whole), []
        if frame.opcode is Opcode.TEXT:
            try:
                text = str(frame.data, "utf-8")
            except UnicodeDecodeError:
                self.leave()  # who sends no text is no upstream
            else:
                self._hear(text)


def _ignore(text: str) -> None:
    """What comes after a call has left."""
