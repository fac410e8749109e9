"""What can go wrong in the engine.

EngineError
├── RequestError     the client asked for something impossible; it gets an `error` event
└── StageError       a model failed at its work; the turn or the answer fails, the call goes on
"""

from __future__ import annotations


class EngineError(Exception):
    """Root of this tree."""


class RequestError(EngineError):
    """A client event that is refused; the session goes on as if it had not come.

    `code`, `message` and `param` are the service's (`error` events, Realtime GA).
    """

    def __init__(self, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param


class StageError(EngineError):
    """`code` and a message that may be shown to a person; never the words that were processed."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
